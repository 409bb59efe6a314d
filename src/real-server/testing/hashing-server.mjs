/** Answers what is sent to it by HTTP, on port 80 of both families, with its SHA-256. Prints "ready" once it listens. */
import { createHash } from 'node:crypto'
import http from 'node:http'

http
  .createServer((request, response) => {
    const hash = createHash('sha256')
    request.on('data', (bytes) => hash.update(bytes))
    request.on('end', () => response.end(hash.digest('hex')))
  })
  .listen(80, '::', () => console.log('ready'))
