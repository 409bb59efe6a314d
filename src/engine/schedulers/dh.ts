/** Destination hashing: the dest in the row that the virtual address hashes to, or none if it isn't usable (`ipvsadm(8)`, -s dh). */
import { foldAddress } from '../address.ts'
import { usableInRow } from '../dests.ts'
import { HASH_BITS, hash32 } from '../hashing.ts'
import type { Heading, Service, ServiceKey } from '../records.ts'

export function dh(heading: Heading, key: ServiceKey, service: Service): number {
  return usableInRow(key, service, hash32(foldAddress(heading.destination), HASH_BITS))
}
