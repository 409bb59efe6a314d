/**
 * Round robin: the next usable dest after the last one chosen, round the list (`ipvsadm(8)`, -s rr).
 *
 * The list is walked from the last choice to its end and then once from its head. A last choice that was removed still links to
 * what followed it; if its slot serves another service by now, the walk begins at the head. Cost: a table lookup per dest passed over.
 */
import { activeOf, isUsable, lastChoice, MAX_WALK } from '../dests.ts'
import { destAt } from '../platform.ts'
import { NONE, type Service, type ServiceKey, type ServiceState } from '../records.ts'

/** No limit for `nextInTurn`. */
export const ANY_ACTIVE = 0xffffffff

export function rr(key: ServiceKey, service: Service, state: ServiceState): number {
  return nextInTurn(key, service, state, ANY_ACTIVE)
}

/** Round robin among the dests that have at most `mostActive` active connections. */
export function nextInTurn(key: ServiceKey, service: Service, state: ServiceState, mostActive: number): number {
  let at = service.firstDest
  let wrapped = true
  const last = lastChoice(key, state)
  if (last !== null && last.next !== NONE) {
    at = last.next
    wrapped = false
  }
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) {
      if (wrapped) return NONE
      at = service.firstDest
      wrapped = true
    }
    const dest = destAt(at)
    if (dest === null) return NONE
    if (isUsable(at, dest) && (mostActive >= ANY_ACTIVE || activeOf(at) <= mostActive)) {
      state.lastDest = at
      return at
    }
    at = dest.next
  }
  return NONE
}
