/**
 * A queue of bytes that grows as needed and can be read anywhere: what a TCP sender holds until it is acknowledged. Positions are
 * counted from the first byte ever appended. Appending and reading cost a copy, discarding nothing.
 */
import { zeroedBytes } from './slab.ts'

export class ByteRing {
  private bytes = new Uint8Array(0)
  private start = 0
  private end = 0

  /** The position after the last byte. */
  get length(): number {
    return this.end
  }

  append(data: Uint8Array): void {
    if (data.length === 0) return
    const size = this.end - this.start + data.length
    if (size > this.bytes.length) this.grow(size)
    const at = this.end & (this.bytes.length - 1)
    const first = Math.min(data.length, this.bytes.length - at)
    this.bytes.set(data.subarray(0, first), at)
    this.bytes.set(data.subarray(first), 0)
    this.end += data.length
  }

  /** A copy of the bytes from a position on, which must neither be discarded nor reach past the end. */
  read(position: number, length: number): Uint8Array {
    const copy = zeroedBytes(length)
    if (length === 0) return copy
    const at = position & (this.bytes.length - 1)
    const first = Math.min(length, this.bytes.length - at)
    copy.set(this.bytes.subarray(at, at + first))
    copy.set(this.bytes.subarray(0, length - first), first)
    return copy
  }

  /** Forgets the bytes before a position. */
  discardTo(position: number): void {
    this.start = Math.min(Math.max(this.start, position), this.end)
    if (this.start === this.end) this.bytes = new Uint8Array(0)
  }

  private grow(size: number): void {
    // A power of two, so that a mask finds the place of a position; masking keeps 32 bits, enough for any such size.
    let capacity = 1024
    while (capacity < size) capacity *= 2
    const length = this.end - this.start
    const larger = new Uint8Array(capacity)
    const content = this.read(this.start, length)
    const at = this.start & (capacity - 1)
    const first = Math.min(length, capacity - at)
    larger.set(content.subarray(0, first), at)
    larger.set(content.subarray(first), 0)
    this.bytes = larger
  }
}
