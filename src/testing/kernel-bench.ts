/**
 * The engine in the Linux kernel on a bench: the built objects loaded but attached to nothing and pinned nowhere, packets run through
 * weir_ingress, or through weir_xdp first, by BPF_PROG_TEST_RUN, the clock moved by weir_tick. Needs root and `npm run build`. Cost: 0.5 s to
 * load a small director, 4 µs a packet.
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
  type BenchResult,
  type BenchVerdict,
  type DirectorBench,
  freshDirector,
  layoutRow,
  settingsRow,
  tickUntilIdle,
} from './bench.ts'
import { etherTypeOf, PacketRunner } from './packet-runner.ts'
import { enterNamespace, leaveNamespace, setForwarding, type TestDevice } from './test-namespace.ts'

const OBJECT_FILE = fileURLToPath(new URL('../../dist/weir.bpf.o', import.meta.url))
const XDP_OBJECT_FILE = fileURLToPath(new URL('../../dist/weir-xdp.bpf.o', import.meta.url))

/** What weir_ingress returns: TCX_NEXT, TCX_DROP, TCX_REDIRECT of linux/bpf.h. */
const VERDICTS: ReadonlyMap<number, BenchVerdict> = new Map([
  [-1, 'pass'],
  [2, 'drop'],
  [7, 'forward'],
])
/** What weir_xdp returns of a packet that doesn't go up: XDP_DROP, XDP_REDIRECT. */
const XDP_VERDICTS: ReadonlyMap<number, BenchVerdict> = new Map([
  [1, 'drop'],
  [4, 'forward'],
])
const XDP_PASS = 2
/** Of `ifindex` in struct handoff: platform/tcx.h. */
const HANDOFF_IFINDEX_AT = 12

export interface KernelBench extends DirectorBench {
  /** The average of `repeat` runs of weir_ingress on one and the same packet, in whole nanoseconds. */
  nsPerPacket(packet: Uint8Array, repeat: number): number
}

/** What became of a packet at XDP: sent, dropped, passed up with a handoff, or passed up as it came. */
export type XdpFate = 'sent' | 'dropped' | 'handed-up' | 'untouched'

export interface XdpBench extends KernelBench {
  /** Packets by what became of them at XDP. */
  readonly fates: Readonly<Record<XdpFate, number>>
}

/** Why there can be no kernel bench here, or null. */
export function whyNoKernelBench(): string | null {
  if (process.platform !== 'linux') return 'needs Linux'
  try {
    requireSystem()
  } catch (error) {
    return (error as Error).message
  }
  return [OBJECT_FILE, XDP_OBJECT_FILE].every((file) => existsSync(file)) ? null : 'needs dist/*.bpf.o: npm run build'
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

/** The programs of a device at XDP over the tables of `object`; redirected frames may leave by `ifindex`. */
export function loadXdp(object: BpfObject, ifindex: number): BpfObject {
  const xdp = BpfObject.open(readFileSync(XDP_OBJECT_FILE), 'weir-xdp')
  try {
    for (const table of TABLE_NAMES) xdp.reuseMap(table, object.mapFd(table))
    xdp.load()
    const key = new Uint8Array(new Uint32Array([ifindex]).buffer)
    mapUpdate(xdp.mapFd('redirectTargets'), key, key)
    return xdp
  } catch (error) {
    xdp.close()
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

/** What becomes of a packet at tcx alone. */
function handleAtTcx(runner: PacketRunner, packet: Uint8Array, mark: number): BenchResult {
  const run = runner.run(packet, 1, mark)
  const verdict = VERDICTS.get(run.retval)
  if (verdict === undefined) throw new Error(`weir_ingress returned ${run.retval}, which is no verdict`)
  return { verdict, packet: run.packet }
}

/** What becomes of a packet at XDP. */
function handleAtXdp(runner: PacketRunner, packet: Uint8Array): { fate: XdpFate; result: BenchResult } {
  const { retval, packet: after, metadata, etherType } = runner.run(packet)
  const verdict = XDP_VERDICTS.get(retval)
  if (verdict === 'forward' && etherType !== etherTypeOf(after))
    throw new Error(`weir_xdp left an IP packet of version ${(after[0] ?? 0) >>> 4} behind Ethernet type ${etherType}`)
  if (verdict !== undefined)
    return { fate: verdict === 'drop' ? 'dropped' : 'sent', result: { verdict, packet: after } }
  if (retval !== XDP_PASS) throw new Error(`weir_xdp returned ${retval}, which is no verdict`)
  if (metadata.length > 0) {
    const isForwarded = new DataView(metadata.buffer).getUint32(HANDOFF_IFINDEX_AT, true) !== 0
    return { fate: 'handed-up', result: { verdict: isForwarded ? 'forward' : 'pass', packet: after } }
  }
  if (Buffer.compare(after, packet) !== 0) throw new Error('weir_xdp changed a packet that it passed up unhandled')
  return { fate: 'untouched', result: { verdict: 'pass', packet: after } }
}

type Handle = (packet: Uint8Array, mark: number) => BenchResult

/** A bench over `object`, with what its programs do to a packet. `programs` are closed with it. */
function benchOver(
  name: string,
  object: BpfObject,
  handle: Handle,
  nsPerPacket: KernelBench['nsPerPacket'],
  programs: readonly BpfObject[],
): KernelBench {
  const tickFd = object.programFd('weir_tick')
  const tables = tablesOf(object)
  return {
    name,
    tables,
    control: freshDirector(tables),
    handle: (packet, mark = 0) => handle(packet, mark),
    setClock(ms) {
      const request = new Uint8Array(new BigUint64Array([BigInt(ms)]).buffer)
      tickUntilIdle(() => testRun(tickFd, { context: request }).retval)
    },
    setForwarding,
    close() {
      for (const program of programs) program.close()
      setForwarding(true)
      leaveNamespace()
    },
    nsPerPacket,
  }
}

/** Runs `make` in the benches' namespace, which a bench's `close` leaves. */
function inNamespace(make: (device: TestDevice) => KernelBench): KernelBench {
  const device = enterNamespace()
  try {
    return make(device)
  } catch (error) {
    leaveNamespace()
    throw error
  }
}

export function kernelBench(options: BenchOptions = {}): KernelBench {
  return inNamespace((device) => {
    const object = load(options.connections)
    const runner = new PacketRunner(object.programFd('weir_ingress'), device)
    const handle: Handle = (packet, mark) => handleAtTcx(runner, packet, mark)
    return benchOver('kernel', object, handle, (packet, repeat) => runner.run(packet, repeat).durationNs, [object])
  })
}

/** A device at XDP: weir_xdp, and weir_ingress for what goes up as it came. Marks come from tcx programs, so what has one is tcx's. */
export function xdpBench(options: BenchOptions = {}): XdpBench {
  const fates: Record<XdpFate, number> = { sent: 0, dropped: 0, 'handed-up': 0, untouched: 0 }
  const bench = inNamespace((device) => {
    const object = load(options.connections)
    let xdp: BpfObject
    try {
      xdp = loadXdp(object, device.ifindex)
    } catch (error) {
      object.close()
      throw error
    }
    const tcxRunner = new PacketRunner(object.programFd('weir_ingress'), device)
    const runner = new PacketRunner(xdp.programFd('weir_xdp'), device, 'xdp')
    const handle: Handle = (packet, mark) => {
      if (mark !== 0) return handleAtTcx(tcxRunner, packet, mark)
      const { fate, result } = handleAtXdp(runner, packet)
      fates[fate] += 1
      return fate === 'untouched' ? handleAtTcx(tcxRunner, packet, mark) : result
    }
    const nsPerPacket: KernelBench['nsPerPacket'] = (packet, repeat) => runner.run(packet, repeat).durationNs
    return benchOver('xdp', object, handle, nsPerPacket, [xdp, object])
  })
  return { ...bench, fates }
}
