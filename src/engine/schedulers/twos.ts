/**
 * The power of two random choices (`ipvsadm(8)`, -s twos; Mitzenmacher, “The Power of Two Choices in Randomized Load Balancing”, 2001): of two
 * usable dests drawn with their weights' shares, the one with the less overhead by weight, the first drawn if equal.
 *
 * As in LVS a draw is one of 0 … the sum of weights, so the first dest of the list gets a share of one more. Cost: two passes.
 */
import { isUsable, MAX_WALK, overheadOf } from '../dests.ts'
import { destAt, isLessProduct, random } from '../platform.ts'
import { NONE, type Service } from '../records.ts'

export function twos(service: Service): number {
  const total = totalWeight(service)
  if (total === 0) return NONE
  const first = drawnDest(service, draw(total + 1))
  const second = drawnDest(service, draw(total + 1))
  // Another dest may have become unusable since the weights were summed.
  if (first === NONE) return second
  if (second === NONE) return first
  const a = destAt(first)
  const b = destAt(second)
  if (a === null || b === null) return NONE
  return isLessProduct(overheadOf(second), a.weight, overheadOf(first), b.weight) ? second : first
}

function totalWeight(service: Service): number {
  let at = service.firstDest
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

/** The usable dest at which the weights, summed along the list, come to `share`. */
function drawnDest(service: Service, share: number): number {
  let at = service.firstDest
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
