/** What schedulers and forwarding ask about a dest, and how its connections are counted. */
import { sameAddress } from './address.ts'
import { destStateAt, overloadAt } from './platform.ts'
import { Availability, type Dest, type ServiceKey } from './records.ts'

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
