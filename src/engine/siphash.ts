/**
 * SipHash-1-3 (Aumasson and Bernstein, “SipHash: a fast short-input PRF”, 2012, with 1 and 3 rounds) of one 32-bit word, cut to 32 bits: what
 * the Linux kernel calls hsiphash on 64-bit machines, and `mh` places servers and clients by. 64-bit words are two halves, because
 * Node's numbers end at 2^53. Cost: four rounds.
 */
import type { Digest, SipState } from './records.ts'

/** `mh`'s keys: both words of the key are the same. The first places clients and servers, the second is the servers' step. */
export const HASH_KEY_1 = 2654435761
export const HASH_KEY_2 = 2654446892

function add(to: Digest, by: Digest): void {
  const low = to.low + by.low
  const carry = low > 0xffffffff ? 1 : 0
  to.high = (to.high + by.high + carry) >>> 0
  to.low = low >>> 0
}

/** Rotates a word left by 1 … 31 bits, then takes the other to it by exclusive or. */
function turn(word: Digest, bits: number, other: Digest): void {
  const low = word.low
  const high = word.high
  word.low = (((low << bits) | (high >>> (32 - bits))) ^ other.low) >>> 0
  word.high = (((high << bits) | (low >>> (32 - bits))) ^ other.high) >>> 0
}

/** Rotates a word by 32 bits. */
function swap(word: Digest): void {
  const low = word.low
  word.low = word.high
  word.high = low
}

function round(state: SipState): void {
  add(state.v0, state.v1)
  turn(state.v1, 13, state.v0)
  swap(state.v0)
  add(state.v2, state.v3)
  turn(state.v3, 16, state.v2)
  add(state.v0, state.v3)
  turn(state.v3, 21, state.v0)
  add(state.v2, state.v1)
  turn(state.v1, 17, state.v2)
  swap(state.v2)
}

/**
 * The hash of `word` as 4 bytes, little-endian. `key` is each of the key's two 64-bit words, below 2^32.
 * @noinline
 */
export function siphash(word: number, key: number): number {
  // The last block: the bytes, and their number in the uppermost one.
  const length = 0x04000000
  const state: SipState = {
    v0: { low: (0x70736575 ^ key) >>> 0, high: 0x736f6d65 },
    v1: { low: (0x6e646f6d ^ key) >>> 0, high: 0x646f7261 },
    v2: { low: (0x6e657261 ^ key) >>> 0, high: 0x6c796765 },
    v3: { low: (0x79746573 ^ key ^ word) >>> 0, high: 0x74656462 ^ length },
  }
  round(state)
  state.v0.low = (state.v0.low ^ word) >>> 0
  state.v0.high = (state.v0.high ^ length) >>> 0
  state.v2.low = (state.v2.low ^ 0xff) >>> 0
  round(state)
  round(state)
  round(state)
  return (state.v0.low ^ state.v1.low ^ state.v2.low ^ state.v3.low) >>> 0
}
