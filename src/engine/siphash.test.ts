/** SipHash-1-3 against its definition in 64-bit arithmetic. */
import { expect, it } from 'vitest'
import { Random } from '../simulator/random.ts'
import { HASH_KEY_1, HASH_KEY_2, siphash } from './siphash.ts'

const MASK = (1n << 64n) - 1n
const rotate = (word: bigint, bits: bigint): bigint => ((word << bits) | (word >> (64n - bits))) & MASK

/** Aumasson and Bernstein §2, with one round a block and three at the end; the message is one word of 4 bytes. */
function defined(word: number, key: number): number {
  const k = BigInt(key)
  let [v0, v1, v2, v3] = [
    k ^ 0x736f6d6570736575n,
    k ^ 0x646f72616e646f6dn,
    k ^ 0x6c7967656e657261n,
    k ^ 0x7465646279746573n,
  ]
  const round = (): void => {
    v0 = (v0 + v1) & MASK
    v1 = rotate(v1, 13n) ^ v0
    v0 = rotate(v0, 32n)
    v2 = (v2 + v3) & MASK
    v3 = rotate(v3, 16n) ^ v2
    v0 = (v0 + v3) & MASK
    v3 = rotate(v3, 21n) ^ v0
    v2 = (v2 + v1) & MASK
    v1 = rotate(v1, 17n) ^ v2
    v2 = rotate(v2, 32n)
  }
  const block = (4n << 56n) | BigInt(word)
  v3 ^= block
  round()
  v0 ^= block
  v2 ^= 0xffn
  round()
  round()
  round()
  return Number((v0 ^ v1 ^ v2 ^ v3) & 0xffffffffn)
}

it('gives what the definition gives, for words of all sizes', () => {
  const seed = Number(process.env.WEIR_SEED ?? Date.now() % 1e9)
  const random = new Random(seed)
  const words = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, ...Array.from({ length: 2000 }, () => random.next32())]
  for (const word of words) {
    for (const key of [HASH_KEY_1, HASH_KEY_2, 0]) {
      expect(siphash(word, key), `WEIR_SEED=${seed}, word ${word}`).toBe(defined(word, key))
    }
  }
})
