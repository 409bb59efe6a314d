/** Released slots of a table, handed out in the order of their release: what a queue is in the kernel. Cost: constant on average. */
import { NONE } from '../engine/records.ts'

export class FreeSlots {
  /** The oldest from `from` on. */
  private slots: number[] = []
  private from = 0

  /** `NONE` where there is none. */
  take(): number {
    const slot = this.slots[this.from]
    if (slot === undefined) return NONE
    this.from += 1
    return slot
  }

  release(slot: number): void {
    if (this.from > 1024 && this.from * 2 > this.slots.length) {
      this.slots = this.slots.slice(this.from)
      this.from = 0
    }
    this.slots.push(slot)
  }
}
