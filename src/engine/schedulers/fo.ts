/** Weighted failover: the usable dest with the greatest weight, the first of equals (`ipvsadm(8)`, -s fo). Cost: one pass over the list. */
import { isUsable, MAX_WALK } from '../dests.ts'
import { destAt } from '../platform.ts'
import { NONE } from '../records.ts'

/**
 * `first` heads the service's list.
 * @noinline
 */
export function fo(first: number): number {
  let at = first
  let best = NONE
  let greatest = 0
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const dest = destAt(at)
    if (dest === null) break
    if (dest.weight > greatest && isUsable(at, dest)) {
      best = at
      greatest = dest.weight
    }
    at = dest.next
  }
  return best
}
