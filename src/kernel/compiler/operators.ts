/**
 * Operators on numbers. A number is an s64 in C and, in Node, an integer within ±2^53, so `+ - *` and comparisons agree
 * while results stay in that range. `& | ^ ~ << >>` and `>>>` convert to 32 bits first, as ECMA-262 §13.9 and §13.12 say: signed,
 * or unsigned for `>>>`, and shift counts count modulo 32. `%` and `Math.floor(a / b)` are unsigned (BPF has no signed
 * division before v4) and 0 for b = 0, where JavaScript leaves the integers.
 */
import ts from 'typescript'
import { operand } from './lowering.ts'

const K = ts.SyntaxKind

type Lower = (left: string, right: string) => string

const plain =
  (operator: string): Lower =>
  (left, right) =>
    `${operand(left)} ${operator} ${operand(right)}`

const signed =
  (operator: string): Lower =>
  (left, right) =>
    `(s64)(${signed32(left)} ${operator} ${signed32(right)})`

/** A number as JavaScript's ToInt32 gives it; a literal that fits an int is one already. */
function signed32(c: string): string {
  const literal = literalOf(c)
  return literal !== null && literal < 2 ** 31 ? String(literal) : `(s32)${operand(c)}`
}

function shiftCount(c: string): string {
  const literal = literalOf(c)
  return literal !== null && literal < 32 ? String(literal) : `((u32)${operand(c)} & 31)`
}

function literalOf(c: string): number | null {
  return /^\d+LL$/.test(c) ? Number(c.slice(0, -2)) : null
}

/** Arithmetic: two numbers give a number. */
export const ARITHMETIC: Partial<Record<ts.SyntaxKind, Lower>> = {
  [K.PlusToken]: plain('+'),
  [K.MinusToken]: plain('-'),
  [K.AsteriskToken]: plain('*'),
  [K.PercentToken]: (left, right) => `remainder(${left}, ${right})`,
  [K.AmpersandToken]: signed('&'),
  [K.BarToken]: signed('|'),
  [K.CaretToken]: signed('^'),
  [K.LessThanLessThanToken]: (left, right) => `(s64)(s32)((u32)${operand(left)} << ${shiftCount(right)})`,
  [K.GreaterThanGreaterThanToken]: (left, right) => `(s64)((s32)${operand(left)} >> ${shiftCount(right)})`,
  [K.GreaterThanGreaterThanGreaterThanToken]: (left, right) => `(s64)((u32)${operand(left)} >> ${shiftCount(right)})`,
}

/** Comparisons of numbers: two numbers give a boolean. */
export const RELATIONS: Partial<Record<ts.SyntaxKind, Lower>> = {
  [K.LessThanToken]: plain('<'),
  [K.LessThanEqualsToken]: plain('<='),
  [K.GreaterThanToken]: plain('>'),
  [K.GreaterThanEqualsToken]: plain('>='),
}

/** Equality: of two numbers, two booleans, or a record and null. */
export const EQUALITIES: Partial<Record<ts.SyntaxKind, Lower>> = {
  [K.EqualsEqualsEqualsToken]: plain('=='),
  [K.ExclamationEqualsEqualsToken]: plain('!='),
}

/** Both sides are booleans, and the right one is evaluated only where it matters. */
export const LOGICAL: Partial<Record<ts.SyntaxKind, Lower>> = {
  [K.AmpersandAmpersandToken]: plain('&&'),
  [K.BarBarToken]: plain('||'),
}

/** The operator inside a compound assignment: `+` for `+=`. */
export const COMPOUND: Partial<Record<ts.SyntaxKind, ts.SyntaxKind>> = {
  [K.PlusEqualsToken]: K.PlusToken,
  [K.MinusEqualsToken]: K.MinusToken,
  [K.AsteriskEqualsToken]: K.AsteriskToken,
  [K.PercentEqualsToken]: K.PercentToken,
  [K.AmpersandEqualsToken]: K.AmpersandToken,
  [K.BarEqualsToken]: K.BarToken,
  [K.CaretEqualsToken]: K.CaretToken,
  [K.LessThanLessThanEqualsToken]: K.LessThanLessThanToken,
  [K.GreaterThanGreaterThanEqualsToken]: K.GreaterThanGreaterThanToken,
  [K.GreaterThanGreaterThanGreaterThanEqualsToken]: K.GreaterThanGreaterThanGreaterThanToken,
}

/** Functions of `Math` by name and number of arguments; `floor` is only the division and stands in `calls.ts`. */
export const MATH: Readonly<Record<string, { readonly c: string; readonly parameters: number }>> = {
  min: { c: 'smaller', parameters: 2 },
  max: { c: 'larger', parameters: 2 },
  imul: { c: 'multiply32', parameters: 2 },
}
