/**
 * Statements: one visitor for each kind of syntax that the subset has. Assignments are statements, so that the order of
 * evaluation is the same in C. Every line of C carries the line of TypeScript that it comes from.
 */
import ts from 'typescript'
import { isOfModule } from './constants.ts'
import { excerpt } from './diagnostics.ts'
import { refuseEscape } from './escape.ts'
import { lowerCondition, lowerExpression, lowerNumber } from './expressions.ts'
import { fieldOfRecord, memberPath, readScalar, writeScalar } from './fields.ts'
import { lowerFor } from './loops.ts'
import { type Lowering, operand } from './lowering.ts'
import { cName } from './names.ts'
import { ARITHMETIC, COMPOUND } from './operators.ts'
import type { Output } from './output.ts'
import { cType } from './types.ts'

const K = ts.SyntaxKind

interface StatementKinds {
  [K.Block]: ts.Block
  [K.VariableStatement]: ts.VariableStatement
  [K.ExpressionStatement]: ts.ExpressionStatement
  [K.IfStatement]: ts.IfStatement
  [K.SwitchStatement]: ts.SwitchStatement
  [K.ForStatement]: ts.ForStatement
  [K.WhileStatement]: ts.WhileStatement
  [K.DoStatement]: ts.DoStatement
  [K.ForInStatement]: ts.ForInStatement
  [K.ForOfStatement]: ts.ForOfStatement
  [K.BreakStatement]: ts.BreakStatement
  [K.ContinueStatement]: ts.ContinueStatement
  [K.ReturnStatement]: ts.ReturnStatement
  [K.LabeledStatement]: ts.LabeledStatement
}

type Visitor<Node> = (node: Node, lowering: Lowering, output: Output) => void

const refuseLoop: Visitor<ts.Statement> = (node, lowering) => lowering.refuse(node, 'W302')

const VISITORS: { readonly [Kind in keyof StatementKinds]: Visitor<StatementKinds[Kind]> } = {
  [K.Block]: (node, lowering, output) => {
    output.open('{')
    for (const statement of node.statements) lowerStatement(statement, lowering, output)
    output.close('}')
  },
  [K.VariableStatement]: lowerVariables,
  [K.ExpressionStatement]: (node, lowering, output) => lowerEffect(node.expression, lowering, output),
  [K.IfStatement]: lowerIf,
  [K.SwitchStatement]: lowerSwitch,
  [K.ForStatement]: lowerFor,
  [K.WhileStatement]: refuseLoop,
  [K.DoStatement]: refuseLoop,
  [K.ForInStatement]: refuseLoop,
  [K.ForOfStatement]: refuseLoop,
  [K.BreakStatement]: (node, lowering, output) => jump(node, 'break;', lowering, output),
  [K.ContinueStatement]: (node, lowering, output) => jump(node, 'continue;', lowering, output),
  [K.ReturnStatement]: lowerReturn,
  [K.LabeledStatement]: (node, lowering) => lowering.refuse(node, 'W310'),
}

export function lowerStatement(node: ts.Statement, lowering: Lowering, output: Output): void {
  const visitor = (VISITORS as Partial<Record<ts.SyntaxKind, Visitor<never>>>)[node.kind]
  output.from(node)
  if (visitor === undefined) lowering.refuse(node, 'W301')
  else visitor(node as never, lowering, output)
}

/** The statements of a branch or body, without braces of their own. */
export function lowerBody(node: ts.Statement, lowering: Lowering, output: Output): void {
  const statements = ts.isBlock(node) ? node.statements : [node]
  for (const statement of statements) lowerStatement(statement, lowering, output)
}

function jump(node: ts.BreakOrContinueStatement, c: string, lowering: Lowering, output: Output): void {
  if (node.label !== undefined) lowering.refuse(node, 'W310')
  output.line(c)
}

function lowerVariables(node: ts.VariableStatement, lowering: Lowering, output: Output): void {
  for (const declaration of node.declarationList.declarations) {
    const { name, initializer } = declaration
    if (
      !ts.isIdentifier(name) ||
      isOfModule(declaration) ||
      (node.declarationList.flags & ts.NodeFlags.BlockScoped) === 0
    ) {
      lowering.refuse(declaration, 'W309')
      continue
    }
    // TypeScript knows that a variable without an initializer is assigned before use; clang's analysis may not.
    const before = lowering.refusals
    const value = initializer === undefined ? '0' : lowerExpression(initializer, lowering)
    // What is wrong with its value says more than the variable's type does.
    if (lowering.refusals > before) continue
    const kind = lowering.kind(declaration)
    if (kind.kind === 'null' || kind.kind === 'void') lowering.refuse(declaration, 'W201', kind.kind)
    output.line(`${cType(kind)}${cName(name.text)} = ${value};`)
  }
}

function lowerIf(node: ts.IfStatement, lowering: Lowering, output: Output): void {
  output.open(`if (${lowerCondition(node.expression, lowering)}) {`)
  lowerBody(node.thenStatement, lowering, output)
  let otherwise = node.elseStatement
  while (otherwise !== undefined && ts.isIfStatement(otherwise)) {
    output.from(otherwise)
    output.reopen(`} else if (${lowerCondition(otherwise.expression, lowering)}) {`)
    lowerBody(otherwise.thenStatement, lowering, output)
    otherwise = otherwise.elseStatement
  }
  if (otherwise !== undefined) {
    output.reopen('} else {')
    lowerBody(otherwise, lowering, output)
  }
  output.close('}')
}

function lowerSwitch(node: ts.SwitchStatement, lowering: Lowering, output: Output): void {
  output.open(`switch (${lowerNumber(node.expression, lowering)}) {`)
  for (const clause of node.caseBlock.clauses) {
    output.from(clause)
    if (ts.isDefaultClause(clause)) output.open('default: {')
    else {
      const value = lowering.constant(clause.expression)
      if (value === null) lowering.refuse(clause.expression, 'W306')
      output.open(`case ${value ?? 0}LL: {`)
    }
    for (const statement of clause.statements) lowerStatement(statement, lowering, output)
    output.close('}')
  }
  output.close('}')
}

function lowerReturn(node: ts.ReturnStatement, lowering: Lowering, output: Output): void {
  if (node.expression === undefined) {
    output.line(output.returnsNothing ? 'return;' : 'return 0;')
    return
  }
  refuseEscape(node.expression, lowering)
  output.line(`return ${lowerExpression(node.expression, lowering)};`)
}

/** An expression for its effect: an assignment, a step or a call. */
function lowerEffect(node: ts.Expression, lowering: Lowering, output: Output): void {
  if (ts.isCallExpression(node)) {
    output.line(`${lowerExpression(node, lowering)};`)
  } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === K.EqualsToken) {
    lowerAssignment(node.left, null, node.right, lowering, output)
  } else if (ts.isBinaryExpression(node) && COMPOUND[node.operatorToken.kind] !== undefined) {
    lowerAssignment(node.left, COMPOUND[node.operatorToken.kind] ?? null, node.right, lowering, output)
  } else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    const step = node.operator === K.PlusPlusToken ? K.PlusToken : K.MinusToken
    if (node.operator !== K.PlusPlusToken && node.operator !== K.MinusMinusToken) lowering.refuse(node, 'W301')
    else lowerAssignment(node.operand, step, null, lowering, output)
  } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === K.SlashEqualsToken) {
    lowering.refuse(node, 'W403')
  } else {
    lowering.refuse(node, 'W301')
  }
}

/** `target = value`, or `target operator= value`; a null value is the 1 of `++` and `--`. */
function lowerAssignment(
  target: ts.Expression,
  operator: ts.SyntaxKind | null,
  value: ts.Expression | null,
  lowering: Lowering,
  output: Output,
): void {
  const combine = (before: string, right: string): string =>
    operator === null ? right : (ARITHMETIC[operator]?.(before, right) ?? right)
  if (ts.isIdentifier(target) && isLocal(target, lowering)) {
    if (value !== null) refuseEscape(value, lowering)
    const right = value === null ? '1LL' : lowerExpression(value, lowering)
    output.line(`${cName(target.text)} = ${combine(cName(target.text), right)};`)
    return
  }
  if (ts.isIdentifier(target)) {
    lowering.refuse(target, 'W202', target.text)
    return
  }
  const field = ts.isPropertyAccessExpression(target) ? fieldOfRecord(target, lowering) : null
  if (!ts.isPropertyAccessExpression(target) || field === null || field.nested || field.type === 's64') {
    lowering.refuse(target, 'W307', excerpt(target))
    return
  }
  const right = value === null ? '1LL' : lowerNumber(value, lowering)
  const place = memberPath(target.expression, lowering) + cName(target.name.text)
  if (operator === null || !containsCall(target)) {
    output.line(change(field.type, place, operator, right, combine))
    return
  }
  // A call in front of the field must happen once.
  output.open('{')
  output.line(`typeof(${place}) *place__ = &${place};`)
  output.line(change(field.type, '(*place__)', operator, right, combine))
  output.close('}')
}

function change(
  type: string,
  place: string,
  operator: ts.SyntaxKind | null,
  right: string,
  combine: (before: string, right: string) => string,
): string {
  if (type === 'atomic32' && operator === K.PlusToken) return `__sync_fetch_and_add(&${place}, (u32)${operand(right)});`
  if (type === 'atomic32' && operator === K.MinusToken)
    return `__sync_fetch_and_sub(&${place}, (u32)${operand(right)});`
  return `${place} = ${writeScalar(type, combine(readScalar(type, place), right))};`
}

function isLocal(target: ts.Identifier, lowering: Lowering): boolean {
  const declaration = lowering.declaration(target)
  if (declaration === null) return false
  return ts.isParameter(declaration) || (ts.isVariableDeclaration(declaration) && !isOfModule(declaration))
}

function containsCall(node: ts.Node): boolean {
  return ts.isCallExpression(node) || ts.forEachChild(node, (child) => containsCall(child) || undefined) === true
}
