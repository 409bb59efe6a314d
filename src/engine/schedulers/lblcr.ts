/**
 * Locality-based least connection with replication (`ipvsadm(8)`, -s lblcr): a virtual address keeps a set of dests, and goes to the one of
 * them with the least overhead by weight. When that is overloaded while another dest is half idle, the choice of `wlc` joins the
 * set. A set of several that hasn't changed for `lblcr_expiration` loses its most loaded.
 *
 * Cost: a lookup and one pass over the set; beyond that as `lblc`.
 */
import { isOverloaded, MAX_WALK, overheadOf } from '../dests.ts'
import { addMember, dropMember, nameLocality, rememberLocality, useLocality } from '../localities.ts'
import { destAt, isLessProduct, localityAt, nowMs } from '../platform.ts'
import {
  type Heading,
  type Locality,
  type LocalityKey,
  NONE,
  type Service,
  type ServiceKey,
  type ServiceState,
  type Settings,
} from '../records.ts'
import { mustYield, serves } from './lblc.ts'
import { wlc } from './wlc.ts'

export function lblcr(heading: Heading, key: ServiceKey, service: Service, state: ServiceState, set: Settings): number {
  const name: LocalityKey = { address: { word0: 0, word1: 0, word2: 0, word3: 0 }, service: 0, generation: 0 }
  nameLocality(name, heading, service, state)
  const entry = useLocality(name)
  if (entry !== null) {
    const least = leastLoaded(entry, key)
    if (entry.members > 1 && nowMs() - entry.changedMs > set.lblcrExpirationMs) dropMostLoaded(entry)
    if (least !== NONE && !mustYield(service.firstDest, least)) return least
  }
  const chosen = wlc(service.firstDest)
  if (chosen === NONE) return NONE
  if (entry !== null) addMember(entry, chosen)
  else rememberLocality(name, chosen, 1)
  return chosen
}

function leastLoaded(entry: Locality, key: ServiceKey): number {
  let index = entry.dest
  let next = entry.next
  let best = NONE
  // 1 / 0: any ratio is less.
  let leastOverhead = 1
  let leastWeight = 0
  for (let step = 0; step < MAX_WALK; step++) {
    const dest = destAt(index)
    if (dest !== null && serves(dest, key) && !isOverloaded(index, dest)) {
      const overhead = overheadOf(index)
      if (isLessProduct(overhead, leastWeight, leastOverhead, dest.weight)) {
        best = index
        leastOverhead = overhead
        leastWeight = dest.weight
      }
    }
    if (next === NONE) break
    const member = localityAt(next)
    if (member === null) break
    index = member.dest
    next = member.next
  }
  return best
}

/** Takes the member with the most overhead by weight out of the set; none where all have weight 0. */
function dropMostLoaded(entry: Locality): void {
  let index = entry.dest
  let at = NONE
  let before = NONE
  let next = entry.next
  let worst = NONE
  let beforeWorst = NONE
  let mostOverhead = 0
  let mostWeight = 0
  for (let step = 0; step < MAX_WALK; step++) {
    const dest = destAt(index)
    if (dest !== null && dest.weight > 0) {
      const overhead = overheadOf(index)
      if (mostWeight <= 0 || isLessProduct(mostOverhead, dest.weight, overhead, mostWeight)) {
        worst = at
        beforeWorst = before
        mostOverhead = overhead
        mostWeight = dest.weight
      }
    }
    if (next === NONE) break
    const member = localityAt(next)
    if (member === null) break
    before = at
    at = next
    index = member.dest
    next = member.next
  }
  if (mostWeight > 0) dropMember(entry, beforeWorst, worst)
}
