/**
 * Expressions: one visitor for each kind of syntax that the subset has, everything else is refused. A visitor gives C
 * text without outer parentheses; `operand` adds them where the text becomes part of something larger.
 */
import ts from 'typescript'
import { lowerCall } from './calls.ts'
import { arrayOf, bare, isOfModule } from './constants.ts'
import { excerpt } from './diagnostics.ts'
import { fieldOfRecord, lowerLiteral, memberPath, readScalar } from './fields.ts'
import { type Lowering, NOTHING, operand } from './lowering.ts'
import { cName } from './names.ts'
import { ARITHMETIC, COMPOUND, EQUALITIES, LOGICAL, RELATIONS } from './operators.ts'

const K = ts.SyntaxKind

interface ExpressionKinds {
  [K.NumericLiteral]: ts.NumericLiteral
  [K.TrueKeyword]: ts.TrueLiteral
  [K.FalseKeyword]: ts.FalseLiteral
  [K.NullKeyword]: ts.NullLiteral
  [K.Identifier]: ts.Identifier
  [K.ParenthesizedExpression]: ts.ParenthesizedExpression
  [K.PropertyAccessExpression]: ts.PropertyAccessExpression
  [K.ElementAccessExpression]: ts.ElementAccessExpression
  [K.CallExpression]: ts.CallExpression
  [K.PrefixUnaryExpression]: ts.PrefixUnaryExpression
  [K.PostfixUnaryExpression]: ts.PostfixUnaryExpression
  [K.BinaryExpression]: ts.BinaryExpression
  [K.ConditionalExpression]: ts.ConditionalExpression
  [K.ObjectLiteralExpression]: ts.ObjectLiteralExpression
}

type Visitor<Node> = (node: Node, lowering: Lowering) => string

const VISITORS: { readonly [Kind in keyof ExpressionKinds]: Visitor<ExpressionKinds[Kind]> } = {
  [K.NumericLiteral]: (node, lowering) =>
    Number.isSafeInteger(Number(node.text)) ? `${Number(node.text)}LL` : lowering.refuse(node, 'W404'),
  [K.TrueKeyword]: () => '1',
  [K.FalseKeyword]: () => '0',
  [K.NullKeyword]: () => 'NULL',
  [K.Identifier]: lowerIdentifier,
  [K.ParenthesizedExpression]: (node, lowering) => lowerExpression(node.expression, lowering),
  [K.PropertyAccessExpression]: lowerProperty,
  [K.ElementAccessExpression]: (node, lowering) => lowering.refuse(node, 'W410'),
  [K.CallExpression]: lowerCall,
  [K.PrefixUnaryExpression]: lowerPrefix,
  [K.PostfixUnaryExpression]: (node, lowering) => lowering.refuse(node, 'W406'),
  [K.BinaryExpression]: lowerBinary,
  [K.ConditionalExpression]: lowerConditional,
  [K.ObjectLiteralExpression]: lowerLiteral,
}

/** An expression in C, without outer parentheses. */
export function lowerExpression(node: ts.Expression, lowering: Lowering): string {
  const visitor = (VISITORS as Partial<Record<ts.SyntaxKind, Visitor<never>>>)[node.kind]
  return visitor === undefined ? lowering.refuse(node, 'W401') : visitor(node as never, lowering)
}

/** An expression that decides: it has to be a boolean, since 0 and null decide differently from language to language. */
export function lowerCondition(node: ts.Expression, lowering: Lowering): string {
  if (lowering.kind(node).kind !== 'boolean') return lowering.refuse(node, 'W405')
  return lowerExpression(node, lowering)
}

/** An expression that is calculated with. */
export function lowerNumber(node: ts.Expression, lowering: Lowering): string {
  const type = lowering.checker.getTypeAtLocation(node)
  if (lowering.kindOrNull(type)?.kind !== 'number') return refuseNonNumber(node, type, lowering)
  return lowerExpression(node, lowering)
}

function refuseNonNumber(node: ts.Expression, type: ts.Type, lowering: Lowering): string {
  // What is wrong with a part of it says more than its type does.
  const c = lowerExpression(node, lowering)
  lowering.report(node, 'W201', lowering.checker.typeToString(type))
  return c
}

function lowerIdentifier(node: ts.Identifier, lowering: Lowering): string {
  const declaration = lowering.declaration(node)
  if (declaration !== null && ts.isParameter(declaration)) return cName(node.text)
  // Refused where it is declared.
  if (declaration !== null && ts.isBindingElement(declaration)) return NOTHING
  if (declaration === null || !ts.isVariableDeclaration(declaration)) return lowering.refuse(node, 'W413')
  if (declaration.getSourceFile().isDeclarationFile) return lowering.refuse(node, 'W413')
  if (!isOfModule(declaration)) return cName(node.text)
  if ((declaration.parent.flags & ts.NodeFlags.Const) === 0) return lowering.refuse(node, 'W202', node.text)
  if (arrayOf(node, lowering.checker) !== null) return lowering.refuse(node, 'W409', node.text)
  const value = lowering.constant(node)
  return value === null ? lowering.refuse(node, 'W203', node.text) : `${value}LL`
}

function lowerProperty(node: ts.PropertyAccessExpression, lowering: Lowering): string {
  const value = lowering.constant(node)
  if (value !== null) return `${value}LL`
  const field = fieldOfRecord(node, lowering)
  if (field === null) return lowering.refuse(node, 'W401')
  const place = memberPath(node.expression, lowering) + cName(node.name.text)
  return field.nested ? `&${place}` : readScalar(field.type, place)
}

function lowerPrefix(node: ts.PrefixUnaryExpression, lowering: Lowering): string {
  const value = lowering.constant(node)
  if (value !== null) return `${value}LL`
  switch (node.operator) {
    case K.ExclamationToken:
      return `!${operand(lowerCondition(node.operand, lowering))}`
    case K.MinusToken:
      return `-${operand(lowerNumber(node.operand, lowering))}`
    case K.TildeToken:
      return `(s64)~(s32)${operand(lowerNumber(node.operand, lowering))}`
    case K.PlusPlusToken:
    case K.MinusMinusToken:
      return lowering.refuse(node, 'W406')
    default:
      return lowering.refuse(node, 'W402', ts.tokenToString(node.operator) ?? '')
  }
}

function lowerConditional(node: ts.ConditionalExpression, lowering: Lowering): string {
  const [condition, whenTrue, whenFalse] = [
    lowerCondition(node.condition, lowering),
    lowerExpression(node.whenTrue, lowering),
    lowerExpression(node.whenFalse, lowering),
  ].map(operand)
  lowering.kind(node)
  return `${condition} ? ${whenTrue} : ${whenFalse}`
}

function lowerBinary(node: ts.BinaryExpression, lowering: Lowering): string {
  const { left, right, operatorToken } = node
  const value = lowering.constant(node)
  if (value !== null) return `${value}LL`
  const operator = operatorToken.kind
  const arithmetic = ARITHMETIC[operator] ?? RELATIONS[operator]
  if (arithmetic !== undefined) return arithmetic(lowerNumber(left, lowering), lowerNumber(right, lowering))
  const logical = LOGICAL[operator]
  if (logical !== undefined) return logical(lowerCondition(left, lowering), lowerCondition(right, lowering))
  const equality = EQUALITIES[operator]
  if (equality !== undefined) return lowerEquality(node, equality, lowering)
  if (operator === K.QuestionQuestionToken) return lowerElement(node, lowering)
  if (operator === K.SlashToken || operator === K.SlashEqualsToken) return lowering.refuse(node, 'W403')
  if (operator === K.EqualsToken || COMPOUND[operator] !== undefined) return lowering.refuse(node, 'W406')
  return lowering.refuse(node, 'W402', operatorToken.getText())
}

function lowerEquality(
  node: ts.BinaryExpression,
  equality: (left: string, right: string) => string,
  lowering: Lowering,
): string {
  const kinds = [lowering.kind(node.left).kind, lowering.kind(node.right).kind]
  if (kinds.every((kind) => kind === 'record')) return lowering.refuse(node, 'W408')
  return equality(lowerExpression(node.left, lowering), lowerExpression(node.right, lowering))
}

/** `TABLE[i] ?? fallback`: the only use of `??`, since nothing but a missing element is ever undefined. */
function lowerElement(node: ts.BinaryExpression, lowering: Lowering): string {
  const element = bare(node.left)
  if (!ts.isElementAccessExpression(element)) return lowering.refuse(node, 'W402', '??')
  const array = arrayOf(element.expression, lowering.checker)
  if (array === null) return lowering.refuse(element, 'W410', excerpt(element))
  const position = lowerNumber(element.argumentExpression, lowering)
  return `element_or(${lowering.useArray(array)}, ${position}, ${lowerNumber(node.right, lowering)})`
}
