import { describe, expect, it } from 'vitest'
import { compare, format, median } from './samples.ts'

/** Gives the values one by one. */
function from(values: readonly number[], log: string[] = [], name = ''): () => number {
  let next = 0
  return () => {
    log.push(name)
    return values[next++] ?? Number.NaN
  }
}

describe('samples', () => {
  it('have the middle value as their median, in whatever order they come', () => {
    expect(median([5, 1, 100])).toBe(5)
    expect(median([4, 1, 3, 2])).toBe(3)
  })

  it('are taken in turns, each round beginning with another contender', async () => {
    const log: string[] = []
    await compare('order', 'ns', 3, { a: from([1, 1, 1], log, 'a'), b: from([1, 1, 1], log, 'b') })
    expect(log.join('')).toBe('abbaab')
  })

  it('give a ratio that a slow round for both does not move', async () => {
    const { results } = await compare('ratio', 'ns', 3, { a: from([10, 1000, 10]), b: from([20, 2000, 20]) })
    expect(results[0]).toMatchObject({ median: 10, min: 10, max: 1000, ratio: null })
    expect(results[1]).toMatchObject({ median: 20, ratio: 2, ratioMin: 2, ratioMax: 2 })
  })

  it('have no ratio to a baseline of 0', async () => {
    const comparison = await compare('nothing', 'ns', 1, { a: from([0]), b: from([1]) })
    expect(comparison.results[1]?.ratio).toBeNull()
    expect(format(comparison)).not.toContain('×')
  })

  it('end with the error of a contender that fails', async () => {
    const failing = () => {
      throw new Error('broken')
    }
    await expect(compare('failure', 'ns', 1, { a: failing })).rejects.toThrow('broken')
  })
})
