/** The schedulers that compare: ties, weights of 31 bits, thresholds, the granularity of `lc`. Recorded runs: `testing/replay-trace.test.ts`. */
import { expect, it } from 'vitest'
import { NONE, Scheduler } from '../records.ts'
import { ListedService } from './testing/listed-service.ts'

function listed(scheduler: number, weights: readonly number[], loads: readonly (readonly [number, number])[]) {
  const service = new ListedService({ scheduler, weights })
  loads.forEach(([active, inactive], at) => service.load(at + 1, active, inactive))
  return service
}

it('weighs an active connection as 257 inactive ones', () => {
  expect(listed(Scheduler.LeastConnection, [1, 1], [[1, 0], [0, 256]]).choose()).toBe(2) // prettier-ignore
  expect(listed(Scheduler.LeastConnection, [1, 1], [[1, 0], [0, 257]]).choose()).toBe(1) // prettier-ignore
  expect(listed(Scheduler.LeastConnection, [1, 1], [[1, 0], [0, 258]]).choose()).toBe(1) // prettier-ignore
})

it('compares by weight exactly where products come near 2^63', () => {
  const most = 2147483647
  const loads = [[16_000_000, 0], [15_999_999, 256]] as const // prettier-ignore
  expect(listed(Scheduler.WeightedLeastConnection, [most, most], loads).choose()).toBe(2)
  expect(listed(Scheduler.WeightedLeastConnection, [most, most - 1], loads).choose()).toBe(1)
})

it('takes the first of equals, whichever scheduler compares', () => {
  for (const scheduler of [
    Scheduler.LeastConnection,
    Scheduler.WeightedLeastConnection,
    Scheduler.ShortestExpectedDelay,
    Scheduler.NeverQueue,
    Scheduler.WeightedFailover,
    Scheduler.WeightedOverflow,
  ]) {
    expect(listed(scheduler, [2, 2], [[2, 2], [2, 2]]).choose(), `scheduler ${scheduler}`).toBe(1) // prettier-ignore
  }
})

it('takes an idle dest for nq, the shortest delay for sed', () => {
  const loads = [[3, 0], [0, 9]] as const // prettier-ignore
  expect(listed(Scheduler.ShortestExpectedDelay, [10, 1], loads).choose()).toBe(1)
  expect(listed(Scheduler.NeverQueue, [10, 1], loads).choose()).toBe(2)
})

it('overflows to the next weight once a dest has more active connections than its weight', () => {
  const service = listed(Scheduler.WeightedOverflow, [3, 2], [[3, 0], [0, 0]]) // prettier-ignore
  expect(service.choose()).toBe(1)
  service.load(1, 4)
  expect(service.choose()).toBe(2)
  service.load(2, 3)
  expect(service.choose()).toBe(NONE)
})

it('takes dests in turn whose active connections differ by no more than the granularity', () => {
  const service = new ListedService({ scheduler: Scheduler.LeastConnection, weights: [1, 1, 1, 1], parameter: 2 })
  const loads = [5, 7, 8, 6]
  loads.forEach((active, at) => service.load(at + 1, active, 100))
  expect(service.choices(6)).toEqual([1, 2, 4, 1, 2, 4])
  service.load(3, 5)
  expect(service.choices(4)).toEqual([1, 2, 3, 4])
})

it('never chooses an overloaded dest or one of weight 0 for a new address, whichever scheduler', () => {
  for (let scheduler: number = Scheduler.RoundRobin; scheduler <= Scheduler.ConsistentHashing; scheduler++) {
    const service = new ListedService({ scheduler, weights: [5, 0, 5] })
    service.setOverloaded(1, true)
    for (let client = 1; client < 200; client++) {
      expect([NONE, 3], `scheduler ${scheduler}`).toContain(service.choose(client * 0x10001, client))
    }
    service.setOverloaded(3, true)
    expect(service.choose(1, 1000), `scheduler ${scheduler}`).toBe(NONE)
  }
})

it('chooses none from an empty list, whichever scheduler', () => {
  for (let scheduler: number = Scheduler.RoundRobin; scheduler <= Scheduler.ConsistentHashing; scheduler++) {
    expect(new ListedService({ scheduler, weights: [] }).choose(1, 1), `scheduler ${scheduler}`).toBe(NONE)
  }
})
