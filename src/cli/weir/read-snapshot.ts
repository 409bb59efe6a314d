/**
 * Takes the snapshot of the director in this network namespace. Takes no lock and changes nothing; a writer at work may be
 * seen half way, as with every reader. Cost: a few system calls for each dest, table and device.
 */
import { readFileSync, statSync } from 'node:fs'
import { parseAddress } from '../../control/address.ts'
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
  const services = director.services().sort(byAddress)
  const layout = LayoutView.from(tables.readRange('layouts', 0, 1))
  return {
    loadedAtMs: Math.round(made.mtimeMs),
    layoutVersion: layout.version,
    clockBehindMs: clockBehindMs(tables),
    connections: { inUse: connectionsInUse(tables, layout.lastDest), capacity: director.connectionCapacity() },
    memory: readMemory(pinned),
    services,
    reasons: director.reasons(),
    host: readHost(services, devices),
  }
}

function byAddress(a: ServiceStatus, b: ServiceStatus): number {
  return parseAddress(a.address) - parseAddress(b.address) || a.port - b.port
}

function clockBehindMs(tables: TableStore): number {
  const { nowMs } = ClockView.from(tables.readRange('clocks', 0, 1))
  return Math.max(0, Number(process.hrtime.bigint() / 1_000_000n) - nowMs)
}

/** From the counts of all dests, removed ones included: the table of connections itself would take a pass over all slots. */
function connectionsInUse(tables: TableStore, lastDest: number): number {
  const bytes = tables.readRange('destStates', 0, lastDest + 1)
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let count = 0
  for (let at = 0; at < bytes.length; at += DestStateView.SIZE) {
    const { active, inactive } = new DestStateView(data, at)
    count += active + inactive
  }
  return count
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
  const forwards = (device: string) => readSwitch(`/proc/sys/net/ipv4/conf/${device}/forwarding`)
  return {
    forwarding: readSwitch('/proc/sys/net/ipv4/ip_forward'),
    devicesNotForwarding: devices.filter(({ name, attached }) => attached && !forwards(name)).map(({ name }) => name),
    ways: waysTo([...new Set(services.map(({ address }) => address))]),
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
