/**
 * What an operator says and sees of a director: services, dests (real servers), connections, counters. Plain values, addresses as
 * text; `director.ts` puts them into the director's tables and reads them back.
 */

/** Protocols of services. */
export type Protocol = 'tcp'

/** Schedulers by the names that `ipvsadm -s` takes. */
export const SCHEDULERS = ['rr'] as const
export type SchedulerName = (typeof SCHEDULERS)[number]

export type MethodName = 'masquerading'

export interface Endpoint {
  /** An IPv4 address in dotted decimal. */
  readonly address: string
  /** 1 … 65535. */
  readonly port: number
}

export interface ServiceId extends Endpoint {
  readonly protocol: Protocol
}

export interface ServiceConfig extends ServiceId {
  readonly scheduler: SchedulerName
}

export interface DestConfig extends Endpoint {
  /** 0 … 2^31 − 1; 0: no new connections. */
  readonly weight: number
  readonly method: MethodName
}

/** Totals, or rates per second. Bytes are IP bytes, headers included. */
export interface Traffic {
  readonly connections: number
  readonly inPackets: number
  readonly outPackets: number
  readonly inBytes: number
  readonly outBytes: number
}

export interface DestStatus extends DestConfig {
  readonly active: number
  readonly inactive: number
  readonly counters: Traffic
  readonly rates: Traffic
}

export interface ServiceStatus extends ServiceConfig {
  /** In the scheduler's order: the dest added last comes first. */
  readonly dests: readonly DestStatus[]
  readonly counters: Traffic
  readonly rates: Traffic
}

export interface ConnectionStatus {
  readonly protocol: Protocol
  readonly client: Endpoint
  readonly virtual: Endpoint
  readonly dest: Endpoint
  /** As `ipvsadm -L -c` prints it: `ESTABLISHED`. */
  readonly state: string
  /** Until it expires without another packet. */
  readonly remainingMs: number
}

/** Packets not forwarded, for one reason of `engine/reasons.ts`. */
export interface ReasonStatus {
  readonly name: string
  readonly answer: 'passed' | 'dropped' | 'icmp'
  readonly meaning: string
  readonly packets: number
}

/** What a command can ask of a director; `director.ts` does it. Every change is checked whole before anything is written. */
export interface DirectorControl {
  services(): ServiceStatus[]
  service(id: ServiceId): ServiceStatus | null
  addService(config: ServiceConfig): void
  editService(config: ServiceConfig): void
  removeService(id: ServiceId): void
  /** Removes every service. Connections stay, unused, until they expire or their service returns. */
  clear(): void
  addDest(service: ServiceId, config: DestConfig): void
  editDest(service: ServiceId, config: DestConfig): void
  removeDest(service: ServiceId, dest: Endpoint): void
  /** Sets the counters of a service and its dests, or of all services, to zero. */
  zero(service?: ServiceId): void
  /** In no particular order. */
  connections(): ConnectionStatus[]
  reasons(): ReasonStatus[]
  /** Connections that the director can hold. */
  connectionCapacity(): number
}

export type ControlErrorCode =
  | 'service-exists'
  | 'no-such-service'
  | 'dest-exists'
  | 'no-such-dest'
  | 'bad-address'
  | 'bad-port'
  | 'bad-weight'
  | 'table-full'

/** A change that was refused; nothing has been written. `code` is stable, the message names the value and the remedy. */
export class ControlError extends Error {
  constructor(
    readonly code: ControlErrorCode,
    message: string,
  ) {
    super(message)
    this.name = 'ControlError'
  }
}
