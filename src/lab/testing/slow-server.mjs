/**
 * A web server for tests: `slow-server.mjs <port> <bytes> <bytes per second>`. Every request is answered with that many pseudo-random bytes,
 * sent at that rate, and the header `X-SHA256`, their hash.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const [port, length, rate] = process.argv.slice(2).map(Number)
const TURN_MS = 20

// xorshift32 (Marsaglia 2003): a repeated or lost piece can't go unnoticed.
const body = new Uint32Array(length / 4)
for (let index = 0, word = 1; index < body.length; index++) {
  word ^= word << 13
  word ^= word >>> 17
  word ^= word << 5
  body[index] = word
}
const bytes = new Uint8Array(body.buffer)
const hash = createHash('sha256').update(bytes).digest('hex')

createServer((_request, response) => {
  response.writeHead(200, { 'Content-Length': bytes.length, 'X-SHA256': hash })
  const startMs = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.min(bytes.length, Math.floor(((performance.now() - startMs) / 1000) * rate))
    response.write(bytes.subarray(sent, due))
    sent = due
    if (sent < bytes.length) return
    clearInterval(timer)
    response.end()
  }, TURN_MS)
  response.on('close', () => clearInterval(timer))
}).listen(port, () => console.log('listening'))
