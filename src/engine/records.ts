/**
 * Every record of the director: packet headers as they lie on the wire, and the keys and values of its tables.
 *
 * The compiler turns these interfaces into C structs, map definitions and the views that Node reads both with: no
 * layout is written twice. Records have no holes (`reserved` fields fill them), because hash keys are compared as bytes.
 * An address is a record of its own: where code handles addresses it calls `address.ts`, and only the family's own
 * file (`ipv4.ts`) knows how they lie in a packet.
 */
import type { atomic32, be16, be32, u16, u32, u64, u8 } from './scalars.ts'

/** RFC 791 §3.1; options, if any, follow. */
export interface Ipv4Header {
  versionAndLength: u8
  tos: u8
  /** Bytes, header included. */
  totalLength: be16
  identification: be16
  /** Flags in the upper 3 bits, fragment offset in units of 8 bytes in the lower 13. */
  fragment: be16
  ttl: u8
  protocol: u8
  checksum: be16
  source: be32
  destination: be32
}

/** RFC 9293 §3.1; options, if any, follow. */
export interface TcpHeader {
  sourcePort: be16
  destinationPort: be16
  sequence: be32
  acknowledgment: be32
  /** Header length in 4-byte words in the upper 4 bits. */
  dataOffset: u8
  flags: u8
  window: be16
  checksum: be16
  urgent: be16
}

/** RFC 792: the 8 bytes in front of the quoted packet of an error. */
export interface IcmpHeader {
  type: u8
  code: u8
  checksum: be16
  /** Zero, or, for type 3 code 4, the next hop's MTU in bytes (RFC 1191 §4). */
  rest: be32
}

/** An IP address; an IPv4 address as a number in host order. */
export interface Address {
  word: u32
}

/** A packet's addresses, ports and protocol exactly as the packet carries them. Ports in host order. */
export interface FlowKey {
  source: Address
  destination: Address
  sourcePort: u16
  destinationPort: u16
  /** IP protocol number. */
  protocol: u8
  reserved0: u8
  reserved1: u16
}

/** Which connection a flow belongs to, and in which direction. */
export interface Flow {
  /** Index in the table `connections`. */
  connection: u32
  direction: u32
}

/**
 * A connection of a client to a dest. Slots are reused: a reader that came by a flow compares the addresses before it
 * believes the slot.
 */
export interface Connection {
  /** On the director's clock; past it the connection does not exist any more. 0 in a slot that is not in use. */
  expiresMs: u64
  client: Address
  virtual: Address
  /** The dest's address. */
  server: Address
  clientPort: u16
  virtualPort: u16
  serverPort: u16
  protocol: u8
  reserved: u8
  /** Index in the table `dests`. */
  dest: u32
  /** `TcpState`. 32 bits wide because it is changed by compare-and-swap. */
  state: u32
  reserved1: u32
}

export interface ServiceKey {
  address: Address
  port: u16
  protocol: u8
  reserved: u8
}

/** A virtual service as configured. Written by the control side only, as a whole. */
export interface Service {
  /** Index in the table `serviceStates`, 1 … capacity − 1. */
  index: u32
  /** `Scheduler`. */
  scheduler: u32
  /** First dest of the list, an index in `dests`; 0 ends the list. */
  firstDest: u32
  reserved: u32
}

/**
 * What a service's scheduler remembers from one choice to the next. Written by the engine, and by the control side where it
 * restarts a scheduler or takes the remembered dest out of the list.
 */
export interface ServiceState {
  /** `rr`: the dest chosen last, an index in `dests`; 0 before the first choice. */
  lastDest: u32
}

/** A real server of a service as configured. Written by the control side only, as a whole. */
export interface Dest {
  /** When the dest was removed, on the director's clock; 0 for a dest that is in its service's list. */
  removedMs: u64
  /** The service that the dest belongs to, or belonged to. */
  service: ServiceKey
  address: Address
  port: u16
  /** `ForwardingMethod`. */
  method: u8
  /** `Availability`. */
  availability: u8
  /** Capacity relative to the other dests of the service, 0 … 2^31 − 1; 0: no new connections. */
  weight: u32
  /** The next dest of the service's list, an index in `dests`; 0 ends the list. */
  next: u32
}

/** Connections that a dest has. Written by the engine only. */
export interface DestState {
  /** In a state that counts as active (`protocols/tcp.ts`). */
  active: atomic32
  inactive: atomic32
}

/** Traffic of one dest on one processor. Bytes are IP bytes, header included. */
export interface Counters {
  /** Connections scheduled. */
  connections: u64
  /** From the client. */
  inPackets: u64
  /** From the server. */
  outPackets: u64
  inBytes: u64
  outBytes: u64
}

/** Traffic of a service's dests that are gone for good. Written by the control side only. */
export interface Retired {
  counters: Counters
  /** The dest that was added last: until its slot is cleared it must not be counted twice. 0 for none. */
  dest: u32
  reserved: u32
}

/**
 * What the estimator of a dest remembers. A rate is a moving average per second, kept 2^10 times as large (connections,
 * packets) or 2^5 times (bytes), so that small rates don't round away. Written by the engine only.
 */
export interface Rates {
  /** The dest's totals at the last estimate. */
  last: Counters
  connections: u64
  inPackets: u64
  outPackets: u64
  inBytes: u64
  outBytes: u64
}

/** Packets that the director did not forward, one row for each `Reason`, on one processor. */
export interface ReasonCount {
  packets: u64
}

/** The director's clock. Written by the host's timer only. */
export interface Clock {
  /** Milliseconds since an arbitrary start; moves in steps of up to 100 ms. */
  nowMs: u64
}

/** Where the director is in its tables. Written by the engine only. */
export interface Allocator {
  /** Slots of `connections` handed out for the first time so far; those above have never been used. */
  used: atomic32
  /** The slot at which the next slice of the sweep begins. */
  sweep: u32
  /** Connections that the running slice of the sweep has removed. */
  swept: u32
  /** The dest at which the next slice of the estimator begins; 0 between two passes. */
  estimate: u32
  /** ICMP errors that may be sent until the budget is refilled. */
  icmpTokens: u32
  reserved: u32
  /** When the budget is refilled next. */
  icmpRefillMs: u64
  /** When the estimator's next pass begins. */
  estimateMs: u64
}

/** What the control side has laid out in the tables. Written by the control side only. */
export interface Layout {
  /** `LAYOUT_VERSION` of the program that made the tables. */
  version: u32
  /** Dests up to and including this index may be in use, and none above. */
  lastDest: u32
  /** Services up to and including this index may be in use, and none above. */
  lastService: u32
  reserved: u32
}

/** What becomes of a packet. */
export const enum Verdict {
  /** Not the director's: on to the stack, unchanged. */
  Pass = 0,
  Drop = 1,
  /** Rewritten and on its way out by the route that `route` found. */
  Forward = 2,
  /** Rewritten, to be forwarded by the host's own stack, which fragments it. */
  Stack = 3,
}

export const enum Direction {
  /** From the client. */
  In = 0,
  /** From the server. */
  Out = 1,
}

export const enum Scheduler {
  RoundRobin = 1,
}

/** Values as in `ipvsadm`'s netlink attribute (`IP_VS_CONN_F_MASQ` …): uapi `linux/ip_vs.h`. */
export const enum ForwardingMethod {
  Masquerading = 0,
}

export const enum Availability {
  /** In its service's list. */
  Listed = 0,
  /** Removed: its connections' client packets are dropped until it returns. */
  Removed = 1,
  /** Its whole service was removed: its connections are not the director's business. */
  Orphaned = 2,
}

/** What `route` found. */
export const enum Route {
  Found = 0,
  /** The packet is larger than the way out takes. */
  TooBig = 1,
  /** No route, or one that forbids. */
  None = 2,
  /** IP forwarding is switched off where the packet came in. */
  ForwardingDisabled = 3,
}

/** Changes whenever a record or table does: tables of another version are not adopted. */
export const LAYOUT_VERSION = 2

/** No slot, no dest: indexes of tables start at 1. */
export const NONE = 0
