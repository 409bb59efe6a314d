/**
 * The packets that a trace's clients and servers send, of either family and protocol, and where the director sent one: no more of a packet
 * than a choice depends on. Checksums are right.
 */
import { parseAddress } from '../control/address.ts'
import type { Endpoint } from '../control/model.ts'
import { Family } from '../engine/records.ts'
import { finishChecksum, sumWords } from '../simulator/checksum.ts'
import { flagBits } from './packet-notation.ts'

export const TCP = 6
export const UDP = 17

const LENGTHS: Readonly<Record<number, number>> = { [TCP]: 20, [UDP]: 8 }
const CHECKSUM_AT: Readonly<Record<number, number>> = { [TCP]: 16, [UDP]: 6 }

function addressBytes(text: string): { family: Family; bytes: Uint8Array } {
  const { family, address } = parseAddress(text)
  const bytes = new Uint8Array(16)
  const data = new DataView(bytes.buffer)
  ;[address.word0, address.word1, address.word2, address.word3].forEach((word, at) => data.setUint32(at * 4, word))
  return { family, bytes: bytes.slice(0, family === Family.Ipv4 ? 4 : 16) }
}

function ipHeader(data: DataView, family: Family, protocol: number, ends: Uint8Array): number {
  const bytes = new Uint8Array(data.buffer)
  if (family === Family.Ipv6) {
    data.setUint32(0, 0x60000000)
    data.setUint16(4, bytes.length - 40)
    bytes.set([protocol, 64], 6)
    bytes.set(ends, 8)
    return 40
  }
  data.setUint16(0, 0x4500)
  data.setUint16(2, bytes.length)
  bytes.set([64, protocol], 8)
  bytes.set(ends, 12)
  data.setUint16(10, finishChecksum(sumWords(bytes, 0, 20)))
  return 20
}

/** `flags` as in `S`, `SA`, `FA`; ignored for UDP. */
export function packetBetween(from: Endpoint, to: Endpoint, protocol: number, flags: string): Uint8Array {
  const { family, bytes: source } = addressBytes(from.address)
  const ends = new Uint8Array([...source, ...addressBytes(to.address).bytes])
  const length = LENGTHS[protocol] ?? 0
  const packet = new Uint8Array((family === Family.Ipv6 ? 40 : 20) + length)
  const data = new DataView(packet.buffer)
  const at = ipHeader(data, family, protocol, ends)
  data.setUint16(at, from.port)
  data.setUint16(at + 2, to.port)
  if (protocol === TCP) data.setUint32(at + 12, 0x50000000 + flagBits(flags) * 0x10000 + 65535)
  else data.setUint16(at + 4, length)
  const pseudo = sumWords(ends, 0, ends.length, protocol + length)
  data.setUint16(at + (CHECKSUM_AT[protocol] ?? 0), finishChecksum(sumWords(packet, at, packet.length, pseudo)))
  return packet
}

/** Destination address, as bytes, and port of a packet of a protocol; null where it is of another. */
export function destinationOf(packet: Uint8Array, protocol: number): string | null {
  const isIpv6 = (packet[0] ?? 0) >>> 4 === 6
  if (packet[isIpv6 ? 6 : 9] !== protocol) return null
  const address = isIpv6 ? packet.subarray(24, 40) : packet.subarray(16, 20)
  const at = isIpv6 ? 42 : 22
  return `${address.join('.')} ${(packet[at] ?? 0) * 256 + (packet[at + 1] ?? 0)}`
}

/** An endpoint as `destinationOf` gives it. */
export function destinationName({ address, port }: Endpoint): string {
  return `${addressBytes(address).bytes.join('.')} ${port}`
}
