/**
 * Sends a datagram to an address and port, and prints the answer: `ask.mjs udp4 11.11.11.12 53`; with a length, one of so many bytes, and prints
 * whether it came back. Fails after two seconds without an answer.
 */
import { randomBytes } from 'node:crypto'
import dgram from 'node:dgram'

const [type, address, port, length] = process.argv.slice(2)
const question = length === undefined ? Buffer.from('hello') : randomBytes(Number(length))
const socket = dgram.createSocket(type)
const limit = setTimeout(() => {
  console.error('no answer')
  process.exit(1)
}, 2000)
socket.on('message', (bytes) => {
  console.log(length === undefined ? String(bytes) : bytes.equals(question) ? 'the same' : 'another')
  clearTimeout(limit)
  socket.close()
})
socket.send(question, Number(port), address)
