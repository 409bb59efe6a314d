/** The power of two choices: how often each dest is drawn, and which of two is taken. */
import { expect, it } from 'vitest'
import { Random } from '../../simulator/random.ts'
import { NONE, Scheduler } from '../records.ts'
import { ListedService } from './testing/listed-service.ts'

const scheduler = Scheduler.PowerOfTwo
const seed = Number(process.env.WEIR_SEED ?? Date.now() % 1e9)

/** The 99.99 % points of chi-square with 2 and 3 degrees of freedom. */
const MOST = { 2: 18.42, 3: 21.11 }

function chiSquare(counts: readonly number[], expected: readonly number[]): number {
  return counts.reduce((sum, count, at) => sum + (count - (expected[at] ?? 0)) ** 2 / (expected[at] ?? 1), 0)
}

function countChoices(service: ListedService, dests: number, draws: number): number[] {
  const counts = new Array<number>(dests).fill(0)
  for (let draw = 0; draw < draws; draw++) {
    const at = service.choose() - 1
    counts[at] = (counts[at] ?? 0) + 1
  }
  return counts
}

function twosOf(weights: readonly number[]): ListedService {
  const random = new Random(seed)
  return new ListedService({ scheduler, weights, random: () => random.next32() })
}

it('draws each dest with its share of the weights, the first with one more', () => {
  const draws = 40_000
  const weights = [10, 20, 0, 30]
  // Alike in overhead by weight: the first drawn is taken.
  const counts = countChoices(twosOf(weights), 4, draws)
  const shares = [11, 20, 30].map((share) => (share / 61) * draws)
  expect(counts[2]).toBe(0)
  const drawn = counts.filter((_, at) => at !== 2)
  expect(chiSquare(drawn, shares), `WEIR_SEED=${seed}: ${counts.join()}`).toBeLessThan(MOST[2])
})

it('takes of two dests the one with the less overhead by weight', () => {
  const draws = 40_000
  const service = twosOf([25, 25, 25, 25])
  for (const index of [1, 2, 3, 4]) service.load(index, index)
  const counts = countChoices(service, 4, draws)
  // The least loaded of two: taken unless neither draw fell on it or on one before it.
  const shares = [26, 25, 25, 25].map((share) => share / 101)
  const notBefore = (at: number): number => shares.slice(at).reduce((sum, share) => sum + share, 0)
  const expected = shares.map((_, at) => (notBefore(at) ** 2 - notBefore(at + 1) ** 2) * draws)
  expect(chiSquare(counts, expected), `WEIR_SEED=${seed}: ${counts.join()}`).toBeLessThan(MOST[3])
})

it('draws among weights whose sum is past 2^32', () => {
  const counts = countChoices(twosOf([2147483647, 2147483647, 2147483647]), 3, 30_000)
  expect(chiSquare(counts, [10_000, 10_000, 10_000]), `WEIR_SEED=${seed}: ${counts.join()}`).toBeLessThan(MOST[2])
})

it('chooses none where no dest is usable', () => {
  expect(twosOf([0, 0]).choose()).toBe(NONE)
})
