/** What a director says of itself: services, dests and connections read from its tables into an operator's words. */
import { AllocatorView, ConnectionView, DestStateView, ReasonCountView } from '../engine/generated/views.ts'
import { REASONS } from '../engine/reasons.ts'
import { Availability, type Connection, ConnectionFlag } from '../engine/records.ts'
import type { TableStore } from '../engine/tables.ts'
import { endpointOf, idOf, methodName, optionsOf, protocolName, stateName, tunnelOf } from './codes.ts'
import { localAddressStatuses } from './local-addresses.ts'
import type { ConnectionStatus, DestStatus, ReasonStatus, ServiceStatus } from './model.ts'
import type { Plan, PlannedService } from './plan.ts'
import { destCounters, destRates, retired, sum } from './traffic.ts'

/** Connections read at once. */
const CHUNK = 16384

/** A template of a mark's service has no protocol of its own; `ipvsadm` shows the mark as an IPv4 address. */
const MARK_PROTOCOL = 0
const MARK_FAMILY = 4

export function destLoad(store: TableStore, index: number): Pick<DestStatus, 'active' | 'inactive' | 'persistent'> {
  const { active, inactive, persistent } = DestStateView.from(store.readRange('destStates', index, 1))
  return { active, inactive, persistent }
}

function destStatus(store: TableStore, plan: Plan, index: number): DestStatus {
  const dest = plan.dest(index)
  return {
    ...endpointOf(dest.address, dest.port, dest.family),
    weight: dest.weight,
    method: methodName(dest.method),
    tunnel: tunnelOf(dest),
    upperThreshold: dest.upperThreshold,
    lowerThreshold: dest.lowerThreshold,
    isLocal: dest.isLocal !== 0,
    ...destLoad(store, index),
    counters: destCounters(store, index),
    rates: destRates(store, index),
  }
}

/** The dests whose traffic is the service's: those in its list, and those removed but not yet forgotten. */
export function accountable(store: TableStore, plan: Plan, service: PlannedService): number[] {
  const settled = retired(store, service.record.index).dest
  return plan
    .ownedBy(service.key)
    .filter((index) => index !== settled && plan.dest(index).availability !== Availability.Orphaned)
}

export function serviceStatus(store: TableStore, plan: Plan, service: PlannedService): ServiceStatus {
  const list = plan.list(service)
  const listed = new Set(list)
  const dests = list.map((index) => destStatus(store, plan, index))
  const gone = accountable(store, plan, service).filter((index) => !listed.has(index))
  return {
    ...idOf(service.key),
    ...optionsOf(service.record),
    localAddresses: localAddressStatuses(store, service),
    dests,
    counters: sum([
      retired(store, service.record.index).counters,
      ...dests.map(({ counters }) => counters),
      ...gone.map((index) => destCounters(store, index)),
    ]),
    rates: sum([...dests.map(({ rates }) => rates), ...gone.map((index) => destRates(store, index))]),
  }
}

function connectionStatus(connection: Connection, nowMs: number): ConnectionStatus {
  const { family, protocol, flags, state } = connection
  const isMark = protocol === MARK_PROTOCOL
  const name = isMark ? 'ip' : protocolName(protocol)
  return {
    protocol: name,
    client: endpointOf(connection.client, connection.clientPort, family),
    virtual: endpointOf(connection.virtual, connection.virtualPort, isMark ? MARK_FAMILY : family),
    dest: endpointOf(connection.server, connection.serverPort, connection.serverFamily),
    state: name === 'ip' || (flags & ConnectionFlag.Template) !== 0 ? 'NONE' : stateName(name, state),
    remainingMs: Math.max(connection.expiresMs - nowMs, 0),
  }
}

/** Whether a slot holds a connection that counts: templates live on while they have connections. */
function isAlive({ expiresMs, flags, members }: Connection, nowMs: number): boolean {
  if (expiresMs > nowMs) return true
  return expiresMs !== 0 && (flags & ConnectionFlag.Template) !== 0 && members > 0
}

export function connectionStatuses(store: TableStore, nowMs: number): ConnectionStatus[] {
  const found: ConnectionStatus[] = []
  const { used } = AllocatorView.from(store.readRange('allocators', 0, 1))
  const end = Math.min(used + 1, store.capacity('connections'))
  for (let first = 1; first < end; first += CHUNK) {
    const bytes = store.readRange('connections', first, Math.min(CHUNK, end - first))
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < bytes.length; at += ConnectionView.SIZE) {
      const connection = new ConnectionView(data, at)
      if (isAlive(connection, nowMs)) found.push(connectionStatus(connection, nowMs))
    }
  }
  return found
}

export function reasonStatuses(store: TableStore): ReasonStatus[] {
  return REASONS.map((reason, index) => {
    const bytes = store.read('reasons', index) ?? new Uint8Array(0)
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let packets = 0
    for (let at = 0; at < bytes.length; at += ReasonCountView.SIZE) packets += new ReasonCountView(data, at).packets
    return { ...reason, packets }
  })
}
