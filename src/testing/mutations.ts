/**
 * Ways to damage a packet: each takes a whole packet and returns another one, fields set to what lies at the edge of their meaning,
 * lengths that don't fit, bits flipped. Half of the damaged IPv4 headers get a right checksum, or hardly any damage would
 * get past the first check. None is shorter than `shortestPacket` says.
 */
import { updateHeaderChecksum, write16 } from '../simulator/build-packet.ts'
import { read16 } from '../simulator/parse-packet.ts'
import type { Random } from '../simulator/random.ts'

const IPV4_HEADER = 20
const IPV6_HEADER = 40

const EDGES_8 = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff]
const EDGES_16 = [0, 1, 7, 8, 19, 20, 39, 40, 0x7fff, 0x8000, 0xfffe, 0xffff]
/** Reserved, DF, MF, and offsets of the first and the last kind. */
const FRAGMENTS = [0x8000, 0x4000, 0x2000, 0x2001, 0x0001, 0x1fff, 0x3fff, 0x6000, 0xffff]
const PROTOCOLS = [0, 1, 2, 4, 5, 6, 7, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 132, 255]

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}

export function claimsIpv6(bytes: Uint8Array): boolean {
  return (bytes[0] ?? 0) >>> 4 === 6
}

/** The kernel test-runs no program on less of a packet than its family's header. */
export function shortestPacket(bytes: Uint8Array): number {
  return claimsIpv6(bytes) ? IPV6_HEADER : IPV4_HEADER
}

/** Where the transport header begins, by what the packet says, if it has no extension headers. */
function transportAt(bytes: Uint8Array): number {
  return claimsIpv6(bytes) ? IPV6_HEADER : ((bytes[0] ?? 0) & 15) * 4
}

/** The first bytes of a packet, fewer than `below` but not too few. */
function cut(bytes: Uint8Array, below: number, random: Random): Uint8Array {
  const shortest = shortestPacket(bytes)
  return bytes.slice(0, shortest + random.below(Math.max(1, below - shortest)))
}

function extended(bytes: Uint8Array, more: number, random: Random): Uint8Array {
  const longer = new Uint8Array(bytes.length + more)
  longer.set(bytes)
  longer.set(random.bytes(more), bytes.length)
  return longer
}

function setByte(at: number, values: readonly number[] | null): Mutation {
  return (bytes, random) => {
    if (at < bytes.length) bytes[at] = values === null ? random.below(256) : pick(random, values)
    return bytes
  }
}

function setWord(at: number, values: readonly number[]): Mutation {
  return (bytes, random) => {
    write16(bytes, at, pick(random, values))
    return bytes
  }
}

/** Where IPv4 has its total length, and IPv6 its payload's. */
function lengthAt(bytes: Uint8Array): number {
  return claimsIpv6(bytes) ? 4 : 2
}

const EITHER: readonly Mutation[] = [
  // Cut anywhere, within the headers, and with the length along.
  (bytes, random) => cut(bytes, bytes.length, random),
  (bytes, random) => cut(bytes, 80, random),
  (bytes, random) => {
    const shorter = cut(bytes, bytes.length, random)
    write16(shorter, lengthAt(bytes), claimsIpv6(bytes) ? shorter.length - IPV6_HEADER : shorter.length)
    return shorter
  },
  // Link padding.
  (bytes, random) => extended(bytes, 1 + random.below(46), random),
  // The length, or a little more or less than it.
  (bytes, random) => setWord(lengthAt(bytes), EDGES_16)(bytes, random),
  (bytes, random) => {
    write16(bytes, lengthAt(bytes), read16(bytes, lengthAt(bytes)) + random.below(9) - 4)
    return bytes
  },
  // Of the transport header: the data offset, the flags, the checksums of TCP and UDP, anything.
  (bytes, random) => setByte(transportAt(bytes) + 12, null)(bytes, random),
  (bytes, random) => setByte(transportAt(bytes) + 13, null)(bytes, random),
  ...[16, 6, 4].map((offset): Mutation => (bytes, random) => {
    const at = transportAt(bytes) + offset
    return at + 2 <= bytes.length ? setWord(at, EDGES_16)(bytes, random) : bytes
  }),
  (bytes, random) => setByte(transportAt(bytes) + random.below(20), EDGES_8)(bytes, random),
  (bytes, random) => {
    for (let flips = 1 + random.below(3); flips > 0; flips--) {
      // The family stays: a packet of the other would be too short.
      const at = 1 + random.below(Math.min(bytes.length, 100) - 1)
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
    }
    return bytes
  },
]

const OF_IPV4: readonly Mutation[] = [
  (bytes, random) => {
    const version = random.below(16)
    // What claims to be IPv6 must be as long as its header.
    if (version !== 6 || bytes.length >= IPV6_HEADER) bytes[0] = ((bytes[0] ?? 0) & 15) | (version << 4)
    return bytes
  },
  (bytes, random) => {
    bytes[0] = 0x40 | random.below(16)
    return bytes
  },
  setByte(1, null),
  setWord(6, FRAGMENTS),
  setByte(8, EDGES_8),
  setByte(9, PROTOCOLS),
  setWord(10, EDGES_16),
  (bytes, random) => setByte(1 + random.below(19), null)(bytes, random),
]

const OF_IPV6: readonly Mutation[] = [
  (bytes, random) => {
    bytes[0] = ((bytes[0] ?? 0) & 15) | (random.below(16) << 4)
    return bytes
  },
  setByte(6, PROTOCOLS),
  setByte(7, EDGES_8),
  (bytes, random) => setByte(1 + random.below(39), null)(bytes, random),
  // What may be an extension header: its next header and its length.
  (bytes, random) => setByte(40 + 8 * random.below(4), PROTOCOLS)(bytes, random),
  (bytes, random) => setByte(41 + 8 * random.below(4), null)(bytes, random),
]

const MUTATIONS_4 = [...EITHER, ...OF_IPV4]
const MUTATIONS_6 = [...EITHER, ...OF_IPV6]

/** A damaged copy. */
export function mutate(packet: Uint8Array, random: Random): Uint8Array {
  const damaged = pick(random, claimsIpv6(packet) ? MUTATIONS_6 : MUTATIONS_4)(packet.slice(), random)
  const hasHeader = !claimsIpv6(damaged) && damaged.length >= IPV4_HEADER && transportAt(damaged) <= damaged.length
  if (hasHeader && random.chance(0.5)) updateHeaderChecksum(damaged)
  return damaged
}
