/**
 * What tests need of ethtool(8), on machines without it: `ethtool.mjs DEVICE` prints the device's counters as JSON,
 * `ethtool.mjs DEVICE tx|gro on|off` is `ethtool -K`. SIOCETHTOOL, linux/ethtool.h.
 */
import koffi from 'koffi'

const AF_INET = 2
const SOCK_DGRAM = 2
const SIOCETHTOOL = 0x8946
const SWITCHES = { tx: 0x17, gro: 0x2c }
const GSTRINGS = 0x1b
const GSTATS = 0x1d
const SSET_STATS = 1
const NAME_BYTES = 32
const MOST = 1000

const [device, feature, state] = process.argv.slice(2)
const library = koffi.load(null)
const ioctl = library.func('int ioctl(int fd, unsigned long request, void *argument)')
const socket = library.func('int socket(int family, int type, int protocol)')(AF_INET, SOCK_DGRAM, 0)

/** Sends the first words of a request; all of the record that is answered. */
function ask(...words) {
  const bytes = MOST * NAME_BYTES
  const pointer = koffi.alloc('uint8', bytes)
  const record = koffi.view(pointer, bytes)
  new Uint32Array(record).set(words)
  const request = Buffer.alloc(40)
  request.write(device, 0, 15, 'latin1')
  request.writeBigUInt64LE(koffi.address(pointer), 16)
  if (ioctl(socket, SIOCETHTOOL, request) < 0) throw new Error(`${device}: errno ${koffi.errno()}`)
  return Buffer.from(record)
}

if (feature !== undefined) ask(SWITCHES[feature], state === 'on' ? 1 : 0)
else {
  // The first answer tells how many there are; newer kernels answer in full only who knows that.
  const count = ask(GSTATS, 0).readUInt32LE(4)
  const names = ask(GSTRINGS, SSET_STATS, count)
  const values = ask(GSTATS, count)
  const counters = Array.from({ length: count }, (_, index) => {
    const name = names.toString('latin1', 12 + index * NAME_BYTES, 12 + (index + 1) * NAME_BYTES)
    return [name.slice(0, name.indexOf('\0')), Number(values.readBigUInt64LE(8 + index * 8))]
  })
  console.log(JSON.stringify(Object.fromEntries(counters)))
}
