/**
 * The sending half of a TCP connection: what to send next and again, how much may be in flight, and when to give up waiting.
 * Reno with fast retransmit (`congestion.ts`), RFC 6298 timeouts (`round-trip.ts`), probes of a closed window.
 * Positions count the sequence space from the SYN, which is 0; data begins at 1; they don't wrap.
 */
import { ByteRing } from './byte-ring.ts'
import { Congestion } from './congestion.ts'
import { RoundTrip } from './round-trip.ts'
import type { TcpOptions } from './tcp-options.ts'

export interface Segment {
  readonly position: number
  readonly data: Uint8Array
  readonly fin: boolean
  /** Nothing is waiting behind it. */
  readonly push: boolean
}

/** An MSS of 0 would never send anything; 28 bytes is what the smallest IPv4 link takes (RFC 791). */
const MIN_MSS = 28

const NOTHING = new Uint8Array(0)

export class TcpSender {
  /** Everything before has been acknowledged. */
  acknowledged = 0
  /** Where the next segment begins; falls back to `acknowledged` on a timeout. */
  next = 0
  /** The end of what has ever been sent. */
  highest = 0
  /** What the peer has offered beyond `acknowledged`. */
  window = 0
  /** Largest payload of a segment, in bytes. */
  mss = 536
  readonly roundTrip: RoundTrip
  private readonly congestion: Congestion
  private readonly data = new ByteRing()
  private finQueued = false
  /** Position of the peer's segment that the window was taken from. */
  private windowFrom = -1
  /** A segment to be sent again at once, whatever the windows say. */
  private resend = false

  constructor(
    readonly initialSequence: number,
    options: TcpOptions,
  ) {
    this.roundTrip = new RoundTrip(options.initialRtoMs, options.minRtoMs, options.maxRtoMs)
    this.congestion = new Congestion(() => this.mss)
  }

  /** The sequence number on the wire of a position. */
  sequence(position: number): number {
    return (this.initialSequence + position) >>> 0
  }

  /** The position that a sequence number on the wire means: the one nearest to `acknowledged`. */
  position(sequence: number): number {
    return this.acknowledged + ((sequence - this.sequence(this.acknowledged)) | 0)
  }

  get isIdle(): boolean {
    return this.acknowledged === this.highest && this.next === this.end
  }

  get inFlight(): boolean {
    return this.acknowledged < this.highest
  }

  /** Whether everything up to and including a FIN has been acknowledged. */
  get isFinished(): boolean {
    return this.finQueued && this.acknowledged === this.end
  }

  queue(bytes: Uint8Array): void {
    this.data.append(bytes)
  }

  get hasFin(): boolean {
    return this.finQueued
  }

  queueFin(): void {
    this.finQueued = true
  }

  /** The SYN was sent at this moment, for the first time or again. */
  synSent(nowMs: number): void {
    if (this.highest > 0) this.roundTrip.onRetransmitted()
    else this.roundTrip.onSent(1, nowMs)
    this.next = this.highest = 1
  }

  /**
   * An acknowledgment for everything before `position`, which is at most `highest`, in a peer's segment that stands at `from`.
   * `isPure`: without data or flags, so that a repetition means a loss. True if something new was acknowledged.
   */
  onAck(position: number, from: number, window: number, isPure: boolean, nowMs: number): boolean {
    const fresh = position - this.acknowledged
    const sameWindow = window === this.window
    if (fresh >= 0 && from >= this.windowFrom) {
      this.window = window
      this.windowFrom = from
    }
    if (fresh > 0) {
      this.acknowledged = position
      this.next = Math.max(this.next, position)
      this.data.discardTo(position - 1)
      this.roundTrip.onAcknowledged(position, nowMs)
      if (position > 1 && this.congestion.onProgress(position, fresh)) this.resend = true
      return true
    }
    if (fresh === 0 && isPure && sameWindow && this.inFlight) {
      if (this.congestion.onDuplicate(position, this.highest)) this.resend = true
    }
    return false
  }

  /** Goes back to what has not been acknowledged, and sends the first of it at once. */
  onTimeout(): void {
    this.resend = true
    this.congestion.onTimeout(this.acknowledged, this.highest)
    this.roundTrip.onTimeout()
    this.next = Math.max(1, this.acknowledged)
  }

  /** Before the first data: what the peer and the way there take. */
  setMss(mss: number): void {
    this.mss = Math.max(mss, MIN_MSS)
    this.congestion.start()
  }

  /** Sends from now on at most `mss` bytes a segment, and again what was sent in larger ones. */
  shrinkTo(mss: number): void {
    this.mss = mss
    this.roundTrip.onRetransmitted()
    this.next = Math.max(1, this.acknowledged)
  }

  /** The next segment that may be sent now, null if there is none. It counts as sent. */
  take(nowMs: number): Segment | null {
    if (this.resend) return this.takeAgain()
    const { next } = this
    const limit = this.acknowledged + Math.min(this.window, this.congestion.windowBytes)
    const length = Math.min(this.mss, this.dataEnd - next, Math.floor(limit - next))
    if (length < 0 || (length === 0 && !this.finAt(next, limit))) return null
    // Rather than a piece that the window has cut short, wait for more window (RFC 1122 §4.2.3.4).
    if (length < this.mss && next + length < this.dataEnd && next > this.acknowledged) return null
    const segment = this.cut(next, length, limit)
    this.next = next + length + (segment.fin ? 1 : 0)
    if (next < this.highest) this.roundTrip.onRetransmitted()
    else this.roundTrip.onSent(this.next, nowMs)
    this.highest = Math.max(this.highest, this.next)
    return segment
  }

  /** The first segment that has not been acknowledged, cut anew. */
  private takeAgain(): Segment {
    this.resend = false
    this.roundTrip.onRetransmitted()
    const from = this.acknowledged
    const length = Math.min(this.mss, Math.min(this.dataEnd, this.highest) - from)
    const segment = this.cut(from, Math.max(0, length), this.highest)
    this.next = Math.max(this.next, from + segment.data.length + (segment.fin ? 1 : 0))
    return segment
  }

  private get dataEnd(): number {
    return 1 + this.data.length
  }

  private get end(): number {
    return this.dataEnd + (this.finQueued ? 1 : 0)
  }

  private finAt(position: number, limit: number): boolean {
    return this.finQueued && position === this.dataEnd && position < limit
  }

  private cut(position: number, length: number, limit: number): Segment {
    const data = length > 0 ? this.data.read(position - 1, length) : NOTHING
    const end = position + data.length
    return { position, data, fin: this.finAt(end, limit), push: data.length > 0 && end === this.dataEnd }
  }
}
