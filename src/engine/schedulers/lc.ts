/**
 * Least connection: the usable dest with the least overhead, the first of equals (`ipvsadm(8)`, -s lc).
 *
 * With a granularity, not LVS's: dests that have at most so many active connections more than the least are equal, and take
 * turns. Cost: one pass over the list, two with a granularity.
 */
import { activeOf, isUsable, MAX_WALK, overheadOf } from '../dests.ts'
import { destAt } from '../platform.ts'
import { NONE, type Service, type ServiceKey, type ServiceState } from '../records.ts'
import { ANY_ACTIVE, nextInTurn } from './rr.ts'

/** More than any dest's overhead. */
const UNREACHED = 0xffffffffffff

export function lc(key: ServiceKey, service: Service, state: ServiceState): number {
  const first = service.firstDest
  const granularity = service.parameter
  if (granularity > 0) return nextInTurn(key, service, state, leastActive(first) + granularity)
  return leastLoaded(first)
}

/** @noinline */
function leastLoaded(first: number): number {
  let at = first
  let best = NONE
  let least = UNREACHED
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const dest = destAt(at)
    if (dest === null) break
    if (isUsable(at, dest)) {
      const overhead = overheadOf(at)
      if (overhead < least) {
        best = at
        least = overhead
      }
    }
    at = dest.next
  }
  return best
}

/** @noinline */
function leastActive(first: number): number {
  let at = first
  let least = ANY_ACTIVE
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const dest = destAt(at)
    if (dest === null) break
    if (isUsable(at, dest)) least = Math.min(least, activeOf(at))
    at = dest.next
  }
  return least
}
