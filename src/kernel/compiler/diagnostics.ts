/**
 * Everything that the compiler refuses, in one table: a stable number, what is wrong, what to write instead.
 * `docs/compiler-diagnostics.md` is printed from it, and every number has a fixture below `fixtures/rejected/`.
 * `{0}` and `{1}` stand for what the source says. Numbers are never reused: W0xx input, W1xx records and tables,
 * W2xx declarations and types, W3xx statements, W4xx expressions.
 */
import ts from 'typescript'

interface Explanation {
  readonly message: string
  readonly instead: string
}

export const DIAGNOSTICS = {
  W001: { message: 'TypeScript says: {0}', instead: 'Make the source type-check; the compiler only lowers what does.' },
  W002: {
    message: '{0} is not an exported function of this file',
    instead: 'Export it as `export function`, or correct the name that the build asks for.',
  },
  W101: {
    message: 'the type of field {0} has no layout',
    instead: 'Use u8, u16, u32, u64, be16, be32, atomic32 or an interface of the same file.',
  },
  W102: {
    message: 'the record {0} has a hole of {1} bytes; records are compared and hashed as bytes',
    instead: 'Reorder the fields, or fill the hole with fields named `reserved…`.',
  },
  W103: { message: 'the record {0} contains itself', instead: 'Keep an index into a table instead.' },
  W104: {
    message: 'the record {0} has a member that is not a plain field',
    instead:
      'Use fields of the form `name: type`: no methods, no `?`, no computed names, no `extends`, no type parameters.',
  },
  W105: {
    message: 'the table {0} names a record that does not exist: {1}',
    instead: 'Use the name of an interface of the records file.',
  },
  W106: {
    message: 'the table {0} can not be read: {1}',
    instead:
      'See `TableDefinition`: literal kinds and names, a constant positive capacity, a key for `hash` alone, no value for `queue`.',
  },
  W107: {
    message: 'the name of table {0} is longer than the 15 characters that the kernel keeps',
    instead: 'Choose a shorter name.',
  },
  W201: {
    message: 'the type {0} is not in the subset',
    instead:
      'Use number, boolean, an enum, a record, or a record or null; declare the type where it is inferred too widely.',
  },
  W202: {
    message: '{0} is a variable of its module',
    instead: 'State lives in tables: make it a field of a record. Constants are `const` with a constant value.',
  },
  W203: {
    message: 'the constant {0} has no constant integer value',
    instead: 'Use integer literals, enum members, other constants, and operators between them.',
  },
  W204: {
    message: 'the parameter {0} is not a plain one',
    instead: 'Use `name: type`: no default, `?`, rest, destructuring.',
  },
  W205: {
    message: 'the function {0} calls itself ({1})',
    instead: 'Use a counted loop; the kernel knows no recursion.',
  },
  W206: {
    message: 'the function {0} has {1} parameters; @noinline allows five',
    instead: 'Put some into a record, or drop @noinline.',
  },
  W207: {
    message: 'the function {0} has no form in C',
    instead: 'Use a plain `function` with a body: no type parameters, async, generator, overloads.',
  },
  W208: {
    message: 'the element of {0} is not a constant integer',
    instead: 'Fill constant arrays with integer literals, enum members and constants.',
  },
  W301: {
    message: 'the statement {0} is not in the subset',
    instead: 'Use const, let, if, switch, counted for, break, continue, return, assignments, calls.',
  },
  W302: {
    message: 'this loop is not a counted one',
    instead: 'Write `for (let i = 0; i < n; i++)`, and leave it early with break or return.',
  },
  W303: {
    message: 'the loop variable {0} is assigned in the body',
    instead: 'Use a variable of your own beside it.',
  },
  W304: {
    message: 'the bound of the loop may change while it runs: {0}',
    instead: 'Put it into a `const` in front of the loop; C takes it once.',
  },
  W305: {
    message: 'the loop runs {0} turns; the kernel allows 8388608',
    instead: 'Do the work in slices, one for each call.',
  },
  W306: { message: 'the case {0} is not a constant integer', instead: 'Use literals, enum members and constants.' },
  W307: {
    message: 'this can not be assigned to: {0}',
    instead: 'Assign to a local variable or to a scalar field of a record; copy nested records field by field.',
  },
  W308: {
    message: '{0} holds a record that this function makes; it does not outlive its block',
    instead: 'Have the caller pass a record to fill in.',
  },
  W309: {
    message: 'this declaration is not a plain one: {0}',
    instead: 'Declare one name at a time, without destructuring.',
  },
  W310: { message: 'labels are not in the subset', instead: 'Move the inner loop into a function and return from it.' },
  W401: { message: 'the expression {0} is not in the subset', instead: 'See the table in the README of the compiler.' },
  W402: {
    message: 'the operator {0} is not in the subset',
    instead: 'Use + - * % & | ^ ~ << >> >>> === !== < <= > >= && || ! ?: and, as statements, assignments.',
  },
  W403: { message: '`/` gives fractions', instead: 'Write `Math.floor(a / b)` for non-negative a and positive b.' },
  W404: {
    message: '{0} is not an integer that a number holds exactly',
    instead: 'Use integers within ±2^53; scale fractions.',
  },
  W405: {
    message: 'the condition {0} is not a boolean',
    instead: 'Compare: `x !== 0`, `record !== null`.',
  },
  W406: {
    message: 'assignment inside an expression: {0}',
    instead: 'Make it a statement of its own.',
  },
  W407: {
    message: '{0} is called, but is neither a function of the engine nor of the platform',
    instead:
      'Add what the host must do to the platform interface and define it in C; of Math, use floor(a / b), min, max, imul.',
  },
  W408: {
    message: 'records are compared by identity: {0}',
    instead: 'Compare their fields, or an index; only a comparison with null is meant for records as such.',
  },
  W409: {
    message: 'the constant array {0} is used as a value',
    instead: 'Index it as `{0}[i] ?? fallback`, or ask for `{0}.length`.',
  },
  W410: {
    message: 'an index without a fallback: {0}',
    instead: 'Write `TABLE[i] ?? fallback` on a constant array of this or another module.',
  },
  W411: {
    message: 'an object literal where no record is expected, or with more than plain properties: {0}',
    instead: 'Write `const key: FlowKey = { name: value, … }` with each field once and literals for nested records.',
  },
  W413: {
    message: '{0} does not name anything that exists in the kernel',
    instead: 'Use locals, parameters, constants.',
  },
} as const satisfies Record<string, Explanation>

export type DiagnosticCode = keyof typeof DIAGNOSTICS

/** One refusal; lines and columns start at 1. */
export interface Diagnostic {
  /** Relative to the root of the project. */
  readonly file: string
  readonly line: number
  readonly column: number
  readonly code: DiagnosticCode
  readonly message: string
  readonly instead: string
}

export type Report = (node: ts.Node, code: DiagnosticCode, ...details: string[]) => void

/** Collects diagnostics; a node is reported once for each code. */
export class Diagnostics {
  readonly all: Diagnostic[] = []
  private readonly seen = new Set<string>()

  constructor(private readonly relative: (file: string) => string) {}

  readonly report: Report = (node, code, ...details) => {
    const source = node.getSourceFile()
    this.add(source, node.getStart(source), code, details)
  }

  add(source: ts.SourceFile, position: number, code: DiagnosticCode, details: readonly string[]): void {
    const at = source.getLineAndCharacterOfPosition(position)
    const file = this.relative(source.fileName)
    const key = `${file}:${position}:${code}`
    if (this.seen.has(key)) return
    this.seen.add(key)
    const fill = (text: string): string => text.replace(/\{(\d)\}/g, (_, index) => details[Number(index)] ?? '')
    const { message, instead } = DIAGNOSTICS[code]
    this.all.push({
      file,
      line: at.line + 1,
      column: at.character + 1,
      code,
      message: fill(message),
      instead: fill(instead),
    })
  }
}

/** `src/engine/x.ts:12:3 W101: message` and, on the next line, what to write instead. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, code, message, instead } = diagnostic
  return `${file}:${line}:${column} ${code}: ${message}\n    ${instead}`
}

/** A node's text on one line, short enough for a message. */
export function excerpt(node: ts.Node): string {
  const text = node.getText().replace(/\s+/g, ' ')
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}

/** The text of `docs/compiler-diagnostics.md`. */
export function diagnosticsPage(): string {
  const rows = Object.entries(DIAGNOSTICS).map(
    ([code, { message, instead }]) =>
      `## ${code}\n\n${message.charAt(0).toUpperCase()}${message.slice(1)}.\n\n${instead}\n`,
  )
  return [
    '# What the compiler says\n',
    'The engine is compiled to C from a subset of TypeScript (`src/kernel/compiler/`). What is not in the subset is refused',
    'with one of these numbers, which stay as they are from release to release. `{0}` and `{1}` stand for names in the',
    'source. `npm run generate` prints this page from `src/kernel/compiler/diagnostics.ts`; an example of every number is in',
    '`src/kernel/compiler/fixtures/rejected/`.\n',
    ...rows,
  ].join('\n')
}
