/**
 * A web server for tests, on port 8080 of both families: it answers /<bytes> with that many pseudo-random bytes and the header `X-SHA256`, their
 * hash, and what is sent to it with the hash of that. Prints "ready" once it listens.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

// xorshift32 (Marsaglia 2003): a repeated or lost piece can't go unnoticed.
function pseudoRandom(length) {
  const words = new Uint32Array(Math.ceil(length / 4))
  for (let index = 0, word = 1; index < words.length; index++) {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    words[index] = word
  }
  return new Uint8Array(words.buffer).subarray(0, length)
}

createServer((request, response) => {
  const hash = createHash('sha256')
  request.on('data', (bytes) => hash.update(bytes))
  request.on('end', () => {
    if (request.method === 'POST') return response.end(hash.digest('hex'))
    const bytes = pseudoRandom(Number(request.url.slice(1)))
    response.setHeader('X-SHA256', createHash('sha256').update(bytes).digest('hex'))
    response.end(bytes)
  })
}).listen(8080, '::', () => console.log('ready'))
