/** What `weir status` knows of a director at one moment, and what `--json` prints: plain values, no handle into the kernel. */
import type { ReasonStatus, ServiceStatus } from '../../control/model.ts'
import type { DeviceStatus } from '../../kernel/attach.ts'
import type { Way } from './routes.ts'

export interface LoadedSnapshot {
  /** Milliseconds since 1970. */
  readonly loadedAtMs: number
  readonly layoutVersion: number
  /** How far the director's clock is behind CLOCK_MONOTONIC. Up to 100 ms while the ticker runs. */
  readonly clockBehindMs: number
  readonly connections: {
    /** Those of removed servers and templates included. */
    readonly inUse: number
    /** Templates of persistent clients, each of which takes the place of a connection. */
    readonly templates: number
    readonly capacity: number
  }
  readonly memory: {
    /** Of all tables, as the kernel accounts for them. */
    readonly bytes: number
    /** Of the tables that grow with the capacity, divided by it. */
    readonly bytesPerConnection: number
  }
  readonly services: readonly ServiceStatus[]
  readonly reasons: readonly ReasonStatus[]
  readonly host: HostSnapshot
}

export interface HostSnapshot {
  /** net.ipv4.ip_forward. */
  readonly forwarding: boolean
  /** Attached devices whose net.ipv4.conf.DEV.forwarding is 0. */
  readonly devicesNotForwarding: readonly string[]
  /** net.ipv6.conf.all.forwarding. */
  readonly forwarding6: boolean
  /** Attached devices whose net.ipv6.conf.DEV.forwarding is 0. */
  readonly devicesNotForwarding6: readonly string[]
  /** net.ipv4.conf.lo.forwarding. */
  readonly loopbackForwarding: boolean
  /** net.ipv6.conf.lo.forwarding. */
  readonly loopbackForwarding6: boolean
  /** By virtual address. */
  readonly ways: ReadonlyMap<string, Way>
}

export interface Snapshot {
  readonly takenAtMs: number
  /** Cookie of the network namespace. */
  readonly namespace: string
  readonly devices: readonly DeviceStatus[]
  /** Null where no director is loaded. */
  readonly director: LoadedSnapshot | null
}
