/**
 * What an operator says and sees of a director: services, dests (real servers), connections, counters, settings. Plain values,
 * addresses as text; `director.ts` puts them into the director's tables and reads them back.
 */

/** Protocols of services. */
export type Protocol = 'tcp' | 'udp' | 'sctp'

export type FamilyNumber = 4 | 6

/** Schedulers by the names that `ipvsadm -s` takes; `chi` is not LVS's. */
export const SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'dh',
  'sh',
  'sed',
  'nq',
  'fo',
  'ovf',
  'mh',
  'twos',
  'chi',
] as const
export type SchedulerName = (typeof SCHEDULERS)[number]

export type MethodName = 'masquerading' | 'direct-routing' | 'tunneling' | 'fullnat'

/** What is put around packets to a server by tunneling (`--tun-type`, `--tun-port`, `--tun-csum` …). */
export interface Tunnel {
  readonly type: 'ipip' | 'gue' | 'gre'
  /** GUE's UDP port, 1 … 65535; otherwise 0. */
  readonly port: number
  /** `remote` is sent as `full`: a receiver that can complete checksums can also check complete ones. */
  readonly checksum: 'none' | 'full' | 'remote'
}

export const IPIP: Tunnel = { type: 'ipip', port: 0, checksum: 'none' }

export interface Endpoint {
  /** An IPv4 address in dotted decimal, or an IPv6 address (RFC 5952 when read). */
  readonly address: string
  /** 1 … 65535; 0: of a persistent service any port, of a dest the packet's own. */
  readonly port: number
}

/** A service of an address and port. */
export interface AddressedService extends Endpoint {
  readonly protocol: Protocol
}

/** A service of all packets that carry a firewall mark. */
export interface MarkedService {
  readonly protocol: 'fwm'
  /** 1 … 2^32 − 1. */
  readonly mark: number
  readonly family: FamilyNumber
}

export type ServiceId = AddressedService | MarkedService

export interface Persistence {
  /** Seconds that a client is remembered after its last new connection, 1 … 2678400 (31 days). */
  readonly timeoutS: number
  /** What makes clients one: an IPv4 mask as a number in host order, or the length of an IPv6 prefix, 1 … 128. */
  readonly mask: number
}

export interface ServiceOptions {
  readonly scheduler: SchedulerName
  /** Null: not persistent. */
  readonly persistence: Persistence | null
  /** Each datagram is scheduled by itself (`-o`); UDP and marks only. */
  readonly onePacket: boolean
  /** `-b sh-fallback`, `mh-fallback`: an unusable dest's clients go to another. */
  readonly fallback: boolean
  /** `-b sh-port`, `mh-port`: the client's port is hashed as well. */
  readonly hashPort: boolean
  /** `-b flag-3`, which no scheduler looks at. */
  readonly thirdFlag: boolean
  /** `--pe sip`: a call's messages go to one server, whichever client they come from; only of effect with persistence. */
  readonly engine: 'sip' | null
  /** `--proxy-protocol v2`: servers by FullNAT get a PROXY header in front of each client's bytes; TCP and marks only. */
  readonly proxyProtocol: boolean
  /**
   * What LVS's schedulers don't have. `lc`: dests whose active connections differ by no more are equal and take turns. `sh`, `mh`, `chi`:
   * how many of the client's address bits are hashed. 0: as LVS.
   */
  readonly parameter: number
}

/** The options of a service that says nothing of them, but for its scheduler. */
export const PLAIN_SERVICE: Omit<ServiceOptions, 'scheduler'> = {
  persistence: null,
  onePacket: false,
  fallback: false,
  hashPort: false,
  thirdFlag: false,
  engine: null,
  proxyProtocol: false,
  parameter: 0,
}

export type ServiceConfig = ServiceId & ServiceOptions

export interface DestConfig extends Endpoint {
  /** 0 … 2^31 − 1; 0: no new connections. */
  readonly weight: number
  /** By direct routing and tunneling a server has the virtual address itself, and so its service's port. */
  readonly method: MethodName
  /** Only of effect by tunneling. */
  readonly tunnel: Tunnel
  /** Connections from which on the dest takes no new ones; 0: never. */
  readonly upperThreshold: number
  /** Connections below which it takes them again; 0: below 3/4 of the upper threshold. */
  readonly lowerThreshold: number
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
  /** The server is the director's own host, as far as it was when the configuration was last changed. */
  readonly isLocal: boolean
  readonly active: number
  readonly inactive: number
  /** Templates of persistent clients that lead to it. */
  readonly persistent: number
  readonly counters: Traffic
  readonly rates: Traffic
}

/** An address of the director's own from which FullNAT's connections come to the servers. */
export interface LocalAddressStatus {
  readonly address: string
  readonly connections: number
  /** Ports that were tried and found taken. */
  readonly conflicts: number
}

export type ServiceStatus = ServiceConfig & {
  /** FullNAT's pool: empty where no server needs one. */
  readonly localAddresses: readonly LocalAddressStatus[]
  /** In the scheduler's order: the dest added last comes first. */
  readonly dests: readonly DestStatus[]
  readonly counters: Traffic
  readonly rates: Traffic
}

export interface ConnectionStatus {
  /** `ip`: a template of a firewall mark's service, with the mark as an IPv4 address for its virtual address. */
  readonly protocol: Protocol | 'ip'
  readonly client: Endpoint
  readonly virtual: Endpoint
  readonly dest: Endpoint
  /** As `ipvsadm -L -c` prints it: `ESTABLISHED`; a template's is `NONE`. */
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

/** How the director behaves; by the names of `/proc/sys/net/ipv4/vs`, timeouts in seconds as `ipvsadm --set` takes them. */
export interface SettingValues {
  readonly tcpTimeoutS: number
  readonly tcpFinTimeoutS: number
  readonly udpTimeoutS: number
  readonly connReuseMode: number
  readonly expireNodestConn: number
  readonly expireQuiescentTemplate: number
  readonly sloppyTcp: number
  readonly sloppySctp: number
  readonly secureTcp: number
  readonly toa: number
  readonly lblcExpirationS: number
  readonly lblcrExpirationS: number
}

/** A rule that gives new connections a firewall mark (`weir mark`). Null: anything. */
export interface MarkRule {
  /** 1 … 2^32 − 1. */
  readonly mark: number
  readonly family: FamilyNumber
  readonly protocol: Protocol | null
  /** An address prefix: `192.0.2.0/24`. */
  readonly source: string | null
  readonly destination: string | null
  /** The destination ports from the first to the last. */
  readonly ports: readonly [first: number, last: number] | null
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
  /** Adds an address of the director's own to the service's pool for FullNAT. */
  addLocalAddress(service: ServiceId, address: string): void
  removeLocalAddress(service: ServiceId, address: string): void
  /** Makes many changes at once: what schedulers need is worked out once for each service, at the end. */
  batch(changes: () => void): void
  /** Sets the counters of a service and its dests, or of all services, to zero. */
  zero(service?: ServiceId): void
  /** Connections and templates, in no particular order. */
  connections(): ConnectionStatus[]
  reasons(): ReasonStatus[]
  settings(): SettingValues
  /** Changes the settings that are named. */
  set(values: Partial<SettingValues>): void
  /** In the order in which they are tried: the first that fits gives the mark. */
  markRules(): MarkRule[]
  /** Puts these rules in the place of all others, at once. */
  setMarkRules(rules: readonly MarkRule[]): void
  /** Connections that the director can hold. */
  connectionCapacity(): number
}

export type ControlErrorCode =
  | 'service-exists'
  | 'no-such-service'
  | 'dest-exists'
  | 'no-such-dest'
  | 'local-exists'
  | 'no-such-local'
  | 'bad-address'
  | 'bad-port'
  | 'bad-weight'
  | 'bad-mark'
  | 'bad-persistence'
  | 'bad-threshold'
  | 'bad-setting'
  | 'bad-rule'
  | 'bad-parameter'
  | 'bad-tunnel'
  /** A dest of the other address family than its service. */
  | 'mixed-families'
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
