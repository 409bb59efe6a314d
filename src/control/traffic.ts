/** Counters and rates of dests and services, as an operator sees them: since the last `-Z`, over all processors. */
import { CountersView, RatesView, RetiredView } from '../engine/generated/views.ts'
import type { Counters } from '../engine/records.ts'
import type { TableStore } from '../engine/tables.ts'
import type { Traffic } from './model.ts'

const FIELDS = ['connections', 'inPackets', 'outPackets', 'inBytes', 'outBytes'] as const

export const NO_TRAFFIC: Traffic = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 }

function combine(value: (field: keyof Traffic) => number): Counters {
  const [connections = 0, inPackets = 0, outPackets = 0, inBytes = 0, outBytes = 0] = FIELDS.map(value)
  return { connections, inPackets, outPackets, inBytes, outBytes }
}

export function sum(traffics: readonly Traffic[]): Counters {
  return combine((field) => traffics.reduce((total, traffic) => total + traffic[field], 0))
}

/** What the engine has counted for a dest since the tables were made. */
function counted(store: TableStore, dest: number): Counters {
  const bytes = store.read('counters', dest) ?? new Uint8Array(0)
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const copies: CountersView[] = []
  for (let at = 0; at < bytes.length; at += CountersView.SIZE) copies.push(new CountersView(data, at))
  return sum(copies)
}

export function destCounters(store: TableStore, dest: number): Counters {
  const now = counted(store, dest)
  const zero = CountersView.from(store.readRange('baselines', dest, 1))
  return combine((field) => now[field] - zero[field])
}

/** Makes what a dest has counted so far its zero. */
export function zeroDest(store: TableStore, dest: number): void {
  store.write('baselines', dest, CountersView.of(counted(store, dest)).toBytes())
}

/** Begins a dest's rates anew. */
export function restartRates(store: TableStore, dest: number): void {
  store.write('rates', dest, RatesView.of({ last: counted(store, dest), ...NO_TRAFFIC }).toBytes())
}

/** Per second, rounded as LVS rounds its scaled averages. */
export function destRates(store: TableStore, dest: number): Traffic {
  const rates = RatesView.from(store.readRange('rates', dest, 1))
  return combine((field) =>
    field.endsWith('Bytes') ? Math.floor((rates[field] + 15) / 32) : Math.floor((rates[field] + 511) / 1024),
  )
}

export function retired(store: TableStore, service: number): RetiredView {
  return RetiredView.from(store.readRange('retired', service, 1))
}

/** Moves a dest's traffic to its service's account; until `dest` is cleared there, the dest's own must not be added. */
export function retire(store: TableStore, service: number, dest: number): void {
  const before = retired(store, service)
  const counters = sum([before.counters, destCounters(store, dest)])
  store.write('retired', service, RetiredView.of({ counters, dest, reserved: 0 }).toBytes())
}

export function settle(store: TableStore, service: number): void {
  const account = retired(store, service)
  account.dest = 0
  store.write('retired', service, account.toBytes())
}

export function zeroRetired(store: TableStore, service: number): void {
  store.write('retired', service, RetiredView.of({ counters: NO_TRAFFIC, dest: 0, reserved: 0 }).toBytes())
}
