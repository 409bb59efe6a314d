/**
 * The table of a `mh` service: Maglev hashing (Eisenbud et al., “Maglev: A Fast and Reliable Software Network Load Balancer”, NSDI 2016, §3.4),
 * weighted as LVS does it: a dest takes as many rows a turn as its share of the weights says.
 *
 * The last weight that wasn't 0 counts, so a quiesced dest keeps its rows. Cost: some 4093 · ln 4093 steps, and two hashes a dest.
 */
import { foldAddress } from '../../engine/address.ts'
import { MAGLEV_ROWS } from '../../engine/hashing.ts'
import { NONE } from '../../engine/records.ts'
import { HASH_KEY_1, HASH_KEY_2, siphash } from '../../engine/siphash.ts'
import type { ListedDest } from './plan-scheduler.ts'
import { greatestWeight, weightDivisor } from './weights.ts'

/** Weights of more bits than half of those that number the rows are cut to this many. */
const WEIGHT_BITS = 6

interface Turn {
  readonly index: number
  /** Rows that the dest takes a turn. */
  readonly rows: number
  readonly step: number
  /** The next row of the dest's permutation. */
  row: number
}

function turns(dests: readonly ListedDest[]): Turn[] {
  const weights = dests.map(({ dest }) => dest.lastWeight)
  const divisor = weightDivisor(weights)
  const bits = 32 - Math.clz32(greatestWeight(weights) / divisor)
  const shift = Math.max(0, bits - WEIGHT_BITS)
  return dests
    .filter(({ dest }) => dest.lastWeight > 0)
    .map(({ index, dest }) => {
      const word = (foldAddress(dest.address) + dest.port) >>> 0
      return {
        index,
        rows: Math.max(1, (dest.lastWeight / divisor) >>> shift),
        step: (siphash(word, HASH_KEY_2) % (MAGLEV_ROWS - 1)) + 1,
        row: siphash(word, HASH_KEY_1) % MAGLEV_ROWS,
      }
    })
}

/** Empty where no dest has ever had a weight. */
export function maglevTable(dests: readonly ListedDest[]): number[] {
  const all = turns(dests)
  if (all.length === 0) return []
  const table = new Array<number>(MAGLEV_ROWS).fill(NONE)
  let free = MAGLEV_ROWS
  for (;;) {
    for (const turn of all) {
      for (let taken = 0; taken < turn.rows; taken++) {
        while (table[turn.row] !== NONE) turn.row = (turn.row + turn.step) % MAGLEV_ROWS
        table[turn.row] = turn.index
        free -= 1
        if (free === 0) return table
      }
    }
  }
}
