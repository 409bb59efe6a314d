/** The CRC after a change against one computed over all the bytes, by the simulator's own code. */
import { expect, it } from 'vitest'
import { crc32c } from '../simulator/crc32c.ts'
import { Random } from '../simulator/random.ts'
import { changeOfCrc32c } from './crc32c.ts'

const SEED = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000)

function changed(bytes: Uint8Array, by: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => byte ^ (by[at] ?? 0))
}

it('of the check string that the standard gives is the standard’s value', () => {
  expect(crc32c(Buffer.from('123456789')).toString(16)).toBe('e3069283')
})

it(`changes as a new computation says, for lengths up to 3000 and 65535, seed ${SEED}`, () => {
  const random = new Random(SEED)
  const lengths = [
    4,
    5,
    12,
    16,
    255,
    256,
    257,
    1500,
    32768,
    65535,
    ...Array.from({ length: 300 }, () => 4 + random.below(3000)),
  ]
  for (const length of lengths) {
    const bytes = random.bytes(length)
    const by = random.bytes(4)
    const word = new DataView(by.buffer, by.byteOffset).getUint32(0, true)
    const after = (crc32c(bytes) ^ changeOfCrc32c(word, length)) >>> 0
    expect(after, `${length} bytes`).toBe(crc32c(changed(bytes, by)))
  }
})
