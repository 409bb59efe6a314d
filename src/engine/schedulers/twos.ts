/**
 * The power of two random choices (`ipvsadm(8)`, -s twos; Mitzenmacher, “The Power of Two Choices in Randomized Load Balancing”, 2001): of two
 * usable dests drawn with their weights' shares, the one with the less overhead by weight, the first drawn if equal.
 *
 * As in LVS a draw is one of 0 … the sum of weights, so the first dest of the list gets a share of one more. Cost: two passes.
 */
import { isUsable, MAX_WALK, overheadOf } from '../dests.ts'
import { destAt, isLessProduct, random } from '../platform.ts'
import { NONE } from '../records.ts'

/** `first` heads the service's list. */
export function twos(first: number): number {
  const total = totalWeight(first)
  if (total === 0) return NONE
  const one = drawnDest(first, draw(total + 1))
  const other = drawnDest(first, draw(total + 1))
  // Another dest may have become unusable since the weights were summed.
  if (one === NONE) return other
  if (other === NONE) return one
  const a = destAt(one)
  const b = destAt(other)
  if (a === null || b === null) return NONE
  return isLessProduct(overheadOf(other), a.weight, overheadOf(one), b.weight) ? other : one
}

/** @noinline */
function totalWeight(first: number): number {
  let at = first
  let total = 0
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const dest = destAt(at)
    if (dest === null) break
    if (isUsable(at, dest)) total += dest.weight
    at = dest.next
  }
  return total
}

/** One of 0 … `values` − 1, of 53 random bits: sums of weights may take 46. */
function draw(values: number): number {
  return ((random() & 0x1fffff) * 0x100000000 + random()) % values
}

/**
 * The usable dest at which the weights, summed along the list, come to `share`.
 * @noinline
 */
function drawnDest(first: number, share: number): number {
  let at = first
  let left = share
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const dest = destAt(at)
    if (dest === null) break
    if (isUsable(at, dest)) {
      left -= dest.weight
      if (left <= 0) return at
    }
    at = dest.next
  }
  return NONE
}
