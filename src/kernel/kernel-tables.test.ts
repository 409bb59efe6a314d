import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ServiceKeyView, ServiceView } from '../engine/generated/views.ts'
import { TABLES, TableFullError } from '../engine/tables.ts'
import { KernelTables } from './kernel-tables.ts'
import { BpfObject, mapInfo, mapUpdate, possibleCpus } from './libbpf.ts'
import { whyNoKernel } from './testing/namespaces.ts'
import { compileSmallObject } from './testing/small-object.ts'

const reason = whyNoKernel()

describe.skipIf(reason !== null)(`tables in the kernel${reason === null ? '' : ` (skipped: ${reason})`}`, () => {
  const SERVICES = 5000
  let folder = ''
  let object: BpfObject
  let tables: KernelTables

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'weir-tables-'))
    compileSmallObject(join(folder, 'small.o'))
    object = BpfObject.open(readFileSync(join(folder, 'small.o')), 'small')
    object.setMaxEntries('services', SERVICES)
    object.load()
    tables = new KernelTables({
      map: (table) => {
        const fd = object.mapFd(table)
        const { maxEntries, keyBytes, valueBytes } = mapInfo(fd)
        return { fd, capacity: maxEntries, keySize: keyBytes, valueSize: valueBytes }
      },
    })
  })

  afterAll(() => {
    object.close()
    rmSync(folder, { recursive: true })
  })

  const key = (mark: number) =>
    Object.assign(ServiceKeyView.from(new Uint8Array(ServiceKeyView.SIZE)), { mark }).toBytes()
  const service = (index: number) =>
    Object.assign(ServiceView.from(new Uint8Array(ServiceView.SIZE)), { index }).toBytes()

  it('write a range of an array, and nothing beside it', () => {
    const bytes = (values: number[]) => new Uint8Array(Uint32Array.from(values).buffer)
    tables.writeRange('buckets', 2, bytes([7, 8, 9]))
    expect(tables.readRange('buckets', 1, 5)).toEqual(bytes([0, 7, 8, 9, 0]))
    tables.writeRange('buckets', 3, bytes([]))
    expect(tables.readRange('buckets', 1, 5)).toEqual(bytes([0, 7, 8, 9, 0]))
    expect(() => tables.writeRange('buckets', tables.capacity('buckets') - 1, bytes([1, 2]))).toThrow(RangeError)
  })

  it('know their capacity', () => {
    expect(tables.capacity('services')).toBe(SERVICES)
    expect(tables.capacity('dests')).toBe(TABLES.dests.capacity)
  })

  it('keep every entry of a hash, in as many batches as it takes, and say when it is full', () => {
    expect(tables.entries('services')).toEqual([])
    for (let n = 1; n <= SERVICES; n++) tables.write('services', key(n), service(n))
    expect(() => tables.write('services', key(SERVICES + 1), service(1))).toThrow(TableFullError)
    const entries = tables.entries('services')
    expect(entries).toHaveLength(SERVICES)
    for (const entry of entries) expect(ServiceKeyView.from(entry.key).mark).toBe(ServiceView.from(entry.value).index)
    expect(new Set(entries.map((entry) => ServiceView.from(entry.value).index)).size).toBe(SERVICES)
  })

  it('replace, read and remove an entry of a hash', () => {
    tables.write('services', key(1), service(77))
    expect(tables.read('services', key(1))).toEqual(service(77))
    expect(tables.remove('services', key(1))).toBe(true)
    expect(tables.remove('services', key(1))).toBe(false)
    expect(tables.read('services', key(1))).toBeNull()
  })

  it('read ranges of an array from its first entry to its last', () => {
    const { capacity } = TABLES.baselines
    const size = tables.readRange('baselines', 0, 1).length
    for (const index of [0, 1, 2, 3, capacity - 1])
      tables.write('baselines', index, new Uint8Array(size).fill(index + 1))
    const firstByte = (first: number, count: number) =>
      Array.from({ length: count }, (_, n) => tables.readRange('baselines', first, count)[n * size])
    expect(firstByte(0, 4)).toEqual([1, 2, 3, 4])
    expect(firstByte(2, 3)).toEqual([3, 4, 0])
    expect(firstByte(capacity - 2, 2)).toEqual([0, capacity & 0xff])
    expect(tables.readRange('baselines', 5, 0)).toHaveLength(0)
    expect(tables.readRange('baselines', 0, capacity)).toHaveLength(capacity * size)
  })

  it("refuse indexes outside of an array, and keys and values of another table's size", () => {
    const { capacity } = TABLES.baselines
    expect(() => tables.readRange('baselines', capacity - 1, 2)).toThrow(RangeError)
    expect(() => tables.read('baselines', -1)).toThrow(RangeError)
    expect(() => tables.write('baselines', 0, new Uint8Array(1))).toThrow(RangeError)
    expect(() => tables.read('services', new Uint8Array(3))).toThrow(RangeError)
    expect(() => tables.read('services', 3)).toThrow(RangeError)
  })

  it("read every processor's copy", () => {
    const cpus = possibleCpus()
    const copies = new BigUint64Array(cpus).map((_, cpu) => BigInt(cpu + 10))
    mapUpdate(object.mapFd('reasons'), new Uint8Array(new Uint32Array([3]).buffer), new Uint8Array(copies.buffer))
    const read = tables.read('reasons', 3) ?? new Uint8Array()
    expect([...new BigUint64Array(read.slice().buffer)]).toEqual([...copies])
  })
})
