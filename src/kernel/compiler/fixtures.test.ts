/**
 * One accepted and one rejected fixture for every construct and diagnostic. An accepted one says in lines that begin with
 * `//> ` what C must come out, and clang has to take the whole of it. A rejected one is named after its diagnostic.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { machine, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Compiled, compileToC } from './compile.ts'
import { DIAGNOSTICS, formatDiagnostic } from './diagnostics.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const FIXTURES = 'src/kernel/compiler/fixtures'

function fixtures(folder: string): string[] {
  return readdirSync(join(ROOT, FIXTURES, folder)).map((file) => `${FIXTURES}/${folder}/${file}`)
}

/** A fixture that TypeScript itself refuses is kept as text, out of the way of the project's own type check. */
function compileFixture(path: string): Compiled {
  const file = path.replace(/\.txt$/, '')
  const memory = new Map(file === path ? [] : [[file, readFileSync(join(ROOT, path), 'utf8')]])
  const platform = `${FIXTURES}/platform.ts`
  return compileToC({ root: ROOT, entry: file, functions: ['entry'], records: file, tables: file, platform, memory })
}

/** What the platform of the fixtures is in C. */
const PLATFORM = `
struct packet { s64 length; };
static __always_inline s64 now_ms(void) { return 0; }
static __always_inline s64 limit(void) { return 0; }
`

const clang = ['clang', 'clang-19', 'clang-14'].find((tool) => spawnSync(tool, ['--version']).status === 0)

describe('an accepted fixture', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-compiler-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(fixtures('accepted'))('%s becomes the C that its comments promise', (file) => {
    const { records, engine, diagnostics } = compileFixture(file)
    expect(diagnostics.map(formatDiagnostic)).toEqual([])
    const lines = new Set(`${records}\n${engine}`.split('\n').map((line) => line.trim()))
    const promised = readFileSync(join(ROOT, file), 'utf8').matchAll(/^\s*\/\/> (.*)$/gm)
    for (const [, line] of promised) expect(lines).toContain(line)
  })

  it.skipIf(clang === undefined).each(fixtures('accepted'))('%s is C that clang takes (needs clang)', (file) => {
    const { records, engine } = compileFixture(file)
    writeFileSync(join(folder, 'records.h'), records + PLATFORM)
    writeFileSync(join(folder, 'engine.c'), engine)
    // A use of the entry, or clang would find it unused.
    writeFileSync(join(folder, 'main.c'), '#include "records.h"\n#include "engine.c"\nvoid *used = entry;\n')
    const args = ['-O2', '-target', 'bpf', '-mcpu=v3', '-Wall', '-Werror', `-I/usr/include/${machine()}-linux-gnu`]
    const { stderr } = spawnSync(clang ?? '', [...args, '-c', 'main.c', '-o', 'main.o'], { cwd: folder })
    expect(String(stderr)).toBe('')
  })
})

describe('a rejected fixture', () => {
  it.each(fixtures('rejected'))(
    '%s is refused with the diagnostic in its name and no other, and no C comes out',
    (file) => {
      const { records, engine, diagnostics } = compileFixture(file)
      const code = /(W\d+)-/.exec(file)?.[1]
      expect(diagnostics.map((diagnostic) => diagnostic.code)).toContain(code)
      expect(
        new Set(diagnostics.map((diagnostic) => diagnostic.code)).size,
        diagnostics.map(formatDiagnostic).join(),
      ).toBe(1)
      expect(diagnostics.every((diagnostic) => file.startsWith(diagnostic.file) && diagnostic.line > 0)).toBe(true)
      expect(records + engine).toBe('')
    },
  )

  it('exists for every diagnostic', () => {
    const covered = new Set(fixtures('rejected').map((file) => /(W\d+)-/.exec(file)?.[1]))
    expect([...covered].sort()).toEqual(Object.keys(DIAGNOSTICS).sort())
  })
})

describe('a diagnostic', () => {
  it('is printed with file, line, column, number and what to write instead', () => {
    const { diagnostics } = compileFixture(`${FIXTURES}/rejected/W403-division.ts`)
    expect(diagnostics.map(formatDiagnostic)).toEqual([
      `${FIXTURES}/rejected/W403-division.ts:2:10 W403: \`/\` gives fractions\n` +
        '    Write `Math.floor(a / b)` for non-negative a and positive b.',
    ])
  })
})
