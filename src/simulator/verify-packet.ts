/** Whether a packet's checksums are right, each computed afresh over all that it covers. */
import type { Family } from './addresses.ts'
import { finishChecksum, sumWords } from './checksum.ts'
import { crc32c } from './crc32c.ts'
import { parseIpv6 } from './parse-ipv6.ts'
import { type Datagram, type Ipv4, isFragment, parseIpv4, parseSctp, Protocol, read16 } from './parse-packet.ts'
import { GRE_CHECKSUM_PRESENT, GUE_PORT, parseTunnelled, type Tunnelled } from './tunnels.ts'

/** A packet of either family. */
type Packet = Datagram & { readonly family: Family; readonly bytes: Uint8Array }

export function headerChecksumIsValid(ip: Pick<Ipv4, 'bytes' | 'headerLength'>): boolean {
  return finishChecksum(sumWords(ip.bytes, 0, ip.headerLength)) === 0
}

/** The sum of the pseudo header (RFC 9293 §3.1, RFC 8200 §8.1). */
function pseudoHeader({ family, bytes, protocol }: Packet, length: number): number {
  return family === 4 ? sumWords(bytes, 12, 20, protocol + length) : sumWords(bytes, 8, 40, protocol + length)
}

function udpChecksumIsValid(ip: Packet): boolean {
  const { payload } = ip
  if (payload.length < 8) return false
  // None: IPv6 doesn't allow it (RFC 8200 §8.1).
  if (read16(payload, 6) === 0) return ip.family === 4
  const length = read16(payload, 4)
  if (length < 8 || length > payload.length) return false
  return finishChecksum(sumWords(payload, 0, length, pseudoHeader(ip, length))) === 0
}

/** Whether the checksum of the payload is right; true for protocols not known here. The packet must not be a fragment. */
export function payloadChecksumIsValid(ip: Packet): boolean {
  const { payload, protocol } = ip
  const sumIsRight = (pseudo: number): boolean => finishChecksum(sumWords(payload, 0, payload.length, pseudo)) === 0
  switch (protocol) {
    case Protocol.Icmp:
      return payload.length >= 8 && sumIsRight(0)
    case Protocol.Icmpv6:
      return payload.length >= 8 && sumIsRight(pseudoHeader(ip, payload.length))
    case Protocol.Tcp:
      return payload.length >= 20 && sumIsRight(pseudoHeader(ip, payload.length))
    case Protocol.Udp:
      return udpChecksumIsValid(ip)
    case Protocol.Sctp: {
      const sctp = parseSctp(ip)
      return sctp !== null && sctp.checksum === crc32c(payload, 8)
    }
    default:
      return true
  }
}

/** Whether the checksum of the header between a packet and the one that it carries is right, where there is one. */
export function tunnelChecksumIsValid(ip: Packet, { type }: Tunnelled): boolean {
  const { payload } = ip
  // GUE may go without, over IPv6 as well (RFC 6935 §5).
  if (type === 'gue') return read16(payload, 6) === 0 || payloadChecksumIsValid(ip)
  if (type === 'ipip' || (read16(payload, 0) & GRE_CHECKSUM_PRESENT) === 0) return true
  return finishChecksum(sumWords(payload, 0, payload.length)) === 0
}

/**
 * Whether the bytes are a whole packet of IPv4 or IPv6 with right checksums of the header and, unless it is a fragment, of the payload; if that
 * is a tunnel's, of the packet inside as well.
 */
export function checksumsAreValid(bytes: Uint8Array, guePort: number | null = GUE_PORT): boolean {
  const ipv4 = parseIpv4(bytes)
  if (ipv4 !== null && !headerChecksumIsValid(ipv4)) return false
  const ip = ipv4 ?? parseIpv6(bytes)
  if (ip === null || isFragment(ip)) return ip !== null
  const carried = parseTunnelled(ip, guePort)
  if (carried === null) return payloadChecksumIsValid(ip)
  return tunnelChecksumIsValid(ip, carried) && checksumsAreValid(carried.packet, guePort)
}
