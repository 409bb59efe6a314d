/**
 * Simulated time and what is due in it: a binary heap of events ordered by time and, within a moment, by when they were
 * scheduled. Time is in microseconds since the start, fractions allowed, and moves only from event to event. O(log n) an event.
 */
interface Event {
  readonly atUs: number
  readonly order: number
  readonly run: () => void
}

function isBefore(a: Event, b: Event): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order)
}

export class Clock {
  private readonly heap: Event[] = []
  private scheduled = 0
  private now = 0

  get nowUs(): number {
    return this.now
  }

  get nowMs(): number {
    return this.now / 1000
  }

  /** Events not yet run. */
  get pending(): number {
    return this.heap.length
  }

  /** Runs `run` `delayUs` from now, after all that is already due at that moment. */
  after(delayUs: number, run: () => void): void {
    const event = { atUs: this.now + Math.max(0, delayUs), order: this.scheduled++, run }
    let at = this.heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = this.heap[parent]
      if (above === undefined || !isBefore(event, above)) break
      this.heap[at] = above
      at = parent
    }
    this.heap[at] = event
  }

  /** Runs the next event if it is due by `limitUs`; false if none is. */
  step(limitUs = Infinity): boolean {
    const next = this.heap[0]
    if (next === undefined || next.atUs > limitUs) return false
    this.removeFirst()
    this.now = next.atUs
    next.run()
    return true
  }

  /** Runs all that is due in the next `durationMs` and leaves the clock at their end. */
  runFor(durationMs: number): void {
    const limitUs = this.now + durationMs * 1000
    while (this.step(limitUs));
    this.now = limitUs
  }

  /** Runs until `isDone` holds or `limitMs` have passed; returns whether it holds. */
  runUntil(isDone: () => boolean, limitMs: number): boolean {
    const limitUs = this.now + limitMs * 1000
    while (!isDone()) {
      if (!this.step(limitUs)) {
        this.now = limitUs
        return false
      }
    }
    return true
  }

  private removeFirst(): void {
    const last = this.heap.pop()
    if (last === undefined || this.heap.length === 0) return
    let at = 0
    for (;;) {
      const left = this.heap[2 * at + 1]
      const right = this.heap[2 * at + 2]
      if (left === undefined) break
      const isRight = right !== undefined && isBefore(right, left)
      const first = isRight ? right : left
      if (!isBefore(first, last)) break
      this.heap[at] = first
      at = 2 * at + (isRight ? 2 : 1)
    }
    this.heap[at] = last
  }
}

/**
 * A deadline that can be moved and called off at no cost: an event that comes too early schedules itself again, so a timer that is
 * pushed back with every packet has one event in the heap, not thousands.
 */
export class Timer {
  private dueUs = Infinity
  private eventUs = Infinity

  constructor(
    private readonly clock: Clock,
    private readonly expire: () => void,
  ) {}

  get isSet(): boolean {
    return this.dueUs !== Infinity
  }

  set(delayMs: number): void {
    this.dueUs = this.clock.nowUs + delayMs * 1000
    if (this.dueUs < this.eventUs) this.schedule()
  }

  clear(): void {
    this.dueUs = Infinity
  }

  private schedule(): void {
    const atUs = this.dueUs
    this.eventUs = atUs
    this.clock.after(atUs - this.clock.nowUs, () => {
      // An event that a later, earlier deadline has overtaken.
      if (atUs !== this.eventUs) return
      this.eventUs = Infinity
      if (this.dueUs === Infinity) return
      if (this.dueUs > this.clock.nowUs) {
        this.schedule()
        return
      }
      this.dueUs = Infinity
      this.expire()
    })
  }
}
