/**
 * Builds IPv4 packets with their checksums, for the simulator's hosts and as a fixture for every other test. Nothing is shared with the
 * engine: what one writes the other must be able to read.
 */
import { type AddressLike, toAddress } from './addresses.ts'
import { finishChecksum, sumPseudoHeader, sumWords } from './checksum.ts'
import { Protocol, read8 } from './parse-packet.ts'
import { zeroedBytes } from './slab.ts'

export interface Ipv4Fields {
  readonly source: AddressLike
  readonly destination: AddressLike
  /** Default 64. */
  readonly ttl?: number
  readonly tos?: number
  readonly identification?: number
  readonly dontFragment?: boolean
  readonly moreFragments?: boolean
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset?: number
  /** Padded with zeros (end of options) to a multiple of 4 bytes; 40 bytes at most. */
  readonly ipOptions?: Uint8Array
}

export interface TcpFields extends Ipv4Fields {
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

export interface UdpFields extends Ipv4Fields {
  readonly sourcePort: number
  readonly destinationPort: number
  readonly payload?: Uint8Array
  /** False leaves the checksum 0, which means none. */
  readonly withChecksum?: boolean
}

export interface IcmpFields extends Ipv4Fields {
  readonly type: number
  readonly code?: number
  /** The second word of the header. */
  readonly rest?: number
  readonly payload?: Uint8Array
}

const NOTHING = new Uint8Array(0)

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

function paddedLength(options: Uint8Array, what: string): number {
  if (options.length > 40) throw new RangeError(`${options.length} bytes of ${what} options don't fit: give 40 at most`)
  return (options.length + 3) & ~3
}

/** A packet with its header written and `payloadLength` zero bytes for the caller to fill. */
function startPacket(fields: Ipv4Fields, protocol: number, payloadLength: number): Uint8Array {
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
  write32(bytes, 12, toAddress(fields.source))
  write32(bytes, 16, toAddress(fields.destination))
  bytes.set(options, 20)
  updateHeaderChecksum(bytes)
  return bytes
}

/** Computes the checksum of an IPv4 header afresh, in place. */
export function updateHeaderChecksum(bytes: Uint8Array): void {
  write16(bytes, 10, 0)
  write16(bytes, 10, finishChecksum(sumWords(bytes, 0, (read8(bytes, 0) & 15) * 4)))
}

export function buildIpv4(fields: Ipv4Fields & { protocol: number; payload: Uint8Array }): Uint8Array {
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

export function buildIcmp(fields: IcmpFields): Uint8Array {
  const payload = fields.payload ?? NOTHING
  const bytes = startPacket(fields, Protocol.Icmp, 8 + payload.length)
  const at = bytes.length - 8 - payload.length
  bytes[at] = fields.type
  bytes[at + 1] = fields.code ?? 0
  write32(bytes, at + 4, fields.rest ?? 0)
  bytes.set(payload, at + 8)
  write16(bytes, at + 2, finishChecksum(sumWords(bytes, at, bytes.length)))
  return bytes
}

function transportChecksum(bytes: Uint8Array, at: number, protocol: number, ends: Ipv4Fields): number {
  const length = bytes.length - at
  const pseudo = sumPseudoHeader(toAddress(ends.source), toAddress(ends.destination), protocol, length)
  return finishChecksum(sumWords(bytes, at, bytes.length, pseudo))
}

/** The TCP option of a SYN that announces the largest segment its sender takes, in bytes. */
export function mssOption(mss: number): Uint8Array {
  return Uint8Array.of(2, 4, mss >>> 8, mss)
}
