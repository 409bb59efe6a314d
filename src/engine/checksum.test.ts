/** The incremental checksum against one computed over all the data, by the simulator's own code. */
import { expect, it } from 'vitest'
import { finishChecksum, sumWords } from '../simulator/checksum.ts'
import { read16, read32 } from '../simulator/parse-packet.ts'
import { write16, write32 } from '../simulator/build-packet.ts'
import { Random } from '../simulator/random.ts'
import { change16, change32, fold, HOP_CHANGE, update } from './checksum.ts'

const SEED = Date.now() % 1_000_000
/** Values at which carries happen, and what lies between. */
const EDGES = [0, 1, 0x7fff, 0x8000, 0xfffe, 0xffff]

function full(bytes: Uint8Array): number {
  return finishChecksum(sumWords(bytes, 0, bytes.length))
}

function word(random: Random): number {
  return random.chance(0.5) ? (EDGES[random.below(EDGES.length)] ?? 0) : random.below(65536)
}

/** 20 bytes that are not all zero, as no header is. */
function header(random: Random): Uint8Array {
  const bytes = new Uint8Array(20)
  for (let at = 0; at < 20; at += 2) write16(bytes, at, word(random))
  bytes[0] = 0x45
  return bytes
}

it(`after a change of one word is what the whole data give, seed ${SEED}`, () => {
  const random = new Random(SEED)
  for (let i = 0; i < 20_000; i++) {
    const bytes = header(random)
    const before = full(bytes)
    const from = read16(bytes, 8)
    const to = word(random)
    write16(bytes, 8, to)
    expect(update(before, change16(from, to)), `${from} → ${to}`).toBe(full(bytes))
  }
})

it(`after a change of two words and another one at once is what the whole data give, seed ${SEED}`, () => {
  const random = new Random(SEED, 1)
  for (let i = 0; i < 20_000; i++) {
    const bytes = header(random)
    const before = full(bytes)
    const [address, port] = [read32(bytes, 12), read16(bytes, 18)]
    const [newAddress, newPort] = [word(random) * 65536 + word(random), word(random)]
    write32(bytes, 12, newAddress)
    write16(bytes, 18, newPort)
    expect(update(before, change32(address, newAddress) + change16(port, newPort))).toBe(full(bytes))
  }
})

it('after one hop less is what the whole data give, for every time to live and every protocol', () => {
  for (let ttl = 1; ttl < 256; ttl++) {
    for (let protocol = 0; protocol < 256; protocol++) {
      const bytes = Uint8Array.of(0x45, 0, 0, 40, 0, 0, 0, 0, ttl, protocol)
      const before = full(bytes)
      bytes[8] = ttl - 1
      if (update(before, HOP_CHANGE) !== full(bytes)) expect.fail(`ttl ${ttl}, protocol ${protocol}`)
    }
  }
})

it('that was wrong stays wrong by the same amount', () => {
  const bytes = header(new Random(1))
  const wrong = (full(bytes) + 77) % 65536
  const from = read16(bytes, 8)
  write16(bytes, 8, 1234)
  expect(fold(update(wrong, change16(from, 1234)) + (0xffff - full(bytes)))).toBe(77)
})

it('folds the largest sums to 16 bits', () => {
  expect(fold(0xffffffff)).toBe(0xffff)
  expect(fold(0x1ffff)).toBe(1)
  expect(fold(0)).toBe(0)
})
