/**
 * Weighted overflow: the usable dest with the greatest weight that has no more active connections than its weight, the first of equals; none
 * where all have more (`ipvsadm(8)`, -s ovf). Cost: one pass over the list.
 */
import { activeOf, isUsable, MAX_WALK } from '../dests.ts'
import { destAt } from '../platform.ts'
import { NONE } from '../records.ts'

/**
 * `first` heads the service's list.
 * @noinline
 */
export function ovf(first: number): number {
  let at = first
  let best = NONE
  let greatest = 0
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const dest = destAt(at)
    if (dest === null) break
    if (dest.weight > greatest && isUsable(at, dest) && activeOf(at) <= dest.weight) {
      best = at
      greatest = dest.weight
    }
    at = dest.next
  }
  return best
}
