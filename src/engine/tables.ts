/**
 * The director's tables: what each maps from and to, and how many entries it holds unless the host is told otherwise.
 * Read by the compiler, which writes the kernel's map definitions from it, and by the hosts; the engine itself reaches
 * tables through `platform.ts`.
 */
import type { RecordName } from './generated/views.ts'

/** How a table is kept. `array`: by index; `percpu`: by index, one copy a processor; `queue`: first in, first out. */
export type TableKind = 'hash' | 'array' | 'percpu' | 'queue'

export interface TableDefinition {
  readonly kind: TableKind
  /** Name of the key's record; only for `hash`. */
  readonly key?: RecordName
  /** Name of the value's record; a `queue` holds bare u32. */
  readonly value?: RecordName
  /** Entries. */
  readonly capacity: number
  /**
   * Only for `hash`: false keeps a replaced or removed value intact until the packets that read it are done, at a higher
   * cost for each change. Otherwise entries are reused at once.
   */
  readonly preallocate?: boolean
  /** Scales with the number of connections that the director is made for: entries per connection. */
  readonly perConnection?: number
}

/** Connections that a director holds unless told otherwise. */
export const DEFAULT_CONNECTIONS = 262144

export const TABLES = {
  services: { kind: 'hash', key: 'ServiceKey', value: 'Service', capacity: 16384, preallocate: false },
  serviceStates: { kind: 'array', value: 'ServiceState', capacity: 16384 },
  buckets: { kind: 'array', value: 'Bucket', capacity: 1048576 },
  localityCaches: { kind: 'array', value: 'LocalityCache', capacity: 16384 },
  localitySlots: { kind: 'hash', key: 'LocalityKey', value: 'LocalitySlot', capacity: 65536 },
  localities: { kind: 'array', value: 'Locality', capacity: 65536 },
  freeLocalities: { kind: 'queue', capacity: 65536 },
  localAddresses: { kind: 'array', value: 'LocalAddress', capacity: 4096 },
  localUses: { kind: 'array', value: 'LocalUse', capacity: 4096 },
  dests: { kind: 'array', value: 'Dest', capacity: 32768 },
  destStates: { kind: 'array', value: 'DestState', capacity: 32768 },
  overloads: { kind: 'array', value: 'Overload', capacity: 32768 },
  counters: { kind: 'percpu', value: 'Counters', capacity: 32768 },
  flows: { kind: 'hash', key: 'FlowKey', value: 'Flow', capacity: 2 * DEFAULT_CONNECTIONS, perConnection: 2 },
  connections: { kind: 'array', value: 'Connection', capacity: DEFAULT_CONNECTIONS, perConnection: 1 },
  freeConnections: { kind: 'queue', capacity: DEFAULT_CONNECTIONS, perConnection: 1 },
  fragments: { kind: 'array', value: 'FragmentedPacket', capacity: 4096 },
  /** What `-Z` took as zero: subtracted from `counters` when they are shown. Only the control side knows it. */
  baselines: { kind: 'array', value: 'Counters', capacity: 32768 },
  /** By service. Only the control side knows it. */
  retired: { kind: 'array', value: 'Retired', capacity: 16384 },
  rates: { kind: 'array', value: 'Rates', capacity: 32768 },
  reasons: { kind: 'percpu', value: 'ReasonCount', capacity: 32 },
  /** Two halves: while one is in force, the other is written. */
  markRules: { kind: 'array', value: 'MarkRule', capacity: 512 },
  settingsRows: { kind: 'array', value: 'Settings', capacity: 1 },
  clocks: { kind: 'array', value: 'Clock', capacity: 1 },
  layouts: { kind: 'array', value: 'Layout', capacity: 1 },
  allocators: { kind: 'array', value: 'Allocator', capacity: 1 },
} as const satisfies Record<string, TableDefinition>

export type TableName = keyof typeof TABLES

/**
 * A director's tables as the control side sees them, whichever host keeps them. Values are bytes as the views of
 * `generated/views.ts` read them; what is read is a copy.
 */
export interface TableStore {
  /** Entries that a table holds at most. */
  capacity(table: TableName): number
  /** Null where a hash has no such key. For `percpu`: the copies of all processors, one after the other. */
  read(table: TableName, key: Uint8Array | number): Uint8Array | null
  /** For an array, `count` values from index `first` on, one after the other; not for `percpu`. */
  readRange(table: TableName, first: number, count: number): Uint8Array
  /** Adds or replaces. Throws a `TableFullError` where a hash has no room. Not for `percpu`. */
  write(table: TableName, key: Uint8Array | number, value: Uint8Array): void
  /** Writes values that lie one after the other to an array, from index `first` on. */
  writeRange(table: TableName, first: number, values: Uint8Array): void
  /** Removes a hash's entry; false where there was none. */
  remove(table: TableName, key: Uint8Array): boolean
  /** All of a hash. */
  entries(table: TableName): { key: Uint8Array; value: Uint8Array }[]
}

export class TableFullError extends Error {
  constructor(readonly table: TableName) {
    super(`the director's table "${table}" is full`)
    this.name = 'TableFullError'
  }
}
