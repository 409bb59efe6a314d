/**
 * A director as an operator commands it, over the tables of whichever host runs it. Every change is checked whole before the
 * first write. A director that changes things is used by one command that holds the writer lock; counters, connections and
 * states are read anew at every call.
 */
import { sameAddress } from '../engine/address.ts'
import { ClockView, OverloadView, SettingsView } from '../engine/generated/views.ts'
import { type Address, Availability, type Dest, ForwardingMethod, NONE } from '../engine/records.ts'
import { HASH_ROWS, MAGLEV_ROWS } from '../engine/hashing.ts'
import { DEFAULT_SETTINGS } from '../engine/settings.ts'
import type { TableStore } from '../engine/tables.ts'
import { formatAddress, formatEndpoint, parseAddress, type ParsedAddress } from './address.ts'
import { describeService, keyOf, methodNumber, recordOf, tunnelRecord } from './codes.ts'
import { addLocalAddress, freePool, removeLocalAddress, repairPools } from './local-addresses.ts'
import { readMarkRules, writeMarkRules } from './mark-rules.ts'
import {
  type ConnectionStatus,
  ControlError,
  type DestConfig,
  type DirectorControl,
  type Endpoint,
  type MarkRule,
  type ReasonStatus,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
  type SettingValues,
} from './model.ts'
import { keyName, Plan, type PlannedService } from './plan.ts'
import { mostBuckets, planScheduler, restartedState } from './scheduling/plan-scheduler.ts'
import { checkSettings, settingFields, settingValues } from './settings.ts'
import { accountable, connectionStatuses, destLoad, reasonStatuses, serviceStatus } from './status.ts'
import { restartRates, retire, retired, settle, zeroDest, zeroRetired } from './traffic.ts'
import { checkDest, checkFamilies, checkService } from './validation.ts'

/** How long a removed dest is remembered: its connections are its own again if it returns in time. */
const REMEMBER_MS = 120_000

export class Director implements DirectorControl {
  private loaded: Plan | null = null
  /** While a batch runs: the services whose schedulers are planned at its end. */
  private waiting: Set<PlannedService> | null = null

  /** `isOwn` tells the addresses of the host that the director runs on. */
  constructor(
    private readonly store: TableStore,
    private readonly isOwn: (address: string) => boolean = () => false,
  ) {}

  private get plan(): Plan {
    return (this.loaded ??= new Plan(this.store))
  }

  /**
   * Finishes what a killed command left and forgets dests that were removed long ago. To be called once the writer lock is held,
   * before any change. Throws a `StateError` where the tables contradict themselves.
   */
  repair(): void {
    this.loaded = new Plan(this.store)
    this.plan.repair(this.nowMs())
    repairPools(this.store, this.plan)
    this.forgetRemoved()
    this.findOwnDests()
    for (const service of this.plan.services.values()) if (service.record.planned === 0) this.reschedule(service)
  }

  /** Many changes at once: what schedulers need is worked out once for each service, at the end. */
  batch(changes: () => void): void {
    this.waiting = new Set()
    try {
      changes()
    } finally {
      const services = this.waiting
      this.waiting = null
      for (const service of services) if (this.plan.services.has(keyName(service.key))) this.reschedule(service)
    }
  }

  services(): ServiceStatus[] {
    return [...this.plan.services.values()].map((service) => serviceStatus(this.store, this.plan, service))
  }

  service(id: ServiceId): ServiceStatus | null {
    const service = this.plan.services.get(keyName(keyOf(id)))
    return service === undefined ? null : serviceStatus(this.store, this.plan, service)
  }

  addService(config: ServiceConfig): void {
    checkService(config)
    const key = keyOf(config)
    if (this.plan.services.has(keyName(key))) {
      throw new ControlError('service-exists', `${describeService(config)} is a service already`)
    }
    const options = recordOf(config, key.family)
    this.reschedule(
      this.plan.addService(key, {
        ...options,
        weightDivisor: 0,
        maxWeight: 0,
        firstBucket: 0,
        buckets: 0,
        firstLocal: NONE,
        locals: 0,
        planned: 0,
      }),
    )
  }

  editService(config: ServiceConfig): void {
    const service = this.find(config)
    checkService(config)
    const options = recordOf(config, service.key.family)
    this.requireRoom(service, options.scheduler)
    const isOther = options.scheduler !== service.record.scheduler
    if (isOther) this.plan.setSchedulerState(service, { lastDest: NONE, currentWeight: 0 })
    this.plan.editService(service, { ...options, planned: 0 })
    this.reschedule(service)
  }

  removeService(id: ServiceId): void {
    this.remove(this.find(id))
  }

  private remove(service: PlannedService): void {
    freePool(this.store, service)
    this.plan.removeService(service, this.nowMs())
  }

  clear(): void {
    for (const service of [...this.plan.services.values()]) this.remove(service)
  }

  addDest(id: ServiceId, config: DestConfig): void {
    const service = this.find(id)
    checkDest(config)
    const { address, family } = parseAddress(config.address)
    checkFamilies(id, service.key.family, family, config.method)
    if (this.findDest(service, config) !== null) {
      throw new ControlError(
        'dest-exists',
        `${formatEndpoint(config)} is a real server of ${describeService(id)} already`,
      )
    }
    this.requireRoom(service, service.record.scheduler)
    const index = this.remembered(service, config) ?? this.newDest(service, address, family, config.port)
    this.plan.saveDest(index, {
      ...this.configured(config),
      removedMs: 0,
      availability: Availability.Listed,
      lastWeight: config.weight === 0 ? this.plan.dest(index).lastWeight : config.weight,
      next: service.record.firstDest,
    })
    this.judgeLoad(index)
    this.plan.saveService(service, { firstDest: index, planned: 0 })
    this.reschedule(service)
  }

  editDest(id: ServiceId, config: DestConfig): void {
    const service = this.find(id)
    const index = this.requireDest(service, id, config)
    checkDest(config)
    const dest = this.plan.dest(index)
    checkFamilies(id, service.key.family, dest.family, config.method)
    const { upperThreshold, lowerThreshold } = dest
    this.plan.saveService(service, { planned: 0 })
    this.plan.saveDest(index, {
      ...this.configured(config),
      lastWeight: config.weight === 0 ? dest.lastWeight : config.weight,
    })
    if (upperThreshold !== config.upperThreshold || lowerThreshold !== config.lowerThreshold) this.judgeLoad(index)
    this.reschedule(service)
  }

  removeDest(id: ServiceId, dest: Endpoint): void {
    const service = this.find(id)
    const index = this.requireDest(service, id, dest)
    this.plan.saveService(service, { planned: 0 })
    this.plan.unlink(service, index, this.nowMs())
    this.reschedule(service)
  }

  addLocalAddress(id: ServiceId, address: string): void {
    addLocalAddress(this.store, this.plan, this.find(id), id, address)
  }

  removeLocalAddress(id: ServiceId, address: string): void {
    removeLocalAddress(this.store, this.plan, this.find(id), id, address)
  }

  zero(id?: ServiceId): void {
    const services = id === undefined ? [...this.plan.services.values()] : [this.find(id)]
    for (const service of services) {
      zeroRetired(this.store, service.record.index)
      for (const index of accountable(this.store, this.plan, service)) zeroDest(this.store, index)
    }
  }

  connections(): ConnectionStatus[] {
    return connectionStatuses(this.store, this.nowMs())
  }

  reasons(): ReasonStatus[] {
    return reasonStatuses(this.store)
  }

  settings(): SettingValues {
    return settingValues(this.settingsRow())
  }

  set(values: Partial<SettingValues>): void {
    checkSettings(values)
    const row = Object.assign(this.settingsRow(), settingFields({ ...this.settings(), ...values }))
    this.store.write('settingsRows', 0, row.toBytes())
  }

  markRules(): MarkRule[] {
    return readMarkRules(this.store)
  }

  setMarkRules(rules: readonly MarkRule[]): void {
    writeMarkRules(this.store, rules)
  }

  connectionCapacity(): number {
    return this.store.capacity('connections')
  }

  private nowMs(): number {
    return ClockView.from(this.store.readRange('clocks', 0, 1)).nowMs
  }

  /** A copy; the defaults where no director is loaded. */
  private settingsRow(): SettingsView {
    const row = SettingsView.from(this.store.readRange('settingsRows', 0, 1))
    return row.tcpMs === 0 ? row.set(DEFAULT_SETTINGS) : row
  }

  private find(id: ServiceId): PlannedService {
    const service = this.plan.services.get(keyName(keyOf(id)))
    if (service === undefined) {
      throw new ControlError('no-such-service', `${describeService(id)} is not a service: add it first`)
    }
    return service
  }

  private findDest(service: PlannedService, { address, port }: Endpoint): number | null {
    const wanted = parseAddress(address)
    return this.plan.list(service).find((index) => isAt(this.plan.dest(index), wanted, port)) ?? null
  }

  private requireDest(service: PlannedService, id: ServiceId, dest: Endpoint): number {
    const index = this.findDest(service, dest)
    if (index === null) {
      throw new ControlError('no-such-dest', `${formatEndpoint(dest)} is not a real server of ${describeService(id)}`)
    }
    return index
  }

  /** The slot of a dest that the service, or an earlier one with its key, had before. */
  private remembered(service: PlannedService, { address, port }: Endpoint): number | null {
    const wanted = parseAddress(address)
    const index = this.plan.ownedBy(service.key).find((candidate) => isAt(this.plan.dest(candidate), wanted, port))
    if (index === undefined) return null
    if (this.plan.dest(index).availability === Availability.Orphaned) zeroDest(this.store, index)
    return index
  }

  /** A slot for a dest that was never there; the traffic of the slot's last dest is put aside before it is the service's. */
  private newDest(service: PlannedService, address: Address, family: number, port: number): number {
    const index = this.plan.reserveDest()
    zeroDest(this.store, index)
    restartRates(this.store, index)
    this.store.write('overloads', index, OverloadView.of({ overloaded: 0 }).toBytes())
    this.plan.placeDest(index, {
      removedMs: 0,
      service: service.key,
      address,
      port,
      method: 0,
      family,
      isLocal: 0,
      tunnelType: 0,
      tunnelChecksum: 0,
      tunnelPort: 0,
      reserved: 0,
      availability: Availability.Listed,
      weight: 0,
      lastWeight: 0,
      upperThreshold: 0,
      lowerThreshold: 0,
      next: NONE,
    })
    return index
  }

  /** Marks a dest as overloaded or not, as LVS does when its thresholds are set. Between the two it stays as it was. */
  private judgeLoad(index: number): void {
    const { upperThreshold, lowerThreshold } = this.plan.dest(index)
    const { active, inactive } = destLoad(this.store, index)
    const total = active + inactive
    const lower = lowerThreshold === 0 ? upperThreshold - Math.floor(upperThreshold / 4) : lowerThreshold
    const isOver = upperThreshold !== 0 && total >= upperThreshold
    if (!isOver && upperThreshold !== 0 && total >= lower) return
    this.store.write('overloads', index, OverloadView.of({ overloaded: isOver ? 1 : 0 }).toBytes())
  }

  /**
   * Throws before anything is written where a scheduler that has no table yet would find no place for one. Room for one of each length
   * stays free, because a table is written anew beside the one in force.
   */
  private requireRoom(service: PlannedService, scheduler: number): void {
    const most = mostBuckets(scheduler)
    if (most === 0 || (service.record.buckets > 0 && scheduler === service.record.scheduler)) return
    this.plan.requireBuckets(most + HASH_ROWS + MAGLEV_ROWS)
  }

  /** Works out what the service's scheduler needs after a change of the service or of its dests. */
  private reschedule(service: PlannedService): void {
    if (this.waiting !== null) {
      this.waiting.add(service)
      return
    }
    const dests = this.plan.list(service).map((index) => ({ index, dest: this.plan.dest(index) }))
    const plan = planScheduler(service.record, dests)
    const state = this.plan.schedulerState(service)
    this.plan.saveScheduler(service, plan)
    const next = restartedState(service.record, plan, state)
    if (next.lastDest !== state.lastDest || next.currentWeight !== state.currentWeight) {
      this.plan.setSchedulerState(service, next)
    }
  }

  private forgetRemoved(): void {
    for (const service of this.plan.services.values()) {
      const { dest } = retired(this.store, service.record.index)
      if (dest === NONE) continue
      this.plan.freeDest(dest)
      settle(this.store, service.record.index)
    }
    for (const index of this.plan.used()) if (this.isForgettable(index)) this.forget(index)
  }

  /** Addresses of the host come and go: dests that are the director itself are found anew. */
  private findOwnDests(): void {
    for (const index of this.plan.used()) {
      const dest = this.plan.dest(index)
      const isLocal = this.isLocal(formatAddress(dest.address, dest.family))
      if (dest.isLocal !== isLocal) this.plan.saveDest(index, { isLocal })
    }
  }

  /** Whether a server is the host itself and answers by translation: the host's own packets then have to pass the director. */
  answersItself(): boolean {
    return this.plan.used().some((index) => {
      const { isLocal, method, availability } = this.plan.dest(index)
      const isTranslated = method === ForwardingMethod.Masquerading || method === ForwardingMethod.FullNat
      return isLocal !== 0 && isTranslated && availability !== Availability.Orphaned
    })
  }

  private isLocal(address: string): number {
    return this.isOwn(address) ? 1 : 0
  }

  /** What of a dest's record its configuration decides. */
  private configured(config: DestConfig): Partial<Dest> {
    const { address, weight, upperThreshold, lowerThreshold, method, tunnel } = config
    const isLocal = this.isLocal(address)
    return { method: methodNumber(method), isLocal, weight, upperThreshold, lowerThreshold, ...tunnelRecord(tunnel) }
  }

  private isForgettable(index: number): boolean {
    const dest = this.plan.dest(index)
    if (dest.availability === Availability.Listed || dest.removedMs + REMEMBER_MS > this.nowMs()) return false
    const { active, inactive, persistent } = destLoad(this.store, index)
    return active + inactive + persistent === 0
  }

  private forget(index: number): void {
    const dest = this.plan.dest(index)
    const service = this.plan.services.get(keyName(dest.service))
    if (service === undefined || dest.availability === Availability.Orphaned) {
      this.plan.freeDest(index)
      return
    }
    retire(this.store, service.record.index, index)
    this.plan.freeDest(index)
    settle(this.store, service.record.index)
  }
}

/** A service with tunnels has servers of both families: 10.2.0.1 and a02:1:: are the same words. */
function isAt(dest: Dest, { address, family }: ParsedAddress, port: number): boolean {
  return dest.port === port && dest.family === family && sameAddress(dest.address, address, family)
}
