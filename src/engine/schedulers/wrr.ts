/**
 * Weighted round robin, interleaved (`ipvsadm(8)`, -s wrr): a round goes through levels, from the greatest weight down to 1 in steps of the
 * weights' greatest common divisor; on each level every usable dest of at least that weight has its turn.
 *
 * LVS goes down level by level, one pass over the list each. Levels above the greatest usable weight have no turn, so this goes on
 * at the first that has: the same choices for at most three passes, whatever the weights.
 */
import { isUsable, lastChoice, MAX_WALK } from '../dests.ts'
import { destAt } from '../platform.ts'
import { NONE, type Service, type ServiceKey, type ServiceState } from '../records.ts'

/**
 * The first usable dest from `first` on that has a weight of at least `level`.
 * @noinline
 */
function firstOnLevel(first: number, level: number): number {
  let at = first
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) return NONE
    const dest = destAt(at)
    if (dest === null) return NONE
    if (dest.weight >= level && isUsable(at, dest)) return at
    at = dest.next
  }
  return NONE
}

/**
 * The greatest weight of a usable dest; 0 where there is none.
 * @noinline
 */
function greatestUsableWeight(first: number): number {
  let at = first
  let greatest = 0
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const dest = destAt(at)
    if (dest === null) break
    if (dest.weight > greatest && isUsable(at, dest)) greatest = dest.weight
    at = dest.next
  }
  return greatest
}

/** The first of the levels from `level` down, in steps, that is no greater than `most`; 0 or less where there is none. */
function levelWithin(level: number, divisor: number, most: number): number {
  if (level <= most) return level
  return level - Math.floor((level - most + divisor - 1) / divisor) * divisor
}

export function wrr(key: ServiceKey, service: Service, state: ServiceState): number {
  const divisor = service.weightDivisor
  const top = service.maxWeight - (divisor - 1)
  if (service.maxWeight === 0 || divisor === 0 || top <= 0) return NONE
  const level = state.currentWeight === 0 || state.currentWeight > top ? top : state.currentWeight
  const last = lastChoice(key, state)
  const onLevel = firstOnLevel(last === null ? service.firstDest : last.next, level)
  if (onLevel !== NONE) return remember(state, onLevel, level)
  const most = greatestUsableWeight(service.firstDest)
  if (most === 0) {
    // LVS is back at the head and on the uppermost level after it has asked all dests in vain, unless it began on the lowest.
    if (last === null || level > divisor) remember(state, NONE, top)
    return NONE
  }
  let next = levelWithin(level - divisor, divisor, most)
  if (next <= 0) next = levelWithin(top, divisor, most)
  // The divisor may be newer than the level.
  if (next <= 0) next = 1
  const below = firstOnLevel(service.firstDest, next)
  return below === NONE ? NONE : remember(state, below, next)
}

function remember(state: ServiceState, dest: number, level: number): number {
  state.lastDest = dest
  state.currentWeight = level
  return dest
}
