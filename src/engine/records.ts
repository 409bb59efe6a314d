/**
 * Every record of the director: packet headers as they lie on the wire, and the keys and values of its tables.
 *
 * The compiler turns these interfaces into C structs, map definitions and the views that Node reads both with: no
 * layout is written twice. Records have no holes (`reserved` fields fill them), because hash keys are compared as bytes.
 * An address is a record of its own: where code handles addresses it calls `address.ts`, and only the family's own
 * file (`ipv4.ts`, `ipv6.ts`) knows how they lie in a packet.
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

/** RFC 8200 §3; extension headers, if any, follow. */
export interface Ipv6Header {
  /** Version in the upper 4 bits, then 8 of traffic class, 20 of flow label. */
  versionClassFlow: be32
  /** Bytes after this header. */
  payloadLength: be16
  nextHeader: u8
  hopLimit: u8
  source0: be32
  source1: be32
  source2: be32
  source3: be32
  destination0: be32
  destination1: be32
  destination2: be32
  destination3: be32
}

/** What IPv6's hop-by-hop, routing and destination options headers begin with (RFC 8200 §4). */
export interface ExtensionHeader {
  nextHeader: u8
  /** In units of 8 bytes, not counting the first 8. */
  length: u8
}

/** IPv6's fragment header (RFC 8200 §4.5). */
export interface FragmentHeader {
  nextHeader: u8
  reserved: u8
  /** Offset in units of 8 bytes in the upper 13 bits; the lowest says that more follow. */
  offsetAndMore: be16
  identification: be32
}

/** What TCP, UDP and SCTP headers begin with. */
export interface Ports {
  source: be16
  destination: be16
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

/** RFC 768. */
export interface UdpHeader {
  sourcePort: be16
  destinationPort: be16
  /** Bytes, header included. */
  length: be16
  /** 0: none. */
  checksum: be16
}

/** RFC 9260 §3.1, and the first byte of the first chunk. */
export interface SctpHeader {
  sourcePort: be16
  destinationPort: be16
  verificationTag: be32
  /** CRC-32c of the packet, little-endian in memory. */
  checksum: u32
  chunkType: u8
  chunkFlags: u8
  chunkLength: be16
}

/** RFC 792 and RFC 4443: the 8 bytes in front of the quoted packet of an error. */
export interface IcmpHeader {
  type: u8
  code: u8
  checksum: be16
  /** Zero, or the next hop's MTU in bytes (RFC 1191 §4, RFC 4443 §3.2). */
  rest: be32
}

/** Generic UDP encapsulation, variant 0, without optional fields (draft-ietf-intarea-gue §3.1). */
export interface GueHeader {
  /** Version in the upper 2 bits, 1 of control, length of the optional fields in 4-byte words in the lower 5. */
  versionAndLength: u8
  /** IP protocol number of what follows. */
  protocol: u8
  flags: be16
}

/** RFC 2784 §2.1, as far as it is always there. */
export interface GreHeader {
  flags: be16
  /** EtherType of what follows. */
  protocol: be16
}

/** The TCP option that tells a server its client's address (TOA): kind 254 (RFC 6994 has it for experiments), with IPv4 8 bytes long. */
export interface ToaOption {
  kind: u8
  /** Bytes: 8, or with IPv6 20. */
  length: u8
  port: be16
  word0: be32
}

/** What follows a `ToaOption` of IPv6. */
export interface ToaRest {
  word1: be32
  word2: be32
  word3: be32
}

/** What follows a `GreHeader` whose flags say so. */
export interface GreChecksum {
  checksum: be16
  reserved: be16
}

/** An IP address in 32-bit words in host order; an IPv4 address is `word0`, the others are 0. */
export interface Address {
  word0: u32
  word1: u32
  word2: u32
  word3: u32
}

/** What the director has read of a packet's headers. Lives on the stack only. */
export interface Heading {
  source: Address
  destination: Address
  sourcePort: u16
  destinationPort: u16
  /** `Family`. */
  family: u8
  /** IP protocol number. */
  protocol: u8
  /** 1 where the director's own host has sent the packet. */
  own: u8
  /** `Parsed.FirstFragment`, `Parsed.LaterFragment`, or 0 for a whole packet. A later one has no ports and nothing behind. */
  fragment: u8
  /** Bytes from the start of the IP header to the transport header. */
  transport: u32
  /** Bytes from the start of the IP header to the payload. */
  payload: u32
  /** Bytes of the IP packet, headers included. */
  length: u32
  /** Time to live or hop limit. */
  hops: u16
  /** TCP: the flags; SCTP: the type of the first chunk. */
  event: u16
  /** Of a fragment: what it shares with the others of its packet. */
  identification: u32
}

/** What a tunnel's IP header takes over from the packet inside. Lives on the stack only. */
export interface TakenOver {
  /** Type of service or traffic class. */
  tos: u16
  identification: u16
  /** IPv4's field of flags and offset. */
  fragment: u16
  reserved: u16
}

/** Which dest is to serve a new connection. Lives on the stack only. */
export interface Choice {
  /** Index in `dests`, or `NONE`. */
  dest: u32
  /** Slot of the template that says so, or `NONE`. */
  template: u32
  /** The hash of the packet's Call-ID where that names the template, otherwise 0. */
  callId: u32
}

/** Where reading a packet's text has come to. Lives on the stack only. */
export interface Cursor {
  /** In the packet, of what comes next. */
  offset: u32
  /** The number that was read last. */
  value: u32
  /** An IPv4 address and a port, as FTP writes them: h1,h2,h3,h4,p1,p2. */
  host: u32
  port: u32
}

/** An address in 64 bits: IPv4 as it is, IPv6 by a keyed hash (`address.ts`). */
export interface Digest {
  low: u32
  high: u32
}

/** The four 64-bit words of SipHash. Lives on the stack only. */
export interface SipState {
  v0: Digest
  v1: Digest
  v2: Digest
  v3: Digest
}

/** A packet's addresses, ports and protocol exactly as the packet carries them; or a template's. Ports in host order. */
export interface FlowKey {
  source: Digest
  destination: Digest
  sourcePort: u16
  destinationPort: u16
  /** IP protocol number; 0 for the templates of a firewall mark's service. */
  protocol: u8
  /** `Family`, and `TEMPLATE` or `EXPECTED` where it isn't a packet's. */
  kind: u8
  reserved: u16
}

/** Which connection a flow belongs to, and in which direction. */
export interface Flow {
  /** Index in the table `connections`. */
  connection: u32
  direction: u32
}

/**
 * A connection of a client to a dest, or the template of a persistent client. Slots are reused: a reader that came by a flow
 * compares the addresses before it believes the slot.
 */
export interface Connection {
  /** On the director's clock; past it the connection does not exist any more. 0 in a slot that is not in use. */
  expiresMs: u64
  /** A template's is masked. */
  client: Address
  /** A template of a firewall mark's service has the mark in `word0`. */
  virtual: Address
  /** The dest's address. */
  server: Address
  clientPort: u16
  virtualPort: u16
  serverPort: u16
  /** FullNAT: the port of the director's own that the server answers to. */
  localPort: u16
  protocol: u8
  family: u8
  /** `ForwardingMethod`: the dest's when the connection was made. */
  method: u8
  /** `Family` of the server's address; with tunnels it may be another than the connection's. */
  serverFamily: u8
  /** FullNAT: the director's own address that the server answers to, an index in `localAddresses`; otherwise 0. */
  local: u16
  /** `ConnectionFlag`. */
  flags: u16
  /** Index in the table `dests`. */
  dest: u32
  /** A state of the protocol's. 32 bits wide because it is changed by compare-and-swap. */
  state: u32
  /** The slot of the template that chose the dest; 0 without persistence. */
  template: u32
  /** Of a template: the connections that it made and that still exist. */
  members: atomic32
  /** Of a template that SIP's Call-ID names: its hash, otherwise 0. */
  callId: u32
  /** With a PROXY header: the sequence number of the client's first byte, the one behind its SYN. */
  firstByte: u32
}

/** A packet of a connection that comes in fragments: where those behind the first belong. Slots are found by a hash and overwritten. */
export interface FragmentedPacket {
  /** When the rest has to be here. */
  expiresMs: u64
  source: Digest
  destination: Digest
  identification: u32
  protocol: u8
  family: u8
  reserved: u16
  /** Index in the table `connections`. */
  connection: u32
  direction: u32
}

/** A service is known by protocol, address and port, or by a firewall mark alone. */
export interface ServiceKey {
  address: Address
  port: u16
  protocol: u8
  family: u8
  /** 0 for a service with an address. */
  mark: u32
}

/** A virtual service as configured. Written by the control side only, as a whole. */
export interface Service {
  /** Index in the table `serviceStates`, 1 … capacity − 1. */
  index: u32
  /** `Scheduler`. */
  scheduler: u32
  /** `ServiceFlag`. */
  flags: u32
  /** First dest of the list, an index in `dests`; 0 ends the list. */
  firstDest: u32
  /** Persistence: how long a client is remembered after its last new connection; 0 without. */
  persistenceMs: u32
  /** Persistence: IPv4 mask, or length of the IPv6 prefix, that makes clients one. */
  clientMask: u32
  /** `wrr`: the greatest common divisor of the dests' positive weights, and the greatest weight. */
  weightDivisor: u32
  maxWeight: u32
  /** `dh`, `sh`, `mh`, `chi`: where the service's part of `buckets` begins, and how long it is; 0 without a usable dest. */
  firstBucket: u32
  buckets: u32
  /** FullNAT: the pool of local addresses as a list of indexes in `localAddresses`, 0 ends it; and how many there are. */
  firstLocal: u32
  locals: u32
  /**
   * What the scheduler takes from beyond LVS. `lc`: dests whose active connections differ by no more count as equal; 0: as in LVS.
   * `sh`, `chi`: how many of the client's address bits are hashed; 0: all.
   */
  parameter: u32
  /** Of the control side: 0 while the scheduler's part of this record may be behind the list of dests. */
  planned: u32
}

/**
 * What a service's scheduler remembers from one choice to the next. Written by the engine, and by the control side where it
 * restarts a scheduler or takes the remembered dest out of the list.
 */
export interface ServiceState {
  /** `rr`, `wrr`, `lc` with a granularity: the dest chosen last, an index in `dests`; 0 before the first choice. */
  lastDest: u32
  /** `wrr`: the weight that a dest must have in this round. `lblc`, `lblcr`: the generation of the cache, 0 before the first choice. */
  currentWeight: u32
}

/** What `lblc` or `lblcr` of one service have in `localities`. Written by the engine only. */
export interface LocalityCache {
  /** Changes when the scheduler starts anew: entries of other generations are dead. */
  generation: u32
  /** Entries of this generation. */
  entries: atomic32
  /** The pass of the eviction that `surplus` is of. */
  pass: u32
  /** Entries that this pass is still to remove. */
  surplus: u32
}

/** A virtual address as `lblc` and `lblcr` know it, by service. */
export interface LocalityKey {
  address: Address
  /** `Service.index`. */
  service: u32
  generation: u32
}

/** Where in `localities` the entry of a key lies. */
export interface LocalitySlot {
  slot: u32
}

/**
 * What `lblc` and `lblcr` remember of a virtual address: the dest that serves it, or the set of dests as a list, the
 * newest first, that goes on in slots of which only `dest` and `next` count. Written by the engine only.
 */
export interface Locality {
  /** When the address was last asked for; 0 in a slot that isn't the head of an entry. */
  usedMs: u64
  /** When the set last grew or shrank. */
  changedMs: u64
  key: LocalityKey
  /** Index in `dests`. */
  dest: u32
  /** The slot of the set's next dest, or `NONE`. */
  next: u32
  /** Dests in the set; 0 for `lblc`, which has no sets. */
  members: u32
  /** 1 while somebody changes the set. 32 bits wide because it is changed by compare-and-swap. */
  busy: u32
}

/** An address of the director's own in a service's pool for FullNAT. Written by the control side only. */
export interface LocalAddress {
  address: Address
  /** The next of the pool, an index in `localAddresses`; 0 ends it. */
  next: u32
  /** `Service.index`; 0 in a slot that is in no pool, whose address lasts while connections use it. */
  service: u32
}

/** How an address of a pool is used. Written by the engine only. */
export interface LocalUse {
  connections: atomic32
  /** Ports that were tried and found taken. */
  conflicts: atomic32
  /** The port to try next, counted from the first. */
  nextPort: u32
  /** Of a pool's first address: connections that the pool was asked for. */
  turn: u32
}

/** A row of a scheduler's table. Written by the control side only. */
export interface Bucket {
  /** Index in `dests`, or 0. */
  dest: u32
}

/** A real server of a service as configured. Written by the control side only, as a whole. */
export interface Dest {
  /** When the dest was removed, on the director's clock; 0 for a dest that is in its service's list. */
  removedMs: u64
  /** The service that the dest belongs to, or belonged to. */
  service: ServiceKey
  address: Address
  /** 0: the packet's own. */
  port: u16
  /** `ForwardingMethod`. */
  method: u8
  /** `Availability`. */
  availability: u8
  /** `Family` of the address; with tunnels it may be another than the service's. */
  family: u8
  /** 1 where the address is the director's own. */
  isLocal: u8
  /** `TunnelType`, its UDP port (GUE), and whether its header carries a checksum: 0, or as uapi `linux/ip_vs.h` has it 1 or 2. */
  tunnelType: u8
  tunnelChecksum: u8
  tunnelPort: u16
  reserved: u16
  /** Capacity relative to the other dests of the service, 0 … 2^31 − 1; 0: no new connections. */
  weight: u32
  /** The last weight that wasn't 0 (`mh` keeps a quiesced dest's place). */
  lastWeight: u32
  /** Connections from which on the dest is overloaded; 0: never. */
  upperThreshold: u32
  /** Connections below which it no longer is; 0: below 3/4 of the upper threshold. */
  lowerThreshold: u32
  /** The next dest of the service's list, an index in `dests`; 0 ends the list. */
  next: u32
}

/** Connections that a dest has. Written by the engine only. */
export interface DestState {
  /** In a state that counts as active. */
  active: atomic32
  inactive: atomic32
  /** Templates that lead to it. */
  persistent: atomic32
  reserved: u32
}

/** Whether a dest has reached its upper threshold. Written by the engine, and by the control side when a threshold changes. */
export interface Overload {
  overloaded: u32
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

/** How the director behaves; named as in `/proc/sys/net/ipv4/vs`. Written by the control side only, as a whole. */
export interface Settings {
  /** `ipvsadm --set`: timeouts of ESTABLISHED, of FIN_WAIT, and of UDP. */
  tcpMs: u32
  tcpFinMs: u32
  udpMs: u32
  connReuseMode: u32
  expireNodestConn: u32
  expireQuiescentTemplate: u32
  sloppyTcp: u32
  sloppySctp: u32
  /** 3: the states of TCP as under attack. */
  secureTcp: u32
  /** FullNAT: tells servers their clients' addresses in a TCP option. */
  toa: u32
  /** Services that are known by a firewall mark: 0 saves packets the question. */
  markServices: u32
  /** Services of FTP's port: 0 saves packets the question for what their connections announce. */
  ftpServices: u32
  /** Persistent services of any port, or of FTP's: 0 saves packets the question. */
  wideServices: u32
  /** Rules in `markRules`, from `firstMarkRule` on. */
  markRules: u32
  firstMarkRule: u32
  /** How long `lblc` keeps an unused address, and `lblcr` an unused address and a set that doesn't change. */
  lblcExpirationMs: u32
  lblcrExpirationMs: u32
  /** Keys of the hash that makes a digest of an IPv6 address. */
  digestKey0: u32
  digestKey1: u32
}

/** A rule that gives new connections a firewall mark. Written by the control side only. */
export interface MarkRule {
  /** Zero behind the prefix. */
  source: Address
  destination: Address
  /** Lengths of the prefixes, in bits. */
  sourceBits: u8
  destinationBits: u8
  family: u8
  /** IP protocol number; 0 for any. */
  protocol: u8
  /** Destination ports, both included. */
  firstPort: u16
  lastPort: u16
  mark: u32
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
  /** Slots of `localities` handed out for the first time so far. */
  localities: atomic32
  /** When the budget is refilled next. */
  icmpRefillMs: u64
  /** When the estimator's next pass begins. */
  estimateMs: u64
  /** When the next pass over `localities` begins, and which one that is. */
  evictMs: u64
  evictPass: u32
  /** The slot at which the next slice of it begins; 0 between two passes. */
  evict: u32
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
  /** Rewritten, to be forwarded by the host's own stack, which fragments it, or to be delivered by it. */
  Stack = 3,
  /** Made one of the host's own, to be sent by its stack, which fragments it, or to be delivered to the host itself. */
  Send = 4,
}

/** What reading an IP header came to. */
export const enum Parsed {
  Whole = 0,
  Malformed = 1,
  /** With the ports. */
  FirstFragment = 2,
  LaterFragment = 3,
}

export const enum Family {
  Ipv4 = 4,
  Ipv6 = 6,
}

/** In `FlowKey.kind`, beside the family: what leads to a template, or to a connection whose client's port isn't known yet. */
export const TEMPLATE = 64
export const EXPECTED = 128

export const enum Direction {
  /** From the client. */
  In = 0,
  /** From the server. */
  Out = 1,
  /** No packet's: the flow leads to a template. */
  Template = 2,
}

/** Whose packet moves a connection from state to state. */
export const enum Mover {
  /** The client, where the server's packets are seen as well. */
  Client = 0,
  Server = 1,
  /** The client, where the server's packets go another way. */
  ClientAlone = 2,
}

export const enum ConnectionFlag {
  Template = 1,
  /** A template whose dest is gone: kept for its connections, no longer found. */
  SetAside = 2,
  /** Announced by another connection: the client's port is in its first packet. */
  Expected = 4,
  /** FullNAT: the server has answered with more than its SYN, or has acknowledged the PROXY header: it knows the client's address if it wants to. */
  Answered = 8,
  /** The client is the director's own host. */
  Own = 16,
  /** The server gets a PROXY header in front of what the client sends. */
  Proxied = 32,
  /** The header is under way: nothing says that it got lost. */
  HeaderSent = 64,
}

export const enum ServiceFlag {
  Persistent = 1,
  /** Each datagram is scheduled, no connection kept (`ipvsadm -o`). */
  OnePacket = 2,
  /** `ipvsadm -b sh-fallback`, `mh-fallback`. */
  Fallback = 4,
  /** `ipvsadm -b sh-port`, `mh-port`. */
  HashPort = 8,
  /** `ipvsadm -b flag-3`, which no scheduler looks at. */
  Third = 16,
  /** `ipvsadm --pe sip`: templates are named by SIP's Call-ID instead of the client's address. */
  Sip = 32,
  /** `ipvsadm --proxy-protocol v2`: servers by FullNAT get a PROXY header. */
  ProxyProtocol = 64,
}

/** Numbers are stable: new schedulers go to the end. */
export const enum Scheduler {
  RoundRobin = 1,
  WeightedRoundRobin = 2,
  LeastConnection = 3,
  WeightedLeastConnection = 4,
  LocalityBasedLeastConnection = 5,
  LocalityBasedWithReplication = 6,
  DestinationHashing = 7,
  SourceHashing = 8,
  ShortestExpectedDelay = 9,
  NeverQueue = 10,
  WeightedFailover = 11,
  WeightedOverflow = 12,
  MaglevHashing = 13,
  PowerOfTwo = 14,
  /** Not of LVS. */
  ConsistentHashing = 15,
}

/** Values as in `ipvsadm`'s netlink attribute (`IP_VS_CONN_F_MASQ` …): uapi `linux/ip_vs.h`. */
export const enum ForwardingMethod {
  Masquerading = 0,
  Tunneling = 2,
  DirectRouting = 3,
  /** Not upstream's; the value is Alibaba's. */
  FullNat = 5,
}

/** What is put around a packet to a server (`ipvsadm --tun-type`). Values as in uapi `linux/ip_vs.h`. */
export const enum TunnelType {
  /** RFC 2003, RFC 2473: nothing but an IP header. */
  Ipip = 0,
  /** Generic UDP encapsulation, draft-ietf-intarea-gue. */
  Gue = 1,
  /** RFC 2784. */
  Gre = 2,
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
export const LAYOUT_VERSION = 5

/** How much of a packet's beginning hosts show the engine, and the most bytes that they sum, a jumbo frame's (`platform.ts`). */
export const READABLE_BYTES = 2048
export const SUMMABLE_BYTES = 16383

/** The port of FTP's control connections (RFC 959), whose services differ from others. */
export const FTP_PORT = 21

/** No slot, no dest: indexes of tables start at 1. */
export const NONE = 0
