/**
 * Packets inside packets: IP in IP (RFC 2003, RFC 2473), GUE (draft-ietf-intarea-gue, variant 0, without extensions) and GRE (RFC 2784), either
 * family inside either. As everything here, nothing is shared with the engine. Checksums are `verify-packet.ts`'s to judge.
 */
import { buildIp, buildUdp, type IpFields, write16 } from './build-packet.ts'
import { finishChecksum, sumWords } from './checksum.ts'
import { parseIpv6 } from './parse-ipv6.ts'
import { type Datagram, isFragment, parseIpv4, parseUdp, Protocol, read16, read8 } from './parse-packet.ts'

export type TunnelType = 'ipip' | 'gue' | 'gre'

/** IANA's port of GUE. */
export const GUE_PORT = 6080

export interface TunnelFields extends IpFields {
  readonly type: TunnelType
  /** What travels inside. */
  readonly packet: Uint8Array
  /** Of GUE and GRE; default false. */
  readonly withChecksum?: boolean
  /** Of GUE; default 49152 and `GUE_PORT`. */
  readonly sourcePort?: number
  readonly destinationPort?: number
}

/** What a packet carries. */
export interface Tunnelled {
  readonly type: TunnelType
  /** A view; whether it is an IP packet is not looked at. */
  readonly packet: Uint8Array
}

const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const GUE_HEADER = 4
const GRE_HEADER = 4
export const GRE_CHECKSUM_PRESENT = 0x8000

export function buildTunnelled(fields: TunnelFields): Uint8Array {
  const { type, packet, withChecksum = false } = fields
  const protocol = read8(packet, 0) >>> 4 === 4 ? Protocol.Ipip : Protocol.Ipv6
  if (type === 'ipip') return buildIp({ ...fields, protocol, payload: packet })
  if (type === 'gre') return buildIp({ ...fields, protocol: Protocol.Gre, payload: greOf(packet, withChecksum) })
  const { sourcePort = 49152, destinationPort = GUE_PORT } = fields
  const payload = new Uint8Array(GUE_HEADER + packet.length)
  payload[1] = protocol
  payload.set(packet, GUE_HEADER)
  return buildUdp({ ...fields, sourcePort, destinationPort, payload, withChecksum })
}

function greOf(packet: Uint8Array, withChecksum: boolean): Uint8Array {
  const header = withChecksum ? GRE_HEADER + 4 : GRE_HEADER
  const bytes = new Uint8Array(header + packet.length)
  write16(bytes, 2, read8(packet, 0) >>> 4 === 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6)
  bytes.set(packet, header)
  if (!withChecksum) return bytes
  write16(bytes, 0, GRE_CHECKSUM_PRESENT)
  write16(bytes, 4, finishChecksum(sumWords(bytes, 0, bytes.length)))
  return bytes
}

/** Null for a packet that carries none, and for a fragment. GUE is known by its UDP port, null for any port. */
export function parseTunnelled(ip: Datagram, guePort: number | null = GUE_PORT): Tunnelled | null {
  if (isFragment(ip)) return null
  switch (ip.protocol) {
    case Protocol.Ipip:
    case Protocol.Ipv6:
      return { type: 'ipip', packet: ip.payload }
    case Protocol.Gre:
      return parseGre(ip.payload)
    case Protocol.Udp:
      return parseGue(ip, guePort)
    default:
      return null
  }
}

function parseGre(bytes: Uint8Array): Tunnelled | null {
  const flags = read16(bytes, 0)
  const type = read16(bytes, 2)
  const header = flags === GRE_CHECKSUM_PRESENT ? GRE_HEADER + 4 : GRE_HEADER
  // Keys, sequence numbers and other versions are not for tunnels like these.
  if (bytes.length < header || (flags & ~GRE_CHECKSUM_PRESENT) !== 0) return null
  if (type !== ETHERTYPE_IPV4 && type !== ETHERTYPE_IPV6) return null
  return { type: 'gre', packet: bytes.subarray(header) }
}

function parseGue(ip: Datagram, port: number | null): Tunnelled | null {
  const udp = parseUdp(ip)
  if (udp === null || (port !== null && udp.destinationPort !== port) || udp.payload.length < GUE_HEADER) return null
  // Variant, control bit and length of extensions are 0, and so are the flags.
  if (read8(udp.payload, 0) !== 0 || read16(udp.payload, 2) !== 0) return null
  const protocol = read8(udp.payload, 1)
  if (protocol !== Protocol.Ipip && protocol !== Protocol.Ipv6) return null
  const packet = udp.payload.subarray(GUE_HEADER)
  // On any port other payloads may begin so by chance.
  if (port === null && (parseIpv4(packet) ?? parseIpv6(packet)) === null) return null
  return { type: 'gue', packet }
}
