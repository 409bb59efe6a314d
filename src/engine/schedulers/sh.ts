/**
 * Source hashing: the dest in the row that the client's address, with `sh-port` its port too, hashes to; none if it isn't usable, with
 * `sh-fallback` that of the first row onward that is (`ipvsadm(8)`, -s sh). Cost: a row; at worst all 256.
 *
 * Beyond LVS, only the first bits of the address may count: `Service.parameter`.
 */
import { usableInRow } from '../dests.ts'
import { HASH_BITS, HASH_ROWS, hash32 } from '../hashing.ts'
import { clientWord } from '../clients.ts'
import { type Heading, NONE, type Service, type ServiceKey, ServiceFlag } from '../records.ts'

export function sh(heading: Heading, key: ServiceKey, service: Service): number {
  const hash = hash32(clientWord(heading, service), HASH_BITS)
  const dest = usableInRow(key, service, hash)
  if (dest !== NONE || (service.flags & ServiceFlag.Fallback) === 0) return dest
  for (let step = 0; step < HASH_ROWS; step++) {
    // The hash twice: from there LVS begins to look, so a client comes to the same dest.
    const other = usableInRow(key, service, (hash + hash + step) % HASH_ROWS)
    if (other !== NONE) return other
  }
  return NONE
}
