/**
 * The PROXY header between hosts whose links lose, double and reorder frames, where each of its ways to the server is taken: every server reads
 * one header, in front of the bytes that its client has sent.
 */
import { describe, expect, it } from 'vitest'
import { Director } from '../control/director.ts'
import type { AddressedService } from '../control/model.ts'
import { plainDest, roundRobin } from '../testing/small-director.ts'
import { makeDirector } from './director-host.ts'
import type { LinkConditions } from './link.ts'
import { Network } from './network.ts'
import { afterProxyHeader } from './proxy-header.ts'
import { Random } from './random.ts'

const FAULTS: Partial<LinkConditions> = { loss: 0.1, duplication: 0.1, reordering: 0.2, reorderingDelayUs: 3000 }
const NETS = {
  IPv4: { front: '198.51.100.', back: '10.0.0.', bits: 24 },
  IPv6: { front: 'fd01::', back: 'fd02::', bits: 64 },
} as const
const CLIENTS = 20

/** Each client sends what it has; the server greets it first or not, and sends everything back. */
function talk(family: 'IPv4' | 'IPv6', seed: number, bytes: number, greeting: Uint8Array) {
  const { front, back, bits } = NETS[family]
  const network = new Network(seed)
  const [client, host, server] = [network.host('client'), network.host('director'), network.host('server')]
  network.link(client.addInterface('eth0'), host.addInterface('eth0'), FAULTS)
  network.link(host.addInterface('eth1'), server.addInterface('eth0'), FAULTS)
  client.addAddress('eth0', `${front}2/${bits}`)
  host.addAddress('eth0', `${front}1/${bits}`)
  host.addAddress('eth1', `${back}1/${bits}`)
  server.addAddress('eth0', `${back}2/${bits}`)
  const control = new Director(makeDirector(host).tables)
  const service: AddressedService = { protocol: 'tcp', address: `${front}1`, port: 80 }
  control.addService({ ...roundRobin(service), proxyProtocol: true })
  control.addLocalAddress(service, `${back}1`)
  control.addDest(service, { ...plainDest({ address: `${back}2`, port: 80 }), method: 'fullnat' })
  const named: string[] = []
  server.tcp.listen(
    80,
    afterProxyHeader((connection, header) => {
      named.push(`${header.client.address}:${header.client.port} ${header.virtual.address}:${header.virtual.port}`)
      connection.onData = (data) => connection.send(data)
      connection.onEnd = () => connection.close()
      connection.send(greeting)
    }),
  )
  const body = new Random(seed).bytes(bytes)
  const expected = Buffer.concat([greeting, body])
  const talks = Array.from({ length: CLIENTS }, (_, index) => {
    const sourcePort = 2000 + index
    const connection = client.tcp.connect(service.address, 80, { sourcePort })
    const talked = { heard: Buffer.alloc(0), name: `${front}2:${sourcePort} ${front}1:80` }
    connection.onOpen = () => connection.send(body)
    connection.onData = (data) => {
      talked.heard = Buffer.concat([talked.heard, data])
      // Later than any duplicate of the SYN, which would begin another connection.
      if (talked.heard.length === expected.length) network.clock.after(1_000_000, () => connection.close())
    }
    return talked
  })
  network.run(600_000)
  return { talks, named, expected, problems: server.drops['bad-checksum'] }
}

describe.each(['IPv4', 'IPv6'] as const)('over %s', (family) => {
  it.each([
    ['a short request', 100, 0],
    ['a request that fills its first segment', 5000, 0],
    ['a short request to a server that speaks first', 100, 3000],
    ['nothing, to a server that speaks first', 0, 100],
  ])('arrives in front of %s, once for each connection', (_, bytes, greeted) => {
    for (let seed = 1; seed <= 5; seed++) {
      const { talks, named, expected, problems } = talk(family, seed, bytes, new Uint8Array(greeted).fill(33))
      for (const { heard, name } of talks) expect(heard.equals(expected), `${name}, seed ${seed}`).toBe(true)
      expect([...named].sort(), `seed ${seed}`).toEqual(talks.map(({ name }) => name).sort())
      expect(problems).toBeUndefined()
    }
  })
})
