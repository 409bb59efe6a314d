/** What schedulers get from the control side: weights, tables, and what wrr goes on with. */
import { describe, expect, it } from 'vitest'
import { CONSISTENT_ROWS, MAGLEV_ROWS } from '../../engine/hashing.ts'
import { Family, Scheduler } from '../../engine/records.ts'
import { parseAddress } from '../address.ts'
import { type ListedDest, planScheduler, restartedState } from './plan-scheduler.ts'

function dests(...weights: readonly (number | readonly [now: number, last: number])[]): ListedDest[] {
  return weights.map((entry, at) => {
    const [weight, lastWeight] = typeof entry === 'number' ? [entry, entry] : entry
    const address = { word0: 0x0a020001 + at, word1: 0, word2: 0, word3: 0 }
    return { index: 11 + at, dest: { family: Family.Ipv4, address, port: 80, weight, lastWeight } }
  })
}

const plan = (scheduler: number, list: readonly ListedDest[]) => planScheduler({ scheduler }, list)
const rowsOf = (buckets: readonly number[], index: number): number => buckets.filter((one) => one === index).length

describe('weights', () => {
  it('divide by what divides all that are positive', () => {
    expect(plan(Scheduler.WeightedRoundRobin, dests(12, 0, 18))).toMatchObject({ weightDivisor: 6, maxWeight: 18 })
    expect(plan(Scheduler.WeightedRoundRobin, dests(0, 0))).toMatchObject({ weightDivisor: 1, maxWeight: 0 })
    expect(plan(Scheduler.WeightedRoundRobin, [])).toEqual({ weightDivisor: 1, maxWeight: 0, buckets: [] })
  })

  it('send wrr back to the head, on its level if that still is one', () => {
    const level = (currentWeight: number, ...weights: number[]): number => {
      const scheduler = Scheduler.WeightedRoundRobin
      const next = restartedState({ scheduler }, plan(scheduler, dests(...weights)), { lastDest: 12, currentWeight })
      expect(next.lastDest).toBe(0)
      return next.currentWeight
    }
    expect(level(0, 6, 9)).toBe(7)
    expect(level(8, 6, 9)).toBe(7)
    expect(level(5, 6, 9)).toBe(4)
    expect(level(2, 6, 9)).toBe(1)
    expect(level(2, 3, 4)).toBe(2)
    expect(level(2, 0, 0)).toBe(0)
  })

  it('leave every other scheduler what it remembers', () => {
    const state = { lastDest: 12, currentWeight: 5 }
    for (const scheduler of [Scheduler.RoundRobin, Scheduler.LocalityBasedLeastConnection]) {
      expect(restartedState({ scheduler }, plan(scheduler, dests(1, 2)), state)).toEqual(state)
    }
  })
})

describe('tables', () => {
  it('are empty without dests', () => {
    for (let scheduler: number = Scheduler.RoundRobin; scheduler <= Scheduler.ConsistentHashing; scheduler++) {
      expect(plan(scheduler, []).buckets).toEqual([])
    }
  })

  it('of dh go round the list, whatever the weights', () => {
    const { buckets } = plan(Scheduler.DestinationHashing, dests(5, 0, 1))
    expect(buckets).toHaveLength(256)
    expect(buckets.slice(0, 7)).toEqual([11, 12, 13, 11, 12, 13, 11])
  })

  it('of sh give each dest as many rows in turn as its weight, at least one', () => {
    const { buckets } = plan(Scheduler.SourceHashing, dests(3, 0, 2))
    expect(buckets).toHaveLength(256)
    expect(buckets.slice(0, 9)).toEqual([11, 11, 11, 12, 13, 13, 11, 11, 11])
    expect(plan(Scheduler.SourceHashing, dests(2147483647, 1)).buckets).toEqual(new Array(256).fill(11))
  })

  it('of mh have all rows, by weight, and keep those of a quiesced dest', () => {
    const { buckets } = plan(Scheduler.MaglevHashing, dests(1, 2, 3))
    expect(buckets).toHaveLength(MAGLEV_ROWS)
    const shares = [11, 12, 13].map((index) => (rowsOf(buckets, index) / MAGLEV_ROWS) * 6)
    for (const [at, share] of shares.entries()) expect(Math.abs(share - (at + 1))).toBeLessThan(0.01)
    expect(plan(Scheduler.MaglevHashing, dests(1, [0, 2], 3)).buckets).toEqual(buckets)
    expect(rowsOf(plan(Scheduler.MaglevHashing, dests(1, [0, 0], 3)).buckets, 12)).toBe(0)
    expect(plan(Scheduler.MaglevHashing, dests([0, 0])).buckets).toEqual([])
  })

  it('of mh change in few rows besides those of a dest that goes', () => {
    const all = dests(1, 1, 1, 1, 1, 1, 1, 1)
    const before = plan(Scheduler.MaglevHashing, all).buckets
    const after = plan(Scheduler.MaglevHashing, all.slice(0, -1)).buckets
    const moved = before.filter((index, row) => index !== 18 && after[row] !== index).length
    expect(moved).toBeLessThan(MAGLEV_ROWS * 0.1)
  })

  it('of chi change in none', () => {
    const all = dests(1, 2, 3, 4)
    const before = plan(Scheduler.ConsistentHashing, all).buckets
    const after = plan(Scheduler.ConsistentHashing, all.slice(0, -1)).buckets
    before.forEach((index, row) => index !== 14 && expect(after[row]).toBe(index))
  })

  it.each([
    ['the same words in both families', ['10.2.0.1', 80], ['a02:1::', 80]],
    ['words that fold to the same', ['2001:db8:0:1::2', 80], ['2001:db8:0:2::1', 80]],
    ['the same sum of address and port', ['10.2.0.1', 81], ['10.2.0.2', 80]],
  ] as const)('of chi are halved by two servers with %s', (_, first, second) => {
    const list = [first, second].map(([text, port], at) => {
      return { index: 11 + at, dest: { ...parseAddress(text), port, weight: 1, lastWeight: 1 } }
    })
    const { buckets } = plan(Scheduler.ConsistentHashing, list)
    for (const index of [11, 12]) expect(Math.abs(rowsOf(buckets, index) / CONSISTENT_ROWS - 0.5)).toBeLessThan(0.03)
  })
})
