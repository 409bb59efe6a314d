/** The table of a `dh` service: the dests round and round, whatever their weights. */
import { HASH_ROWS } from '../../engine/hashing.ts'
import { NONE } from '../../engine/records.ts'
import type { ListedDest } from './plan-scheduler.ts'

/** Empty without dests. */
export function destinationHashTable(dests: readonly Pick<ListedDest, 'index'>[]): number[] {
  if (dests.length === 0) return []
  return Array.from({ length: HASH_ROWS }, (_, row) => dests[row % dests.length]?.index ?? NONE)
}
