/** The real servers of the lab: a web server, a process in its namespace, that answers every request with its own name. */
import { createServer } from 'node:http'

/** What the server prints once it accepts connections. */
export const LISTENING = 'listening'

/** Serves until the process ends. */
export function servePage(name: string, port: number): void {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': name.length + 1 })
    response.end(`${name}\n`)
  })
  // A client may keep its connection for as long as it likes.
  server.keepAliveTimeout = 0
  server.listen(port, () => {
    console.log(LISTENING)
  })
}
