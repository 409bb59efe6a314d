/**
 * CRC-32c as SCTP uses it (RFC 9260, appendix A), byte by byte over the whole packet. The engine only follows changes
 * (`src/engine/crc32c.ts`); that the two share no code is on purpose.
 */
const REVERSED_POLYNOMIAL = 0x82f63b78

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ REVERSED_POLYNOMIAL : crc >>> 1
  return crc
})

/** The checksum of all bytes, those from `zeroFrom` to `zeroFrom` + 3 taken as 0: where the checksum itself stands. */
export function crc32c(bytes: Uint8Array, zeroFrom = -4): number {
  let crc = 0xffffffff
  for (let at = 0; at < bytes.length; at++) {
    const byte = at >= zeroFrom && at < zeroFrom + 4 ? 0 : (bytes[at] ?? 0)
    crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0)
  }
  return ~crc >>> 0
}
