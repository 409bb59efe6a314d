/**
 * Consistent source hashing, not LVS's: as `sh`, but where a dest fails its clients alone go elsewhere, each by a hash of its own, and return
 * with it. Servers that are removed or have weight 0 are out of the table (`control/scheduling/consistent-hash-table.ts`); the
 * clients of one that is overloaded are hashed onward here. Cost: a row; at worst 64.
 */
import { clientWord } from '../clients.ts'
import { usableInRow } from '../dests.ts'
import { CONSISTENT_BITS, hash32 } from '../hashing.ts'
import { type Heading, NONE, type Service, type ServiceKey } from '../records.ts'

/** Rows to be asked before giving up: with half of all rows unusable, one client in 2^64 finds none. */
const ROWS_ASKED = 64

export function chi(heading: Heading, key: ServiceKey, service: Service): number {
  const word = clientWord(heading, service)
  for (let step = 0; step < ROWS_ASKED; step++) {
    // Odd multiples spread clients of one row over all others.
    const dest = usableInRow(key, service, hash32(word + Math.imul(step, word * 2 + 1), CONSISTENT_BITS))
    if (dest !== NONE) return dest
  }
  return NONE
}
