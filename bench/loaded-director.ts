/**
 * The built director in the kernel, attached to nothing and pinned nowhere, with its maps at hand for filling and weighing. Packets run
 * through it one by one: `test-runs.ts`. Needs root and `npm run build`.
 */
import { BUSY_MS } from '../src/engine/director.ts'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Director } from '../src/control/director.ts'
import { TABLES, type TableDefinition, type TableName } from '../src/engine/tables.ts'
import { KernelTables } from '../src/kernel/kernel-tables.ts'
import { BpfObject, mapInfo, mapUpdate, testRun } from '../src/kernel/libbpf.ts'
import { type PinnedMap, TABLE_NAMES } from '../src/kernel/pins.ts'
import { onCleanUp } from './cleanup.ts'
import { freshDirector, layoutRow, settingsRow } from '../src/testing/bench.ts'

export const OBJECT_FILE = fileURLToPath(new URL('../dist/weir.bpf.o', import.meta.url))

export class LoadedDirector {
  readonly control: Director
  readonly programFd: number
  private readonly tickFd: number
  private readonly maps = new Map<TableName, PinnedMap>()

  private constructor(object: BpfObject) {
    this.programFd = object.programFd('weir_ingress')
    this.tickFd = object.programFd('weir_tick')
    for (const table of TABLE_NAMES) {
      const fd = object.mapFd(table)
      const { maxEntries, keyBytes, valueBytes } = mapInfo(fd)
      this.maps.set(table, { fd, capacity: maxEntries, keySize: keyBytes, valueSize: valueBytes })
    }
    this.control = freshDirector(new KernelTables(this))
  }

  /** `connections` as for `weir load`. Its clock stands at 1 s. Gone when the benchmark ends. */
  static load(connections: number): LoadedDirector {
    const object = BpfObject.open(readFileSync(OBJECT_FILE), 'weir')
    onCleanUp('a director in the kernel', () => object.close())
    for (const table of TABLE_NAMES) {
      const { perConnection }: TableDefinition = TABLES[table]
      if (perConnection !== undefined) object.setMaxEntries(table, perConnection * connections)
    }
    object.load()
    mapUpdate(object.mapFd('layouts'), new Uint8Array(4), layoutRow())
    mapUpdate(object.mapFd('settingsRows'), new Uint8Array(4), settingsRow())
    const director = new LoadedDirector(object)
    director.housekeep(1000)
    return director
  }

  map(table: TableName): PinnedMap {
    const map = this.maps.get(table)
    if (map === undefined) throw new Error(`the director has no table "${table}"`)
    return map
  }

  /** Sets the clock and ticks until no housekeeping is left. The milliseconds of each tick. */
  housekeep(nowMs: number): number[] {
    const request = new Uint8Array(new BigUint64Array([BigInt(nowMs)]).buffer)
    const slices: number[] = []
    for (let busy = true; busy;) {
      const from = performance.now()
      busy = testRun(this.tickFd, { context: request }).retval === BUSY_MS
      slices.push(performance.now() - from)
    }
    return slices
  }
}
