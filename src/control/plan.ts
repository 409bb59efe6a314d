/**
 * The configuration as it lies in the director's tables: `services` by key, each the head of a list of `dests`.
 *
 * Packets walk the lists while this changes them, and this process may be killed between any two writes. So a dest is written whole
 * before a list leads to it, is marked before it is taken out, and every change takes effect by one write; `repair` finishes or
 * undoes what a killed process left. Only the holder of the writer lock changes a plan, so one load serves a whole command.
 */
import {
  DestView,
  LayoutView,
  ServiceKeyView,
  ServiceStateView,
  ServiceView,
  SettingsView,
} from '../engine/generated/views.ts'
import {
  Availability,
  type Dest,
  FTP_PORT,
  NONE,
  type Service,
  ServiceFlag,
  type ServiceKey,
  type ServiceState,
} from '../engine/records.ts'
import type { TableStore } from '../engine/tables.ts'
import { Extents } from './extents.ts'
import { ControlError } from './model.ts'
import type { SchedulerPlan } from './scheduling/plan-scheduler.ts'

export interface PlannedService {
  readonly key: ServiceKeyView
  record: ServiceView
}

/** A service's key as text, to find it by. */
export function keyName({ address, port, protocol, family, mark }: ServiceKey): string {
  const words = [address.word0, address.word1, address.word2, address.word3].join('.')
  return `${family} ${protocol} ${words}:${port} ${mark}`
}

/** Tables that no sequence of writes of ours can leave. Nothing has been changed. */
export class StateError extends Error {
  readonly code = 'state-corrupt'

  constructor(what: string) {
    super(
      `the director's tables contradict themselves: ${what}; save what you can with "ipvsadm -S", then "weir unload"`,
    )
    this.name = 'StateError'
  }
}

export class Plan {
  readonly services = new Map<string, PlannedService>()
  private readonly layout: LayoutView
  private readonly dests: DestView[]
  /** Slots in use, listed or not, by the name of their service. */
  private readonly owned = new Map<string, Set<number>>()
  /** Slots below `lastDest` that are not in use. */
  private readonly holes: number[] = []
  /** Indexes in `serviceStates` that are taken. */
  private readonly indexes: Set<number>
  private readonly extents: Extents

  constructor(private readonly store: TableStore) {
    this.layout = LayoutView.from(store.readRange('layouts', 0, 1))
    const bytes = store.readRange('dests', 0, this.layout.lastDest + 1)
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.dests = Array.from(
      { length: this.layout.lastDest + 1 },
      (_, index) => new DestView(data, index * DestView.SIZE),
    )
    for (let index = this.lastDest; index > NONE; index--) {
      if (this.dest(index).service.family === 0) this.holes.push(index)
      else this.own(index)
    }
    for (const { key, value } of store.entries('services')) {
      const view = ServiceKeyView.from(key)
      this.services.set(keyName(view), { key: view, record: ServiceView.from(value) })
    }
    this.indexes = new Set([...this.services.values()].map(({ record }) => record.index))
    this.extents = new Extents(
      store.capacity('buckets'),
      [...this.services.values()].map(({ record }) => ({ first: record.firstBucket, length: record.buckets })),
    )
  }

  get lastDest(): number {
    return this.layout.lastDest
  }

  dest(index: number): DestView {
    const dest = this.dests[index]
    if (dest === undefined) throw new StateError(`there is no dest ${index}`)
    return dest
  }

  /** All dests that are in use, listed or not. */
  used(): number[] {
    return [...this.owned.values()].flatMap((indexes) => [...indexes])
  }

  /** The dests of the service with this key, or of an earlier one with it, listed or not. */
  ownedBy(key: ServiceKey): number[] {
    return [...(this.owned.get(keyName(key)) ?? [])]
  }

  /** Indexes of the service's dests, first to last. */
  list(service: PlannedService): number[] {
    const indexes: number[] = []
    for (let at = service.record.firstDest; at !== NONE; at = this.dest(at).next) {
      if (indexes.length > this.lastDest) throw new StateError(`the list of ${keyName(service.key)} has no end`)
      indexes.push(at)
    }
    return indexes
  }

  addService(key: ServiceKey, options: Omit<Service, 'index' | 'firstDest'>): PlannedService {
    let index = 1
    while (this.indexes.has(index)) index += 1
    if (index >= this.store.capacity('serviceStates')) throw full('services', this.store.capacity('serviceStates') - 1)
    if (index > this.layout.lastService) {
      this.layout.lastService = index
      this.store.write('layouts', 0, this.layout.toBytes())
    }
    this.clear('serviceStates', index)
    this.clear('retired', index)
    this.indexes.add(index)
    const service = {
      key: ServiceKeyView.of(key),
      record: ServiceView.of({ ...options, index, firstDest: NONE }),
    }
    this.services.set(keyName(key), service)
    this.announce()
    this.saveService(service, {})
    return service
  }

  saveService(service: PlannedService, change: Partial<Service>): void {
    Object.assign(service.record, change)
    this.store.write('services', service.key.toBytes(), service.record.toBytes())
  }

  /** Gives the service other options. */
  editService(service: PlannedService, options: Partial<Service>): void {
    Object.assign(service.record, options)
    this.announce()
    this.saveService(service, {})
  }

  schedulerState(service: PlannedService): ServiceState {
    const { lastDest, currentWeight } = ServiceStateView.from(
      this.store.readRange('serviceStates', service.record.index, 1),
    )
    return { lastDest, currentWeight }
  }

  /** What the service's scheduler remembers from now on. */
  setSchedulerState(service: PlannedService, state: ServiceState): void {
    this.store.write('serviceStates', service.record.index, ServiceStateView.of(state).toBytes())
  }

  /** Throws a `ControlError` `table-full` where a scheduler's table of this length would find no place. */
  requireBuckets(length: number): void {
    this.extents.require(length)
  }

  /** Gives the service's scheduler what it needs: written where nobody looks yet, then the service is switched over. */
  saveScheduler(service: PlannedService, { weightDivisor, maxWeight, buckets }: SchedulerPlan): void {
    const { firstBucket: before, buckets: length } = service.record
    const firstBucket = this.extents.take(buckets.length)
    this.store.writeRange('buckets', firstBucket, new Uint8Array(Uint32Array.from(buckets).buffer))
    this.saveService(service, { weightDivisor, maxWeight, firstBucket, buckets: buckets.length, planned: 1 })
    this.extents.give(before, length)
  }

  /** Removes the service and sets its dests, listed or removed before, free of it. */
  removeService(service: PlannedService, nowMs: number): void {
    this.services.delete(keyName(service.key))
    this.store.remove('services', service.key.toBytes())
    this.indexes.delete(service.record.index)
    this.extents.give(service.record.firstBucket, service.record.buckets)
    this.announce()
    for (const index of this.ownedBy(service.key)) this.orphan(index, nowMs)
  }

  saveDest(index: number, change: Partial<Omit<Dest, 'service' | 'address'>>): void {
    this.store.write('dests', index, Object.assign(this.dest(index), change).toBytes())
  }

  /** A slot for a dest that was never there; `placeDest` fills it. */
  reserveDest(): number {
    const index = this.holes.pop() ?? this.lastDest + 1
    const capacity = this.store.capacity('dests')
    if (index >= capacity) throw full('real servers', capacity - 1)
    if (index > this.lastDest) {
      this.layout.lastDest = index
      this.store.write('layouts', 0, this.layout.toBytes())
      this.dests.push(new DestView(new DataView(new ArrayBuffer(DestView.SIZE))))
    }
    return index
  }

  /** Writes a dest to the slot that `reserveDest` gave; it is in no list. From then on its traffic is its service's. */
  placeDest(index: number, dest: Dest): void {
    this.dest(index).set(dest)
    this.saveDest(index, {})
    this.own(index)
  }

  /** Does nothing where the slot is free already. */
  freeDest(index: number): void {
    const dest = this.dest(index)
    if (dest.service.family === 0) return
    this.owned.get(keyName(dest.service))?.delete(index)
    new Uint8Array(dest.data.buffer, dest.data.byteOffset + dest.at, DestView.SIZE).fill(0)
    this.saveDest(index, {})
    this.holes.push(index)
  }

  /**
   * Takes a dest out of its service's list. A removed one keeps pointing at what follows it, for schedulers that stand on it; they
   * are then moved to the one before it, as in LVS, because the dest may come back elsewhere in the list.
   */
  unlink(service: PlannedService, index: number, nowMs: number): void {
    const list = this.list(service)
    const previous = list[list.indexOf(index) - 1] ?? NONE
    this.saveDest(index, { availability: Availability.Removed, removedMs: Math.max(nowMs, 1) })
    const { next } = this.dest(index)
    if (service.record.firstDest === index) this.saveService(service, { firstDest: next })
    for (const other of this.ownedBy(service.key)) if (this.dest(other).next === index) this.saveDest(other, { next })
    const state = this.schedulerState(service)
    if (state.lastDest === index) this.setSchedulerState(service, { ...state, lastDest: previous })
  }

  /** Finishes what a killed process left undone. Throws a `StateError` where that can't be told. */
  repair(nowMs: number): void {
    this.announce()
    const reached = new Set<number>()
    for (const service of this.services.values()) {
      for (const index of this.list(service)) {
        reached.add(index)
        if (keyName(this.dest(index).service) !== keyName(service.key)) {
          throw new StateError(`dest ${index} is in the list of ${keyName(service.key)}, but not its own`)
        }
        if (this.dest(index).availability !== Availability.Listed) this.unlink(service, index, nowMs)
      }
    }
    for (const index of this.used()) {
      const { service, availability } = this.dest(index)
      if (!this.services.has(keyName(service))) {
        if (availability !== Availability.Orphaned) this.orphan(index, nowMs)
      } else if (availability === Availability.Listed && !reached.has(index)) {
        this.saveDest(index, { availability: Availability.Removed, removedMs: Math.max(nowMs, 1) })
      }
    }
  }

  /** Tells packets which kinds of services to ask for: before the first of a kind is added, after the last is removed. */
  private announce(): void {
    const settings = SettingsView.from(this.store.readRange('settingsRows', 0, 1))
    const services = [...this.services.values()]
    const markServices = services.filter(({ key }) => key.mark !== 0).length
    const wideServices = services.filter(({ key, record }) => isWide(key, record)).length
    const ftpServices = services.filter(({ key }) => key.port === FTP_PORT).length
    const before = settings.toBytes()
    Object.assign(settings, { markServices, wideServices, ftpServices })
    if (!equal(before, settings.toBytes())) this.store.write('settingsRows', 0, settings.toBytes())
  }

  private own(index: number): void {
    const name = keyName(this.dest(index).service)
    const indexes = this.owned.get(name) ?? new Set()
    this.owned.set(name, indexes.add(index))
  }

  private orphan(index: number, nowMs: number): void {
    this.saveDest(index, { availability: Availability.Orphaned, removedMs: Math.max(nowMs, 1), next: NONE })
  }

  private clear(table: 'serviceStates' | 'retired', index: number): void {
    this.store.write(table, index, this.store.readRange(table, index, 1).fill(0))
  }
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index])
}

/** Whether packets to other ports may be the service's too. */
function isWide(key: ServiceKey, record: Service): boolean {
  return (record.flags & ServiceFlag.Persistent) !== 0 && key.mark === 0 && (key.port === 0 || key.port === FTP_PORT)
}

function full(what: string, capacity: number): ControlError {
  return new ControlError('table-full', `all ${capacity} places for ${what} are taken: remove some first`)
}
