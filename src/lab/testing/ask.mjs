/** Sends a datagram to an address and port, and prints the answer: `ask.mjs udp4 11.11.11.12 53`. Fails after two seconds without one. */
import dgram from 'node:dgram'

const [type, address, port] = process.argv.slice(2)
const socket = dgram.createSocket(type)
const limit = setTimeout(() => {
  console.error('no answer')
  process.exit(1)
}, 2000)
socket.on('message', (bytes) => {
  console.log(String(bytes))
  clearTimeout(limit)
  socket.close()
})
socket.send('hello', Number(port), address)
