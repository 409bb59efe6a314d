/**
 * The files of the project that the compiler prints and that are committed: the views of the records and the page of
 * diagnostics. `npm run generate` writes them; a test compares them with what is committed.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import ts from 'typescript'
import { Diagnostics, diagnosticsPage, formatDiagnostic } from './diagnostics.ts'
import { layoutRecords } from './layout.ts'
import { printViews } from './views.ts'

const RECORDS = 'src/engine/records.ts'
const VIEWS = 'src/engine/generated/views.ts'
const PAGE = 'docs/compiler-diagnostics.md'

/** The text of `src/engine/generated/views.ts`. Throws with the diagnostics where a record has no layout. */
export async function emitViews(root: string): Promise<string> {
  const text = await readFile(join(root, RECORDS), 'utf8')
  const source = ts.createSourceFile(RECORDS, text, ts.ScriptTarget.ES2022, true)
  const diagnostics = new Diagnostics((file) => file)
  const layouts = layoutRecords(source, diagnostics.report)
  if (diagnostics.all.length > 0) throw new Error(diagnostics.all.map(formatDiagnostic).join('\n'))
  return pretty(root, VIEWS, printViews(layouts, '../records.ts'))
}

/** Every generated file: its path relative to the root, and its text. */
export async function generatedFiles(root: string): Promise<ReadonlyMap<string, string>> {
  return new Map([
    [VIEWS, await emitViews(root)],
    [PAGE, await pretty(root, PAGE, diagnosticsPage())],
  ])
}

async function pretty(root: string, file: string, text: string): Promise<string> {
  const path = join(root, file)
  return format(text, { ...(await resolveConfig(path)), filepath: path })
}
