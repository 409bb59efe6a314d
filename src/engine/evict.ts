/**
 * Keeps the caches of `lblc` and `lblcr` small, as LVS does. Each minute a pass: of a service with more than 16384 entries it removes 4/3
 * of the excess, at most half of that cap, as far as they have been idle for 6 minutes. Every 30th pass removes what has been
 * idle for `lblc_expiration` or `lblcr_expiration`. One call does a slice and goes on where the last one stopped; an idle slice takes
 * some 20 µs.
 */
import { forgetLocality } from './localities.ts'
import { allocator, localityAt, localityCacheAt, nowMs, settings } from './platform.ts'
import { type LocalityCache, NONE, type Settings } from './records.ts'

const PERIOD_MS = 60_000
const SLICE = 4096
const CAP = 16384
const MOST_SURPLUS = 8192
const IDLE_MS = 360_000
const PASSES_TO_EXPIRATION = 30

/** False where the pass over the slots isn't finished. */
export function evict(): boolean {
  const place = allocator()
  const set = settings()
  if (place === null || set === null) return true
  let first = place.evict
  if (first === NONE) {
    if (nowMs() < place.evictMs) return true
    place.evictMs = nowMs() + PERIOD_MS
    place.evictPass += 1
    first = 1
  }
  const pass = place.evictPass
  const end = place.localities
  let next = first
  for (let step = 0; step < SLICE; step++) {
    next = first + step
    if (next > end) break
    visit(next, pass, set)
  }
  const finished = next >= end
  place.evict = finished ? NONE : next + 1
  return finished
}

/** @noinline */
function visit(slot: number, pass: number, set: Settings): void {
  const entry = localityAt(slot)
  if (entry === null || entry.usedMs === 0) return
  const cache = localityCacheAt(entry.key.service)
  if (cache === null) return
  const idleMs = nowMs() - entry.usedMs
  if (cache.generation !== entry.key.generation) {
    forgetLocality(slot, entry)
    return
  }
  const expirationMs = entry.members === 0 ? set.lblcExpirationMs : set.lblcrExpirationMs
  if (pass % PASSES_TO_EXPIRATION === 0 && idleMs >= expirationMs) {
    forgetLocality(slot, entry)
    return
  }
  if (cache.pass !== pass) {
    cache.pass = pass
    cache.surplus = surplusOf(cache)
  }
  if (cache.surplus === 0 || idleMs < IDLE_MS) return
  cache.surplus -= 1
  forgetLocality(slot, entry)
}

function surplusOf(cache: LocalityCache): number {
  if (cache.entries <= CAP) return 0
  return Math.min(Math.floor(((cache.entries - CAP) * 4) / 3), MOST_SURPLUS)
}
