/**
 * Maglev hashing: the dest in the row of the Maglev table that the client's address, with `mh-port` its port too, hashes to; none if it
 * isn't usable, with `mh-fallback` the first usable one that further hashes lead to (`ipvsadm(8)`, -s mh). The table:
 * `control/scheduling/maglev-table.ts`. Cost: a hash; with the fallback one for each row that is asked, at worst 4093.
 */
import { clientWord } from '../clients.ts'
import { usableInRow } from '../dests.ts'
import { MAGLEV_ROWS } from '../hashing.ts'
import { type Heading, NONE, type Service, type ServiceKey, ServiceFlag } from '../records.ts'
import { HASH_KEY_1, siphash } from '../siphash.ts'

export function mh(heading: Heading, key: ServiceKey, service: Service): number {
  if (service.buckets === 0) return NONE
  const word = clientWord(heading, service)
  const hash = siphash(word, HASH_KEY_1) % MAGLEV_ROWS
  const dest = usableInRow(key, service, hash)
  if (dest !== NONE || (service.flags & ServiceFlag.Fallback) === 0) return dest
  for (let step = 0; step < MAGLEV_ROWS; step++) {
    const offset = (hash + step) % MAGLEV_ROWS
    const other = usableInRow(key, service, siphash((word + offset) >>> 0, HASH_KEY_1) % MAGLEV_ROWS)
    if (other !== NONE) return other
  }
  return NONE
}
