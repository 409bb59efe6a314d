/**
 * Zeroed bytes for packets and frames, cut one after the other from slabs of 64 KiB and never reused: a view of a slab costs a
 * fraction of a buffer of its own. A slab lives as long as the last of its packets, which in a network isn't long.
 */
const SLAB_BYTES = 65536
/** Larger ones have a buffer of their own. */
const LARGE = 8192

let slab = new ArrayBuffer(0)
let used = 0

export function zeroedBytes(length: number): Uint8Array {
  if (length > LARGE) return new Uint8Array(length)
  if (used + length > slab.byteLength) {
    slab = new ArrayBuffer(SLAB_BYTES)
    used = 0
  }
  const bytes = new Uint8Array(slab, used, length)
  used += length
  return bytes
}
