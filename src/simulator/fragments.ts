/**
 * Fragmentation and reassembly (RFC 791 §3.2, RFC 8200 §4.5). Fragments that overlap end the packet, as in Linux; a packet that isn't
 * whole after `timeoutMs` is forgotten, and so is the oldest when more than `MAX_PACKETS` are waiting.
 */
import { type Family, IP_HEADER } from './addresses.ts'
import { updateHeaderChecksum, write16, write32 } from './build-packet.ts'
import type { Clock } from './clock.ts'
import { type IpPacket, parseIp } from './parse-ip.ts'
import { NextHeader } from './parse-ipv6.ts'
import { read8 } from './parse-packet.ts'

const FRAGMENT_HEADER = 8

/**
 * Cuts a packet into fragments of at most `mtu` bytes. IPv4: options are repeated in each one, the copied flag of RFC 791 isn't looked at, and
 * the packet must not have its don't-fragment bit set. IPv6: it must be the sender who cuts, and no fragment, and `identification` its own.
 */
export function fragment(ip: IpPacket, mtu: number, identification = ip.identification): Uint8Array[] {
  const headers = ip.family === 4 ? ip.bytes.slice(0, ip.headerLength) : withFragmentHeader(ip, identification)
  const step = Math.max(8, (mtu - headers.length) & ~7)
  const fragments: Uint8Array[] = []
  for (let at = 0; at < ip.payload.length; at += step) {
    const isLast = at + step >= ip.payload.length
    const piece = ip.payload.subarray(at, at + step)
    place(headers, ip.family, ip.fragmentOffset + at, !isLast || ip.moreFragments)
    fragments.push(join(headers, ip.family, [piece]))
  }
  return fragments
}

/** Headers and payload as a packet, its length and header checksum put right. */
function join(headers: Uint8Array, family: Family, pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, headers.length))
  bytes.set(headers)
  let at = headers.length
  for (const piece of pieces) {
    bytes.set(piece, at)
    at += piece.length
  }
  if (family === 4) {
    write16(bytes, 2, bytes.length)
    updateHeaderChecksum(bytes)
  } else write16(bytes, 4, bytes.length - IP_HEADER[6])
  return bytes
}

/** Writes into headers where in the payload their piece belongs. */
function place(headers: Uint8Array, family: Family, offset: number, moreFragments: boolean): void {
  if (family === 4) write16(headers, 6, (offset >>> 3) | (moreFragments ? 0x2000 : 0))
  else write16(headers, headers.length - FRAGMENT_HEADER + 2, offset | (moreFragments ? 1 : 0))
}

function withFragmentHeader(ip: IpPacket, identification: number): Uint8Array {
  const headers = new Uint8Array(ip.headerLength + FRAGMENT_HEADER)
  headers.set(ip.bytes.subarray(0, ip.headerLength))
  setLastNextHeader(headers, ip.headerLength, NextHeader.Fragment)
  headers[ip.headerLength] = ip.protocol
  write32(headers, ip.headerLength + 4, identification)
  return headers
}

/** Says what follows the IPv6 headers that end at `end`. */
function setLastNextHeader(headers: Uint8Array, end: number, type: number): void {
  let field = 6
  for (let at: number = IP_HEADER[6]; at < end; at += 8 + read8(headers, at + 1) * 8) field = at
  headers[field] = type
}

const MAX_PACKETS = 256
const MAX_LENGTH = 65535

interface Incomplete {
  readonly expiresUs: number
  readonly pieces: { offset: number; bytes: Uint8Array }[]
  /** The first fragment, for the headers of the whole packet. */
  first: IpPacket | null
  received: number
  /** Payload bytes; -1 until the last fragment is here. */
  total: number
}

export class Reassembler {
  private readonly incomplete = new Map<string, Incomplete>()

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs = 30_000,
  ) {}

  /** Takes a fragment; the whole packet if it was the last one missing, else null. */
  add(ip: IpPacket): IpPacket | null {
    const protocol = ip.family === 4 ? ip.protocol : 'any'
    const key = `${ip.source} ${ip.destination} ${protocol} ${ip.identification}`
    const packet = this.entryFor(key)
    if (!accept(packet, ip)) {
      this.incomplete.delete(key)
      return null
    }
    if (packet.first === null || packet.received !== packet.total) return null
    this.incomplete.delete(key)
    if (packet.first.headerLength + packet.total > MAX_LENGTH) return null
    return parseIp(whole(packet.first, packet))
  }

  private entryFor(key: string): Incomplete {
    const nowUs = this.clock.nowUs
    // Insertion order is expiry order, so expired packets stand in front.
    for (const [other, { expiresUs }] of this.incomplete) {
      if (expiresUs > nowUs && this.incomplete.size < MAX_PACKETS) break
      this.incomplete.delete(other)
    }
    let packet = this.incomplete.get(key)
    if (packet === undefined) {
      packet = { expiresUs: nowUs + this.timeoutMs * 1000, pieces: [], first: null, received: 0, total: -1 }
      this.incomplete.set(key, packet)
    }
    return packet
  }
}

/** Adds a fragment to its packet; false where it contradicts what is there. A mere duplicate is ignored. */
function accept(packet: Incomplete, ip: IpPacket): boolean {
  const offset = ip.fragmentOffset
  const end = offset + ip.payload.length
  if (end + ip.headerLength > MAX_LENGTH || (ip.moreFragments && (end & 7) !== 0) || end === offset) return false
  let at = packet.pieces.length
  while (at > 0 && (packet.pieces[at - 1]?.offset ?? 0) >= offset) at -= 1
  const next = packet.pieces[at]
  if (next !== undefined && next.offset === offset && next.bytes.length === ip.payload.length) return true
  const previous = packet.pieces[at - 1]
  if (previous !== undefined && previous.offset + previous.bytes.length > offset) return false
  if (next !== undefined && next.offset < end) return false
  if (!ip.moreFragments) {
    if (packet.total >= 0 || at !== packet.pieces.length) return false
    packet.total = end
  } else if (packet.total >= 0 && end > packet.total) return false
  if (offset === 0) packet.first = ip
  packet.pieces.splice(at, 0, { offset, bytes: ip.payload })
  packet.received += ip.payload.length
  return true
}

/** The packet whose pieces are all there. */
function whole(first: IpPacket, { pieces }: Incomplete): Uint8Array {
  const isIpv4 = first.family === 4
  const end = isIpv4 ? first.headerLength : first.headerLength - FRAGMENT_HEADER
  const headers = first.bytes.slice(0, end)
  if (isIpv4) write16(headers, 6, 0)
  else setLastNextHeader(headers, end, first.protocol)
  return join(
    headers,
    first.family,
    pieces.map(({ bytes }) => bytes),
  )
}
