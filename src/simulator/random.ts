/**
 * Repeatable randomness: sfc32 (Chris Doty-Humphrey's PractRand, 128 bits of state), seeded by three words and twelve rounds of mixing.
 * The same seed and stream give the same numbers on every machine.
 */
export class Random {
  private a: number
  private b: number
  private c: number
  private counter = 1

  /** `stream` tells apart the generators of one seed, so that one more draw here leaves the numbers there alone. */
  constructor(seed: number, stream = 0) {
    this.a = seed | 0
    this.b = Math.floor(seed / 0x100000000) | 0
    this.c = stream | 0
    for (let round = 0; round < 12; round++) this.next32()
  }

  /** A whole number, 0 … 2^32 − 1. */
  next32(): number {
    const result = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0
    return result >>> 0
  }

  /** A number from 0 up to, but without, 1. */
  fraction(): number {
    return this.next32() / 0x100000000
  }

  /** A whole number, 0 … `bound` − 1. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound)
  }

  /** True with the given probability. One of 0 draws nothing. */
  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next32())
  }
}
