/**
 * Which parts of the table `buckets` are free: the smallest gap that fits is taken, gaps that touch are joined. Nothing of it is
 * kept in the tables: the services' own extents say what is taken.
 */
import { ControlError } from './model.ts'

interface Extent {
  first: number
  length: number
}

export class Extents {
  private readonly gaps: Extent[]

  /** `taken` may come in any order and must not overlap. */
  constructor(
    private readonly capacity: number,
    taken: readonly Readonly<Extent>[],
  ) {
    this.gaps = []
    let free = 0
    for (const { first, length } of [...taken].sort((a, b) => a.first - b.first)) {
      if (first > free) this.gaps.push({ first: free, length: first - free })
      free = Math.max(free, first + length)
    }
    if (free < capacity) this.gaps.push({ first: free, length: capacity - free })
  }

  /** Throws a `ControlError` `table-full` where no gap is long enough. */
  require(length: number): void {
    if (length === 0 || this.gaps.some((gap) => gap.length >= length)) return
    throw new ControlError(
      'table-full',
      `the ${this.capacity} rows for hashing schedulers have no room for another ${length}: remove services first`,
    )
  }

  /** As `require`. An extent of length 0 begins at 0. */
  take(length: number): number {
    this.require(length)
    const fitting = this.gaps.filter((gap) => gap.length >= length).sort((a, b) => a.length - b.length)
    const [gap] = fitting
    if (length === 0 || gap === undefined) return 0
    const { first } = gap
    gap.first += length
    gap.length -= length
    if (gap.length === 0) this.gaps.splice(this.gaps.indexOf(gap), 1)
    return first
  }

  give(first: number, length: number): void {
    if (length === 0) return
    const found = this.gaps.findIndex((gap) => gap.first > first)
    const at = found < 0 ? this.gaps.length : found
    this.gaps.splice(at, 0, { first, length })
    this.join(at)
    this.join(at - 1)
  }

  private join(at: number): void {
    const left = this.gaps[at]
    const right = this.gaps[at + 1]
    if (left === undefined || right === undefined || left.first + left.length !== right.first) return
    left.length += right.length
    this.gaps.splice(at + 1, 1)
  }
}
