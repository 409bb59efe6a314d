/** The real servers of the lab: a web server, a process in its namespace, that answers as `site.ts` says. */
import { createServer } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { readProxyHeader } from '../simulator/proxy-header.ts'
import { respond } from './site.ts'

/** What the server prints once it accepts connections. */
export const LISTENING = 'listening'

/** Serves until the process ends. With `expectsProxy` a connection that doesn't begin with a PROXY header is closed without an answer. */
export function servePage(name: string, port: number, expectsProxy: boolean): void {
  const clients = new WeakMap<Socket, string>()
  const server = createServer((request, response) => {
    const { method = '', url: path = '', socket } = request
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const client = clients.get(socket) ?? null
      const content = respond(name, { method, path, body: Buffer.concat(pieces), client })
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(content) })
      response.end(content)
    })
  })
  // A client may keep its connection for as long as it likes.
  server.keepAliveTimeout = 0
  const listener = expectsProxy
    ? createTcpServer((socket) =>
        readClient(socket, (client, rest) => {
          clients.set(socket, client)
          server.emit('connection', socket)
          if (rest.length > 0) socket.emit('data', rest)
          socket.resume()
        }),
      )
    : server
  listener.listen(port, () => {
    console.log(LISTENING)
  })
}

/** Takes the PROXY header off the connection, and hands on the client's address and what has come behind; ends a connection without one. */
function readClient(socket: Socket, accept: (client: string, rest: Buffer) => void): void {
  let begun = Buffer.alloc(0)
  const onData = (piece: Buffer): void => {
    begun = Buffer.concat([begun, piece])
    const header = readProxyHeader(begun)
    if (header === 'more') return
    socket.pause().off('data', onData)
    if (header === null) {
      socket.destroy()
      return
    }
    accept(header.client.address, begun.subarray(header.length))
  }
  // Until HTTP takes over, a connection that breaks is nobody's.
  socket.on('data', onData).on('error', () => socket.destroy())
}
