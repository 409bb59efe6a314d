/**
 * The compiler: from the entry functions of the engine, and all that they reach, to two files of C. The file to open first.
 *
 * Source that TypeScript itself refuses is not lowered. Where there are diagnostics there is no C. Cost: about two seconds
 * for the whole engine, nearly all of it TypeScript's checker.
 */
import ts from 'typescript'
import { lowerArray } from './arrays.ts'
import { type Diagnostic, Diagnostics } from './diagnostics.ts'
import { lowerFunction, nameFunctions, reachable } from './functions.ts'
import { layoutRecords } from './layout.ts'
import { Lowering } from './lowering.ts'
import { cName } from './names.ts'
import { Output } from './output.ts'
import { ARITHMETIC } from './prelude.ts'
import { openProject, type Project } from './project.ts'
import { printRecords } from './records.ts'
import { printMaps } from './tables.ts'

/** Paths are relative to `root`. */
export interface CompileOptions {
  /** Absolute; holds `tsconfig.json`. */
  readonly root: string
  /** The file that exports the entry functions. */
  readonly entry: string
  readonly functions: readonly string[]
  /** The file whose interfaces are the records. */
  readonly records: string
  /** The file that exports `TABLES`. */
  readonly tables: string
  /** The file whose functions are written in C by hand. */
  readonly platform: string
  /** Sources by path that take the place of files. */
  readonly memory?: ReadonlyMap<string, string>
}

export interface Compiled {
  /** The text of `records.h`, empty where there are diagnostics. */
  readonly records: string
  /** The text of `engine.c`, empty where there are diagnostics. */
  readonly engine: string
  readonly diagnostics: readonly Diagnostic[]
}

/** The options for Weir's own engine. */
export function engineOptions(root: string): CompileOptions {
  return {
    root,
    entry: 'src/engine/director.ts',
    functions: ['handlePacket', 'tick'],
    records: 'src/engine/records.ts',
    tables: 'src/engine/tables.ts',
    platform: 'src/engine/platform.ts',
  }
}

export function compileToC(options: CompileOptions): Compiled {
  const files = [options.entry, options.records, options.tables, options.platform]
  const project = openProject(options.root, files, options.memory ?? new Map())
  const diagnostics = new Diagnostics(project.relative)
  const failed = (): Compiled => ({ records: '', engine: '', diagnostics: diagnostics.all })
  reportTypeErrors(project, diagnostics)
  if (diagnostics.all.length > 0) return failed()

  const { report } = diagnostics
  const [entry, records, tables, platform] = files.map(project.source) as [
    ts.SourceFile,
    ts.SourceFile,
    ts.SourceFile,
    ts.SourceFile,
  ]
  const layouts = layoutRecords(records, report)
  const maps = printMaps(tables, layouts, project.checker, report)
  const entries = options.functions.flatMap((name) => entryOf(entry, name, diagnostics))
  const functions = reachable(entries, platform, project, report)
  if (diagnostics.all.length > 0) return failed()

  const names = nameFunctions(functions, entries, platformNames(platform), project)
  const lowering = new Lowering(project, layouts, records, platform, names, diagnostics)
  const code = functions.map((declaration) => {
    const output = new Output(project.relative)
    lowerFunction(declaration, lowering, output)
    return output.text()
  })
  const arrays = [...lowering.arrays.values()].map(({ array, name }) => lowerArray(array, name, lowering))
  if (diagnostics.all.length > 0) return failed()
  return {
    records: printRecords(records, layouts, maps, project.checker),
    engine: ['/* Made from the engine by `npm run build`. */', ARITHMETIC, ...arrays, ...code].join('\n'),
    diagnostics: [],
  }
}

function reportTypeErrors(project: Project, diagnostics: Diagnostics): void {
  for (const source of project.sources) {
    for (const error of project.errors(source)) {
      diagnostics.add(source, error.start ?? 0, 'W001', [ts.flattenDiagnosticMessageText(error.messageText, ' ')])
    }
  }
}

function entryOf(source: ts.SourceFile, name: string, diagnostics: Diagnostics): ts.FunctionDeclaration[] {
  const found = source.statements.find(
    (statement): statement is ts.FunctionDeclaration =>
      ts.isFunctionDeclaration(statement) &&
      statement.name?.text === name &&
      statement.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword) === true,
  )
  if (found !== undefined) return [found]
  diagnostics.add(source, 0, 'W002', [name])
  return []
}

/** Names in C that the platform's functions have. */
function platformNames(platform: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>()
  for (const statement of platform.statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name !== undefined) names.add(cName(statement.name.text))
    if (!ts.isVariableStatement(statement)) continue
    for (const { name } of statement.declarationList.declarations) names.add(cName(name.getText()))
  }
  return names
}
