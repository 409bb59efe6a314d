/** What schedulers and forwarding ask about a dest, and how its connections are counted. */
import { sameAddress } from './address.ts'
import { bucketAt, destAt, destStateAt, overloadAt } from './platform.ts'
import { Availability, type Dest, NONE, type Service, type ServiceKey, type ServiceState } from './records.ts'

/** Steps of one walk along a list of dests, twice the capacity of `dests`: the verifier wants a bound. */
export const MAX_WALK = 65536

/** Whether the dest has as many connections as its thresholds allow. */
export function isOverloaded(index: number, dest: Dest): boolean {
  if (dest.upperThreshold === 0) return false
  const mark = overloadAt(index)
  return mark !== null && mark.overloaded !== 0
}

/** Whether new connections may go to the dest. */
export function isUsable(index: number, dest: Dest): boolean {
  return dest.availability === Availability.Listed && dest.weight > 0 && !isOverloaded(index, dest)
}

/** Whether the dest is of the service with this key, or was before its removal. */
export function belongsTo(dest: Dest, key: ServiceKey): boolean {
  return (
    dest.service.port === key.port &&
    dest.service.protocol === key.protocol &&
    dest.service.family === key.family &&
    dest.service.mark === key.mark &&
    sameAddress(dest.service.address, key.address, key.family)
  )
}

/** The dest that a scheduler chose last, still linked to what followed it in the list; null where the list is to be begun. */
export function lastChoice(key: ServiceKey, state: ServiceState): Dest | null {
  if (state.lastDest === NONE) return null
  const last = destAt(state.lastDest)
  return last !== null && belongsTo(last, key) ? last : null
}

/** The dest in a row of the service's table, or `NONE` where it isn't usable. */
export function usableInRow(key: ServiceKey, service: Service, row: number): number {
  if (row >= service.buckets) return NONE
  const bucket = bucketAt(service.firstBucket + row)
  if (bucket === null) return NONE
  const index = bucket.dest
  const dest = destAt(index)
  return dest !== null && isUsable(index, dest) && belongsTo(dest, key) ? index : NONE
}

/** Active connections of a dest. */
export function activeOf(index: number): number {
  const load = destStateAt(index)
  return load === null ? 0 : load.active
}

/** What a dest's connections weigh: an active one as much as 257 that are not. */
export function overheadOf(index: number): number {
  const load = destStateAt(index)
  return load === null ? 0 : load.active * 257 + load.inactive
}

/** Counts a new connection, which begins inactive. */
export function countConnection(index: number, dest: Dest): void {
  const load = destStateAt(index)
  if (load === null) return
  load.inactive += 1
  if (dest.upperThreshold === 0 || load.active + load.inactive < dest.upperThreshold) return
  const mark = overloadAt(index)
  if (mark !== null) mark.overloaded = 1
}

/** Counts a connection out that was active, or wasn't. */
export function uncountConnection(index: number, dest: Dest, wasActive: boolean): void {
  const load = destStateAt(index)
  if (load === null) return
  if (wasActive) load.active -= 1
  else load.inactive -= 1
  if (dest.upperThreshold === 0) return
  const mark = overloadAt(index)
  if (mark !== null && load.active + load.inactive < lowerBound(dest)) mark.overloaded = 0
}

/** The number of connections below which a dest is no longer overloaded. */
function lowerBound(dest: Dest): number {
  if (dest.lowerThreshold !== 0) return dest.lowerThreshold
  return dest.upperThreshold - (dest.upperThreshold >>> 2)
}
