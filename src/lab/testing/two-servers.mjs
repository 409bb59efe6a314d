/**
 * Servers for tests, of both address families: HTTP on port 8080, which answers /big with 2 MB, takes what is sent to it and otherwise says
 * the name that it is given, and datagrams on port 5300, which it answers with that name, or with themselves where they are longer than 1 KB. Prints "ready" once both listen.
 */
import dgram from 'node:dgram'
import http from 'node:http'

const [name] = process.argv.slice(2)
const big = 'x'.repeat(2_000_000)

const datagrams = dgram.createSocket({ type: 'udp6' })
datagrams.on('message', (bytes, { port, address }) => datagrams.send(bytes.length > 1024 ? bytes : name, port, address))
datagrams.bind(5300, () => {
  http
    .createServer((request, response) => {
      let received = 0
      request.on('data', (bytes) => {
        received += bytes.length
      })
      request.on('end', () => response.end(request.url === '/big' ? big : received > 0 ? String(received) : name))
    })
    .listen(8080, '::', () => console.log('ready'))
})
