/** The table of a `sh` service: each dest in turn takes as many rows as its weight, round and round. */
import { HASH_ROWS } from '../../engine/hashing.ts'
import type { ListedDest } from './plan-scheduler.ts'

/** Empty without dests. A dest of weight 0 has rows too: its clients are refused, or go elsewhere with `sh-fallback`. */
export function sourceHashTable(dests: readonly ListedDest[]): number[] {
  if (dests.length === 0) return []
  const table: number[] = []
  while (table.length < HASH_ROWS) {
    for (const { index, dest } of dests) {
      const rows = Math.min(Math.max(dest.weight, 1), HASH_ROWS - table.length)
      for (let row = 0; row < rows; row++) table.push(index)
    }
  }
  return table
}
