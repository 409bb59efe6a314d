/** What the lab transfers: bytes without a pattern, the same each time, known by their number alone. */
import { createHash } from 'node:crypto'

export interface Content {
  readonly bytes: number
  /** In hexadecimal. */
  readonly sha256: string
}

/** Marsaglia's xorshift, 32 bits at a time. */
export function contentOf(bytes: number): Buffer {
  const words = new Uint32Array(Math.ceil(bytes / 4))
  let state = 2463534242
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[at] = state
  }
  return Buffer.from(words.buffer, 0, bytes)
}

export function describeContent(content: Uint8Array): Content {
  return { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') }
}
