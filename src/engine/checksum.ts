/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624, eqn. 3: HC' = ~(~HC + ~m + m')).
 *
 * Sums are kept unfolded in up to 2^53; `fold` brings them to 16 bits. A checksum that was wrong stays wrong by the same amount:
 * the receiver finds out, as it would have without a director in between.
 */

/** Folds a sum of 16-bit words (below 2^32) to 16 bits, carries added in. */
export function fold(sum: number): number {
  let folded = (sum & 0xffff) + (sum >>> 16)
  folded = (folded & 0xffff) + (folded >>> 16)
  return folded
}

/** What replacing one 32-bit word by another adds to the sum below a checksum; at most 0x3fffc. */
export function change32(from: number, to: number): number {
  return 0x1fffe - (from >>> 16) - (from & 0xffff) + (to >>> 16) + (to & 0xffff)
}

/** What replacing one 16-bit word by another adds to the sum below a checksum; at most 0x1fffe. */
export function change16(from: number, to: number): number {
  return 0xffff - from + to
}

/** What one hop less in the time to live adds to the sum below a header's checksum: the upper byte of a word, less 1. */
export const HOP_CHANGE = 0xfeff

/** The checksum after its data changed by `change`, a sum of `change16` and `change32`. */
export function update(checksum: number, change: number): number {
  return 0xffff - fold(0xffff - checksum + change)
}
