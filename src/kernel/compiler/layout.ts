/**
 * How records lie in memory: sizes, offsets and types of their fields, by C's rules of natural alignment and without
 * holes. Read off the interfaces of a source file, without the type checker, so that views can be made from a file alone.
 */
import ts from 'typescript'
import type { Report } from './diagnostics.ts'

/** Bytes of each scalar; it is aligned to as many. */
export const SCALARS = { u8: 1, u16: 2, u32: 4, u64: 8, be16: 2, be32: 4, atomic32: 4 } as const

export type Scalar = keyof typeof SCALARS

export function isScalar(type: string): type is Scalar {
  return Object.hasOwn(SCALARS, type)
}

export interface Field {
  readonly name: string
  /** A scalar, or the name of a nested record. */
  readonly type: string
  /** Bytes from the start of the record. */
  readonly offset: number
}

export interface RecordLayout {
  readonly name: string
  readonly fields: readonly Field[]
  readonly size: number
  readonly alignment: number
}

/** Layouts by the record's name; a record comes after those that it contains. */
export type Layouts = ReadonlyMap<string, RecordLayout>

/** The layout of every interface of the file. */
export function layoutRecords(source: ts.SourceFile, report: Report): Layouts {
  const declarations = new Map<string, ts.InterfaceDeclaration>()
  for (const statement of source.statements) {
    if (ts.isInterfaceDeclaration(statement)) declarations.set(statement.name.text, statement)
  }
  const layouts = new Map<string, RecordLayout>()
  const open = new Set<string>()

  const layout = (declaration: ts.InterfaceDeclaration): RecordLayout => {
    const name = declaration.name.text
    const known = layouts.get(name)
    if (known !== undefined) return known
    open.add(name)
    if (declaration.heritageClauses !== undefined || declaration.typeParameters !== undefined) {
      report(declaration.name, 'W104', name)
    }
    const fields: Field[] = []
    let offset = 0
    let alignment = 1
    for (const member of declaration.members) {
      const field = fieldOf(member)
      if (field === null) {
        report(member, 'W104', name)
        continue
      }
      const extent = extentOf(member, field.name, field.type)
      if (extent === null) continue
      if (offset % extent.alignment !== 0) {
        report(member, 'W102', name, String(extent.alignment - (offset % extent.alignment)))
        offset += extent.alignment - (offset % extent.alignment)
      }
      fields.push({ ...field, offset })
      offset += extent.size
      alignment = Math.max(alignment, extent.alignment)
    }
    if (offset % alignment !== 0) report(declaration.name, 'W102', name, String(alignment - (offset % alignment)))
    open.delete(name)
    const result = { name, fields, size: Math.ceil(offset / alignment) * alignment, alignment }
    layouts.set(name, result)
    return result
  }

  const extentOf = (member: ts.Node, field: string, type: string): { size: number; alignment: number } | null => {
    if (isScalar(type)) return { size: SCALARS[type], alignment: SCALARS[type] }
    const nested = declarations.get(type)
    if (nested !== undefined && !open.has(type)) return layout(nested)
    if (nested === undefined) report(member, 'W101', field)
    else report(member, 'W103', type)
    return null
  }

  for (const declaration of declarations.values()) layout(declaration)
  return layouts
}

/** Null for what is not of the form `name: Type`. */
function fieldOf(member: ts.TypeElement): { name: string; type: string } | null {
  if (!ts.isPropertySignature(member) || member.questionToken !== undefined || member.type === undefined) return null
  if (!ts.isIdentifier(member.name)) return null
  return { name: member.name.text, type: member.type.getText() }
}
