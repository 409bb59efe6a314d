/**
 * The types of the subset: numbers and booleans (s64 in C), records (pointers), records or null (pointers that may be
 * NULL), nothing. An enum is a number. Every other type of TypeScript has no place in the kernel.
 */
import ts from 'typescript'
import { cName } from './names.ts'

export type Kind =
  | { readonly kind: 'number' | 'boolean' | 'void' | 'null' }
  | { readonly kind: 'record'; readonly name: string; readonly declaration: ts.InterfaceDeclaration }

/** Null where the type is not in the subset. `isRecord` says which interfaces are records. */
export function kindOf(type: ts.Type, isRecord: (declaration: ts.InterfaceDeclaration) => boolean): Kind | null {
  const parts = (type.isUnion() ? type.types : [type]).filter((part) => (part.flags & ts.TypeFlags.Null) === 0)
  const all = (flags: ts.TypeFlags): boolean => parts.every((part) => (part.flags & flags) !== 0)
  if (parts.length === 0) return { kind: 'null' }
  const nullable = parts.length < (type.isUnion() ? type.types.length : 1)
  if (!nullable && all(ts.TypeFlags.NumberLike)) return { kind: 'number' }
  if (!nullable && all(ts.TypeFlags.BooleanLike)) return { kind: 'boolean' }
  if (!nullable && all(ts.TypeFlags.Void)) return { kind: 'void' }
  const declaration =
    parts.length === 1 ? parts[0]?.getSymbol()?.declarations?.find(ts.isInterfaceDeclaration) : undefined
  if (declaration === undefined || !isRecord(declaration)) return null
  return { kind: 'record', name: declaration.name.text, declaration }
}

/** How a value of this kind is declared in C, ready for a name to follow. */
export function cType(kind: Kind): string {
  if (kind.kind === 'record') return `struct ${cName(kind.name)} *`
  return kind.kind === 'void' ? 'void ' : 's64 '
}
