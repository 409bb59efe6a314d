import { expect, it } from 'vitest'
import { formatTable } from './table.ts'

it('aligns each column by its widest cell and leaves no space at the ends of lines', () => {
  const rows = [
    ['name', 'count', 'why'],
    ['a', '12', ''],
  ]
  expect(formatTable(['left', 'right', 'left'], rows)).toBe('name  count  why\na        12\n')
})

it('is empty without rows', () => {
  expect(formatTable(['left'], [])).toBe('')
})
