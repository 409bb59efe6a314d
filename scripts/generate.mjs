/**
 * Writes the generated files of the project, or with --check only says which are stale and exits with 1.
 * The generator is TypeScript and part of the compiler; tsx loads it.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tsImport } from 'tsx/esm/api'

const root = fileURLToPath(new URL('..', import.meta.url))
const { generatedFiles } = await tsImport('../src/kernel/compiler/generate.ts', import.meta.url)

const stale = []
for (const [file, text] of await generatedFiles(root)) {
  const path = join(root, file)
  const before = await readFile(path, 'utf8').catch(() => null)
  if (before === text) continue
  stale.push(file)
  if (process.argv.includes('--check')) continue
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
  console.log(`wrote ${file}`)
}
if (process.argv.includes('--check') && stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}; run npm run generate`)
  process.exitCode = 1
}
