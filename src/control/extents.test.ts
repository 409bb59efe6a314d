import { expect, it } from 'vitest'
import { Extents } from './extents.ts'

it('takes the smallest gap that fits, and says when there is none', () => {
  const extents = new Extents(100, [
    { first: 50, length: 10 },
    { first: 10, length: 20 },
  ])
  // Gaps: 0 … 9, 30 … 49, 60 … 99.
  expect([10, 15, 40].map((length) => extents.take(length))).toEqual([0, 30, 60])
  expect(extents.take(0)).toBe(0)
  expect(() => extents.take(6)).toThrow(expect.objectContaining({ code: 'table-full' }))
  expect(extents.take(5)).toBe(45)
})

it('joins what is given back with the gaps on both sides', () => {
  const extents = new Extents(30, [{ first: 0, length: 30 }])
  for (const first of [0, 20, 10]) extents.give(first, 10)
  expect(extents.take(30)).toBe(0)
})
