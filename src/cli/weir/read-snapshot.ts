/**
 * Takes the snapshot of the director in this network namespace. Takes no lock and changes nothing; a writer at work may be
 * seen half way, as with every reader. Cost: a few system calls for each dest, table and device.
 */
import { readFileSync, statSync } from 'node:fs'
import { keyOf } from '../../control/codes.ts'
import { Director } from '../../control/director.ts'
import type { ServiceStatus } from '../../control/model.ts'
import { ClockView, DestStateView, LayoutView } from '../../engine/generated/views.ts'
import { TABLES, type TableDefinition, type TableName, type TableStore } from '../../engine/tables.ts'
import { deviceStatus, type DeviceStatus } from '../../kernel/attach.ts'
import { KernelTables } from '../../kernel/kernel-tables.ts'
import { PinnedDirector } from '../../kernel/pins.ts'
import { stateFolder, type StateFolder } from '../../kernel/state-folder.ts'
import { requireSystem } from '../../kernel/system.ts'
import { waysTo } from './routes.ts'
import { virtualAddresses } from './services.ts'
import type { HostSnapshot, LoadedSnapshot, Snapshot } from './snapshot.ts'

/** Throws a `KernelError`, or a `StateError` where the tables contradict themselves. */
export function readSnapshot(): Snapshot {
  requireSystem()
  const folder = stateFolder()
  const pinned = PinnedDirector.open(folder)
  try {
    const devices = deviceStatus(folder, pinned)
    const director = pinned === null ? null : readDirector(folder, pinned, devices)
    return { takenAtMs: Date.now(), namespace: folder.cookie, devices, director }
  } finally {
    pinned?.close()
  }
}

function readDirector(
  folder: StateFolder,
  pinned: PinnedDirector,
  devices: readonly DeviceStatus[],
): LoadedSnapshot | null {
  // Made by the load and never changed since, unlike the folder of links.
  const made = statSync(`${folder.pins}/programs`, { throwIfNoEntry: false })
  // Unloaded since it was opened.
  if (made === undefined) return null
  const tables = new KernelTables(pinned)
  const director = new Director(tables)
  const services = director.services().sort(byId)
  const layout = LayoutView.from(tables.readRange('layouts', 0, 1))
  return {
    loadedAtMs: Math.round(made.mtimeMs),
    layoutVersion: layout.version,
    clockBehindMs: clockBehindMs(tables),
    connections: { ...connectionsInUse(tables, layout.lastDest), capacity: director.connectionCapacity() },
    memory: readMemory(pinned),
    services,
    reasons: director.reasons(),
    host: readHost(services, devices),
  }
}

/** By address, port and protocol, IPv4 before IPv6; marks last. */
function byId(a: ServiceStatus, b: ServiceStatus): number {
  const [left, right] = [rankOf(a), rankOf(b)]
  const at = left.findIndex((value, index) => value !== right[index])
  return at < 0 ? 0 : (left[at] ?? 0) - (right[at] ?? 0)
}

function rankOf(service: ServiceStatus): readonly number[] {
  const { address, family, port, protocol, mark } = keyOf(service)
  const { word0, word1, word2, word3 } = address
  return [mark, family, word0, word1, word2, word3, port, protocol]
}

function clockBehindMs(tables: TableStore): number {
  const { nowMs } = ClockView.from(tables.readRange('clocks', 0, 1))
  return Math.max(0, Number(process.hrtime.bigint() / 1_000_000n) - nowMs)
}

/** From the counts of all dests, removed ones included: the table of connections itself would take a pass over all slots. */
function connectionsInUse(tables: TableStore, lastDest: number): { inUse: number; templates: number } {
  const bytes = tables.readRange('destStates', 0, lastDest + 1)
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let [inUse, templates] = [0, 0]
  for (let at = 0; at < bytes.length; at += DestStateView.SIZE) {
    const { active, inactive, persistent } = new DestStateView(data, at)
    inUse += active + inactive + persistent
    templates += persistent
  }
  return { inUse, templates }
}

function readMemory(pinned: PinnedDirector): LoadedSnapshot['memory'] {
  let bytes = 0
  let scaling = 0
  for (const [table, definition] of Object.entries(TABLES) as [TableName, TableDefinition][]) {
    const used = mapBytes(pinned.map(table).fd)
    bytes += used
    if (definition.perConnection !== undefined) scaling += used
  }
  return { bytes, bytesPerConnection: Math.round(scaling / pinned.map('connections').capacity) }
}

/** What the kernel accounts for a map: since Linux 6.4 its real size. */
function mapBytes(fd: number): number {
  return Number(/^memlock:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1] ?? 0)
}

function readHost(services: readonly ServiceStatus[], devices: readonly DeviceStatus[]): HostSnapshot {
  const notForwarding = (ip: 'ipv4' | 'ipv6') =>
    devices.flatMap(({ name, attached }) =>
      attached && !readSwitch(`/proc/sys/net/${ip}/conf/${name}/forwarding`) ? [name] : [],
    )
  return {
    forwarding: readSwitch('/proc/sys/net/ipv4/ip_forward'),
    devicesNotForwarding: notForwarding('ipv4'),
    forwarding6: readSwitch('/proc/sys/net/ipv6/conf/all/forwarding'),
    devicesNotForwarding6: notForwarding('ipv6'),
    loopbackForwarding: readSwitch('/proc/sys/net/ipv4/conf/lo/forwarding'),
    loopbackForwarding6: readSwitch('/proc/sys/net/ipv6/conf/lo/forwarding'),
    ways: waysTo(virtualAddresses(services)),
  }
}

/** False only for a plain 0: what can't be read, such as a device that has just gone, is nothing to warn of. */
function readSwitch(path: string): boolean {
  try {
    return readFileSync(path, 'latin1').trim() !== '0'
  } catch {
    return true
  }
}
