/**
 * The multiplicative hash of the hashing schedulers: the upper bits of x · 0x61C88647 mod 2^32, the golden ratio's fraction negated
 * (Knuth, The Art of Computer Programming 3, §6.4). A connection's hash here and the control side's tables have to agree on sizes.
 */

/** Rows of the table of a `dh` or `sh` service: 2^HASH_BITS. */
export const HASH_BITS = 8
export const HASH_ROWS = 256

/** Rows of the table of a `mh` service: a prime, as Maglev's permutations need it. */
export const MAGLEV_ROWS = 4093

/** Rows of the table of a `chi` service: 2^CONSISTENT_BITS. */
export const CONSISTENT_BITS = 12
export const CONSISTENT_ROWS = 4096

/** `bits` 1 … 32; the hash has as many. */
export function hash32(word: number, bits: number): number {
  return Math.imul(word, 0x61c88647) >>> (32 - bits)
}
