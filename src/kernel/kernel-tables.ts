/**
 * The director's tables in the kernel's maps.
 *
 * Ranges and hashes are read in batches, about 0.2 µs an entry; single entries cost a system call of 0.5 µs. Copies of a percpu value lie
 * 8 bytes aligned in what the kernel hands out, and gapless in what this hands on.
 */
import { TABLES, TableFullError, type TableName, type TableStore } from '../engine/tables.ts'
import {
  BpfError,
  mapDelete,
  mapLookup,
  mapLookupBatch,
  mapUpdate,
  mapUpdateBatch,
  possibleCpus,
  type BatchPosition,
} from './libbpf.ts'
import type { PinnedDirector, PinnedMap } from './pins.ts'

/** Entries of a hash to ask for at once. */
const BATCH = 4096

export class KernelTables implements TableStore {
  /** The maps stay the caller's to close. */
  constructor(private readonly maps: Pick<PinnedDirector, 'map'>) {}

  capacity(table: TableName): number {
    return this.maps.map(table).capacity
  }

  read(table: TableName, key: Uint8Array | number): Uint8Array | null {
    const map = this.maps.map(table)
    if (TABLES[table].kind === 'percpu') return readCopies(map, keyBytes(table, map, key))
    const value = new Uint8Array(map.valueSize)
    return mapLookup(map.fd, keyBytes(table, map, key), value) ? value : null
  }

  readRange(table: TableName, first: number, count: number): Uint8Array {
    const map = this.maps.map(table)
    if (TABLES[table].kind !== 'array') throw new Error(`"${table}" is not an array`)
    requireRange(table, map, first, count)
    const values = new Uint8Array(count * map.valueSize)
    if (count === 0) return values
    if (count === 1) {
      mapLookup(map.fd, indexBytes(first), values)
      return values
    }
    // The kernel goes on behind the index that it is given.
    const before = first === 0 ? null : indexBytes(first - 1)
    const read = mapLookupBatch(map.fd, before, new Uint8Array(count * 4), values, count)
    if (read.count !== count)
      throw new Error(`"${table}": ${read.count} of ${count} entries from ${first} on were read`)
    return values
  }

  write(table: TableName, key: Uint8Array | number, value: Uint8Array): void {
    const map = this.maps.map(table)
    if (value.length !== map.valueSize)
      throw new RangeError(`"${table}" has values of ${map.valueSize} bytes, not ${value.length}`)
    try {
      mapUpdate(map.fd, keyBytes(table, map, key), value)
    } catch (error) {
      throw error instanceof BpfError && error.code === 'E2BIG' ? new TableFullError(table) : error
    }
  }

  writeRange(table: TableName, first: number, values: Uint8Array): void {
    const map = this.maps.map(table)
    const count = values.length / map.valueSize
    if (TABLES[table].kind !== 'array') throw new Error(`"${table}" is not an array`)
    requireRange(table, map, first, count)
    if (count === 0) return
    const indexes = Uint32Array.from({ length: count }, (_, offset) => first + offset)
    mapUpdateBatch(map.fd, new Uint8Array(indexes.buffer), values, count)
  }

  remove(table: TableName, key: Uint8Array): boolean {
    const map = this.maps.map(table)
    return mapDelete(map.fd, keyBytes(table, map, key))
  }

  entries(table: TableName): { key: Uint8Array; value: Uint8Array }[] {
    const map = this.maps.map(table)
    if (TABLES[table].kind !== 'hash') throw new Error(`"${table}" is not a hash`)
    const found: { key: Uint8Array; value: Uint8Array }[] = []
    let position: BatchPosition = null
    let room = Math.min(BATCH, map.capacity)
    for (let more = true; more;) {
      const keys = new Uint8Array(room * map.keySize)
      const values = new Uint8Array(room * map.valueSize)
      const read = readBatch(map, position, keys, values, room)
      if (read === null) {
        room *= 2
        continue
      }
      for (let i = 0; i < read.count; i++)
        found.push({ key: slot(keys, i, map.keySize), value: slot(values, i, map.valueSize) })
      position = read.next
      more = position !== null
    }
    return found
  }
}

/** Null where the next bucket alone has more entries than there is room for. */
function readBatch(map: PinnedMap, position: BatchPosition, keys: Uint8Array, values: Uint8Array, room: number) {
  try {
    return mapLookupBatch(map.fd, position, keys, values, room)
  } catch (error) {
    if (error instanceof BpfError && error.code === 'ENOSPC') return null
    throw error
  }
}

function slot(bytes: Uint8Array, index: number, size: number): Uint8Array {
  return bytes.subarray(index * size, (index + 1) * size)
}

function readCopies(map: PinnedMap, key: Uint8Array): Uint8Array {
  const { fd, valueSize } = map
  const cpus = possibleCpus()
  const aligned = Math.ceil(valueSize / 8) * 8
  const padded = new Uint8Array(aligned * cpus)
  mapLookup(fd, key, padded)
  if (aligned === valueSize) return padded
  const copies = new Uint8Array(valueSize * cpus)
  for (let cpu = 0; cpu < cpus; cpu++)
    copies.set(padded.subarray(cpu * aligned, cpu * aligned + valueSize), cpu * valueSize)
  return copies
}

/** An index of an array that isn't one of its entries, or a key of the wrong length, is a mistake of the caller's. */
function keyBytes(table: TableName, map: PinnedMap, key: Uint8Array | number): Uint8Array {
  if (typeof key === 'number') {
    if (TABLES[table].kind === 'hash') throw new RangeError(`"${table}" is a hash: its keys are bytes, not ${key}`)
    requireRange(table, map, key, 1)
    return indexBytes(key)
  }
  if (key.length !== map.keySize) throw new RangeError(`"${table}" has keys of ${map.keySize} bytes, not ${key.length}`)
  return key
}

function requireRange(table: TableName, map: PinnedMap, first: number, count: number): void {
  if (first >= 0 && count >= 0 && first + count <= map.capacity) return
  throw new RangeError(`"${table}" has ${map.capacity} entries: ${first} … ${first + count - 1} are not all among them`)
}

function indexBytes(index: number): Uint8Array {
  return new Uint8Array(new Uint32Array([index]).buffer)
}
