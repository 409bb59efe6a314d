import { describe, expect, it } from 'vitest'
import { httpRequest, serveHttp } from './http.ts'
import { Network } from './network.ts'
import { Random } from './random.ts'

function pair(loss = 0) {
  const network = new Network(1)
  const [client, server] = [network.host('client'), network.host('server')]
  client.addInterface('eth0', { address: '10.0.0.1/24' })
  server.addInterface('eth0', { address: '10.0.0.2/24' })
  network.link(client.interface('eth0'), server.interface('eth0'), { loss })
  return { network, client, server }
}

describe('HTTP in the simulator', () => {
  it('carries any bytes both ways, whatever the network loses', () => {
    const { network, client, server } = pair(0.02)
    const content = new Random(1).bytes(300_000)
    serveHttp(server, 80, ({ body }) => body)
    const answer = httpRequest(client, '10.0.0.2', 80, { body: content })
    network.run(60_000)
    expect(answer).toMatchObject({ status: 200, failure: null })
    expect(Buffer.compare(answer.content, content)).toBe(0)
  })

  it('answers one request after the other on a connection that is kept', () => {
    const { network, client, server } = pair()
    serveHttp(server, 80, ({ method, path, body }) => `${method} ${path} ${body.length}\n`)
    const connection = client.tcp.connect('10.0.0.2', 80)
    let text = ''
    connection.onData = (data) => (text += Buffer.from(data).toString())
    const request = (line: string, body = ''): void =>
      connection.send(
        Buffer.from(`${line} HTTP/1.1\r\nContent-Length: ${body.length}\r\nConnection: keep-alive\r\n\r\n${body}`),
      )
    connection.onOpen = () => request('POST /one', 'abc')
    network.run(10)
    request('GET /two')
    network.run(10)
    expect(text.match(/^(GET|POST) .*$/gm)).toEqual(['POST /one 3', 'GET /two 0'])
  })

  it('says when an answer ends before its announced length, or is none', () => {
    const { network, client, server } = pair()
    for (const [port, text] of [
      [81, 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc'],
      [82, 'nothing of the kind'],
    ] as const)
      server.tcp.listen(port, (connection) => {
        connection.send(Buffer.from(text))
        connection.close()
      })
    const answers = [81, 82].map((port) => httpRequest(client, '10.0.0.2', port))
    network.run(100)
    expect(answers.map(({ failure }) => failure)).toEqual(['malformed', 'malformed'])
  })
})
