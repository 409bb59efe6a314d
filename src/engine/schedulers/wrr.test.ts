/** Interleaved weighted round robin, against a walk that goes down level by level as LVS does. */
import { expect, it } from 'vitest'
import { Random } from '../../simulator/random.ts'
import { NONE, Scheduler } from '../records.ts'
import { ListedService } from './testing/listed-service.ts'

const scheduler = Scheduler.WeightedRoundRobin

/** LVS's own way: positions in the list, -1 the head. */
class LevelByLevel {
  private at = -1
  private level: number

  constructor(
    private readonly weights: readonly number[],
    private readonly divisor: number,
    private readonly top: number,
    private readonly usable: (position: number) => boolean,
  ) {
    this.level = top
  }

  choose(): number {
    // Two whole rounds ask every dest on every level.
    for (let steps = (2 * this.top + 2) * (this.weights.length + 1); steps > 0; steps--) {
      this.at += 1
      if (this.at === this.weights.length) {
        this.at = -1
        this.level -= this.divisor
        if (this.level <= 0) this.level = this.top
      } else if ((this.weights[this.at] ?? 0) >= this.level && this.usable(this.at)) return this.at + 1
    }
    return NONE
  }
}

it('interleaves a round of weights 4, 3, 2 as its levels say', () => {
  expect(new ListedService({ scheduler, weights: [4, 3, 2] }).choices(9)).toEqual([1, 1, 2, 1, 2, 3, 1, 2, 3])
})

it('chooses none where all weights are 0, and where no dest is usable', () => {
  expect(new ListedService({ scheduler, weights: [0, 0] }).choices(2)).toEqual([NONE, NONE])
  const service = new ListedService({ scheduler, weights: [3, 1] })
  service.setOverloaded(1, true)
  service.setOverloaded(2, true)
  expect(service.choices(2)).toEqual([NONE, NONE])
  service.setOverloaded(2, false)
  expect(service.choices(2)).toEqual([2, 2])
})

it('begins at the head after a change, on the level where it was', () => {
  const service = new ListedService({ scheduler, weights: [3, 3, 1] })
  expect(service.choices(3)).toEqual([1, 2, 1])
  service.setWeight(3, 2)
  expect(service.choices(5)).toEqual([1, 2, 3, 1, 2])
})

it('chooses as a walk level by level does, with overloaded dests and weights up to 65535', () => {
  const seed = Number(process.env.WEIR_SEED ?? Date.now() % 1e9)
  const random = new Random(seed)
  const below = (bound: number): number => random.next32() % bound
  for (let round = 0; round < 60; round++) {
    const divisor = 1 + below(4)
    const most = round % 20 === 0 ? 16383 : 12
    const weights = Array.from({ length: 1 + below(6) }, () => below(most) * divisor)
    const service = new ListedService({ scheduler, weights })
    const overloaded = weights.map(() => below(4) === 0)
    overloaded.forEach((is, at) => is && service.setOverloaded(at + 1, true))
    if (!weights.some((weight, at) => weight > 0 && overloaded[at] !== true)) continue
    const { weightDivisor, maxWeight } = service.record
    const top = maxWeight - weightDivisor + 1
    const walk = new LevelByLevel(weights, weightDivisor, top, (at) => overloaded[at] !== true)
    const expected = Array.from({ length: 100 }, () => walk.choose())
    expect(service.choices(100), `WEIR_SEED=${seed}, weights ${weights.join()}`).toEqual(expected)
  }
})
