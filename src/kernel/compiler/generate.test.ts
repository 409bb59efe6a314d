import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { DIAGNOSTICS } from './diagnostics.ts'
import { generatedFiles } from './generate.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

it('the generated files are what `npm run generate` writes', async () => {
  for (const [file, text] of await generatedFiles(ROOT)) {
    expect(await readFile(join(ROOT, file), 'utf8'), `${file} is stale: run npm run generate`).toBe(text)
  }
})

it('the page of diagnostics has each number once, in order', async () => {
  const page = await readFile(join(ROOT, 'docs/compiler-diagnostics.md'), 'utf8')
  expect([...page.matchAll(/^## (W\d+)$/gm)].map(([, code]) => code)).toEqual(Object.keys(DIAGNOSTICS))
})
