/**
 * Shortest expected delay: the usable dest with the least (active connections + 1) / weight, the first of equals (`ipvsadm(8)`, -s sed).
 * Never queue (-s nq) asks the same, but takes the first that has no active connection at once. Cost: one pass over the list.
 */
import { activeOf, isUsable, MAX_WALK } from '../dests.ts'
import { destAt, isLessProduct } from '../platform.ts'
import { NONE } from '../records.ts'

/** `first` heads the service's list. */
export function sed(first: number): number {
  return shortestDelay(first, false)
}

/**
 * With `idleFirst`, the first usable dest that has no active connection, if there is one.
 * @noinline
 */
export function shortestDelay(first: number, idleFirst: boolean): number {
  let at = first
  let best = NONE
  // 1 / 0: any ratio is less.
  let leastLoad = 1
  let leastWeight = 0
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const dest = destAt(at)
    if (dest === null) break
    if (isUsable(at, dest)) {
      const load = activeOf(at) + 1
      if (idleFirst && load <= 1) return at
      if (isLessProduct(load, leastWeight, leastLoad, dest.weight)) {
        best = at
        leastLoad = load
        leastWeight = dest.weight
      }
    }
    at = dest.next
  }
  return best
}
