/**
 * Keeps records on the stack from outliving their block: a variable that holds a record made by an object literal, or a
 * record nested in it, may be read, passed on to calls and named again by a `const` or `let`, but neither returned nor assigned.
 * Node would keep such a record alive; C would not. A function that returns one of its parameters is not followed.
 */
import ts from 'typescript'
import { bare } from './constants.ts'
import type { Lowering } from './lowering.ts'

/** Whether the value of the expression may be a record on the stack of this function. */
export function isOnStack(expression: ts.Expression, lowering: Lowering): boolean {
  const node = bare(expression)
  if (ts.isObjectLiteralExpression(node)) return true
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].some((side) => isOnStack(side, lowering))
  if (lowering.kindOrNull(lowering.checker.getTypeAtLocation(node))?.kind !== 'record') return false
  if (ts.isPropertyAccessExpression(node)) return isOnStack(node.expression, lowering)
  const declaration = ts.isIdentifier(node) ? lowering.declaration(node) : null
  if (declaration === null || !ts.isVariableDeclaration(declaration)) return false
  return declaration.initializer !== undefined && isOnStack(declaration.initializer, lowering)
}

/** Reports a returned or assigned value that would dangle. */
export function refuseEscape(value: ts.Expression, lowering: Lowering): void {
  if (isOnStack(value, lowering)) lowering.refuse(value, 'W308')
}
