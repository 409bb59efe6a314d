/** The retransmission timeout of RFC 6298, with Karn's rule: what was sent twice is not measured, and backoff lasts until something is. */
export class RoundTrip {
  private smoothedMs = -1
  private variationMs = 0
  private backoff = 1
  /** The position whose acknowledgment is being waited for; -1: none. */
  private timedTo = -1
  private timedAtMs = 0

  constructor(
    private readonly initialMs: number,
    private readonly minimumMs: number,
    private readonly maximumMs: number,
  ) {}

  get timeoutMs(): number {
    const base = this.smoothedMs < 0 ? this.initialMs : this.smoothedMs + Math.max(1, 4 * this.variationMs)
    return Math.min(Math.max(base, this.minimumMs) * this.backoff, this.maximumMs)
  }

  /** Bytes before `position` were sent for the first time. */
  onSent(position: number, nowMs: number): void {
    if (this.timedTo >= 0) return
    this.timedTo = position
    this.timedAtMs = nowMs
  }

  onRetransmitted(): void {
    this.timedTo = -1
  }

  onTimeout(): void {
    this.timedTo = -1
    this.backoff = Math.min(this.backoff * 2, 1024)
  }

  /** The peer lives, though nothing was measured: it has opened its window. */
  onWindowOpened(): void {
    this.backoff = 1
  }

  onAcknowledged(position: number, nowMs: number): void {
    if (this.timedTo < 0 || position < this.timedTo) return
    this.timedTo = -1
    this.backoff = 1
    const sampleMs = nowMs - this.timedAtMs
    if (this.smoothedMs < 0) {
      this.smoothedMs = sampleMs
      this.variationMs = sampleMs / 2
    } else {
      this.variationMs += (Math.abs(this.smoothedMs - sampleMs) - this.variationMs) / 4
      this.smoothedMs += (sampleMs - this.smoothedMs) / 8
    }
  }
}
