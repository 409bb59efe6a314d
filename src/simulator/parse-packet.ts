/**
 * Reads IPv4, and TCP, UDP, SCTP and ICMP over either family (RFC 791, 9293, 768, 9260, 792, 4443) for the simulator's hosts and for tests. A
 * packet is checked once, here: the parse functions return null for bytes that don't hold what they claim to, and never throw.
 * Payloads and options are views of the bytes, not copies. IPv6 is read by `parse-ipv6.ts`, checksums by `verify-packet.ts`.
 */

export const enum Protocol {
  Icmp = 1,
  Ipip = 4,
  Tcp = 6,
  Udp = 17,
  Ipv6 = 41,
  Gre = 47,
  Icmpv6 = 58,
  Sctp = 132,
}

/** The bits of `Tcp.flags`. */
export const enum TcpFlag {
  Fin = 0x01,
  Syn = 0x02,
  Rst = 0x04,
  Psh = 0x08,
  Ack = 0x10,
  Urg = 0x20,
  Ece = 0x40,
  Cwr = 0x80,
}

export const enum IcmpType {
  EchoReply = 0,
  Unreachable = 3,
  SourceQuench = 4,
  Redirect = 5,
  Echo = 8,
  TimeExceeded = 11,
  ParameterProblem = 12,
}

/** RFC 4443, RFC 4861. */
export const enum Icmpv6Type {
  Unreachable = 1,
  TooBig = 2,
  TimeExceeded = 3,
  ParameterProblem = 4,
  Echo = 128,
  EchoReply = 129,
  NeighbourSolicitation = 135,
  NeighbourAdvertisement = 136,
}

/** Codes of `IcmpType.Unreachable`. */
export const enum Unreachable {
  Network = 0,
  Host = 1,
  Protocol = 2,
  Port = 3,
  FragmentationNeeded = 4,
}

/** Codes of `Icmpv6Type.Unreachable`. */
export const enum UnreachableIpv6 {
  NoRoute = 0,
  Address = 3,
  Port = 4,
}

export interface Ipv4 {
  readonly family: 4
  /** The whole packet; what follows `totalLength` is link padding. */
  readonly bytes: Uint8Array
  readonly headerLength: number
  readonly tos: number
  readonly totalLength: number
  readonly identification: number
  readonly dontFragment: boolean
  readonly moreFragments: boolean
  /** In bytes. */
  readonly fragmentOffset: number
  readonly ttl: number
  readonly protocol: number
  readonly source: number
  readonly destination: number
  readonly options: Uint8Array
  /** From the end of the header to `totalLength`, or to the end of the bytes if they are a quote that ends before. */
  readonly payload: Uint8Array
}

export interface Tcp {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly sequence: number
  readonly acknowledgment: number
  /** `TcpFlag`s. */
  readonly flags: number
  readonly window: number
  readonly checksum: number
  readonly urgentPointer: number
  readonly options: Uint8Array
  readonly payload: Uint8Array
}

export interface Udp {
  readonly sourcePort: number
  readonly destinationPort: number
  /** 0: the sender computed none. */
  readonly checksum: number
  readonly payload: Uint8Array
}

export interface Sctp {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly verificationTag: number
  /** Little-endian on the wire. */
  readonly checksum: number
  readonly chunks: readonly { readonly type: number; readonly flags: number; readonly value: Uint8Array }[]
}

/** ICMP or ICMPv6. */
export interface Icmp {
  readonly type: number
  readonly code: number
  readonly checksum: number
  /** The second word of the header: identifier and sequence number of an echo, or an error's unused field and MTU. */
  readonly rest: number
  readonly payload: Uint8Array
}

const NOTHING = new Uint8Array(0)

/** A byte; 0 past the end, so that no read can fail. Callers check lengths. */
export function read8(bytes: Uint8Array, at: number): number {
  return bytes[at] ?? 0
}

export function read16(bytes: Uint8Array, at: number): number {
  return (read8(bytes, at) << 8) | read8(bytes, at + 1)
}

export function read32(bytes: Uint8Array, at: number): number {
  return (
    ((read8(bytes, at) << 24) | (read8(bytes, at + 1) << 16) | (read8(bytes, at + 2) << 8) | read8(bytes, at + 3)) >>> 0
  )
}

/** Null unless the bytes begin with an IPv4 header and hold the packet that it describes. Checksums are not looked at. */
export function parseIpv4(bytes: Uint8Array): Ipv4 | null {
  const ip = parseQuotedIpv4(bytes)
  return ip !== null && ip.totalLength <= bytes.length ? ip : null
}

/** As `parseIpv4`, for the packet inside an ICMP error, which may end before its `totalLength`. */
export function parseQuotedIpv4(bytes: Uint8Array): Ipv4 | null {
  if (bytes.length < 20 || read8(bytes, 0) >>> 4 !== 4) return null
  const headerLength = (read8(bytes, 0) & 15) * 4
  const totalLength = read16(bytes, 2)
  if (headerLength < 20 || headerLength > bytes.length || totalLength < headerLength) return null
  const fragment = read16(bytes, 6)
  return {
    family: 4,
    bytes,
    headerLength,
    tos: read8(bytes, 1),
    totalLength,
    identification: read16(bytes, 4),
    dontFragment: (fragment & 0x4000) !== 0,
    moreFragments: (fragment & 0x2000) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
    ttl: read8(bytes, 8),
    protocol: read8(bytes, 9),
    source: read32(bytes, 12),
    destination: read32(bytes, 16),
    options: headerLength === 20 ? NOTHING : bytes.subarray(20, headerLength),
    payload: bytes.subarray(headerLength, Math.min(totalLength, bytes.length)),
  }
}

/** What both families say of their payload. */
export type Datagram = Pick<Ipv4, 'protocol' | 'moreFragments' | 'fragmentOffset' | 'payload'>

export function isFragment(ip: Datagram): boolean {
  return ip.moreFragments || ip.fragmentOffset !== 0
}

/** The segment in an unfragmented packet; null if the packet is a fragment, not TCP, or too short. */
export function parseTcp(ip: Datagram): Tcp | null {
  const bytes = ip.payload
  if (ip.protocol !== Protocol.Tcp || isFragment(ip) || bytes.length < 20) return null
  const headerLength = (read8(bytes, 12) >>> 4) * 4
  if (headerLength < 20 || headerLength > bytes.length) return null
  return {
    sourcePort: read16(bytes, 0),
    destinationPort: read16(bytes, 2),
    sequence: read32(bytes, 4),
    acknowledgment: read32(bytes, 8),
    flags: read8(bytes, 13),
    window: read16(bytes, 14),
    checksum: read16(bytes, 16),
    urgentPointer: read16(bytes, 18),
    options: headerLength === 20 ? NOTHING : bytes.subarray(20, headerLength),
    payload: bytes.subarray(headerLength),
  }
}

export function parseUdp(ip: Datagram): Udp | null {
  const bytes = ip.payload
  if (ip.protocol !== Protocol.Udp || isFragment(ip) || bytes.length < 8) return null
  const length = read16(bytes, 4)
  if (length < 8 || length > bytes.length) return null
  return {
    sourcePort: read16(bytes, 0),
    destinationPort: read16(bytes, 2),
    checksum: read16(bytes, 6),
    payload: bytes.subarray(8, length),
  }
}

/** Null where a chunk isn't whole; the padding of the last may be missing. */
export function parseSctp(ip: Datagram): Sctp | null {
  const bytes = ip.payload
  if (ip.protocol !== Protocol.Sctp || isFragment(ip) || bytes.length < 12) return null
  const chunks: { type: number; flags: number; value: Uint8Array }[] = []
  for (let at = 12; at < bytes.length;) {
    const length = read16(bytes, at + 2)
    if (length < 4 || at + length > bytes.length) return null
    chunks.push({ type: read8(bytes, at), flags: read8(bytes, at + 1), value: bytes.subarray(at + 4, at + length) })
    at += (length + 3) & ~3
  }
  return {
    sourcePort: read16(bytes, 0),
    destinationPort: read16(bytes, 2),
    verificationTag: read32(bytes, 4),
    checksum: new DataView(bytes.buffer, bytes.byteOffset).getUint32(8, true),
    chunks,
  }
}

export function parseIcmp(ip: Datagram): Icmp | null {
  const bytes = ip.payload
  const isIcmp = ip.protocol === Protocol.Icmp || ip.protocol === Protocol.Icmpv6
  if (!isIcmp || isFragment(ip) || bytes.length < 8) return null
  return {
    type: read8(bytes, 0),
    code: read8(bytes, 1),
    checksum: read16(bytes, 2),
    rest: read32(bytes, 4),
    payload: bytes.subarray(8),
  }
}

/** Whether an ICMP message reports on another packet, which it then quotes as its payload (RFC 1122 §3.2.2). */
export function isIcmpError(type: number): boolean {
  switch (type) {
    case IcmpType.Unreachable:
    case IcmpType.SourceQuench:
    case IcmpType.Redirect:
    case IcmpType.TimeExceeded:
    case IcmpType.ParameterProblem:
      return true
    default:
      return false
  }
}

/** The same of ICMPv6 (RFC 4443 §2.1). */
export function isIcmpv6Error(type: number): boolean {
  return type < 128
}

/** What a TCP option says behind its kind and length; null if there is none of that kind, or something malformed in front of it. */
export function tcpOption(options: Uint8Array, wanted: number): Uint8Array | null {
  for (let i = 0; i < options.length;) {
    const kind = read8(options, i)
    if (kind === 0) return null
    if (kind === 1) {
      i += 1
      continue
    }
    const length = read8(options, i + 1)
    if (length < 2 || i + length > options.length) return null
    if (kind === wanted) return options.subarray(i + 2, i + length)
    i += length
  }
  return null
}

/** The maximum segment size that a SYN's options announce, in bytes; null if they don't, or are malformed. */
export function announcedMss(options: Uint8Array): number | null {
  const said = tcpOption(options, 2)
  return said?.length === 2 ? read16(said, 0) : null
}
