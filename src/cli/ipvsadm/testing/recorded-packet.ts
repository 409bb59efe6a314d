/**
 * The bytes of a recorded packet: IPv4 or IPv6 with a TCP, UDP or SCTP header and zeros behind it. Of the checksums only that
 * of the IPv4 header is right; a director keeps up the others but never looks at them.
 */
import { parseAddress } from '../../../control/address.ts'
import { Family } from '../../../engine/records.ts'
import type { RecordedPacket } from './recordings.ts'

const PROTOCOLS: Readonly<Record<RecordedPacket['proto'], number>> = { tcp: 6, udp: 17, sctp: 132 }
/** RFC 9293 §3.1. */
const TCP_FLAGS: Readonly<Record<string, number>> = { F: 1, S: 2, R: 4, P: 8, A: 16 }
/** RFC 9260 §3.2. */
const SCTP_CHUNKS: Readonly<Record<string, number>> = {
  INIT: 1,
  INIT_ACK: 2,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  SHUTDOWN_COMPLETE: 14,
}
const IPV4_HEADER = 20
const IPV6_HEADER = 40

/** `10.9.0.1:80`, `[fd09::1]:80`. */
function endpoint(text: string): { address: ReturnType<typeof parseAddress>; port: number } {
  const colon = text.lastIndexOf(':')
  const host = text.slice(0, colon).replace(/^\[(.*)\]$/, '$1')
  return { address: parseAddress(host), port: Number(text.slice(colon + 1)) }
}

/** RFC 791 §3.1. */
function headerChecksum(data: DataView): number {
  let sum = 0
  for (let at = 0; at < IPV4_HEADER; at += 2) sum += data.getUint16(at)
  return 0xffff - (sum % 0xffff)
}

function writeTransport(data: DataView, at: number, { proto, flags }: RecordedPacket): void {
  if (proto === 'tcp') {
    data.setUint8(at + 12, 5 << 4)
    data.setUint8(
      at + 13,
      flags.split('').reduce((bits, letter) => bits | (TCP_FLAGS[letter] ?? 0), 0),
    )
  } else if (proto === 'udp') data.setUint16(at + 4, data.byteLength - at)
  else {
    data.setUint8(at + 12, SCTP_CHUNKS[flags] ?? 0)
    data.setUint16(at + 14, data.byteLength - at - 12)
  }
}

/** The packet from its IP header on. */
export function buildRecorded(packet: RecordedPacket): Uint8Array {
  const source = endpoint(packet.src)
  const destination = endpoint(packet.dst)
  const data = new DataView(new ArrayBuffer(packet.ip_len))
  const isIpv4 = source.address.family === Family.Ipv4
  const transport = isIpv4 ? IPV4_HEADER : IPV6_HEADER
  if (isIpv4) {
    data.setUint8(0, 0x45)
    data.setUint16(2, packet.ip_len)
    data.setUint8(8, 64)
    data.setUint8(9, PROTOCOLS[packet.proto])
    data.setUint32(12, source.address.address.word0)
    data.setUint32(16, destination.address.address.word0)
    data.setUint16(10, headerChecksum(data))
  } else {
    data.setUint8(0, 0x60)
    data.setUint16(4, packet.ip_len - IPV6_HEADER)
    data.setUint8(6, PROTOCOLS[packet.proto])
    data.setUint8(7, 64)
    for (const [at, { address }] of [[8, source.address] as const, [24, destination.address] as const]) {
      const { word0, word1, word2, word3 } = address
      for (const [i, word] of [word0, word1, word2, word3].entries()) data.setUint32(at + 4 * i, word)
    }
  }
  data.setUint16(transport, source.port)
  data.setUint16(transport + 2, destination.port)
  writeTransport(data, transport, packet)
  return new Uint8Array(data.buffer)
}
