/**
 * A director as an operator commands it, over the tables of whichever host runs it. Every change is checked whole before the
 * first write. A director that changes things is used by one command that holds the writer lock; counters, connections and
 * states are read anew at every call.
 */
import {
  AllocatorView,
  ClockView,
  ConnectionView,
  DestStateView,
  ReasonCountView,
  type DestView,
} from '../engine/generated/views.ts'
import { TCP_STATE_NAMES } from '../engine/protocols/tcp.ts'
import { REASONS } from '../engine/reasons.ts'
import { type Address, Availability, ForwardingMethod, NONE, Scheduler, type ServiceKey } from '../engine/records.ts'
import type { TableStore } from '../engine/tables.ts'
import { formatAddress, formatEndpoint, parseAddress } from './address.ts'
import {
  type ConnectionStatus,
  ControlError,
  type DestConfig,
  type DestStatus,
  type DirectorControl,
  type Endpoint,
  type MethodName,
  type Protocol,
  type ReasonStatus,
  type SchedulerName,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
} from './model.ts'
import { keyName, Plan, type PlannedService } from './plan.ts'
import {
  destCounters,
  destRates,
  restartRates,
  retire,
  retired,
  settle,
  sum,
  zeroDest,
  zeroRetired,
} from './traffic.ts'

const PROTOCOL_NUMBERS: Record<Protocol, number> = { tcp: 6 }
const SCHEDULER_NUMBERS: Record<SchedulerName, number> = { rr: Scheduler.RoundRobin }
const METHOD_NUMBERS: Record<MethodName, number> = { masquerading: ForwardingMethod.Masquerading }

/** How long a removed dest is remembered: its connections are its own again if it returns in time. */
const REMEMBER_MS = 120_000
const MAX_WEIGHT = 2 ** 31 - 1
/** Connections read at once. */
const CHUNK = 16384

function nameOf<Name extends string>(numbers: Record<Name, number>, number: number): Name {
  for (const name in numbers) if (numbers[name] === number) return name
  throw new Error(`the tables hold ${number}, which is none of ${Object.keys(numbers).join(', ')}`)
}

function endpoint(address: Address, port: number): Endpoint {
  return { address: formatAddress(address.word), port }
}

function checkPort(port: number): void {
  if (!Number.isInteger(port) || port < 1 || port > 65535) {
    throw new ControlError('bad-port', `${port} is not a port: choose one from 1 to 65535`)
  }
}

function keyOf({ protocol, address, port }: ServiceId): ServiceKey {
  checkPort(port)
  return { address: { word: parseAddress(address) }, port, protocol: PROTOCOL_NUMBERS[protocol], reserved: 0 }
}

export class Director implements DirectorControl {
  private plan_: Plan | null = null

  constructor(private readonly store: TableStore) {}

  private get plan(): Plan {
    return (this.plan_ ??= new Plan(this.store))
  }

  /**
   * Finishes what a killed command left and forgets dests that were removed long ago. To be called once the writer lock is held,
   * before any change. Throws a `StateError` where the tables contradict themselves.
   */
  repair(): void {
    this.plan_ = new Plan(this.store)
    this.plan.repair(this.nowMs())
    this.forgetRemoved()
  }

  services(): ServiceStatus[] {
    return [...this.plan.services.values()].map((service) => this.serviceStatus(service))
  }

  service(id: ServiceId): ServiceStatus | null {
    const service = this.plan.services.get(keyName(keyOf(id)))
    return service === undefined ? null : this.serviceStatus(service)
  }

  addService(config: ServiceConfig): void {
    const key = keyOf(config)
    if (this.plan.services.has(keyName(key))) {
      throw new ControlError('service-exists', `${config.protocol} ${formatEndpoint(config)} is a service already`)
    }
    this.plan.addService(key, SCHEDULER_NUMBERS[config.scheduler])
  }

  editService(config: ServiceConfig): void {
    const service = this.find(config)
    this.plan.restartScheduler(service)
    this.plan.saveService(service, { scheduler: SCHEDULER_NUMBERS[config.scheduler] })
  }

  removeService(id: ServiceId): void {
    this.plan.removeService(this.find(id), this.nowMs())
  }

  clear(): void {
    for (const service of [...this.plan.services.values()]) this.plan.removeService(service, this.nowMs())
  }

  addDest(id: ServiceId, config: DestConfig): void {
    const service = this.find(id)
    checkDest(config)
    const word = parseAddress(config.address)
    if (this.findDest(service, config) !== null) {
      throw new ControlError(
        'dest-exists',
        `${formatEndpoint(config)} is a real server of ${formatEndpoint(id)} already`,
      )
    }
    const index = this.remembered(service, config) ?? this.newDest(service, word, config)
    this.plan.saveDest(index, {
      removedMs: 0,
      availability: Availability.Listed,
      method: METHOD_NUMBERS[config.method],
      weight: config.weight,
      next: service.record.firstDest,
    })
    this.plan.saveService(service, { firstDest: index })
  }

  editDest(id: ServiceId, config: DestConfig): void {
    const index = this.requireDest(this.find(id), id, config)
    checkDest(config)
    this.plan.saveDest(index, { method: METHOD_NUMBERS[config.method], weight: config.weight })
  }

  removeDest(id: ServiceId, dest: Endpoint): void {
    const service = this.find(id)
    this.plan.unlink(service, this.requireDest(service, id, dest), this.nowMs())
  }

  zero(id?: ServiceId): void {
    const services = id === undefined ? [...this.plan.services.values()] : [this.find(id)]
    for (const service of services) {
      zeroRetired(this.store, service.record.index)
      for (const index of this.accountable(service)) zeroDest(this.store, index)
    }
  }

  connections(): ConnectionStatus[] {
    const found: ConnectionStatus[] = []
    const now = this.nowMs()
    const { used } = AllocatorView.from(this.store.readRange('allocators', 0, 1))
    const end = Math.min(used + 1, this.connectionCapacity())
    for (let first = 1; first < end; first += CHUNK) {
      const bytes = this.store.readRange('connections', first, Math.min(CHUNK, end - first))
      const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      for (let at = 0; at < bytes.length; at += ConnectionView.SIZE) {
        const connection = new ConnectionView(data, at)
        if (connection.expiresMs > now) found.push(connectionStatus(connection, now))
      }
    }
    return found
  }

  reasons(): ReasonStatus[] {
    return REASONS.map((reason, index) => {
      const bytes = this.store.read('reasons', index) ?? new Uint8Array(0)
      const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      let packets = 0
      for (let at = 0; at < bytes.length; at += ReasonCountView.SIZE) packets += new ReasonCountView(data, at).packets
      return { ...reason, packets }
    })
  }

  connectionCapacity(): number {
    return this.store.capacity('connections')
  }

  private nowMs(): number {
    return ClockView.from(this.store.readRange('clocks', 0, 1)).nowMs
  }

  private find(id: ServiceId): PlannedService {
    const service = this.plan.services.get(keyName(keyOf(id)))
    if (service === undefined) {
      throw new ControlError('no-such-service', `${id.protocol} ${formatEndpoint(id)} is not a service: add it first`)
    }
    return service
  }

  private findDest(service: PlannedService, { address, port }: Endpoint): number | null {
    const word = parseAddress(address)
    return this.plan.list(service).find((index) => isAt(this.plan.dest(index), word, port)) ?? null
  }

  private requireDest(service: PlannedService, id: ServiceId, dest: Endpoint): number {
    const index = this.findDest(service, dest)
    if (index === null) {
      throw new ControlError('no-such-dest', `${formatEndpoint(dest)} is not a real server of ${formatEndpoint(id)}`)
    }
    return index
  }

  /** The slot of a dest that the service, or an earlier one with its key, had before. */
  private remembered(service: PlannedService, { address, port }: Endpoint): number | null {
    const word = parseAddress(address)
    const index = this.plan.ownedBy(service.key).find((candidate) => isAt(this.plan.dest(candidate), word, port))
    if (index === undefined) return null
    if (this.plan.dest(index).availability === Availability.Orphaned) zeroDest(this.store, index)
    return index
  }

  /** What the slot counted in an earlier life is put aside before it is the service's. */
  private newDest(service: PlannedService, word: number, { port, weight, method }: DestConfig): number {
    const index = this.plan.reserveDest()
    zeroDest(this.store, index)
    restartRates(this.store, index)
    this.plan.placeDest(index, {
      removedMs: 0,
      service: service.key,
      address: { word },
      port,
      method: METHOD_NUMBERS[method],
      availability: Availability.Listed,
      weight,
      next: NONE,
    })
    return index
  }

  /** The dests whose traffic is the service's: those in its list, and those removed but not yet forgotten. */
  private accountable(service: PlannedService): number[] {
    const settled = retired(this.store, service.record.index).dest
    return this.plan
      .ownedBy(service.key)
      .filter((index) => index !== settled && this.plan.dest(index).availability !== Availability.Orphaned)
  }

  private forgetRemoved(): void {
    for (const service of this.plan.services.values()) {
      const { dest } = retired(this.store, service.record.index)
      if (dest === NONE) continue
      this.plan.freeDest(dest)
      settle(this.store, service.record.index)
    }
    for (const index of this.plan.used()) {
      const dest = this.plan.dest(index)
      const { active, inactive } = this.destState(index)
      if (dest.availability === Availability.Listed || active + inactive > 0) continue
      if (dest.removedMs + REMEMBER_MS > this.nowMs()) continue
      const service = this.plan.services.get(keyName(dest.service))
      if (service === undefined || dest.availability === Availability.Orphaned) this.plan.freeDest(index)
      else {
        retire(this.store, service.record.index, index)
        this.plan.freeDest(index)
        settle(this.store, service.record.index)
      }
    }
  }

  private destState(index: number): { active: number; inactive: number } {
    const state = DestStateView.from(this.store.readRange('destStates', index, 1))
    return { active: state.active, inactive: state.inactive }
  }

  private destStatus(index: number): DestStatus {
    const dest = this.plan.dest(index)
    return {
      ...endpoint(dest.address, dest.port),
      weight: dest.weight,
      method: nameOf(METHOD_NUMBERS, dest.method),
      ...this.destState(index),
      counters: destCounters(this.store, index),
      rates: destRates(this.store, index),
    }
  }

  private serviceStatus(service: PlannedService): ServiceStatus {
    const list = this.plan.list(service)
    const listed = new Set(list)
    const dests = list.map((index) => this.destStatus(index))
    const gone = this.accountable(service).filter((index) => !listed.has(index))
    return {
      protocol: nameOf(PROTOCOL_NUMBERS, service.key.protocol),
      ...endpoint(service.key.address, service.key.port),
      scheduler: nameOf(SCHEDULER_NUMBERS, service.record.scheduler),
      dests,
      counters: sum([
        retired(this.store, service.record.index).counters,
        ...dests.map(({ counters }) => counters),
        ...gone.map((index) => destCounters(this.store, index)),
      ]),
      rates: sum([...dests.map(({ rates }) => rates), ...gone.map((index) => destRates(this.store, index))]),
    }
  }
}

function isAt(dest: DestView, word: number, port: number): boolean {
  return dest.address.word === word && dest.port === port
}

function checkDest({ port, weight }: DestConfig): void {
  checkPort(port)
  if (!Number.isInteger(weight) || weight < 0 || weight > MAX_WEIGHT) {
    throw new ControlError('bad-weight', `${weight} is not a weight: choose one from 0 to ${MAX_WEIGHT}`)
  }
}

function connectionStatus(connection: ConnectionView, nowMs: number): ConnectionStatus {
  return {
    protocol: nameOf(PROTOCOL_NUMBERS, connection.protocol),
    client: endpoint(connection.client, connection.clientPort),
    virtual: endpoint(connection.virtual, connection.virtualPort),
    dest: endpoint(connection.server, connection.serverPort),
    state: TCP_STATE_NAMES[connection.state] ?? 'NONE',
    remainingMs: connection.expiresMs - nowMs,
  }
}
