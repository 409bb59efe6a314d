import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { REAL_SERVER_ERROR_CODES } from './model.ts'

it('the README lists every error code, and no other', () => {
  const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8')
  const listed = [...readme.slice(readme.indexOf('## Errors')).matchAll(/^\| `([a-z-]+)`/gm)].map(([, code]) => code)
  expect(listed).toEqual([...REAL_SERVER_ERROR_CODES])
})
