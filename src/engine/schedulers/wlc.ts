/**
 * Weighted least connection: the usable dest with the least overhead by weight, the first of equals (`ipvsadm(8)`, -s wlc).
 *
 * Ratios are compared crosswise, so nothing is rounded. Cost: one pass over the list.
 */
import { isUsable, MAX_WALK, overheadOf } from '../dests.ts'
import { destAt, isLessProduct } from '../platform.ts'
import { NONE } from '../records.ts'

/**
 * `first` heads the service's list.
 * @noinline
 */
export function wlc(first: number): number {
  let at = first
  let best = NONE
  // 1 / 0: any ratio is less.
  let leastOverhead = 1
  let leastWeight = 0
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const dest = destAt(at)
    if (dest === null) break
    if (isUsable(at, dest)) {
      const overhead = overheadOf(at)
      if (isLessProduct(overhead, leastWeight, leastOverhead, dest.weight)) {
        best = at
        leastOverhead = overhead
        leastWeight = dest.weight
      }
    }
    at = dest.next
  }
  return best
}
