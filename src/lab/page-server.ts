/** The real servers of the lab: a web server, a process in its namespace, that answers as `site.ts` says. */
import { createServer } from 'node:http'
import { respond } from './site.ts'

/** What the server prints once it accepts connections. */
export const LISTENING = 'listening'

/** Serves until the process ends. */
export function servePage(name: string, port: number): void {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const content = respond(name, request.method ?? '', request.url ?? '', Buffer.concat(pieces))
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(content) })
      response.end(content)
    })
  })
  // A client may keep its connection for as long as it likes.
  server.keepAliveTimeout = 0
  server.listen(port, () => {
    console.log(LISTENING)
  })
}
