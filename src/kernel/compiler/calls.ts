/**
 * Calls: of engine functions, of platform functions (hand-written C under the same name in snake_case), and of the few
 * functions of `Math` that integers need.
 */
import ts from 'typescript'
import { bare } from './constants.ts'
import { lowerExpression, lowerNumber } from './expressions.ts'
import type { Lowering } from './lowering.ts'
import { cName } from './names.ts'
import { MATH } from './operators.ts'

export function lowerCall(node: ts.CallExpression, lowering: Lowering): string {
  const { expression: callee } = node
  if (node.questionDotToken !== undefined || node.typeArguments !== undefined) return lowering.refuse(node, 'W401')
  if (isMath(callee, lowering)) return lowerMath(node, callee.name.text, lowering)
  const declaration = ts.isIdentifier(callee) ? lowering.declaration(callee) : null
  if (declaration === null) return lowering.refuse(callee, 'W407')
  const name = lowering.isOfPlatform(declaration)
    ? cName(callee.getText())
    : ts.isFunctionDeclaration(declaration) && lowering.functions.get(declaration)
  if (!name) return lowering.refuse(callee, 'W407')
  lowering.kind(node)
  return `${name}(${node.arguments.map((argument) => lowerExpression(argument, lowering)).join(', ')})`
}

function isMath(callee: ts.Expression, lowering: Lowering): callee is ts.PropertyAccessExpression {
  if (!ts.isPropertyAccessExpression(callee) || callee.expression.getText() !== 'Math') return false
  return lowering.declaration(callee.expression)?.getSourceFile().isDeclarationFile === true
}

function lowerMath(node: ts.CallExpression, name: string, lowering: Lowering): string {
  const [first] = node.arguments
  if (name === 'floor' && node.arguments.length === 1 && first !== undefined) {
    const quotient = bare(first)
    if (!ts.isBinaryExpression(quotient) || quotient.operatorToken.kind !== ts.SyntaxKind.SlashToken) {
      return lowering.refuse(node, 'W407')
    }
    return `divide(${lowerNumber(quotient.left, lowering)}, ${lowerNumber(quotient.right, lowering)})`
  }
  const known = Object.hasOwn(MATH, name) ? MATH[name] : undefined
  if (known === undefined || node.arguments.length !== known.parameters) return lowering.refuse(node, 'W407')
  return `${known.c}(${node.arguments.map((argument) => lowerNumber(argument, lowering)).join(', ')})`
}
