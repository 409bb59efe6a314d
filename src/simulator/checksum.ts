/**
 * The Internet checksum, RFC 1071, computed over whole packets. The engine has its own in `src/engine/checksum.ts`; that the two share
 * no code is on purpose: the simulator's hosts check what the engine wrote.
 */

/** Adds the bytes `from` … `to`−1 as big-endian 16-bit words; an odd last byte is the upper half of its word. Unfolded. */
export function sumWords(bytes: Uint8Array, from: number, to: number, sum = 0): number {
  const even = to - ((to - from) & 1)
  for (let i = from; i < even; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0)
  if (even !== to) sum += (bytes[even] ?? 0) << 8
  return sum
}

/** The checksum that belongs in a packet whose words, the checksum's own taken as 0, add up to `sum`. 0 if it is correct already. */
export function finishChecksum(sum: number): number {
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000)
  return 0xffff - sum
}

/** The sum over the pseudo header of TCP and UDP; `length` is that of their header and data in bytes. */
export function sumPseudoHeader(source: number, destination: number, protocol: number, length: number): number {
  return (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff) + protocol + length
}
