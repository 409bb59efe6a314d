/**
 * The pools of local addresses that services have for FullNAT, as they lie in the tables: each a list in `localAddresses`, headed by its
 * service. A slot is written before a list leads to it and freed after none does. One that connections still use keeps its address, and
 * is not given to another until they are gone.
 */
import { sameAddress } from '../engine/address.ts'
import { LocalAddressView, LocalUseView } from '../engine/generated/views.ts'
import { type Address, NONE } from '../engine/records.ts'
import type { TableStore } from '../engine/tables.ts'
import { formatAddress, parseAddress } from './address.ts'
import { describeService } from './codes.ts'
import { ControlError, type LocalAddressStatus, type ServiceId } from './model.ts'
import type { Plan, PlannedService } from './plan.ts'

function read(store: TableStore, slot: number): LocalAddressView {
  return LocalAddressView.from(store.readRange('localAddresses', slot, 1))
}

function write(store: TableStore, slot: number, value: LocalAddressView): void {
  store.write('localAddresses', slot, value.toBytes())
}

function useOf(store: TableStore, slot: number): LocalUseView {
  return LocalUseView.from(store.readRange('localUses', slot, 1))
}

/** The pool's slots, first to last. */
function poolOf(store: TableStore, { record }: PlannedService): number[] {
  const slots: number[] = []
  for (let slot = record.firstLocal; slot !== NONE && slots.length < record.locals; slot = read(store, slot).next)
    slots.push(slot)
  return slots
}

/** The slot of an address in the pool, and the one before it; `NONE` where there is none. */
function find(store: TableStore, service: PlannedService, address: Address): { slot: number; before: number } {
  let before = NONE
  for (const slot of poolOf(store, service)) {
    if (sameAddress(read(store, slot).address, address, service.key.family)) return { slot, before }
    before = slot
  }
  return { slot: NONE, before: NONE }
}

function freeSlot(store: TableStore): number {
  const capacity = store.capacity('localAddresses')
  for (let slot = 1; slot < capacity; slot++)
    if (read(store, slot).service === 0 && useOf(store, slot).connections === 0) return slot
  throw new ControlError('table-full', `all ${capacity - 1} places for local addresses are taken: remove some first`)
}

/** Throws a `ControlError` where the text is no address of the service's family. */
function parse(service: PlannedService, id: ServiceId, text: string): Address {
  const { address, family } = parseAddress(text)
  if (family === service.key.family) return address
  throw new ControlError(
    'mixed-families',
    `${describeService(id)} can't have a local address of IPv${family}: choose one of IPv${service.key.family}`,
  )
}

export function addLocalAddress(
  store: TableStore,
  plan: Plan,
  service: PlannedService,
  id: ServiceId,
  text: string,
): void {
  const address = parse(service, id, text)
  if (find(store, service, address).slot !== NONE)
    throw new ControlError('local-exists', `${text} is a local address of ${describeService(id)} already`)
  const slot = freeSlot(store)
  const { index, firstLocal, locals } = service.record
  store.write('localUses', slot, LocalUseView.of({ connections: 0, conflicts: 0, nextPort: 0, turn: 0 }).toBytes())
  write(store, slot, LocalAddressView.of({ address, next: firstLocal, service: index }))
  plan.saveService(service, { firstLocal: slot, locals: locals + 1 })
}

/** New connections don't get the address any more; those that have it keep it. */
export function removeLocalAddress(
  store: TableStore,
  plan: Plan,
  service: PlannedService,
  id: ServiceId,
  text: string,
): void {
  const { slot, before } = find(store, service, parse(service, id, text))
  if (slot === NONE) throw new ControlError('no-such-local', `${text} is not a local address of ${describeService(id)}`)
  const { next } = read(store, slot)
  const { firstLocal, locals } = service.record
  if (before !== NONE) write(store, before, Object.assign(read(store, before), { next }))
  plan.saveService(service, { firstLocal: before === NONE ? next : firstLocal, locals: locals - 1 })
  free(store, slot)
}

function free(store: TableStore, slot: number): void {
  write(store, slot, Object.assign(read(store, slot), { service: 0 }))
}

/** For a service that is about to be removed. */
export function freePool(store: TableStore, service: PlannedService): void {
  for (const slot of poolOf(store, service)) free(store, slot)
}

/** Finishes what a killed command has left: the number of a pool's addresses, and slots that no list leads to. */
export function repairPools(store: TableStore, plan: Plan): void {
  const reached = new Set<number>()
  for (const service of plan.services.values()) {
    let locals = 0
    for (let slot = service.record.firstLocal; slot !== NONE && !reached.has(slot); slot = read(store, slot).next) {
      reached.add(slot)
      locals += 1
    }
    if (locals !== service.record.locals) plan.saveService(service, { locals })
  }
  const bytes = store.readRange('localAddresses', 0, store.capacity('localAddresses'))
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let slot = 1; slot < store.capacity('localAddresses'); slot++) {
    const isUsed = new LocalAddressView(data, slot * LocalAddressView.SIZE).service !== 0
    if (isUsed && !reached.has(slot)) free(store, slot)
  }
}

export function localAddressStatuses(store: TableStore, service: PlannedService): LocalAddressStatus[] {
  return poolOf(store, service).map((slot) => {
    const { connections, conflicts } = useOf(store, slot)
    return { address: formatAddress(read(store, slot).address, service.key.family), connections, conflicts }
  })
}
