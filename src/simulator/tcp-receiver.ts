/**
 * The receiving half of a TCP connection: puts segments in order, drops what it has already, keeps what comes too early, and offers
 * the window that is left. Positions count the peer's sequence space from its SYN, which is 0; they don't wrap.
 */
interface Piece {
  readonly from: number
  readonly bytes: Uint8Array
}

export class TcpReceiver {
  /** The position expected next. */
  next = 0
  /** Pieces beyond `next`, in order, without overlap. */
  private readonly early: Piece[] = []
  /** In order, but not yet taken by a paused application. */
  private readonly unread: Uint8Array[] = []
  private unreadBytes = 0
  private finAt = -1
  private finished = false

  constructor(
    private readonly initialSequence: number,
    private readonly capacityBytes: number,
  ) {}

  /** The position that a sequence number on the wire means: the one nearest to `next`. */
  position(sequence: number): number {
    return this.next + ((sequence - this.sequence) | 0)
  }

  /** The sequence number on the wire that `next` has. */
  get sequence(): number {
    return (this.initialSequence + this.next) >>> 0
  }

  /** Bytes that may still be sent beyond `next`. */
  get window(): number {
    return this.capacityBytes - this.unreadBytes
  }

  /**
   * Whether a segment with this place in the sequence space may be looked at: RFC 9293 §3.10.7.4, first check, but as in Linux an
   * empty segment may also stand right behind the window, where a peer that has used the window up sends its acknowledgments from.
   */
  isAcceptable(from: number, length: number): boolean {
    const limit = this.next + this.window
    return length === 0 ? from >= this.next && from <= limit : from < limit && from + length > this.next
  }

  /** Takes the data of a segment, and with `fin` the end of the stream after it. What lies outside the window is cut off. */
  add(from: number, data: Uint8Array, fin: boolean): void {
    const limit = this.next + this.window
    if (fin && from + data.length <= limit) this.finAt = from + data.length
    const start = Math.max(from, this.next)
    const end = Math.min(from + data.length, limit, this.finAt < 0 ? Infinity : this.finAt)
    if (start < end) {
      const bytes = data.subarray(start - from, end - from)
      if (start === this.next && this.early.length === 0) this.append(bytes)
      else this.keep(start, bytes)
    }
    this.advance()
  }

  /** The next piece for the application, null if there is none. */
  take(): Uint8Array | null {
    const piece = this.unread.shift()
    if (piece === undefined) return null
    this.unreadBytes -= piece.length
    return piece
  }

  /** True once: when all data before the peer's FIN has arrived, and the FIN. */
  takeEnd(): boolean {
    if (this.finished || this.finAt < 0 || this.next !== this.finAt) return false
    this.finished = true
    this.next += 1
    return true
  }

  private append(bytes: Uint8Array): void {
    this.unread.push(bytes)
    this.unreadBytes += bytes.length
    this.next += bytes.length
  }

  /** Inserts the parts of a piece that aren't there yet. */
  private keep(from: number, bytes: Uint8Array): void {
    let at = this.placeOf(from)
    const before = this.early[at - 1]
    const end = from + bytes.length
    let start = before === undefined ? from : Math.max(from, before.from + before.bytes.length)
    while (start < end) {
      const after = this.early[at]
      const stop = after === undefined ? end : Math.min(end, after.from)
      if (start < stop) this.early.splice(at++, 0, { from: start, bytes: bytes.subarray(start - from, stop - from) })
      if (after === undefined) break
      start = Math.max(start, after.from + after.bytes.length)
      at += 1
    }
  }

  /** How many early pieces begin at or before a position. */
  private placeOf(position: number): number {
    let low = 0
    let high = this.early.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.early[middle]?.from ?? Infinity) <= position) low = middle + 1
      else high = middle
    }
    return low
  }

  private advance(): void {
    let taken = 0
    for (const piece of this.early) {
      if (piece.from !== this.next) break
      this.append(piece.bytes)
      taken += 1
    }
    if (taken > 0) this.early.splice(0, taken)
  }
}
