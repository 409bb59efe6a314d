/** What schedulers and forwarding ask about a dest. */
import { sameAddress } from './address.ts'
import { Availability, type Dest, type ServiceKey } from './records.ts'

/** Steps of one walk along a list of dests, twice the capacity of `dests`: the verifier wants a bound. */
export const MAX_WALK = 65536

/** Whether new connections may go to the dest. */
export function isUsable(dest: Dest): boolean {
  return dest.availability === Availability.Listed && dest.weight > 0
}

/** Whether the dest is of the service with this key, or was before its removal. */
export function belongsTo(dest: Dest, key: ServiceKey): boolean {
  return (
    dest.service.port === key.port &&
    dest.service.protocol === key.protocol &&
    sameAddress(dest.service.address, key.address)
  )
}
