/**
 * Which functions the entries reach, in an order in which callees come first (so C needs no prototypes, and recursion
 * shows as a function met while it is still open), under which names, and each one's C.
 */
import { dirname, posix } from 'node:path'
import ts from 'typescript'
import { declarationOf } from './constants.ts'
import type { Report } from './diagnostics.ts'
import type { Lowering } from './lowering.ts'
import { cName } from './names.ts'
import type { Output } from './output.ts'
import type { Project } from './project.ts'
import { lowerBody } from './statements.ts'
import { cType, type Kind } from './types.ts'

/** The kernel passes arguments in five registers. */
const MAX_PARAMETERS = 5

/** The functions that the entries call, directly or not, callees first; those of `platform` stay outside. */
export function reachable(
  entries: readonly ts.FunctionDeclaration[],
  platform: ts.SourceFile,
  project: Project,
  report: Report,
): readonly ts.FunctionDeclaration[] {
  const done = new Set<ts.FunctionDeclaration>()
  const open: ts.FunctionDeclaration[] = []
  const visit = (declaration: ts.FunctionDeclaration): void => {
    if (done.has(declaration)) return
    open.push(declaration)
    const walk = (node: ts.Node): void => {
      const callee = ts.isCallExpression(node) ? calleeOf(node, project.checker) : null
      if (callee !== null && callee.getSourceFile() !== platform) {
        if (open.includes(callee)) {
          const cycle = [...open.slice(open.indexOf(callee)), callee].map((part) => part.name?.text).join(' → ')
          report(node, 'W205', callee.name?.text ?? '', cycle)
        } else visit(callee)
      }
      ts.forEachChild(node, walk)
    }
    if (declaration.body !== undefined) walk(declaration.body)
    open.pop()
    done.add(declaration)
  }
  entries.forEach(visit)
  return [...done]
}

function calleeOf(call: ts.CallExpression, checker: ts.TypeChecker): ts.FunctionDeclaration | null {
  const declaration = ts.isIdentifier(call.expression) ? declarationOf(call.expression, checker) : null
  if (declaration === null || !ts.isFunctionDeclaration(declaration)) return null
  return declaration.getSourceFile().isDeclarationFile ? null : declaration
}

/**
 * A name in C for each function: its own in snake_case, with its file in front where two files use the same name or the
 * platform does. Entries keep theirs.
 */
export function nameFunctions(
  functions: readonly ts.FunctionDeclaration[],
  entries: readonly ts.FunctionDeclaration[],
  platformNames: ReadonlySet<string>,
  project: Project,
): ReadonlyMap<ts.FunctionDeclaration, string> {
  const plain = (declaration: ts.FunctionDeclaration): string => cName(declaration.name?.text ?? 'unnamed')
  const uses = new Map<string, number>()
  for (const declaration of functions) uses.set(plain(declaration), (uses.get(plain(declaration)) ?? 0) + 1)
  const base = dirname(project.relative(entries[0]?.getSourceFile().fileName ?? ''))
  return new Map(
    functions.map((declaration) => {
      const name = plain(declaration)
      if (entries.includes(declaration) || (uses.get(name) === 1 && !platformNames.has(name)))
        return [declaration, name]
      const file = posix.relative(base, project.relative(declaration.getSourceFile().fileName))
      const prefix = file.replace(/^(\.\.\/)+|\.ts$/g, '').replace(/[^a-zA-Z0-9]+/g, '_')
      return [declaration, `${prefix}_${name}`]
    }),
  )
}

/**
 * How a function is linked. With `@noinline` it is called instead of inlined. It is made global as well where it returns no
 * record and takes none that is the platform's or may be null, because the kernel verifies a global function once, by
 * itself, and a static one at every call, on every path that leads there. To the verifier a record that a global function
 * takes is memory of its size, so the platform's, which hold pointers, can't be passed.
 */
type Linkage = 'inline' | 'static' | 'global'

const LINKAGES: Readonly<Record<Linkage, string>> = {
  inline: 'static __always_inline',
  static: 'static __noinline',
  global: '__noinline',
}

function linkageOf(declaration: ts.FunctionDeclaration, returned: Kind, lowering: Lowering): Linkage {
  if (!ts.getJSDocTags(declaration).some((tag) => tag.tagName.text === 'noinline')) return 'inline'
  const { name, parameters } = declaration
  if (parameters.length > MAX_PARAMETERS) {
    lowering.refuse(name ?? declaration, 'W206', name?.text ?? '', String(parameters.length))
  }
  return returned.kind !== 'record' && parameters.every((part) => isMemory(part, lowering)) ? 'global' : 'static'
}

/** Whether the parameter is a scalar, or a record of scalars that is there. */
function isMemory(parameter: ts.ParameterDeclaration, lowering: Lowering): boolean {
  const kind = lowering.kind(parameter)
  if (kind.kind !== 'record') return true
  const type = lowering.checker.getTypeAtLocation(parameter)
  return !type.isUnion() && !lowering.isOfPlatform(kind.declaration)
}

/** A global function may be given NULL, for all that the verifier knows. */
function refuseNull(declaration: ts.FunctionDeclaration, lowering: Lowering, output: Output): void {
  const pointers = declaration.parameters.filter((parameter) => lowering.kind(parameter).kind === 'record')
  const names = pointers.map(({ name }) => `!${cName(name.getText())}`)
  if (names.length > 0) output.line(`if (${names.join(' || ')}) return 0;`)
}

export function lowerFunction(declaration: ts.FunctionDeclaration, lowering: Lowering, output: Output): void {
  const at = declaration.name ?? declaration
  const signature = lowering.checker.getSignatureFromDeclaration(declaration)
  const { body } = declaration
  if (body === undefined || signature === undefined || !isPlain(declaration)) {
    lowering.refuse(at, 'W207', at.getText())
    return
  }
  const returned = lowering.kindOfType(signature.getReturnType(), at)
  const linkage = linkageOf(declaration, returned, lowering)
  // A global function has to return a scalar.
  const result: Kind = linkage === 'global' && returned.kind === 'void' ? { kind: 'number' } : returned
  const parameters = declaration.parameters.map((parameter) => lowerParameter(parameter, lowering)).join(', ')
  output.from(at)
  output.returnsNothing = result.kind === 'void'
  output.open(`${LINKAGES[linkage]} ${cType(result)}${lowering.functions.get(declaration)}(${parameters || 'void'}) {`)
  if (linkage === 'global') refuseNull(declaration, lowering, output)
  lowerBody(body, lowering, output)
  // Where TypeScript sees that the end is out of reach, as after an exhaustive switch, clang may not.
  const last = body.statements.at(-1)
  if (result.kind !== 'void' && (last === undefined || !ts.isReturnStatement(last))) output.line('return 0;')
  output.close('}')
}

function isPlain(declaration: ts.FunctionDeclaration): boolean {
  const isAsync = declaration.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.AsyncKeyword) === true
  return !isAsync && declaration.typeParameters === undefined && declaration.asteriskToken === undefined
}

function lowerParameter(parameter: ts.ParameterDeclaration, lowering: Lowering): string {
  const { name, questionToken, dotDotDotToken, initializer } = parameter
  if (!ts.isIdentifier(name) || questionToken || dotDotDotToken || initializer)
    return lowering.refuse(parameter, 'W204')
  return `${cType(lowering.kind(parameter))}${cName(name.text)}`
}
