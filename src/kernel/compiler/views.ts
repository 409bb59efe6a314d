/**
 * Prints the TypeScript side of the records: for each a class over a DataView that reads and writes the bytes that the
 * kernel's C does, and the table of layouts. Node runs the engine on these views, so accessors don't allocate, except
 * that a nested record is a new view. Stores truncate as C does; a u64 reads as C's s64 and is exact within ±2^53.
 */
import { isScalar, type Layouts, type RecordLayout, type Scalar } from './layout.ts'

const HEAD = `/**
 * Records as Node sees them: views over the bytes that the kernel's tables and the packets hold, and their layouts.
 * Made by \`npm run generate\` from \`records.ts\`; a test fails where the two differ. Don't edit.
 *
 * A view reads and writes through; \`at\` may be moved. Stores truncate as C does. A u64 reads as a signed 64-bit
 * integer, as in the engine, and is exact within ±2^53.
 */`

const HELPERS = `
const WORD = 2 ** 32

/** Bytes that are too few for a record would fail at some later access, far from the mistake. */
function viewOf(bytes: Uint8Array, size: number, name: string): DataView {
  if (bytes.byteLength < size) {
    throw new RangeError(\`\${bytes.byteLength} bytes are too few for a \${name}: pass at least \${size}\`)
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export interface FieldLayout {
  /** Bytes from the start of the record. */
  readonly offset: number
  /** A scalar of \`scalars.ts\`, or the name of the nested record. */
  readonly type: string
}

export interface RecordLayout {
  /** Bytes. */
  readonly size: number
  readonly fields: Readonly<Record<string, FieldLayout>>
}
`

/** The text of `generated/views.ts`, before Prettier; `records` is the module to import the interfaces from. */
export function printViews(layouts: Layouts, records: string): string {
  const all = [...layouts.values()]
  return [
    HEAD,
    `import type { ${all.map((record) => record.name).join(', ')} } from '${records}'`,
    HELPERS,
    ...all.map(printView),
    printLayouts(all),
    `/** The view of each record, by the record's name. */
     export const RECORD_VIEWS = { ${all.map(({ name }) => `${name}: ${name}View`).join(', ')} } as const`,
    '',
  ].join('\n')
}

function printView(record: RecordLayout): string {
  const { name, size } = record
  return `
export class ${name}View implements ${name} {
  /** Bytes. */
  static readonly SIZE = ${size}

  constructor(
    readonly data: DataView,
    /** Where in \`data\` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: ${name}): ${name}View {
    return new ${name}View(new DataView(new ArrayBuffer(${size}))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ${name}View {
    return new ${name}View(viewOf(bytes, ${size}, '${name}'))
  }
${record.fields.map(({ name: field, type, offset }) => (isScalar(type) ? printScalar(field, type, offset) : printNested(field, type, offset))).join('\n')}
  /** Copies all fields. */
  set(from: ${name}): this {
${record.fields.map(({ name: field, type }) => (isScalar(type) ? `    this.${field} = from.${field}` : `    this.${field}.set(from.${field})`)).join('\n')}
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, ${size}).slice()
  }
}`
}

function printNested(field: string, type: string, offset: number): string {
  return `
  get ${field}(): ${type}View {
    return new ${type}View(this.data, ${position(offset)})
  }
`
}

function printScalar(field: string, type: Scalar, offset: number): string {
  const at = position(offset)
  if (type === 'u64') {
    const upper = position(offset + 4)
    return `
  get ${field}(): number {
    return this.data.getInt32(${upper}, true) * WORD + this.data.getUint32(${at}, true)
  }
  set ${field}(value: number) {
    this.data.setUint32(${at}, value, true)
    this.data.setInt32(${upper}, Math.floor(value / WORD), true)
  }
`
  }
  const bits = type.replace(/\D+/, '')
  const order = bits === '8' ? '' : `, ${!type.startsWith('be')}`
  return `
  get ${field}(): number {
    return this.data.getUint${bits}(${at}${order})
  }
  set ${field}(value: number) {
    this.data.setUint${bits}(${at}, value${order})
  }
`
}

function position(offset: number): string {
  return offset === 0 ? 'this.at' : `this.at + ${offset}`
}

function printLayouts(all: readonly RecordLayout[]): string {
  const records = all.map(({ name, size, fields }) => {
    const rows = fields.map((field) => `${field.name}: { offset: ${field.offset}, type: '${field.type}' },`)
    return `${name}: {\nsize: ${size},\nfields: {\n${rows.join('\n')}\n},\n},`
  })
  return `
/** Where the fields of each record lie. */
export const LAYOUTS = {
${records.join('\n')}
} as const satisfies Record<string, RecordLayout>

export type RecordName = keyof typeof LAYOUTS
`
}
