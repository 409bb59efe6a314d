/**
 * CRC-32c (RFC 9260, appendix A) after a change of a packet's first four bytes, without reading the rest.
 *
 * A CRC is linear over GF(2): it changes by the change of the bytes, moved past all that follows, that is multiplied by x^(8·length) modulo the
 * polynomial. The power comes from x^8, x^16, x^32, … by the binary digits of the length. Numbers are bit-reversed, as the CRC is:
 * x^0 is the highest bit. Cost: 32 steps for every 1 in the length's binary form.
 */
const POLYNOMIAL = 0x82f63b78

/** x^(8·2^k) modulo the polynomial, by k. */
// prettier-ignore
const POWERS = [
  0x00800000, 0x00008000, 0x82f63b78, 0x6ea2d55c,
  0x18b8ea18, 0x510ac59a, 0xb82be955, 0xb8fdb1e7,
  0x88e56f72, 0x74c360a4, 0xe4172b16, 0x0d65762a,
  0x35d73a62, 0x28461564, 0xbf455269, 0xe2ea32dc,
]

/** The product of two polynomials modulo the polynomial. */
function multiply(a: number, b: number): number {
  let product = 0
  let factor = b
  for (let i = 0; i < 32; i++) {
    product = product ^ (factor & (0 - ((a >>> (31 - i)) & 1)))
    factor = (factor >>> 1) ^ (POLYNOMIAL & (0 - (factor & 1)))
  }
  return product >>> 0
}

/**
 * What a CRC-32c changes by, as an exclusive or, when the first four bytes of `length` (up to 65535) change by `change`: the exclusive or
 * of the old and the new bytes as a little-endian number.
 */
export function changeOfCrc32c(change: number, length: number): number {
  let moved = change
  for (let k = 0; k < 16; k++) {
    if (((length >>> k) & 1) === 1) moved = multiply(moved, POWERS[k] ?? 0)
  }
  return moved
}
