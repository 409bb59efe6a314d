/** What `weir doctor` knows of the director's host besides the snapshot: plain values, which the checks judge. */

export interface HostFacts {
  readonly devices: readonly DeviceFacts[]
  /** The ways to the servers' addresses, and to FullNAT's local ones. */
  readonly routes: ReadonlyMap<string, RouteFacts>
  /** Devices of the default routes. */
  readonly defaultDevices: { readonly 4: readonly string[]; readonly 6: readonly string[] }
  /** Addresses of servers that are to be reached through a neighbour who, having been asked, has not answered. */
  readonly unresolved: ReadonlySet<string>
  readonly neighbourTables: readonly NeighbourTable[]
  /** By device: the rp_filter that is in force for it, the larger one of its own and that of `all`. */
  readonly reversePathFilter: ReadonlyMap<string, number>
  /** The ports that the host's own connections get; null where the kernel does not say. */
  readonly ownPorts: OwnPorts | null
  /** Virtual addresses for which a machine other than this one answers ARP, and its MAC address. */
  readonly answeredElsewhere: ReadonlyMap<string, string>
  readonly meanwhile: Meanwhile
}

/** From the first port to the last. */
export type PortRange = readonly [first: number, last: number]

export interface OwnPorts {
  /** net.ipv4.ip_local_port_range, of IPv6 too. */
  readonly range: PortRange
  /** net.ipv4.ip_local_reserved_ports: those that are left out. */
  readonly reserved: readonly PortRange[]
}

/** What happened while the doctor looked, for a second. */
export interface Meanwhile {
  /** Packets not forwarded, by the name of their reason; none of 0. */
  readonly refused: ReadonlyMap<string, number>
  /** Packets to each server and from it, by `destName`. */
  readonly traffic: ReadonlyMap<string, { readonly inPackets: number; readonly outPackets: number }>
}

export interface DeviceFacts {
  readonly name: string
  readonly ifindex: number
  /** `02:00:00:00:00:01`; null for devices that have none. */
  readonly mac: string | null
  readonly isUp: boolean
  readonly isLoopback: boolean
  /** Asks neighbours for their MAC addresses. */
  readonly resolves: boolean
  /** Largest IP packet, bytes. */
  readonly mtu: number
  readonly addresses: readonly OwnAddress[]
}

export interface OwnAddress {
  readonly address: string
  readonly prefixLength: number
  /** Another machine had it when it was added (RFC 4862 §5.4), so the kernel does not use it. */
  readonly isDuplicate: boolean
}

export type RouteKind = 'local' | 'link' | 'gateway' | 'none' | 'blackhole' | 'unreachable' | 'prohibit'

export interface RouteFacts {
  readonly kind: RouteKind
  /** Null where there is no way out. */
  readonly device: string | null
  readonly gateway: string | null
  /** The director's address that the server sees, or null. */
  readonly source: string | null
  /** Of the way, where the route itself or path MTU discovery says so; bytes. */
  readonly mtu: number | null
  /** The prefix of a route that refuses, where the main table has it. */
  readonly refusing: string | null
}

export interface NeighbourTable {
  readonly family: 4 | 6
  readonly entries: number
  /** gc_thresh3: no more than that. */
  readonly most: number
}
