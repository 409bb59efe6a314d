/**
 * Opens the engine's source with the TypeScript compiler: the project's own strictness, no Node types (the engine has
 * none), and for tests sources that exist in memory only. Parsed library files are kept between calls.
 */
import { existsSync } from 'node:fs'
import { isAbsolute, join, relative, sep } from 'node:path'
import ts from 'typescript'

export interface Project {
  readonly checker: ts.TypeChecker
  /** The file at a path relative to the root. Throws where there is none. */
  readonly source: (file: string) => ts.SourceFile
  /** The project's own files, declarations and packages aside. */
  readonly sources: readonly ts.SourceFile[]
  readonly errors: (source: ts.SourceFile) => readonly ts.Diagnostic[]
  /** A file's path relative to the root, with forward slashes. */
  readonly relative: (file: string) => string
}

/** Files of packages and of TypeScript's library don't change while a process runs. */
const libraries = new Map<string, ts.SourceFile | undefined>()

/** `memory` holds sources by path relative to the root; they take the place of files. */
export function openProject(root: string, files: readonly string[], memory: ReadonlyMap<string, string>): Project {
  const options = compilerOptions(root)
  const overlay = new Map([...memory].map(([file, text]) => [join(root, file), text]))
  const host = ts.createCompilerHost(options, true)
  const readFile = host.readFile.bind(host)
  const fileExists = host.fileExists.bind(host)
  const getSourceFile = host.getSourceFile.bind(host)
  host.readFile = (file) => overlay.get(file) ?? readFile(file)
  host.fileExists = (file) => overlay.has(file) || fileExists(file)
  host.getSourceFile = (file, ...rest) => {
    if (!file.includes('node_modules')) return getSourceFile(file, ...rest)
    if (!libraries.has(file)) libraries.set(file, getSourceFile(file, ...rest))
    return libraries.get(file)
  }
  const program = ts.createProgram(
    files.map((file) => join(root, file)),
    options,
    host,
  )
  return {
    checker: program.getTypeChecker(),
    source: (file) => {
      const source = program.getSourceFile(join(root, file))
      if (source === undefined) throw new Error(`${file} does not exist below ${root}: correct the compiler's options`)
      return source
    },
    sources: program.getSourceFiles().filter((file) => !file.isDeclarationFile),
    errors: (source) => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)],
    relative: (file) => (isAbsolute(file) ? relative(root, file) : file).split(sep).join('/'),
  }
}

function compilerOptions(root: string): ts.CompilerOptions {
  const path = join(root, 'tsconfig.json')
  if (!existsSync(path)) throw new Error(`${path} is missing: the compiler takes TypeScript's options from it`)
  const { config } = ts.readConfigFile(path, (file) => ts.sys.readFile(file)) as {
    config: { compilerOptions?: object }
  }
  const { options } = ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, root)
  return { ...options, types: [], noEmit: true }
}
