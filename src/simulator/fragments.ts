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

interface Partial {
  readonly expiresUs: number
  readonly pieces: { offset: number; bytes: Uint8Array }[]
  /** The first fragment's header, for the whole packet. */
  header: Uint8Array | null
  received: number
  /** Payload bytes; -1 until the last fragment is here. */
  total: number
}

export class Reassembler {
  private readonly partials = new Map<string, Partial>()

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs = 30_000,
  ) {}

  /** Takes a fragment; the whole packet if it was the last one missing, else null. */
  add(ip: Ipv4): Ipv4 | null {
    const key = `${ip.source} ${ip.destination} ${ip.protocol} ${ip.identification}`
    const partial = this.partialFor(key)
    if (!accept(partial, ip)) {
      this.partials.delete(key)
      return null
    }
    if (partial.header === null || partial.received !== partial.total) return null
    this.partials.delete(key)
    if (partial.header.length + partial.total > 65535) return null
    return parseIpv4(join(partial, partial.header))
  }

  private partialFor(key: string): Partial {
    const nowUs = this.clock.nowUs
    // Insertion order is expiry order, so expired packets stand in front.
    for (const [other, { expiresUs }] of this.partials) {
      if (expiresUs > nowUs && this.partials.size < MAX_PACKETS) break
      this.partials.delete(other)
    }
    let partial = this.partials.get(key)
    if (partial === undefined) {
      partial = { expiresUs: nowUs + this.timeoutMs * 1000, pieces: [], header: null, received: 0, total: -1 }
      this.partials.set(key, partial)
    }
    return partial
  }
}

/** Adds a fragment to its packet; false where it contradicts what is there. A mere duplicate is ignored. */
function accept(partial: Partial, ip: Ipv4): boolean {
  const offset = ip.fragmentOffset
  const end = offset + ip.payload.length
  if (end + ip.headerLength > 65535 || (ip.moreFragments && (end & 7) !== 0) || end === offset) return false
  let at = partial.pieces.length
  while (at > 0 && (partial.pieces[at - 1]?.offset ?? 0) >= offset) at -= 1
  const next = partial.pieces[at]
  if (next !== undefined && next.offset === offset && next.bytes.length === ip.payload.length) return true
  const previous = partial.pieces[at - 1]
  if (previous !== undefined && previous.offset + previous.bytes.length > offset) return false
  if (next !== undefined && next.offset < end) return false
  if (!ip.moreFragments) {
    if (partial.total >= 0 || at !== partial.pieces.length) return false
    partial.total = end
  } else if (partial.total >= 0 && end > partial.total) return false
  if (offset === 0) partial.header = ip.bytes.subarray(0, ip.headerLength)
  partial.pieces.splice(at, 0, { offset, bytes: ip.payload })
  partial.received += ip.payload.length
  return true
}

function join(partial: Partial, header: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(header.length + partial.total)
  bytes.set(header)
  for (const piece of partial.pieces) bytes.set(piece.bytes, header.length + piece.offset)
  write16(bytes, 2, bytes.length)
  write16(bytes, 6, 0)
  updateHeaderChecksum(bytes)
  return bytes
}
