/**
 * What the visitors of expressions and statements share: the checker, the records, the names of functions and constant
 * arrays in C, the way to report, and the way to lower a part of a node.
 */
import ts from 'typescript'
import { type ConstantArray, constantOf, declarationOf } from './constants.ts'
import { type Diagnostics, excerpt, type Report } from './diagnostics.ts'
import type { Layouts } from './layout.ts'
import { cConstant } from './names.ts'
import type { Project } from './project.ts'
import { type Kind, kindOf } from './types.ts'

/** Stands in the C text where a diagnostic has been reported; no C leaves the compiler then. */
export const NOTHING = '0'

export class Lowering {
  readonly checker: ts.TypeChecker
  readonly report: Report
  /** Constant arrays that lowered code indexes, by their declaration, with their names in C. */
  readonly arrays = new Map<ts.VariableDeclaration, { readonly array: ConstantArray; readonly name: string }>()

  /** How often something was refused so far. */
  refusals = 0

  constructor(
    readonly project: Project,
    readonly layouts: Layouts,
    private readonly recordsFile: ts.SourceFile,
    private readonly platformFile: ts.SourceFile,
    /** Names in C of the functions that are lowered. */
    readonly functions: ReadonlyMap<ts.FunctionDeclaration, string>,
    diagnostics: Diagnostics,
  ) {
    this.checker = project.checker
    this.report = diagnostics.report
  }

  /** The kind of an expression or declaration; reports and takes a number where it has none. */
  kind(node: ts.Node): Kind {
    return this.kindOfType(this.checker.getTypeAtLocation(node), node)
  }

  kindOfType(type: ts.Type, node: ts.Node): Kind {
    const kind = kindOf(type, this.isRecord)
    if (kind !== null) return kind
    this.report(node, 'W201', this.checker.typeToString(type))
    return { kind: 'number' }
  }

  /** As `kind`, but says nothing and gives null for a type outside the subset. */
  kindOrNull(type: ts.Type): Kind | null {
    return kindOf(type, this.isRecord)
  }

  private readonly isRecord = (declaration: ts.InterfaceDeclaration): boolean => {
    const source = declaration.getSourceFile()
    return source === this.recordsFile || source === this.platformFile
  }

  /** Whether something is the platform's: a function written in C, or a record that only C makes, with s64 fields. */
  isOfPlatform(declaration: ts.Declaration): boolean {
    return declaration.getSourceFile() === this.platformFile && this.platformFile !== this.recordsFile
  }

  declaration(node: ts.Node): ts.Declaration | null {
    return declarationOf(node, this.checker)
  }

  constant(expression: ts.Expression): number | null {
    return constantOf(expression, this.checker)
  }

  /** The name in C of a constant array, which is from now on part of the output. */
  useArray(array: ConstantArray): string {
    const known = this.arrays.get(array.declaration)
    if (known !== undefined) return known.name
    let name = cConstant(array.name)
    const taken = new Set([...this.arrays.values()].map((other) => other.name))
    for (let other = 2; taken.has(name); other++) name = `${cConstant(array.name)}_${other}`
    this.arrays.set(array.declaration, { array, name })
    return name
  }

  /** Reports a node and stands in for it. */
  refuse(node: ts.Node, code: Parameters<Report>[1], ...details: string[]): string {
    this.refusals++
    this.report(node, code, ...(details.length > 0 ? details : [excerpt(node)]))
    return NOTHING
  }
}

/** An operand: in parentheses unless it is a name, a field or a call, casts in front included. */
export function operand(c: string): string {
  return /^(\(\w+\))*\w+((->|\.)\w+)*$/.test(c) || isCall(c) ? c : `(${c})`
}

/** Whether the text is one call or macro: a name, and parentheses that close at the end only. */
function isCall(c: string): boolean {
  if (!/^(\(\w+\))*\w+\(.*\)$/.test(c)) return false
  let depth = 0
  for (let at = c.search(/\w\(/) + 1; at < c.length; at++) {
    if (c[at] === '(') depth++
    if (c[at] === ')' && --depth === 0) return at === c.length - 1
  }
  return false
}
