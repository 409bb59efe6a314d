/**
 * What `lblc` and `lblcr` remember: which dest, or which set of dests, serves a virtual address of a service.
 *
 * An entry is found by its key in `localitySlots`; its slot holds the newest dest of the set, the others follow in a list of slots. Slots
 * are reused, so whoever comes by a key compares it. A set is changed under its `busy` mark, for which nobody waits: a cache may miss a
 * change. All entries of a service are dead once its scheduler starts anew, because the key names the generation.
 */
import { copyAddress, sameAddress } from './address.ts'
import { MAX_WALK } from './dests.ts'
import {
  addLocality,
  findLocality,
  localityAt,
  localityCacheAt,
  lockLocality,
  nowMs,
  releaseLocality,
  removeLocality,
  takeLocality,
} from './platform.ts'
import {
  Family,
  type Heading,
  type Locality,
  type LocalityKey,
  type LocalitySlot,
  NONE,
  type Service,
  type ServiceState,
} from './records.ts'

/** Fills the key of a packet's virtual address in the service's cache, which begins a generation if its scheduler does. */
export function nameLocality(name: LocalityKey, heading: Heading, service: Service, state: ServiceState): void {
  copyAddress(name.address, heading.destination)
  name.service = service.index
  const cache = localityCacheAt(service.index)
  if (cache === null) return
  if (state.currentWeight === 0 || state.currentWeight !== cache.generation) {
    // 0 is for schedulers that have not begun.
    cache.generation = Math.max(1, (cache.generation + 1) >>> 0)
    cache.entries = 0
    state.currentWeight = cache.generation
  }
  name.generation = state.currentWeight
}

/** The entry with this key, marked as used now; null where there is none. */
export function useLocality(name: LocalityKey): Locality | null {
  const place = findLocality(name)
  if (place === null) return null
  const entry = localityAt(place.slot)
  if (entry === null || entry.usedMs === 0 || !hasKey(entry, name)) return null
  entry.usedMs = Math.max(nowMs(), 1)
  return entry
}

function hasKey(entry: Locality, name: LocalityKey): boolean {
  const key = entry.key
  if (key.service !== name.service || key.generation !== name.generation) return false
  return sameAddress(key.address, name.address, Family.Ipv6)
}

/** Remembers a dest; `members` as in `Locality`. Where there is no room nothing is remembered. */
export function rememberLocality(name: LocalityKey, dest: number, members: number): void {
  const slot = takeLocality()
  const entry = localityAt(slot)
  const cache = localityCacheAt(name.service)
  if (slot === NONE || entry === null || cache === null) return
  const now = Math.max(nowMs(), 1)
  copyAddress(entry.key.address, name.address)
  entry.key.service = name.service
  entry.key.generation = name.generation
  entry.dest = dest
  entry.next = NONE
  entry.members = members
  entry.changedMs = now
  entry.busy = 0
  entry.usedMs = now
  const place: LocalitySlot = { slot }
  if (addLocality(name, place)) {
    cache.entries += 1
    return
  }
  entry.usedMs = 0
  releaseLocality(slot)
}

/** Puts a dest at the head of an entry's set, unless it is a member. */
export function addMember(entry: Locality, dest: number): void {
  if (isMember(entry, dest) || !lockLocality(entry)) return
  const slot = takeLocality()
  const member = localityAt(slot)
  if (slot !== NONE && member !== null) {
    member.usedMs = 0
    member.dest = entry.dest
    member.next = entry.next
    entry.next = slot
    entry.dest = dest
    entry.members += 1
    entry.changedMs = nowMs()
  }
  entry.busy = 0
}

function isMember(entry: Locality, dest: number): boolean {
  if (entry.dest === dest) return true
  let at = entry.next
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) return false
    const member = localityAt(at)
    if (member === null) return false
    if (member.dest === dest) return true
    at = member.next
  }
  return false
}

/** Takes the member in slot `at`, which follows the one in slot `before`, out of an entry's set; `NONE` is the head's slot. */
export function dropMember(entry: Locality, before: number, at: number): void {
  if (!lockLocality(entry)) return
  // The head's slot stays: what it loses is the next one's place.
  const gone = at === NONE ? entry.next : at
  const member = localityAt(gone)
  const previous = at === NONE || before === NONE ? entry : localityAt(before)
  if (gone !== NONE && member !== null && previous !== null && previous.next === gone) {
    if (at === NONE) entry.dest = member.dest
    previous.next = member.next
    entry.members -= 1
    entry.changedMs = nowMs()
    releaseLocality(gone)
  }
  entry.busy = 0
}

/** Forgets the entry whose head is in `slot`. Does nothing where somebody changes or removes it. */
export function forgetLocality(slot: number, entry: Locality): void {
  if (!lockLocality(entry)) return
  if (!removeLocality(entry.key)) {
    entry.busy = 0
    return
  }
  const cache = localityCacheAt(entry.key.service)
  if (cache !== null && cache.generation === entry.key.generation) cache.entries -= 1
  let at = entry.next
  for (let step = 0; step < MAX_WALK; step++) {
    if (at === NONE) break
    const member = localityAt(at)
    if (member === null) break
    const next = member.next
    releaseLocality(at)
    at = next
  }
  entry.usedMs = 0
  entry.busy = 0
  releaseLocality(slot)
}
