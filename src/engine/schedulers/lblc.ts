/**
 * Locality-based least connection (`ipvsadm(8)`, -s lblc), for transparent caches: a virtual address keeps its dest until that is gone, has
 * weight 0, or is overloaded while another is half idle; then it gets the choice of `wlc`. Cost: a lookup; to see whether
 * another dest is half idle, one pass over the list; for a choice, another.
 */
import { activeOf, belongsTo, MAX_WALK } from '../dests.ts'
import { nameLocality, rememberLocality, useLocality } from '../localities.ts'
import { destAt } from '../platform.ts'
import {
  Availability,
  type Dest,
  type Heading,
  type LocalityKey,
  NONE,
  type Service,
  type ServiceKey,
  type ServiceState,
} from '../records.ts'
import { wlc } from './wlc.ts'

export function lblc(heading: Heading, key: ServiceKey, service: Service, state: ServiceState): number {
  const name: LocalityKey = { address: { word0: 0, word1: 0, word2: 0, word3: 0 }, service: 0, generation: 0 }
  nameLocality(name, heading, service, state)
  const entry = useLocality(name)
  if (entry !== null) {
    const kept = entry.dest
    const dest = destAt(kept)
    if (dest !== null && serves(dest, key) && !mustYield(service.firstDest, kept)) return kept
  }
  const chosen = wlc(service.firstDest)
  if (chosen === NONE) return NONE
  if (entry !== null) entry.dest = chosen
  else rememberLocality(name, chosen, 0)
  return chosen
}

/** Whether the dest still takes connections of the service. Unlike for a choice, its thresholds don't matter. */
export function serves(dest: Dest, key: ServiceKey): boolean {
  return dest.availability === Availability.Listed && dest.weight > 0 && belongsTo(dest, key)
}

/**
 * Whether the dest has more active connections than its weight, while some dest of the list has less than half of its own.
 * @noinline
 */
export function mustYield(first: number, index: number): boolean {
  const dest = destAt(index)
  if (dest === null || activeOf(index) <= dest.weight) return false
  let at = first
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) return false
    const other = destAt(at)
    if (other === null) return false
    if (activeOf(at) * 2 < other.weight) return true
    at = other.next
  }
  return false
}
