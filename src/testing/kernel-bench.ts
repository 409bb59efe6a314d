/**
 * The engine in the Linux kernel on a bench: the built object loaded but attached to nothing and pinned nowhere, packets run through
 * weir_ingress by BPF_PROG_TEST_RUN, the clock moved by weir_tick. Needs root and `npm run build`. Cost: some 20 ms to load a small
 * director, 4 µs a packet.
 */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { TABLES, type TableDefinition, type TableName } from '../engine/tables.ts'
import { KernelTables } from '../kernel/kernel-tables.ts'
import { BpfObject, mapInfo, mapUpdate, testRun } from '../kernel/libbpf.ts'
import { TABLE_NAMES, type PinnedMap } from '../kernel/pins.ts'
import { requireSystem } from '../kernel/system.ts'
import {
  type BenchOptions,
  type BenchVerdict,
  type DirectorBench,
  freshDirector,
  layoutRow,
  settingsRow,
  tickUntilIdle,
} from './bench.ts'
import { PacketRunner } from './packet-runner.ts'
import { enterNamespace, leaveNamespace, setForwarding } from './test-namespace.ts'

const OBJECT_FILE = fileURLToPath(new URL('../../dist/weir.bpf.o', import.meta.url))

/** What weir_ingress returns: TCX_NEXT, TCX_DROP, TCX_REDIRECT of linux/bpf.h. */
const VERDICTS: ReadonlyMap<number, BenchVerdict> = new Map([
  [-1, 'pass'],
  [2, 'drop'],
  [7, 'forward'],
])

export interface KernelBench extends DirectorBench {
  /** The average of `repeat` runs of weir_ingress on one and the same packet, in whole nanoseconds. */
  nsPerPacket(packet: Uint8Array, repeat: number): number
}

/** Why there can be no kernel bench here, or null. */
export function whyNoKernelBench(): string | null {
  if (process.platform !== 'linux') return 'needs Linux'
  try {
    requireSystem()
  } catch (error) {
    return (error as Error).message
  }
  return existsSync(OBJECT_FILE) ? null : 'needs dist/weir.bpf.o: npm run build'
}

function load(connections: number | undefined): BpfObject {
  const object = BpfObject.open(readFileSync(OBJECT_FILE), 'weir')
  try {
    for (const table of TABLE_NAMES) {
      const { perConnection }: TableDefinition = TABLES[table]
      if (connections !== undefined && perConnection !== undefined)
        object.setMaxEntries(table, perConnection * connections)
    }
    object.load()
    mapUpdate(object.mapFd('layouts'), new Uint8Array(4), layoutRow())
    mapUpdate(object.mapFd('settingsRows'), new Uint8Array(4), settingsRow())
    return object
  } catch (error) {
    object.close()
    throw error
  }
}

/** The tables of an object that is loaded but not pinned. */
function tablesOf(object: BpfObject): KernelTables {
  const maps = new Map<TableName, PinnedMap>()
  return new KernelTables({
    map(table) {
      let map = maps.get(table)
      if (map === undefined) {
        const fd = object.mapFd(table)
        const { maxEntries, keyBytes, valueBytes } = mapInfo(fd)
        maps.set(table, (map = { fd, capacity: maxEntries, keySize: keyBytes, valueSize: valueBytes }))
      }
      return map
    },
  })
}

export function kernelBench(options: BenchOptions = {}): KernelBench {
  const device = enterNamespace()
  let object: BpfObject
  try {
    object = load(options.connections)
  } catch (error) {
    leaveNamespace()
    throw error
  }
  const runner = new PacketRunner(object.programFd('weir_ingress'), device)
  const tickFd = object.programFd('weir_tick')
  const tables = tablesOf(object)
  return {
    name: 'kernel',
    tables,
    control: freshDirector(tables),
    handle(packet, mark = 0) {
      const run = runner.run(packet, 1, mark)
      const verdict = VERDICTS.get(run.retval)
      if (verdict === undefined) throw new Error(`weir_ingress returned ${run.retval}, which is no verdict`)
      return { verdict, packet: run.packet }
    },
    setClock(ms) {
      const request = new Uint8Array(new BigUint64Array([BigInt(ms)]).buffer)
      tickUntilIdle(() => testRun(tickFd, { context: request }).retval)
    },
    setForwarding,
    close() {
      object.close()
      setForwarding(true)
      leaveNamespace()
    },
    nsPerPacket: (packet, repeat) => runner.run(packet, repeat).durationNs,
  }
}
