/**
 * Ways to damage a packet: each takes a whole IPv4 packet and returns another one, fields set to what lies at the edge of their meaning,
 * lengths that don't fit, bits flipped. Half of the damaged headers get a right checksum, or hardly any damage would
 * get past the first check. None is shorter than `SHORTEST_PACKET`.
 */
import { updateHeaderChecksum, write16 } from '../simulator/build-packet.ts'
import { read16 } from '../simulator/parse-packet.ts'
import type { Random } from '../simulator/random.ts'

/** The kernel test-runs no program on less of an IPv4 packet than its header. */
export const SHORTEST_PACKET = 20

const EDGES_8 = [0, 1, 2, 0x7f, 0x80, 0xfe, 0xff]
const EDGES_16 = [0, 1, 19, 20, 39, 40, 0x7fff, 0x8000, 0xfffe, 0xffff]
/** Reserved, DF, MF, and offsets of the first and the last kind. */
const FRAGMENTS = [0x8000, 0x4000, 0x2000, 0x2001, 0x0001, 0x1fff, 0x3fff, 0x6000, 0xffff]
const PROTOCOLS = [0, 1, 2, 4, 5, 7, 17, 41, 47, 132, 255]

type Mutation = (bytes: Uint8Array, random: Random) => Uint8Array

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}

/** Where the TCP header begins, by what the packet says. */
function tcpAt(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) & 15) * 4
}

/** The first bytes of a packet, fewer than `below` but at least `SHORTEST_PACKET`. */
function cut(bytes: Uint8Array, below: number, random: Random): Uint8Array {
  return bytes.slice(0, SHORTEST_PACKET + random.below(Math.max(1, below - SHORTEST_PACKET)))
}

function extended(bytes: Uint8Array, more: number, random: Random): Uint8Array {
  const longer = new Uint8Array(bytes.length + more)
  longer.set(bytes)
  longer.set(random.bytes(more), bytes.length)
  return longer
}

function setByte(at: number, values: readonly number[] | null): Mutation {
  return (bytes, random) => {
    bytes[at] = values === null ? random.below(256) : pick(random, values)
    return bytes
  }
}

function setWord(at: number, values: readonly number[]): Mutation {
  return (bytes, random) => {
    write16(bytes, at, pick(random, values))
    return bytes
  }
}

export const MUTATIONS: Record<string, Mutation> = {
  'cut anywhere': (bytes, random) => cut(bytes, bytes.length, random),
  'cut within the headers': (bytes, random) => cut(bytes, 60, random),
  'cut, and the total length with it': (bytes, random) => {
    const shorter = cut(bytes, bytes.length, random)
    write16(shorter, 2, shorter.length)
    return shorter
  },
  'link padding': (bytes, random) => extended(bytes, 1 + random.below(46), random),
  'total length': setWord(2, EDGES_16),
  'total length off by a little': (bytes, random) => {
    write16(bytes, 2, read16(bytes, 2) + random.below(9) - 4)
    return bytes
  },
  version: (bytes, random) => {
    bytes[0] = ((bytes[0] ?? 0) & 15) | (random.below(16) << 4)
    return bytes
  },
  'header length': (bytes, random) => {
    bytes[0] = 0x40 | random.below(16)
    return bytes
  },
  'type of service': setByte(1, null),
  fragment: setWord(6, FRAGMENTS),
  'time to live': setByte(8, EDGES_8),
  protocol: setByte(9, PROTOCOLS),
  'header checksum': setWord(10, EDGES_16),
  'any byte of the IP header': (bytes, random) => setByte(random.below(20), null)(bytes, random),
  'data offset': (bytes, random) => {
    if (tcpAt(bytes) + 12 < bytes.length) bytes[tcpAt(bytes) + 12] = random.below(256)
    return bytes
  },
  'TCP flags': (bytes, random) => {
    if (tcpAt(bytes) + 13 < bytes.length) bytes[tcpAt(bytes) + 13] = random.below(256)
    return bytes
  },
  'TCP checksum': (bytes, random) => {
    if (tcpAt(bytes) + 18 <= bytes.length) write16(bytes, tcpAt(bytes) + 16, pick(random, EDGES_16))
    return bytes
  },
  'any byte of the TCP header': (bytes, random) => {
    const at = tcpAt(bytes) + random.below(20)
    if (at < bytes.length) bytes[at] = pick(random, EDGES_8)
    return bytes
  },
  'bits flipped': (bytes, random) => {
    for (let flips = 1 + random.below(3); flips > 0 && bytes.length > 0; flips--) {
      const at = random.below(Math.min(bytes.length, 80))
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8))
    }
    return bytes
  },
}

const ALL = Object.values(MUTATIONS)

/** A damaged copy. */
export function mutate(packet: Uint8Array, random: Random): Uint8Array {
  const damaged = pick(random, ALL)(packet.slice(), random)
  if (damaged.length >= 20 && tcpAt(damaged) <= damaged.length && random.chance(0.5)) updateHeaderChecksum(damaged)
  return damaged
}
