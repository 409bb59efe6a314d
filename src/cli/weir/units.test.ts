import { describe, expect, it } from 'vitest'
import { humanBytes, humanCount, humanDuration } from './units.ts'

describe('humanCount', () => {
  it.each([
    [0, '0'],
    [9999, '9999'],
    [10_000, '10.0k'],
    [12_345, '12.3k'],
    [999_499, '999k'],
    [999_500, '1.00M'],
    [4_567_890, '4.57M'],
    [9_994_999, '9.99M'],
    [9_995_001, '10.0M'],
    [12_000_000_000, '12.0G'],
  ])('shows %d as %s', (count, text) => {
    expect(humanCount(count)).toBe(text)
  })
})

describe('humanBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [88_000_000, '83.9 MiB'],
    [1024 ** 3 - 1, '1.00 GiB'],
  ])('shows %d as %s', (bytes, text) => {
    expect(humanBytes(bytes)).toBe(text)
  })
})

describe('humanDuration', () => {
  it.each([
    [-5, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [7_500_000, '2 h 5 min'],
    [41 * 86_400_000 + 59_000, '41 d'],
    [86_400_000 + 3_600_000, '1 d 1 h'],
  ])('shows %d ms as %s', (milliseconds, text) => {
    expect(humanDuration(milliseconds)).toBe(text)
  })
})
