/**
 * A director's tables as rows to compare: what is in use of each, the copies of all processors summed, slots of connections only while
 * they hold one. Cost: reads the connections up to the highest slot that was ever used.
 */
import { AllocatorView, ConnectionView, LayoutView, LAYOUTS, type RecordLayout } from '../engine/generated/views.ts'
import { TABLES, type TableDefinition, type TableName, type TableStore } from '../engine/tables.ts'

/** Bytes by names such as `dests[3]` or `flows[0a01…]`. */
export type Snapshot = ReadonlyMap<string, Uint8Array>

const WORD_BYTES = 8
/** Local addresses that a test's director has at most. */
const MAX_LOCALS = 256

function recordOf(table: TableName): keyof typeof LAYOUTS {
  const { value }: TableDefinition = TABLES[table]
  if (value === undefined) throw new Error(`"${table}" holds no records`)
  return value
}

/** Sums rows of u64 counters, one after the other, to a single one. */
function summed(copies: Uint8Array, size: number): Uint8Array {
  const words = new BigUint64Array(size / WORD_BYTES)
  const data = new DataView(copies.buffer, copies.byteOffset, copies.byteLength)
  for (let at = 0; at < copies.length; at += WORD_BYTES) {
    const field = (at % size) / WORD_BYTES
    words[field] = (words[field] ?? 0n) + data.getBigUint64(at, true)
  }
  return new Uint8Array(words.buffer)
}

function addRange(rows: Map<string, Uint8Array>, tables: TableStore, table: TableName, first: number, count: number) {
  const { size } = LAYOUTS[recordOf(table)]
  const bytes = tables.readRange(table, first, count)
  for (let index = 0; index < count; index++)
    rows.set(`${table}[${first + index}]`, bytes.subarray(index * size, (index + 1) * size))
}

function addSummed(rows: Map<string, Uint8Array>, tables: TableStore, table: TableName, first: number, last: number) {
  const { size } = LAYOUTS[recordOf(table)]
  for (let index = first; index <= last; index++)
    rows.set(`${table}[${index}]`, summed(tables.read(table, index) ?? new Uint8Array(0), size))
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

export function snapshot(tables: TableStore): Snapshot {
  const rows = new Map<string, Uint8Array>()
  const { lastDest, lastService } = LayoutView.from(tables.readRange('layouts', 0, 1))
  const { used, localities } = AllocatorView.from(tables.readRange('allocators', 0, 1))
  for (const table of ['layouts', 'allocators', 'clocks', 'settingsRows'] as const) addRange(rows, tables, table, 0, 1)
  for (const table of ['serviceStates', 'retired', 'localityCaches'] as const)
    addRange(rows, tables, table, 1, lastService)
  for (const table of ['dests', 'destStates', 'overloads', 'rates', 'baselines'] as const)
    addRange(rows, tables, table, 1, lastDest)
  addRange(rows, tables, 'fragments', 0, tables.capacity('fragments'))
  for (const table of ['localAddresses', 'localUses'] as const) addRange(rows, tables, table, 1, MAX_LOCALS)
  addSummed(rows, tables, 'counters', 1, lastDest)
  addSummed(rows, tables, 'reasons', 0, tables.capacity('reasons') - 1)
  addRange(rows, tables, 'localities', 1, localities)
  for (const table of ['services', 'flows', 'localitySlots'] as const)
    for (const { key, value } of tables.entries(table)) rows.set(`${table}[${hex(key)}]`, value)
  const connections = new Map<string, Uint8Array>()
  addRange(connections, tables, 'connections', 1, used)
  for (const [name, bytes] of connections) if (ConnectionView.from(bytes).expiresMs !== 0) rows.set(name, bytes)
  return rows
}

/** A row's fields, read by the layout of its table's record. */
function describeRow(name: string, bytes: Uint8Array | undefined): string {
  if (bytes === undefined) return 'absent'
  const record = recordOf(name.slice(0, name.indexOf('[')) as TableName)
  return describeRecord(record, bytes, 0)
}

function describeRecord(record: keyof typeof LAYOUTS, bytes: Uint8Array, at: number): string {
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const layout: RecordLayout = LAYOUTS[record]
  const fields = Object.entries(layout.fields).map(([field, { offset, type }]) => {
    const from = at + offset
    if (type in LAYOUTS) return `${field} ${describeRecord(type as keyof typeof LAYOUTS, bytes, from)}`
    const width = /\d+$/.exec(type)?.[0]
    if (width === '64') return `${field} ${data.getBigUint64(from, true)}`
    if (width === '32') return `${field} ${data.getUint32(from, !type.startsWith('be'))}`
    if (width === '16') return `${field} ${data.getUint16(from, !type.startsWith('be'))}`
    return `${field} ${data.getUint8(from)}`
  })
  return `{ ${fields.join(', ')} }`
}

/** The rows that differ, each in a line with both values; empty where all are equal. */
export function differingRows(a: Snapshot, b: Snapshot): string[] {
  const lines: string[] = []
  for (const name of new Set([...a.keys(), ...b.keys()])) {
    const [left, right] = [a.get(name), b.get(name)]
    if (left !== undefined && right !== undefined && Buffer.compare(left, right) === 0) continue
    lines.push(`${name}: ${describeRow(name, left)} and ${describeRow(name, right)}`)
  }
  return lines
}
