/**
 * Values known at compile time: literals, enum members, module constants and operators between them, computed by the
 * rules of JavaScript that the engine would follow in Node.
 */
import ts from 'typescript'

const K = ts.SyntaxKind

const OPERATORS: Partial<Record<ts.SyntaxKind, (a: number, b: number) => number>> = {
  [K.PlusToken]: (a, b) => a + b,
  [K.MinusToken]: (a, b) => a - b,
  [K.AsteriskToken]: (a, b) => a * b,
  [K.AsteriskAsteriskToken]: (a, b) => a ** b,
  [K.PercentToken]: (a, b) => a % b,
  [K.AmpersandToken]: (a, b) => a & b,
  [K.BarToken]: (a, b) => a | b,
  [K.CaretToken]: (a, b) => a ^ b,
  [K.LessThanLessThanToken]: (a, b) => a << b,
  [K.GreaterThanGreaterThanToken]: (a, b) => a >> b,
  [K.GreaterThanGreaterThanGreaterThanToken]: (a, b) => a >>> b,
}

/** The declaration that an identifier means, imports followed. */
export function declarationOf(node: ts.Node, checker: ts.TypeChecker): ts.Declaration | null {
  // A shorthand `{ name }` is a property as well; the value is what counts.
  let symbol = ts.isShorthandPropertyAssignment(node.parent)
    ? checker.getShorthandAssignmentValueSymbol(node.parent)
    : checker.getSymbolAtLocation(node)
  if (symbol !== undefined && (symbol.flags & ts.SymbolFlags.Alias) !== 0) symbol = checker.getAliasedSymbol(symbol)
  return symbol?.valueDeclaration ?? null
}

/** Whether a variable is declared by a module, not in a function. */
export function isOfModule(declaration: ts.VariableDeclaration | ts.ParameterDeclaration): boolean {
  return ts.isVariableStatement(declaration.parent.parent) && ts.isSourceFile(declaration.parent.parent.parent)
}

/** Without parentheses, `as const` and `satisfies`, which change no value. */
export function bare(expression: ts.Expression): ts.Expression {
  if (ts.isParenthesizedExpression(expression) || ts.isSatisfiesExpression(expression))
    return bare(expression.expression)
  if (ts.isAsExpression(expression) && ts.isConstTypeReference(expression.type)) return bare(expression.expression)
  return expression
}

/** The value; null where it is not known at compile time or not an integer within ±(2^53 − 1). Booleans are 0 and 1. */
export function constantOf(expression: ts.Expression, checker: ts.TypeChecker): number | null {
  const value = evaluate(expression, checker)
  return value !== null && Number.isSafeInteger(value) ? value : null
}

function evaluate(wrapped: ts.Expression, checker: ts.TypeChecker): number | null {
  const node = bare(wrapped)
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (node.kind === K.TrueKeyword) return 1
  if (node.kind === K.FalseKeyword) return 0
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node)) {
    const value = checker.getConstantValue(node)
    if (typeof value === 'number') return value
    const array = ts.isPropertyAccessExpression(node) ? arrayOf(node.expression, checker) : null
    return array !== null && ts.isPropertyAccessExpression(node) && node.name.text === 'length' ? array.length : null
  }
  if (ts.isIdentifier(node)) {
    const declaration = declarationOf(node, checker)
    const initializer = declaration === null ? null : constantInitializer(declaration)
    return initializer === null ? null : evaluate(initializer, checker)
  }
  if (ts.isPrefixUnaryExpression(node)) {
    const operand = evaluate(node.operand, checker)
    if (operand === null) return null
    if (node.operator === K.MinusToken) return -operand
    return node.operator === K.TildeToken ? ~operand : null
  }
  if (ts.isBinaryExpression(node)) {
    const left = evaluate(node.left, checker)
    const right = evaluate(node.right, checker)
    const operator = OPERATORS[node.operatorToken.kind]
    return left === null || right === null || operator === undefined ? null : operator(left, right)
  }
  return null
}

/** What a module constant is initialised with; null for all other declarations. */
function constantInitializer(declaration: ts.Declaration): ts.Expression | null {
  if (!ts.isVariableDeclaration(declaration) || !isOfModule(declaration)) return null
  return (declaration.parent.flags & ts.NodeFlags.Const) === 0 ? null : (declaration.initializer ?? null)
}

export interface ConstantArray {
  readonly declaration: ts.VariableDeclaration
  readonly name: string
  readonly elements: readonly ts.Expression[]
  readonly length: number
}

/** The module's constant array that an expression names, or null. */
export function arrayOf(expression: ts.Expression, checker: ts.TypeChecker): ConstantArray | null {
  const node = bare(expression)
  if (!ts.isIdentifier(node)) return null
  const declaration = declarationOf(node, checker)
  const initializer = declaration === null ? null : constantInitializer(declaration)
  const literal = initializer === null ? null : bare(initializer)
  if (declaration === null || literal === null || !ts.isArrayLiteralExpression(literal)) return null
  const { elements } = literal
  return { declaration: declaration as ts.VariableDeclaration, name: node.text, elements, length: elements.length }
}
