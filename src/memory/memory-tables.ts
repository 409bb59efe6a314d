/**
 * The director's tables in Node's memory: arrays as one buffer each, hashes as maps from the key's bytes. Values lie
 * byte for byte as in the kernel's maps, so one view and one control side serve both. Cost per access: a multiplication for
 * an array, a string of the key and a map lookup for a hash.
 */
import { LAYOUTS } from '../engine/generated/views.ts'
import { type TableDefinition, TableFullError, type TableName, TABLES, type TableStore } from '../engine/tables.ts'

interface HashEntry {
  readonly key: Uint8Array
  readonly value: DataView
}

function definition(table: TableName): TableDefinition {
  return TABLES[table]
}

/** The bytes of a view's whole buffer. */
function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}

/** Key bytes as a string, which JavaScript's maps compare quickly; four characters a call, because appending costs. */
function nameOf(key: Uint8Array): string {
  let name = ''
  for (let at = 0; at < key.length; at += 8) {
    name += String.fromCharCode(pair(key, at), pair(key, at + 2), pair(key, at + 4), pair(key, at + 6))
  }
  return name
}

function pair(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)
}

export class MemoryHash {
  private readonly rows = new Map<string, HashEntry>()

  constructor(
    private readonly table: TableName,
    readonly capacity: number,
    private readonly valueSize: number,
  ) {}

  find(key: Uint8Array): DataView | null {
    return this.rows.get(nameOf(key))?.value ?? null
  }

  /** Adds an entry and returns its value to be filled; null where the key is taken or the table full. */
  add(key: Uint8Array): DataView | null {
    const name = nameOf(key)
    if (this.rows.size >= this.capacity || this.rows.has(name)) return null
    const value = new DataView(new ArrayBuffer(this.valueSize))
    this.rows.set(name, { key: key.slice(), value })
    return value
  }

  remove(key: Uint8Array): boolean {
    return this.rows.delete(nameOf(key))
  }

  write(key: Uint8Array, bytes: Uint8Array): void {
    const value = this.find(key) ?? this.add(key)
    if (value === null) throw new TableFullError(this.table)
    bytesOf(value).set(bytes)
  }

  entries(): { key: Uint8Array; value: Uint8Array }[] {
    return [...this.rows.values()].map(({ key, value }) => ({ key: key.slice(), value: bytesOf(value).slice() }))
  }
}

export interface MemoryTablesOptions {
  /** Connections that the director can hold; default as in `engine/tables.ts`. */
  readonly connections?: number
}

export class MemoryTables implements TableStore {
  private readonly arrays = new Map<TableName, DataView>()
  private readonly hashes = new Map<TableName, MemoryHash>()
  private readonly capacities = new Map<TableName, number>()

  constructor(options: MemoryTablesOptions = {}) {
    for (const table of Object.keys(TABLES) as TableName[]) {
      const { kind, value, capacity, perConnection } = definition(table)
      const entries =
        options.connections === undefined || perConnection === undefined
          ? capacity
          : options.connections * perConnection
      this.capacities.set(table, entries)
      if (value === undefined) continue
      const { size } = LAYOUTS[value]
      if (kind === 'hash') this.hashes.set(table, new MemoryHash(table, entries, size))
      else this.arrays.set(table, new DataView(new ArrayBuffer(entries * size)))
    }
  }

  array(table: TableName): DataView {
    const found = this.arrays.get(table)
    if (found === undefined) throw new Error(`"${table}" is not an array`)
    return found
  }

  hash(table: TableName): MemoryHash {
    const found = this.hashes.get(table)
    if (found === undefined) throw new Error(`"${table}" is not a hash`)
    return found
  }

  capacity(table: TableName): number {
    return this.capacities.get(table) ?? 0
  }

  read(table: TableName, key: Uint8Array | number): Uint8Array | null {
    if (typeof key === 'number') return this.readRange(table, key, 1)
    const value = this.hash(table).find(key)
    return value === null ? null : bytesOf(value).slice()
  }

  readRange(table: TableName, first: number, count: number): Uint8Array {
    const { from, to } = this.range(table, first, count)
    return bytesOf(this.array(table)).slice(from, to)
  }

  write(table: TableName, key: Uint8Array | number, value: Uint8Array): void {
    if (typeof key !== 'number') this.hash(table).write(key, value)
    else bytesOf(this.array(table)).set(value, this.range(table, key, 1).from)
  }

  writeRange(table: TableName, first: number, values: Uint8Array): void {
    const size = this.array(table).byteLength / this.capacity(table)
    bytesOf(this.array(table)).set(values, this.range(table, first, values.length / size).from)
  }

  remove(table: TableName, key: Uint8Array): boolean {
    return this.hash(table).remove(key)
  }

  entries(table: TableName): { key: Uint8Array; value: Uint8Array }[] {
    return this.hash(table).entries()
  }

  private range(table: TableName, first: number, count: number): { from: number; to: number } {
    const capacity = this.capacity(table)
    if (first < 0 || count < 0 || first + count > capacity) {
      throw new RangeError(`"${table}" has ${capacity} entries: ${first} … ${first + count - 1} are not all among them`)
    }
    const size = this.array(table).byteLength / capacity
    return { from: first * size, to: (first + count) * size }
  }
}
