/** The real servers of the lab: a web server, a process in its namespace, that answers every request with its own name. */
import { createServer } from 'node:http'

/** What the server prints once it accepts connections. */
export const LISTENING = 'listening'

/** Serves until the process ends. */
export function servePage(name: string, port: number): void {
  createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' })
    response.end(`${name}\n`)
  }).listen(port, () => {
    console.log(LISTENING)
  })
}
