/**
 * Random functions of the subset, for comparing what Node and the kernel make of them. Every expression carries the interval
 * that its value lies in, and what would leave ±(2^53 − 1), where Node is no longer exact, is narrowed first. So is
 * whatever an operator doesn't allow: negative operands of `%` and `Math.floor(a / b)`, a divisor of 0.
 */

/** Where a number lies, bounds inclusive. */
interface Interval {
  readonly least: number
  readonly most: number
}

interface Expression extends Interval {
  readonly text: string
}

const U8 = { least: 0, most: 0xff }
const U16 = { least: 0, most: 0xffff }
const U32 = { least: 0, most: 0xffffffff }
const S32 = { least: -0x80000000, most: 0x7fffffff }

/** Scalar fields of the parameter `record`, a `Probe`: their place and what they hold. */
const FIELDS: readonly (readonly [string, Interval])[] = [
  ['record.byte', U8],
  ['record.short', U16],
  ['record.word', U32],
  ['record.wireShort', U16],
  ['record.wireWord', U32],
  ['record.shared', U32],
  ['record.inner.word', U32],
]

const ARRAYS: readonly (readonly [string, Interval])[] = [
  ['BYTES', { least: 0, most: 255 }],
  ['SIGNED', { least: -32768, most: 127 }],
  ['WORDS', U32],
]

/** What the functions share: constant arrays that take up 4, 8, 32 and other numbers of bytes, and one record of every scalar. */
const HEAD = `
import type { atomic32, be16, be32, u16, u32, u64, u8 } from './scalars.ts'

export interface Inner {
  word: u32
}

export interface Probe {
  long: u64
  word: u32
  wireWord: be32
  shared: atomic32
  inner: Inner
  short: u16
  wireShort: be16
  byte: u8
  reserved0: u8
  reserved1: u16
}

const BYTES = [0, 1, 254, 255]
const SIGNED = [-32768, -1, 127]
const WORDS = [0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 6, 7, 8]
`

const LITERALS = [0, 1, 2, 7, 31, 32, 255, 4096, 65535, 0x7fffffff, 0x80000000, 0xffffffff]

/** mulberry32: 32 bits of state, enough for picking among syntax. */
export class Dice {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** 0 … 2^32 − 1. */
  word(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  below(limit: number): number {
    return this.word() % limit
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T
  }
}

export interface RandomFunctions {
  /** The module's text. */
  readonly source: string
  /** Exported functions of (a, b, c) or, with `record`, (a, b, c, record). */
  readonly functions: readonly { readonly name: string; readonly record: boolean }[]
}

/** A module of `count` functions, every other one of them on a record. `a` and `b` are u32, `c` is a signed 32-bit integer. */
export function randomFunctions(seed: number, count: number): RandomFunctions {
  const dice = new Dice(seed)
  const functions = Array.from({ length: count }, (_, index) => ({ name: `f${index}`, record: index % 2 === 1 }))
  const texts = functions.map(({ name, record }) => new FunctionWriter(dice, record).write(name))
  return { source: [HEAD, ...texts].join('\n'), functions }
}

/** Writes one function: locals, branches, loops and switches that assign them, and a last expression. */
class FunctionWriter {
  private readonly scope = new Map<string, Interval>([
    ['a', U32],
    ['b', U32],
    ['c', S32],
  ])
  private readonly locals: string[] = []
  private readonly lines: string[] = []
  private loops = 0

  constructor(
    private readonly dice: Dice,
    private readonly onRecord: boolean,
  ) {}

  write(name: string): string {
    for (const local of ['x', 'y', 'z']) {
      this.lines.push(`  let ${local} = ${this.assignable(local, 3).text}`)
      this.locals.push(local)
    }
    for (let left = 1 + this.dice.below(5); left > 0; left--) this.statement('  ')
    const result = this.expression(4)
    const parameters = `a: number, b: number, c: number${this.onRecord ? ', record: Probe' : ''}`
    // Some are functions of their own in the kernel, some become part of their caller.
    const doc = this.dice.below(2) === 0 ? '/** @noinline */\n' : ''
    return `${doc}export function ${name}(${parameters}): number {\n${this.lines.join('\n')}\n  return ${result.text}\n}\n`
  }

  private statement(indent: string): void {
    const inner = `${indent}  `
    switch (this.dice.below(this.onRecord ? 8 : 5)) {
      case 0:
        this.assign(indent)
        break
      case 1: {
        this.lines.push(`${indent}if (${this.condition(2)}) {`)
        const before = new Map(this.scope)
        this.assign(inner)
        const after = new Map(this.scope)
        this.restore(before)
        this.lines.push(`${indent}} else {`)
        this.assign(inner)
        this.lines.push(`${indent}}`)
        this.merge(after)
        break
      }
      case 2:
        this.loop(indent)
        break
      case 3:
        this.choose(indent)
        break
      case 4:
        this.lines.push(`${indent}if (${this.condition(3)}) return ${this.expression(2).text}`)
        break
      default:
        this.store(indent)
    }
  }

  private assign(indent: string): void {
    const local = this.dice.pick(this.locals)
    const before = this.scope.get(local) ?? S32
    const operator = this.dice.pick(['', '', '+', '-', '*', '&', '|', '^', '<<', '>>', '>>>'])
    const right = this.expression(2)
    const value = operator === '' ? right : this.combine({ text: local, ...before }, operator, right)
    // `combine` may have had to narrow the local itself; then it is no compound assignment any more.
    const isCompound = operator !== '' && value.text.startsWith(`(${local} ${operator} `)
    if (isCompound)
      this.lines.push(`${indent}${local} ${operator}= ${value.text.slice(local.length + operator.length + 3, -1)}`)
    else this.lines.push(`${indent}${local} = ${value.text}`)
    this.scope.set(local, { least: value.least, most: value.most })
  }

  /** In the body, locals are assigned 32-bit values only, so that one interval is true for every turn. */
  private loop(indent: string): void {
    const turn = `i${this.loops++}`
    for (const local of this.locals) this.widen(local, { least: S32.least, most: U32.most })
    const bound = this.dice.below(2) === 0 ? String(this.dice.below(9)) : '(b & 7)'
    this.lines.push(`${indent}for (let ${turn} = ${this.dice.below(2)}; ${turn} < ${bound}; ${turn}++) {`)
    if (this.dice.below(2) === 0) {
      this.lines.push(`${indent}  if (${this.condition(2)}) ${this.dice.pick(['break', 'continue'])}`)
    }
    this.scope.set(turn, U8)
    for (const local of [this.dice.pick(this.locals), this.dice.pick(this.locals)]) {
      this.lines.push(`${indent}  ${local} = ${this.word(this.expression(2)).text}`)
    }
    this.scope.delete(turn)
    this.lines.push(`${indent}}`)
  }

  private choose(indent: string): void {
    const locals = [this.dice.pick(this.locals), this.dice.pick(this.locals), this.dice.pick(this.locals)]
    const values = locals.map(() => this.word(this.expression(2)))
    this.lines.push(
      `${indent}switch (${this.combine(this.expression(2), '&', literal(3)).text}) {`,
      `${indent}  case 0:`,
      `${indent}  case 3:`,
      `${indent}    ${locals[0]} = ${values[0]?.text}`,
      `${indent}    break`,
      `${indent}  case 1: {`,
      `${indent}    ${locals[1]} = ${values[1]?.text}`,
      `${indent}    break`,
      `${indent}  }`,
      `${indent}  default:`,
      `${indent}    ${locals[2]} = ${values[2]?.text}`,
      `${indent}}`,
    )
    locals.forEach((local, index) => this.widen(local, values[index] ?? S32))
  }

  /** A store truncates to the field's width, whatever it is given. */
  private store(indent: string): void {
    if (this.dice.below(6) === 0) {
      const value = this.expression(3)
      this.lines.push(`${indent}record.long = ${value.text}`, `${indent}x = record.long`)
      this.scope.set('x', value)
      return
    }
    const [field] = this.dice.pick(FIELDS)
    const operator = this.dice.pick(['', '', '+', '-', '&', '|', '^', '>>>'])
    // An operand of 32 bits keeps the sum exact before it is truncated.
    const value = operator === '' ? this.expression(3) : this.word(this.expression(3))
    this.lines.push(`${indent}${field} ${operator}= ${value.text}`)
  }

  private assignable(local: string, depth: number): Expression {
    const value = this.expression(depth)
    this.scope.set(local, { least: value.least, most: value.most })
    return value
  }

  private widen(local: string, other: Interval): void {
    const before = this.scope.get(local) ?? other
    this.scope.set(local, hull(before, other))
  }

  private restore(scope: ReadonlyMap<string, Interval>): void {
    for (const [local, interval] of scope) this.scope.set(local, interval)
  }

  private merge(other: ReadonlyMap<string, Interval>): void {
    for (const [local, interval] of other) this.widen(local, interval)
  }

  private expression(depth: number): Expression {
    if (depth === 0) return this.leaf()
    const operand = (): Expression => this.expression(depth - 1)
    switch (this.dice.below(12)) {
      case 0:
        return this.leaf()
      case 1:
        return this.choice(this.condition(depth - 1), operand(), operand())
      case 2:
        return this.call(operand(), operand())
      case 3: {
        const [array, interval] = this.dice.pick(ARRAYS)
        const fallback = operand()
        return { text: `(${array}[${operand().text}] ?? ${fallback.text})`, ...hull(interval, fallback) }
      }
      case 4: {
        const value = operand()
        if (this.dice.below(2) === 0) return { text: `~${group(value)}`, ...S32 }
        return { text: `-${group(value)}`, least: -value.most, most: -value.least }
      }
      default:
        return this.combine(
          operand(),
          this.dice.pick(['+', '-', '*', '%', '&', '|', '^', '<<', '>>', '>>>', '/']),
          operand(),
        )
    }
  }

  private leaf(): Expression {
    if (this.onRecord && this.dice.below(3) === 0) {
      const [text, interval] = this.dice.pick(FIELDS)
      return { text, ...interval }
    }
    if (this.dice.below(4) === 0) return literal(this.dice.below(2) === 0 ? this.dice.pick(LITERALS) : this.dice.word())
    const [text, interval] = this.dice.pick([...this.scope])
    return { text, ...interval }
  }

  private call(left: Expression, right: Expression): Expression {
    switch (this.dice.below(3)) {
      case 0:
        return { text: `Math.imul(${left.text}, ${right.text})`, ...S32 }
      case 1:
        return {
          text: `Math.min(${left.text}, ${right.text})`,
          least: Math.min(left.least, right.least),
          most: Math.min(left.most, right.most),
        }
      default:
        return {
          text: `Math.max(${left.text}, ${right.text})`,
          least: Math.max(left.least, right.least),
          most: Math.max(left.most, right.most),
        }
    }
  }

  private choice(condition: string, left: Expression, right: Expression): Expression {
    return { text: `(${condition} ? ${left.text} : ${right.text})`, ...hull(left, right) }
  }

  private condition(depth: number): string {
    if (depth > 0 && this.dice.below(3) === 0) {
      const operator = this.dice.pick(['&&', '||', '===', '!=='])
      const sides = [this.condition(depth - 1), this.condition(depth - 1)]
      return sides.map((side) => `(${side})`).join(` ${operator} `)
    }
    if (depth > 0 && this.dice.below(5) === 0) return `!(${this.condition(depth - 1)})`
    const operator = this.dice.pick(['===', '!==', '<', '<=', '>', '>='])
    // Two literals would let TypeScript find the comparison senseless, and so would a name that an equality with a literal has
    // narrowed to it: the name is compared as part of an expression, which is never narrowed.
    const name = this.dice.pick([...this.scope.keys()])
    const side = operator === '===' || operator === '!==' ? `${name} - 0` : name
    const other = group(this.expression(depth))
    // TypeScript would read `x < (y > (…` as type arguments; a name may follow the `>`.
    return operator === '>' ? `${other} > ${side}` : `${side} ${operator} ${other}`
  }

  /** Two operands and an operator, the operands narrowed as far as the operator and ±2^53 want it. */
  private combine(left: Expression, operator: string, right: Expression): Expression {
    const text = (a: Expression, b: Expression): string => `(${group(a)} ${operator} ${group(b)})`
    switch (operator) {
      case '+':
      case '-':
      case '*': {
        const interval = arithmetic(left, operator, right)
        if (isExact(interval)) return { text: text(left, right), ...interval }
        return this.combine(this.narrow(left), operator, this.narrow(right))
      }
      case '%':
      case '/': {
        const dividend = left.least >= 0 ? left : this.unsigned(left)
        const divisor =
          right.least >= 1 ? right : this.combine(this.combine(right, '&', literal(0xffff)), '+', literal(1))
        if (operator === '%') return { text: text(dividend, divisor), least: 0, most: divisor.most - 1 }
        return { text: `Math.floor${text(dividend, divisor)}`, least: 0, most: dividend.most }
      }
      case '>>>':
        return { text: text(left, right), ...U32 }
      case '&':
        if (right.least === right.most && right.least >= 0 && right.most <= S32.most) {
          return { text: text(left, right), least: 0, most: right.most }
        }
        return { text: text(left, right), ...S32 }
      default:
        return { text: text(left, right), ...S32 }
    }
  }

  private unsigned(value: Expression): Expression {
    return { text: `(${group(value)} >>> 0)`, ...U32 }
  }

  /** A value of 32 bits, signed or not. */
  private word(value: Expression): Expression {
    return this.dice.below(2) === 0 ? this.unsigned(value) : { text: `(${group(value)} | 0)`, ...S32 }
  }

  private narrow(value: Expression): Expression {
    return this.dice.below(2) === 0
      ? this.combine(value, '&', literal(this.dice.pick([0xff, 0xffff, 0xfffff])))
      : { text: `(${group(value)} >>> 8)`, least: 0, most: 0xffffff }
  }
}

function literal(value: number): Expression {
  return { text: String(value), least: value, most: value }
}

/** An operand that can stand beside any operator. */
function group(value: Expression): string {
  return /^(\w|\.)+$/.test(value.text) || value.text.startsWith('(') ? value.text : `(${value.text})`
}

function hull(one: Interval, other: Interval): Interval {
  return { least: Math.min(one.least, other.least), most: Math.max(one.most, other.most) }
}

function arithmetic(left: Interval, operator: '+' | '-' | '*', right: Interval): Interval {
  if (operator === '+') return { least: left.least + right.least, most: left.most + right.most }
  if (operator === '-') return { least: left.least - right.most, most: left.most - right.least }
  const products = [left.least, left.most].flatMap((a) => [a * right.least, a * right.most])
  return { least: Math.min(...products), most: Math.max(...products) }
}

function isExact({ least, most }: Interval): boolean {
  return least >= Number.MIN_SAFE_INTEGER && most <= Number.MAX_SAFE_INTEGER
}
