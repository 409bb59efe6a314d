/**
 * Datagrams to port 5000 that leave as one super-packet (UDP_SEGMENT, udp(7)), and a socket that takes them one by one:
 *
 *   datagrams.mjs receive COUNT                prints "ready", then a JSON list of their contents in hexadecimal
 *   datagrams.mjs send ADDRESS COUNT BYTES     to an address in hexadecimal; each is filled with its number
 */
import dgram from 'node:dgram'
import koffi from 'koffi'

const PORT = 5000
const [AF_INET, AF_INET6, SOCK_DGRAM] = [2, 10, 2]
const [SOL_UDP, UDP_SEGMENT] = [17, 103]

const [command, ...words] = process.argv.slice(2)
if (command === 'receive') receive(Number(words[0]))
else send(Buffer.from(words[0], 'hex'), Number(words[1]), Number(words[2]))

function receive(count) {
  const contents = []
  const socket = dgram.createSocket('udp6')
  socket.on('message', (bytes) => {
    contents.push(bytes.toString('hex'))
    if (contents.length < count) return
    console.log(JSON.stringify(contents))
    socket.close()
  })
  socket.bind(PORT, () => console.log('ready'))
}

function send(address, count, bytes) {
  const library = koffi.load(null)
  const checked = (name, result) => {
    if (result < 0) throw new Error(`${name}: errno ${koffi.errno()}`)
    return result
  }
  const family = address.length === 4 ? AF_INET : AF_INET6
  const to = Buffer.alloc(28)
  to.writeUInt16LE(family, 0)
  to.writeUInt16BE(PORT, 2)
  address.copy(to, family === AF_INET ? 4 : 8)
  const socket = checked('socket', library.func('int socket(int, int, int)')(family, SOCK_DGRAM, 0))
  checked('connect', library.func('int connect(int, void *, uint)')(socket, to, family === AF_INET ? 16 : 28))
  const size = Buffer.alloc(4)
  size.writeUInt32LE(bytes)
  const setsockopt = library.func('int setsockopt(int, int, int, void *, uint)')
  checked('UDP_SEGMENT', setsockopt(socket, SOL_UDP, UDP_SEGMENT, size, size.length))
  const contents = Buffer.concat(Array.from({ length: count }, (_, index) => Buffer.alloc(bytes, index)))
  checked('send', library.func('long send(int, void *, size_t, int)')(socket, contents, contents.length, 0))
}
