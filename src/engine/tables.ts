/**
 * The director's tables: what each maps from and to, and how many entries it holds unless the host is told otherwise.
 * Read by the compiler, which writes the kernel's map definitions from it, and by the hosts; the engine itself reaches
 * tables through `platform.ts`.
 */

/** How a table is kept. `array`: by index; `percpu`: by index, one copy a processor; `queue`: first in, first out. */
export type TableKind = 'hash' | 'array' | 'percpu' | 'queue'

export interface TableDefinition {
  readonly kind: TableKind
  /** Name of the key's record; only for `hash`. */
  readonly key?: string
  /** Name of the value's record; a `queue` holds bare u32. */
  readonly value?: string
  /** Entries. */
  readonly capacity: number
  /** Scales with the number of connections that the director is made for: entries per connection. */
  readonly perConnection?: number
}

/** Connections that a director holds unless told otherwise. */
export const DEFAULT_CONNECTIONS = 262144

export const TABLES = {
  services: { kind: 'hash', key: 'ServiceKey', value: 'Service', capacity: 16384 },
  serviceStates: { kind: 'array', value: 'ServiceState', capacity: 16384 },
  dests: { kind: 'array', value: 'Dest', capacity: 65536 },
  destStates: { kind: 'array', value: 'DestState', capacity: 65536 },
  counters: { kind: 'percpu', value: 'Counters', capacity: 65536 },
  flows: { kind: 'hash', key: 'FlowKey', value: 'Flow', capacity: 2 * DEFAULT_CONNECTIONS, perConnection: 2 },
  connections: { kind: 'array', value: 'Connection', capacity: DEFAULT_CONNECTIONS, perConnection: 1 },
  freeConnections: { kind: 'queue', capacity: DEFAULT_CONNECTIONS, perConnection: 1 },
  reasons: { kind: 'percpu', value: 'ReasonCount', capacity: 32 },
  clock: { kind: 'array', value: 'Clock', capacity: 1 },
  allocator: { kind: 'array', value: 'Allocator', capacity: 1 },
} as const satisfies Record<string, TableDefinition>

export type TableName = keyof typeof TABLES
