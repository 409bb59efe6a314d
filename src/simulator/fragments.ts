/**
 * Fragmentation and reassembly of IPv4 packets (RFC 791 §3.2). Fragments that overlap end the packet, as in Linux; a packet that isn't
 * whole after `timeoutMs` is forgotten, and so is the oldest when more than `MAX_PACKETS` are waiting.
 */
import { write16, updateHeaderChecksum } from './build-packet.ts'
import type { Clock } from './clock.ts'
import { type Ipv4, parseIpv4 } from './parse-packet.ts'

/**
 * Cuts a packet into fragments of at most `mtu` bytes. Options are repeated in each one: the copied flag of RFC 791 isn't looked at.
 * The packet must not have its don't-fragment bit set.
 */
export function fragment(ip: Ipv4, mtu: number): Uint8Array[] {
  const step = Math.max(8, (mtu - ip.headerLength) & ~7)
  const fragments: Uint8Array[] = []
  for (let at = 0; at < ip.payload.length; at += step) {
    const data = ip.payload.subarray(at, at + step)
    const bytes = new Uint8Array(ip.headerLength + data.length)
    bytes.set(ip.bytes.subarray(0, ip.headerLength))
    bytes.set(data, ip.headerLength)
    const isLast = at + step >= ip.payload.length
    write16(bytes, 2, bytes.length)
    write16(bytes, 6, ((ip.fragmentOffset + at) >>> 3) | (isLast && !ip.moreFragments ? 0 : 0x2000))
    updateHeaderChecksum(bytes)
    fragments.push(bytes)
  }
  return fragments
}

const MAX_PACKETS = 256

interface Incomplete {
  readonly expiresUs: number
  readonly pieces: { offset: number; bytes: Uint8Array }[]
  /** The first fragment's header, for the whole packet. */
  header: Uint8Array | null
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
  add(ip: Ipv4): Ipv4 | null {
    const key = `${ip.source} ${ip.destination} ${ip.protocol} ${ip.identification}`
    const packet = this.entryFor(key)
    if (!accept(packet, ip)) {
      this.incomplete.delete(key)
      return null
    }
    if (packet.header === null || packet.received !== packet.total) return null
    this.incomplete.delete(key)
    if (packet.header.length + packet.total > 65535) return null
    return parseIpv4(join(packet, packet.header))
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
      packet = { expiresUs: nowUs + this.timeoutMs * 1000, pieces: [], header: null, received: 0, total: -1 }
      this.incomplete.set(key, packet)
    }
    return packet
  }
}

/** Adds a fragment to its packet; false where it contradicts what is there. A mere duplicate is ignored. */
function accept(packet: Incomplete, ip: Ipv4): boolean {
  const offset = ip.fragmentOffset
  const end = offset + ip.payload.length
  if (end + ip.headerLength > 65535 || (ip.moreFragments && (end & 7) !== 0) || end === offset) return false
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
  if (offset === 0) packet.header = ip.bytes.subarray(0, ip.headerLength)
  packet.pieces.splice(at, 0, { offset, bytes: ip.payload })
  packet.received += ip.payload.length
  return true
}

function join(packet: Incomplete, header: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(header.length + packet.total)
  bytes.set(header)
  for (const piece of packet.pieces) bytes.set(piece.bytes, header.length + piece.offset)
  write16(bytes, 2, bytes.length)
  write16(bytes, 6, 0)
  updateHeaderChecksum(bytes)
  return bytes
}
