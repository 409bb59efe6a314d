/**
 * How much a TCP sender may have in flight: slow start, congestion avoidance and fast recovery of RFC 5681, with the NewReno rule
 * for partial acknowledgments (RFC 6582). All figures in bytes of the sequence space.
 */
const DUPLICATES = 3

export class Congestion {
  /** May be in flight. */
  windowBytes = 0
  private thresholdBytes = Infinity
  private duplicates = 0
  /** Fast recovery ends when everything before this has been acknowledged; null outside it. */
  private recoverTo: number | null = null
  /** No second recovery for losses of the flight in which the last one began. */
  private guard = 0

  constructor(private readonly mss: () => number) {}

  /** The initial window of RFC 6928. */
  start(): void {
    this.windowBytes = 10 * this.mss()
  }

  /** New data up to `acknowledged` has arrived. True where the segment after it is known to be lost and must be sent again. */
  onProgress(acknowledged: number, newBytes: number): boolean {
    const mss = this.mss()
    this.duplicates = 0
    if (this.recoverTo !== null) {
      if (acknowledged < this.recoverTo) {
        this.windowBytes = Math.max(this.windowBytes - newBytes + mss, mss)
        return true
      }
      this.recoverTo = null
      this.windowBytes = this.thresholdBytes
    } else if (this.windowBytes < this.thresholdBytes) this.windowBytes += Math.min(newBytes, mss)
    else this.windowBytes += (mss * mss) / this.windowBytes
    return false
  }

  /** An acknowledgment came that says the same as the one before. True where that means the segment after it is lost. */
  onDuplicate(acknowledged: number, highestSent: number): boolean {
    const mss = this.mss()
    this.duplicates += 1
    if (this.recoverTo !== null) {
      this.windowBytes += mss
      return false
    }
    if (this.duplicates !== DUPLICATES || acknowledged < this.guard) return false
    this.thresholdBytes = Math.max((highestSent - acknowledged) / 2, 2 * mss)
    this.windowBytes = this.thresholdBytes + DUPLICATES * mss
    this.recoverTo = this.guard = highestSent
    return true
  }

  onTimeout(acknowledged: number, highestSent: number): void {
    const mss = this.mss()
    this.thresholdBytes = Math.max((highestSent - acknowledged) / 2, 2 * mss)
    this.windowBytes = mss
    this.duplicates = 0
    this.recoverTo = null
    this.guard = highestSent
  }
}
