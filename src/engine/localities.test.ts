/** What `lblc` and `lblcr` remember of virtual addresses, and forget. */
import { describe, expect, it } from 'vitest'
import { tick } from './director.ts'
import { runOn } from './platform.ts'
import { Scheduler } from './records.ts'
import { ListedService } from './schedulers/testing/listed-service.ts'

const VIRTUAL = 0x0a090001
const MINUTE = 60_000

function at(service: ListedService, ms: number): void {
  while (runOn(service.host, () => tick(ms)) < 100);
}

const entries = (service: ListedService): number => service.host.tables.entries('localitySlots').length

/** A service at 1 s whose cache has an entry for each of the first `count` virtual addresses. */
function cached(scheduler: number, count: number): ListedService {
  const service = new ListedService({ scheduler, weights: [1, 1] })
  at(service, 1000)
  for (let virtual = 0; virtual < count; virtual++) service.choose(1, VIRTUAL + virtual)
  return service
}

describe('lblc', () => {
  it('keeps an address with its dest until that has more active connections than its weight while another is half idle', () => {
    const service = new ListedService({ scheduler: Scheduler.LocalityBasedLeastConnection, weights: [4, 4] })
    expect(service.choose(1, VIRTUAL)).toBe(1)
    service.load(1, 4)
    expect(service.choose(1, VIRTUAL)).toBe(1)
    service.load(1, 5)
    service.load(2, 2)
    expect(service.choose(1, VIRTUAL)).toBe(1)
    service.load(2, 1)
    expect(service.choose(1, VIRTUAL)).toBe(2)
    service.load(1, 0)
    expect(service.choose(1, VIRTUAL)).toBe(2)
  })

  it('takes another for an address whose dest is gone or has weight 0', () => {
    const service = new ListedService({ scheduler: Scheduler.LocalityBasedLeastConnection, weights: [1, 1, 1] })
    expect(service.choose(1, VIRTUAL)).toBe(1)
    service.setWeight(1, 0)
    expect(service.choose(1, VIRTUAL)).toBe(2)
    service.remove(2)
    expect(service.choose(1, VIRTUAL)).toBe(3)
  })

  it('knows nothing of what it knew before its scheduler was changed and changed back', () => {
    const service = new ListedService({ scheduler: Scheduler.LocalityBasedLeastConnection, weights: [1, 1] })
    service.load(1, 1)
    expect(service.choose(1, VIRTUAL)).toBe(2)
    service.load(2, 1)
    service.load(1, 0)
    expect(service.choose(1, VIRTUAL)).toBe(2)
    const state = service.host.serviceStateAt(1)
    if (state !== null) state.currentWeight = 0
    expect(service.choose(1, VIRTUAL)).toBe(1)
  })
})

describe('lblcr', () => {
  /** Dest 1 overloaded, 2 half idle: 2 joins the set of the address. */
  function withTwo(): ListedService {
    const service = new ListedService({ scheduler: Scheduler.LocalityBasedWithReplication, weights: [2, 2, 2] })
    at(service, 1000)
    expect(service.choose(1, VIRTUAL)).toBe(1)
    service.load(1, 3)
    service.load(3, 1)
    expect(service.choose(1, VIRTUAL)).toBe(2)
    return service
  }

  it('adds a dest to the set when all of it is overloaded, and chooses the least loaded of the set', () => {
    const service = withTwo()
    service.load(2, 2)
    service.load(1, 1)
    service.load(3, 0)
    expect(service.choose(1, VIRTUAL)).toBe(1)
    service.load(1, 3)
    expect(service.choose(1, VIRTUAL)).toBe(2)
  })

  it('takes the most loaded out of a set that has not changed for the expiration', () => {
    const service = withTwo()
    const { lblcrExpirationMs } = service.host.settings()
    at(service, 1000 + lblcrExpirationMs)
    service.choose(1, VIRTUAL)
    service.load(1, 0)
    service.load(2, 1)
    expect(service.choose(1, VIRTUAL)).toBe(1)
    service.load(1, 2)
    at(service, 1001 + lblcrExpirationMs)
    expect(service.choose(1, VIRTUAL)).toBe(2)
    service.load(1, 0)
    expect(service.choose(1, VIRTUAL)).toBe(2)
  })

  it('gives all slots back, those of the sets too', () => {
    const service = withTwo()
    const state = service.host.serviceStateAt(1)
    if (state !== null) state.currentWeight = 0
    service.choose(1, VIRTUAL)
    at(service, 2 * MINUTE)
    expect(entries(service)).toBe(1)
    for (let virtual = 1; virtual < 65_600; virtual++) service.choose(1, VIRTUAL + virtual)
    expect(entries(service)).toBe(65_535)
  })
})

describe('eviction', () => {
  it('leaves a cache of 16384 entries alone until they expire, in the 30th minute', () => {
    const service = cached(Scheduler.LocalityBasedLeastConnection, 16384)
    service.host.settings().lblcExpirationMs = 10 * MINUTE
    for (let minute = 1; minute < 30; minute++) at(service, 1000 + minute * MINUTE)
    expect(entries(service)).toBe(0)
  })

  it('takes 4/3 of the excess of a greater one, once they have been idle for 6 minutes', () => {
    const service = cached(Scheduler.LocalityBasedLeastConnection, 16384 + 300)
    for (let minute = 1; minute <= 5; minute++) at(service, 1000 + minute * MINUTE)
    expect(entries(service)).toBe(16684)
    at(service, 1000 + 6 * MINUTE)
    expect(entries(service)).toBe(16684 - 400)
    at(service, 1000 + 7 * MINUTE)
    expect(entries(service)).toBe(16684 - 400)
  })

  it('takes no more than 8192 a minute, and none that is in use', () => {
    const service = cached(Scheduler.LocalityBasedLeastConnection, 30_000)
    at(service, 1000 + MINUTE)
    at(service, 1000 + 7 * MINUTE - 1)
    for (let virtual = 0; virtual < 100; virtual++) service.choose(1, VIRTUAL + virtual)
    at(service, 1000 + 8 * MINUTE)
    expect(entries(service)).toBeLessThanOrEqual(30_000 - 8192)
    const { entries: counted } = service.host.localityCacheAt(1) ?? { entries: -1 }
    expect(counted).toBe(entries(service))
  })

  it('goes without memory where the table is full: every choice is then the least loaded dest', () => {
    const service = cached(Scheduler.LocalityBasedLeastConnection, 65_600)
    expect(entries(service)).toBe(65_535)
    service.load(1, 1)
    expect(service.choose(1, VIRTUAL + 70_000)).toBe(2)
  })
})
