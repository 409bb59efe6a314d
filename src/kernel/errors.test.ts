import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { KERNEL_ERROR_CODES } from './errors.ts'

it('README.md lists every error code, and no other', () => {
  const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8')
  const listed = [...readme.slice(readme.indexOf('## Errors')).matchAll(/^\| `([a-z-]+)` +\|/gm)].map(
    ([, code]) => code,
  )
  expect(listed.sort()).toEqual([...KERNEL_ERROR_CODES].sort())
})
