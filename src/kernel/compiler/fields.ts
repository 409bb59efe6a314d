/**
 * Records: reading and writing their fields with the width and byte order of memory, and literals that make one on the
 * stack. Nested records are addressed in place, never copied as a whole.
 */
import ts from 'typescript'
import { excerpt } from './diagnostics.ts'
import { lowerExpression, lowerNumber } from './expressions.ts'
import { isScalar, type RecordLayout, type Scalar } from './layout.ts'
import { type Lowering, operand } from './lowering.ts'
import { cName } from './names.ts'

export interface FieldUse {
  /** A scalar; `s64` for a field of the platform's opaque records; a record's name if nested. */
  readonly type: string
  readonly nested: boolean
}

/** The type of a field in C memory. */
export function memoryType(type: Scalar): string {
  if (type === 'atomic32') return 'u32'
  return type.startsWith('be') ? `__${type}` : type
}

/** The field that `record.field` means; null where the left side is no record. */
export function fieldOfRecord(node: ts.PropertyAccessExpression, lowering: Lowering): FieldUse | null {
  if (node.questionDotToken !== undefined) return null
  const kind = lowering.kindOrNull(lowering.checker.getTypeAtLocation(node.expression))
  if (kind === null || kind.kind !== 'record') return null
  if (lowering.isOfPlatform(kind.declaration)) {
    return lowering.kind(node).kind === 'record' ? null : { type: 's64', nested: false }
  }
  const field = lowering.layouts.get(kind.name)?.fields.find((candidate) => candidate.name === node.name.text)
  return field === undefined ? null : { type: field.type, nested: !isScalar(field.type) }
}

/** What stands in front of a field's name: `key->`, or `key->source.` for a field of a nested record. */
export function memberPath(record: ts.Expression, lowering: Lowering): string {
  if (ts.isParenthesizedExpression(record)) return memberPath(record.expression, lowering)
  if (ts.isPropertyAccessExpression(record) && fieldOfRecord(record, lowering)?.nested === true) {
    return `${memberPath(record.expression, lowering)}${cName(record.name.text)}.`
  }
  return `${operand(lowerExpression(record, lowering))}->`
}

/** The value of the field at `place` as a number. */
export function readScalar(type: string, place: string): string {
  if (type === 'be16') return `(s64)bpf_ntohs(${place})`
  if (type === 'be32') return `(s64)bpf_ntohl(${place})`
  return `(s64)${place}`
}

/** A number as the field keeps it: truncated to its width, in its byte order. */
export function writeScalar(type: string, value: string): string {
  if (type === 'be16') return `bpf_htons((u16)${operand(value)})`
  if (type === 'be32') return `bpf_htonl((u32)${operand(value)})`
  return isScalar(type) ? `(${memoryType(type)})${operand(value)}` : value
}

/**
 * A record made on the stack, as a pointer to a compound literal: it lives as long as the block that the literal stands in.
 * So it may initialise a variable or be an argument; `escape.ts` sees to it that the variable doesn't carry it further.
 */
export function lowerLiteral(node: ts.ObjectLiteralExpression, lowering: Lowering): string {
  const { parent } = node
  const type = lowering.checker.getContextualType(node)
  const kind = type === undefined ? null : lowering.kindOrNull(type)
  const layout = kind?.kind === 'record' ? lowering.layouts.get(kind.name) : undefined
  if (layout === undefined) return lowering.refuse(node, 'W411')
  if (!(ts.isVariableDeclaration(parent) || ts.isCallExpression(parent))) return lowering.refuse(node, 'W308')
  return `(&(struct ${cName(layout.name)})${braces(node, layout, lowering)})`
}

function braces(node: ts.ObjectLiteralExpression, layout: RecordLayout, lowering: Lowering): string {
  const parts = node.properties.map((property) => {
    const value = valueOf(property)
    const name = property.name?.getText()
    const field = layout.fields.find((candidate) => candidate.name === name)
    if (value === null || field === undefined) return lowering.refuse(property, 'W411')
    const nested = isScalar(field.type) ? undefined : lowering.layouts.get(field.type)
    if (nested === undefined) return `.${cName(field.name)} = ${writeScalar(field.type, lowerNumber(value, lowering))}`
    if (!ts.isObjectLiteralExpression(value)) return lowering.refuse(property, 'W411', excerpt(property))
    return `.${cName(field.name)} = ${braces(value, nested, lowering)}`
  })
  return `{ ${parts.join(', ')} }`
}

/** The value of `name: value` or of the shorthand `name`; null for every other property. */
function valueOf(property: ts.ObjectLiteralElementLike): ts.Expression | null {
  if (ts.isPropertyAssignment(property) && ts.isIdentifier(property.name)) return property.initializer
  return ts.isShorthandPropertyAssignment(property) ? property.name : null
}
