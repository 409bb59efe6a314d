/**
 * Builds packets of IPv4 and IPv6 with their checksums, for the simulator's hosts and as a fixture for every other test. Nothing is
 * shared with the engine: what one writes the other must be able to read.
 *
 * Addresses say which family a packet is of: numbers and dotted decimals are IPv4, text with colons and 16 bytes are IPv6.
 */
import { type AddressLike, IP_HEADER, toAddress } from './addresses.ts'
import { finishChecksum, sumPseudoHeader, sumWords } from './checksum.ts'
import { crc32c } from './crc32c.ts'
import { ipv6Bytes } from './ipv6-addresses.ts'
import { NextHeader } from './parse-ipv6.ts'
import { Protocol, read8 } from './parse-packet.ts'
import { zeroedBytes } from './slab.ts'

/** An IPv6 address as 16 bytes, or of either family as `AddressLike`. */
export type AnyAddress = AddressLike | Uint8Array

export interface IpFields {
  readonly source: AnyAddress
  readonly destination: AnyAddress
  /** Time to live or hop limit; default 64. */
  readonly ttl?: number
  /** Type of service or traffic class. */
  readonly tos?: number
  readonly identification?: number
  /** IPv4 only. */
  readonly dontFragment?: boolean
  readonly moreFragments?: boolean
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset?: number
  /** IPv4 only. Padded with zeros (end of options) to a multiple of 4 bytes; 40 bytes at most. */
  readonly ipOptions?: Uint8Array
  /** IPv6 only. A fragment header is put behind them where the packet is a fragment. */
  readonly extensions?: readonly Extension[]
  /** IPv6 only. */
  readonly flowLabel?: number
}

/** A hop-by-hop, routing or destination options header; its body is padded with zeros to 8 · n + 6 bytes. */
export interface Extension {
  readonly type: number
  readonly body?: Uint8Array
}

export interface TcpFields extends IpFields {
  readonly sourcePort: number
  readonly destinationPort: number
  /** `TcpFlag`s. */
  readonly flags: number
  readonly sequence?: number
  readonly acknowledgment?: number
  /** Default 65535. */
  readonly window?: number
  readonly urgentPointer?: number
  /** Padded with zeros (end of options) to a multiple of 4 bytes; 40 bytes at most. */
  readonly options?: Uint8Array
  readonly payload?: Uint8Array
}

export interface UdpFields extends IpFields {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly payload?: Uint8Array
  /** False leaves the checksum 0, which means none. */
  readonly withChecksum?: boolean
}

export interface SctpFields extends IpFields {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly verificationTag?: number
  readonly chunks: readonly SctpChunkFields[]
}

/** RFC 9260 §3.2; the value is padded with zeros to a multiple of 4 bytes. */
export interface SctpChunkFields {
  readonly type: number
  readonly flags?: number
  readonly value?: Uint8Array
}

/** ICMP, or ICMPv6 between IPv6 addresses. */
export interface IcmpFields extends IpFields {
  readonly type: number
  readonly code?: number
  /** The second word of the header. */
  readonly rest?: number
  readonly payload?: Uint8Array
}

const NOTHING = new Uint8Array(0)
const IPV6_HEADER = IP_HEADER[6]

export function write16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

export function write32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

export function isIpv6(address: AnyAddress): boolean {
  return typeof address === 'string' ? address.includes(':') : typeof address === 'object'
}

function ipv6Of(address: AnyAddress): Uint8Array {
  if (typeof address === 'object' && address.length === 16) return address
  if (typeof address === 'string') return ipv6Bytes(address)
  throw new RangeError(`${String(address)} is not an IPv6 address: both ends of a packet must be of one family`)
}

function ipv4Number(address: AnyAddress): number {
  const number = typeof address === 'object' ? null : toAddress(address)
  if (typeof number === 'number') return number
  throw new RangeError(`${String(address)} is not an IPv4 address: both ends of a packet must be of one family`)
}

function paddedLength(options: Uint8Array, what: string): number {
  if (options.length > 40) throw new RangeError(`${options.length} bytes of ${what} options don't fit: give 40 at most`)
  return (options.length + 3) & ~3
}

/** A packet with its headers written and `payloadLength` zero bytes at its end for the caller to fill. */
function startPacket(fields: IpFields, protocol: number, payloadLength: number): Uint8Array {
  return isIpv6(fields.source) ? startIpv6(fields, protocol, payloadLength) : startIpv4(fields, protocol, payloadLength)
}

function startIpv4(fields: IpFields, protocol: number, payloadLength: number): Uint8Array {
  const options = fields.ipOptions ?? NOTHING
  const headerLength = 20 + paddedLength(options, 'IP')
  const totalLength = headerLength + payloadLength
  if (totalLength > 65535) throw new RangeError(`an IPv4 packet can't have ${totalLength} bytes: 65535 is the most`)
  const bytes = zeroedBytes(totalLength)
  bytes[0] = 0x40 | (headerLength >>> 2)
  bytes[1] = fields.tos ?? 0
  write16(bytes, 2, totalLength)
  write16(bytes, 4, fields.identification ?? 0)
  const flags = (fields.dontFragment ? 0x4000 : 0) | (fields.moreFragments ? 0x2000 : 0)
  write16(bytes, 6, flags | ((fields.fragmentOffset ?? 0) >>> 3))
  bytes[8] = fields.ttl ?? 64
  bytes[9] = protocol
  write32(bytes, 12, ipv4Number(fields.source))
  write32(bytes, 16, ipv4Number(fields.destination))
  bytes.set(options, 20)
  updateHeaderChecksum(bytes)
  return bytes
}

/** The extension headers, each without its next header field. */
function extensionHeaders(fields: IpFields): { type: number; bytes: Uint8Array }[] {
  const headers = (fields.extensions ?? []).map(({ type, body = NOTHING }) => {
    const bytes = zeroedBytes((2 + body.length + 7) & ~7)
    bytes[1] = bytes.length / 8 - 1
    bytes.set(body, 2)
    return { type, bytes }
  })
  if (!fields.moreFragments && !fields.fragmentOffset) return headers
  const fragment = zeroedBytes(8)
  write16(fragment, 2, (fields.fragmentOffset ?? 0) | (fields.moreFragments ? 1 : 0))
  write32(fragment, 4, fields.identification ?? 0)
  return [...headers, { type: NextHeader.Fragment, bytes: fragment }]
}

function startIpv6(fields: IpFields, protocol: number, payloadLength: number): Uint8Array {
  const headers = extensionHeaders(fields)
  const length = headers.reduce((sum, { bytes }) => sum + bytes.length, payloadLength)
  if (length > 65535) throw new RangeError(`an IPv6 packet can't carry ${length} bytes: 65535 is the most`)
  const bytes = zeroedBytes(IPV6_HEADER + length)
  write32(bytes, 0, 0x60000000 | ((fields.tos ?? 0) << 20) | ((fields.flowLabel ?? 0) & 0xfffff))
  write16(bytes, 4, length)
  bytes[6] = headers[0]?.type ?? protocol
  bytes[7] = fields.ttl ?? 64
  bytes.set(ipv6Of(fields.source), 8)
  bytes.set(ipv6Of(fields.destination), 24)
  let at = IPV6_HEADER
  headers.forEach((header, index) => {
    bytes.set(header.bytes, at)
    bytes[at] = headers[index + 1]?.type ?? protocol
    at += header.bytes.length
  })
  return bytes
}

/** Computes the checksum of an IPv4 header afresh, in place. */
export function updateHeaderChecksum(bytes: Uint8Array): void {
  write16(bytes, 10, 0)
  write16(bytes, 10, finishChecksum(sumWords(bytes, 0, (read8(bytes, 0) & 15) * 4)))
}

export function buildIp(fields: IpFields & { protocol: number; payload: Uint8Array }): Uint8Array {
  const bytes = startPacket(fields, fields.protocol, fields.payload.length)
  bytes.set(fields.payload, bytes.length - fields.payload.length)
  return bytes
}

export function buildTcp(fields: TcpFields): Uint8Array {
  const options = fields.options ?? NOTHING
  const payload = fields.payload ?? NOTHING
  const headerLength = 20 + paddedLength(options, 'TCP')
  const bytes = startPacket(fields, Protocol.Tcp, headerLength + payload.length)
  const at = bytes.length - headerLength - payload.length
  write16(bytes, at, fields.sourcePort)
  write16(bytes, at + 2, fields.destinationPort)
  write32(bytes, at + 4, fields.sequence ?? 0)
  write32(bytes, at + 8, fields.acknowledgment ?? 0)
  bytes[at + 12] = headerLength << 2
  bytes[at + 13] = fields.flags
  write16(bytes, at + 14, fields.window ?? 65535)
  write16(bytes, at + 18, fields.urgentPointer ?? 0)
  bytes.set(options, at + 20)
  bytes.set(payload, at + headerLength)
  write16(bytes, at + 16, transportChecksum(bytes, at, Protocol.Tcp, fields))
  return bytes
}

export function buildUdp(fields: UdpFields): Uint8Array {
  const payload = fields.payload ?? NOTHING
  const bytes = startPacket(fields, Protocol.Udp, 8 + payload.length)
  const at = bytes.length - 8 - payload.length
  write16(bytes, at, fields.sourcePort)
  write16(bytes, at + 2, fields.destinationPort)
  write16(bytes, at + 4, 8 + payload.length)
  bytes.set(payload, at + 8)
  // A sum of 0 is sent as its other representation, because 0 stands for "none" (RFC 768).
  if (fields.withChecksum ?? true) write16(bytes, at + 6, transportChecksum(bytes, at, Protocol.Udp, fields) || 0xffff)
  return bytes
}

export function buildSctp(fields: SctpFields): Uint8Array {
  const padded = fields.chunks.map(({ value = NOTHING }) => (4 + value.length + 3) & ~3)
  const length = padded.reduce((sum, each) => sum + each, 12)
  const bytes = startPacket(fields, Protocol.Sctp, length)
  const sctp = bytes.subarray(bytes.length - length)
  write16(sctp, 0, fields.sourcePort)
  write16(sctp, 2, fields.destinationPort)
  write32(sctp, 4, fields.verificationTag ?? 0)
  let at = 12
  fields.chunks.forEach(({ type, flags = 0, value = NOTHING }, index) => {
    sctp.set([type, flags], at)
    write16(sctp, at + 2, 4 + value.length)
    sctp.set(value, at + 4)
    at += padded[index] ?? 0
  })
  new DataView(sctp.buffer, sctp.byteOffset).setUint32(8, crc32c(sctp, 8), true)
  return bytes
}

export function buildIcmp(fields: IcmpFields): Uint8Array {
  const payload = fields.payload ?? NOTHING
  const overIpv6 = isIpv6(fields.source)
  const bytes = startPacket(fields, overIpv6 ? Protocol.Icmpv6 : Protocol.Icmp, 8 + payload.length)
  const at = bytes.length - 8 - payload.length
  bytes[at] = fields.type
  bytes[at + 1] = fields.code ?? 0
  write32(bytes, at + 4, fields.rest ?? 0)
  bytes.set(payload, at + 8)
  const checksum = overIpv6
    ? transportChecksum(bytes, at, Protocol.Icmpv6, fields)
    : finishChecksum(sumWords(bytes, at, bytes.length))
  write16(bytes, at + 2, checksum)
  return bytes
}

function transportChecksum(bytes: Uint8Array, at: number, protocol: number, ends: IpFields): number {
  const length = bytes.length - at
  const pseudo = isIpv6(ends.source)
    ? sumWords(bytes, 8, IPV6_HEADER, protocol + length)
    : sumPseudoHeader(ipv4Number(ends.source), ipv4Number(ends.destination), protocol, length)
  return finishChecksum(sumWords(bytes, at, bytes.length, pseudo))
}

/** The TCP option of a SYN that announces the largest segment its sender takes, in bytes. */
export function mssOption(mss: number): Uint8Array {
  return Uint8Array.of(2, 4, mss >>> 8, mss)
}
