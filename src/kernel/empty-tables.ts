/** The tables of a director that is not loaded, for those who only look: all zero, nothing in them, of the usual capacity. */
import { TABLES, type TableName, type TableStore } from '../engine/tables.ts'
import { valueSizeOf } from './value-size.ts'

export class EmptyTables implements TableStore {
  capacity(table: TableName): number {
    return TABLES[table].capacity
  }

  read(table: TableName): Uint8Array | null {
    return TABLES[table].kind === 'hash' ? null : new Uint8Array(valueSizeOf(table))
  }

  readRange(table: TableName, _first: number, count: number): Uint8Array {
    return new Uint8Array(count * valueSizeOf(table))
  }

  write(table: TableName): never {
    throw new Error(`no director is loaded: "${table}" can't be written to`)
  }

  writeRange(table: TableName): never {
    return this.write(table)
  }

  remove(): boolean {
    return false
  }

  entries(): [] {
    return []
  }
}
