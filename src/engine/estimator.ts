/**
 * Rates of every dest (`ipvsadm -L --rate`): every 2 s, average += (rate − average) / 4, as LVS estimates. Rates are kept scaled
 * (`Rates`), so half a packet a second isn't nothing. One call does a slice of the dests and goes on where the last one stopped.
 */
import { allocator, layout, nowMs, ratesAt, sumCounters } from './platform.ts'
import { type Counters, NONE } from './records.ts'

const PERIOD_MS = 2000
const SLICE = 1024
/** Scale of a count that grew over 2 s: half of 2^10, half of 2^5. */
const COUNT_SCALE = 512
const BYTE_SCALE = 16

/** average + (rate − average) / 4, rounded down: an idle dest comes to zero. */
function follow(average: number, rate: number): number {
  return Math.floor((rate + 3 * average) / 4)
}

function estimateDest(dest: number): void {
  const rates = ratesAt(dest)
  if (rates === null) return
  const now: Counters = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 }
  sumCounters(dest, now)
  const last = rates.last
  rates.connections = follow(rates.connections, (now.connections - last.connections) * COUNT_SCALE)
  rates.inPackets = follow(rates.inPackets, (now.inPackets - last.inPackets) * COUNT_SCALE)
  rates.outPackets = follow(rates.outPackets, (now.outPackets - last.outPackets) * COUNT_SCALE)
  rates.inBytes = follow(rates.inBytes, (now.inBytes - last.inBytes) * BYTE_SCALE)
  rates.outBytes = follow(rates.outBytes, (now.outBytes - last.outBytes) * BYTE_SCALE)
  last.connections = now.connections
  last.inPackets = now.inPackets
  last.outPackets = now.outPackets
  last.inBytes = now.inBytes
  last.outBytes = now.outBytes
}

/** False where the pass over the dests isn't finished. */
export function estimate(): boolean {
  const place = allocator()
  const plan = layout()
  if (place === null || plan === null) return true
  let first = place.estimate
  if (first === NONE) {
    if (nowMs() < place.estimateMs) return true
    place.estimateMs = nowMs() + PERIOD_MS
    first = 1
  }
  let next = first
  for (let step = 0; step < SLICE; step++) {
    next = first + step
    if (next > plan.lastDest) break
    estimateDest(next)
  }
  const finished = next >= plan.lastDest
  place.estimate = finished ? NONE : next + 1
  return finished
}
