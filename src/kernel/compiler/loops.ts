/**
 * Counted loops: `for (let i = start; i < end; i++)`. C takes start and end once and i from the kernel's iterator, so the
 * body may not assign i, and nothing in the end may change while the loop runs. The verifier walks the body once for each
 * path through it, whatever the number of turns.
 */
import ts from 'typescript'
import { isOfModule } from './constants.ts'
import { excerpt } from './diagnostics.ts'
import { lowerNumber } from './expressions.ts'
import type { Lowering } from './lowering.ts'
import { cName } from './names.ts'
import type { Output } from './output.ts'
import { lowerBody } from './statements.ts'

const K = ts.SyntaxKind

/** BPF_MAX_LOOPS of the kernel. */
const MAX_TURNS = 8 * 1024 * 1024

export function lowerFor(node: ts.ForStatement, lowering: Lowering, output: Output): void {
  const parts = counted(node)
  if (parts === null) {
    lowering.refuse(node, 'W302')
    return
  }
  const { variable, start, end } = parts
  const assigned = assignedIn(node.statement, lowering)
  const declaration = lowering.declaration(variable)
  if (declaration !== null && assigned.has(declaration)) lowering.refuse(node.statement, 'W303', variable.text)
  if (mayChange(end, assigned, lowering)) lowering.refuse(end, 'W304', excerpt(end))
  const turns = (lowering.constant(end) ?? 0) - (lowering.constant(start) ?? 0)
  if (turns > MAX_TURNS) lowering.refuse(end, 'W305', String(turns))
  const name = cName(variable.text)
  for (const carried of assigned) forget(carried, node, lowering, output)
  output.open('{')
  output.line(`s64 ${name} __attribute__((unused)) = 0;`)
  output.open(`for_range(${name}, ${lowerNumber(start, lowering)}, ${lowerNumber(end, lowering)}) {`)
  lowerBody(node.statement, lowering, output)
  output.close('}')
  output.close('}')
}

/** Makes the verifier forget what it knows of a variable from outside that the loop assigns: see `unknown_zero`. */
function forget(carried: ts.Declaration, loop: ts.ForStatement, lowering: Lowering, output: Output): void {
  const isInside = carried.pos >= loop.pos && carried.end <= loop.end
  if (isInside || !(ts.isVariableDeclaration(carried) || ts.isParameter(carried))) return
  if (isOfModule(carried) || lowering.kind(carried).kind === 'record') return
  output.line(`${cName(carried.name.getText())} += unknown_zero;`)
}

function counted(node: ts.ForStatement): { variable: ts.Identifier; start: ts.Expression; end: ts.Expression } | null {
  const { initializer, condition, incrementor } = node
  if (initializer === undefined || condition === undefined || incrementor === undefined) return null
  if (!ts.isVariableDeclarationList(initializer) || initializer.declarations.length !== 1) return null
  const declaration = initializer.declarations[0]
  if (declaration?.initializer === undefined || !ts.isIdentifier(declaration.name)) return null
  const variable = declaration.name
  const isVariable = (side: ts.Node): boolean => ts.isIdentifier(side) && side.text === variable.text
  if (!ts.isBinaryExpression(condition) || condition.operatorToken.kind !== K.LessThanToken) return null
  if (!isVariable(condition.left)) return null
  if (!ts.isPostfixUnaryExpression(incrementor) && !ts.isPrefixUnaryExpression(incrementor)) return null
  if (incrementor.operator !== K.PlusPlusToken || !isVariable(incrementor.operand)) return null
  return { variable, start: declaration.initializer, end: condition.right }
}

/** The variables and parameters that a statement assigns to. */
function assignedIn(node: ts.Node, lowering: Lowering): ReadonlySet<ts.Declaration> {
  const assigned = new Set<ts.Declaration>()
  const add = (target: ts.Node): void => {
    const declaration = ts.isIdentifier(target) ? lowering.declaration(target) : null
    if (declaration !== null) assigned.add(declaration)
  }
  const walk = (part: ts.Node): void => {
    if (ts.isBinaryExpression(part)) {
      const operator = part.operatorToken.kind
      if (operator >= K.FirstAssignment && operator <= K.LastAssignment) add(part.left)
    }
    if (ts.isPrefixUnaryExpression(part) || ts.isPostfixUnaryExpression(part)) {
      if (part.operator === K.PlusPlusToken || part.operator === K.MinusMinusToken) add(part.operand)
    }
    ts.forEachChild(part, walk)
  }
  walk(node)
  return assigned
}

/** Whether an expression may give another value after a turn of the loop: it reads memory, or a variable that is assigned. */
function mayChange(node: ts.Expression, assigned: ReadonlySet<ts.Declaration>, lowering: Lowering): boolean {
  if (lowering.constant(node) !== null) return false
  if (ts.isIdentifier(node)) {
    const declaration = lowering.declaration(node)
    if (declaration === null || assigned.has(declaration)) return true
    return ts.isVariableDeclaration(declaration) && isOfModule(declaration)
  }
  if (ts.isParenthesizedExpression(node)) return mayChange(node.expression, assigned, lowering)
  if (ts.isBinaryExpression(node)) return [node.left, node.right].some((side) => mayChange(side, assigned, lowering))
  return true
}
