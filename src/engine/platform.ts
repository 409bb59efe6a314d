/**
 * All that the engine needs of its host: the packet, the tables, the clock, the way out. In Node these functions call
 * the host that `runOn` names; for the kernel the compiler drops this file and `kernel/platform/` defines the same
 * functions in C.
 *
 * Pointers into the packet (`ipv4At` …) are good until the next call that is marked “moves the packet”.
 * Pointers into tables are live: what the engine writes is in the table at once.
 */
import type {
  Address,
  Allocator,
  Bucket,
  Clock,
  Connection,
  Counters,
  Dest,
  DestState,
  ExtensionHeader,
  Flow,
  FlowKey,
  FragmentedPacket,
  FragmentHeader,
  GreChecksum,
  GreHeader,
  GueHeader,
  IcmpHeader,
  Ipv4Header,
  Ipv6Header,
  Layout,
  Locality,
  LocalAddress,
  LocalityCache,
  LocalityKey,
  LocalitySlot,
  LocalUse,
  MarkRule,
  Overload,
  Ports,
  Rates,
  ReasonCount,
  Route,
  SctpHeader,
  Service,
  ServiceKey,
  ServiceState,
  Settings,
  TcpHeader,
  ToaOption,
  ToaRest,
  UdpHeader,
} from './records.ts'

/**
 * A packet under way through the director. Offsets are bytes from the start of its IP header.
 *
 * What is asked for by offset is there only if all of it lies within the packet and within its first `READABLE_BYTES`: to every host a packet ends
 * there, because the verifier wants a bound. So IPv6 whose extension headers leave the transport header no room before that is malformed. A kernel
 * that has the packet in pieces shows less of it: at first the headers as far as TCP's fixed part, or 242 bytes of IPv6, and more after `reach`.
 */
export interface Packet {
  /** Bytes from the IP header to the end of the packet, link padding included. */
  readonly length: number
  /** Payload bytes of each segment where the packet stands for many that hardware will cut (GSO); otherwise 0. */
  readonly segment: number
  /** The firewall mark (`SO_MARK`, `skb->mark`) that something in front of the director has set; 0 for none. */
  readonly mark: number
  /** 1 where the host that the director runs on has sent the packet itself, otherwise 0. */
  readonly own: number
}

export interface Platform {
  /** The header at `offset`, or null where that isn't there whole. */
  ipv4At(packet: Packet, offset: number): Ipv4Header | null
  ipv6At(packet: Packet, offset: number): Ipv6Header | null
  extensionAt(packet: Packet, offset: number): ExtensionHeader | null
  fragmentAt(packet: Packet, offset: number): FragmentHeader | null
  portsAt(packet: Packet, offset: number): Ports | null
  tcpAt(packet: Packet, offset: number): TcpHeader | null
  udpAt(packet: Packet, offset: number): UdpHeader | null
  sctpAt(packet: Packet, offset: number): SctpHeader | null
  icmpAt(packet: Packet, offset: number): IcmpHeader | null
  gueAt(packet: Packet, offset: number): GueHeader | null
  greAt(packet: Packet, offset: number): GreHeader | null
  greChecksumAt(packet: Packet, offset: number): GreChecksum | null
  toaAt(packet: Packet, offset: number): ToaOption | null
  toaRestAt(packet: Packet, offset: number): ToaRest | null
  /** The byte at `offset`, or -1 where there is none. */
  byteAt(packet: Packet, offset: number): number
  /** Does nothing where there is none. */
  setByte(packet: Packet, offset: number, value: number): void
  /** Writes 32 bits in network byte order. Does nothing where they are not all there. */
  setWord(packet: Packet, offset: number, value: number): void
  /** Makes the packet's first `length` bytes, or all, readable and writable. Moves the packet. */
  reach(packet: Packet, length: number): void
  /**
   * The sum of `length` bytes as big-endian 16-bit words, folded to 16 bits; an odd last byte counts as its word's upper. Only their first has to be
   * among the readable: 0 where the packet ends before them or they are more than `SUMMABLE_BYTES`.
   */
  sumOfBytes(packet: Packet, offset: number, length: number): number
  /**
   * Brings the TCP or UDP checksum at `offset` into line after a rewrite: `addressChange` and `portChange` as `checksum.ts`
   * computes them, of the pseudo header and of the segment. `optional`: 1 where a checksum of 0 stands for none (UDP). Moves the packet.
   */
  updateChecksum(packet: Packet, offset: number, addressChange: number, portChange: number, optional: number): void
  /** Cuts the packet to `keep` bytes and puts `room` bytes in front of it, for the caller to fill. False where it can't be done. Moves the packet. */
  makeRoom(packet: Packet, keep: number, room: number): boolean
  /**
   * Puts `room` bytes in front of the packet, for the caller to fill with the headers of a tunnel of a `TunnelType` with an outer IP header of
   * a `Family`. A packet that hardware will cut is cut inside of it. False where it can't be done. Moves the packet.
   */
  encapsulate(packet: Packet, room: number, family: number, type: number): boolean
  /**
   * Takes the first `length` bytes off the packet, no less than an IPv4 header's: what was inside is a packet of a `Family`. False where it can't
   * be done. Moves the packet.
   */
  decapsulate(packet: Packet, length: number, family: number): boolean
  /**
   * Moves what begins at `offset` `room` bytes on. False where more follows than `READABLE_BYTES`, the room would end behind these, or hardware is
   * to cut the packet. Moves the packet.
   */
  insertRoom(packet: Packet, offset: number, room: number): boolean
  /** Finds the way out for a packet of `length` bytes between two addresses of a `Family`. `Verdict.Forward` then takes it. */
  route(packet: Packet, family: number, source: Address, destination: Address, length: number): Route
  /**
   * The same for a packet of the host's own: IP forwarding may be off. `Verdict.Forward` then takes the packet the way that leads to
   * `destination`, whatever it says itself. Fills `source` with the address that the host sends from, if there is a way and it isn't null.
   */
  routeAsHost(packet: Packet, family: number, destination: Address, length: number, source: Address | null): Route
  /** After `Route.TooBig`: the MTU of that way in bytes. */
  routeMtu(packet: Packet): number

  findFlow(key: FlowKey): Flow | null
  /** False where the key is taken or the table full. */
  addFlow(key: FlowKey, flow: Flow): boolean
  /** False where there was none: somebody else has removed it. */
  removeFlow(key: FlowKey): boolean
  connectionAt(index: number): Connection | null
  fragmentedAt(slot: number): FragmentedPacket | null
  /** Sets the state if it still is `from`; false if another packet was faster. */
  changeState(connection: Connection, from: number, to: number): boolean
  /** A slot of `connections` for the caller alone, 1 …, or 0 where all are in use. */
  takeConnection(): number
  releaseConnection(index: number): void
  /** Slots in the table of connections. */
  connectionCapacity(): number
  findService(key: ServiceKey): Service | null
  serviceStateAt(index: number): ServiceState | null
  bucketAt(index: number): Bucket | null
  localityCacheAt(service: number): LocalityCache | null
  findLocality(key: LocalityKey): LocalitySlot | null
  /** False where the key is taken or the table full. */
  addLocality(key: LocalityKey, slot: LocalitySlot): boolean
  /** False where there was none: somebody else has removed it. */
  removeLocality(key: LocalityKey): boolean
  localityAt(slot: number): Locality | null
  /** Sets `busy` for the caller; false where it is set. Nobody waits. */
  lockLocality(locality: Locality): boolean
  /** A slot of `localities` for the caller alone, 1 …, or 0 where all are in use. */
  takeLocality(): number
  releaseLocality(slot: number): void
  localAddressAt(index: number): LocalAddress | null
  localUseAt(index: number): LocalUse | null
  destAt(index: number): Dest | null
  destStateAt(index: number): DestState | null
  overloadAt(dest: number): Overload | null
  /** The counters of a dest on this processor. */
  countersAt(dest: number): Counters | null
  /** Fills `totals` with the counters of a dest over all processors. */
  sumCounters(dest: number, totals: Counters): void
  ratesAt(dest: number): Rates | null
  reasonAt(reason: number): ReasonCount | null
  markRuleAt(index: number): MarkRule | null
  settings(): Settings | null
  allocator(): Allocator | null
  layout(): Layout | null
  clock(): Clock | null
  /** Milliseconds on the director's clock. */
  nowMs(): number
  /** A random number, 0 … 2^32 − 1, every value as likely. */
  random(): number
  /** Whether a·b < c·d, exactly, for products below 2^64 of factors below 2^53. */
  isLessProduct(a: number, b: number, c: number, d: number): boolean
}

let host: Platform | null = null

/** Runs `work` with the engine bound to `platform`. The engine is synchronous, so hosts can take turns. */
export function runOn<T>(platform: Platform, work: () => T): T {
  const before = host
  host = platform
  try {
    return work()
  } finally {
    host = before
  }
}

function current(): Platform {
  if (host === null) throw new Error('the engine was called outside runOn(): bind it to a host first')
  return host
}

export const ipv4At: Platform['ipv4At'] = (packet, offset) => current().ipv4At(packet, offset)
export const ipv6At: Platform['ipv6At'] = (packet, offset) => current().ipv6At(packet, offset)
export const extensionAt: Platform['extensionAt'] = (packet, offset) => current().extensionAt(packet, offset)
export const fragmentAt: Platform['fragmentAt'] = (packet, offset) => current().fragmentAt(packet, offset)
export const portsAt: Platform['portsAt'] = (packet, offset) => current().portsAt(packet, offset)
export const tcpAt: Platform['tcpAt'] = (packet, offset) => current().tcpAt(packet, offset)
export const udpAt: Platform['udpAt'] = (packet, offset) => current().udpAt(packet, offset)
export const sctpAt: Platform['sctpAt'] = (packet, offset) => current().sctpAt(packet, offset)
export const icmpAt: Platform['icmpAt'] = (packet, offset) => current().icmpAt(packet, offset)
export const gueAt: Platform['gueAt'] = (packet, offset) => current().gueAt(packet, offset)
export const greAt: Platform['greAt'] = (packet, offset) => current().greAt(packet, offset)
export const greChecksumAt: Platform['greChecksumAt'] = (packet, offset) => current().greChecksumAt(packet, offset)
export const byteAt: Platform['byteAt'] = (packet, offset) => current().byteAt(packet, offset)
export const setByte: Platform['setByte'] = (packet, offset, value) => current().setByte(packet, offset, value)
export const setWord: Platform['setWord'] = (packet, offset, value) => current().setWord(packet, offset, value)
export const reach: Platform['reach'] = (packet, length) => current().reach(packet, length)
export const sumOfBytes: Platform['sumOfBytes'] = (packet, offset, length) =>
  current().sumOfBytes(packet, offset, length)
export const updateChecksum: Platform['updateChecksum'] = (packet, offset, addressChange, portChange, optional) =>
  current().updateChecksum(packet, offset, addressChange, portChange, optional)
export const makeRoom: Platform['makeRoom'] = (packet, keep, room) => current().makeRoom(packet, keep, room)
export const route: Platform['route'] = (packet, family, source, destination, length) =>
  current().route(packet, family, source, destination, length)
export const toaAt: Platform['toaAt'] = (packet, offset) => current().toaAt(packet, offset)
export const toaRestAt: Platform['toaRestAt'] = (packet, offset) => current().toaRestAt(packet, offset)
export const insertRoom: Platform['insertRoom'] = (packet, offset, room) => current().insertRoom(packet, offset, room)
export const localAddressAt: Platform['localAddressAt'] = (index) => current().localAddressAt(index)
export const localUseAt: Platform['localUseAt'] = (index) => current().localUseAt(index)
export const encapsulate: Platform['encapsulate'] = (packet, room, family, type) =>
  current().encapsulate(packet, room, family, type)
export const decapsulate: Platform['decapsulate'] = (packet, length, family) =>
  current().decapsulate(packet, length, family)
export const routeAsHost: Platform['routeAsHost'] = (packet, family, destination, length, source) =>
  current().routeAsHost(packet, family, destination, length, source)
export const routeMtu: Platform['routeMtu'] = (packet) => current().routeMtu(packet)
export const findFlow: Platform['findFlow'] = (key) => current().findFlow(key)
export const addFlow: Platform['addFlow'] = (key, flow) => current().addFlow(key, flow)
export const removeFlow: Platform['removeFlow'] = (key) => current().removeFlow(key)
export const connectionAt: Platform['connectionAt'] = (index) => current().connectionAt(index)
export const fragmentedAt: Platform['fragmentedAt'] = (slot) => current().fragmentedAt(slot)
export const changeState: Platform['changeState'] = (connection, from, to) =>
  current().changeState(connection, from, to)
export const takeConnection: Platform['takeConnection'] = () => current().takeConnection()
export const releaseConnection: Platform['releaseConnection'] = (index) => current().releaseConnection(index)
export const connectionCapacity: Platform['connectionCapacity'] = () => current().connectionCapacity()
export const findService: Platform['findService'] = (key) => current().findService(key)
export const serviceStateAt: Platform['serviceStateAt'] = (index) => current().serviceStateAt(index)
export const bucketAt: Platform['bucketAt'] = (index) => current().bucketAt(index)
export const localityCacheAt: Platform['localityCacheAt'] = (service) => current().localityCacheAt(service)
export const findLocality: Platform['findLocality'] = (key) => current().findLocality(key)
export const addLocality: Platform['addLocality'] = (key, slot) => current().addLocality(key, slot)
export const removeLocality: Platform['removeLocality'] = (key) => current().removeLocality(key)
export const localityAt: Platform['localityAt'] = (slot) => current().localityAt(slot)
export const lockLocality: Platform['lockLocality'] = (locality) => current().lockLocality(locality)
export const takeLocality: Platform['takeLocality'] = () => current().takeLocality()
export const releaseLocality: Platform['releaseLocality'] = (slot) => current().releaseLocality(slot)
export const destAt: Platform['destAt'] = (index) => current().destAt(index)
export const destStateAt: Platform['destStateAt'] = (index) => current().destStateAt(index)
export const overloadAt: Platform['overloadAt'] = (dest) => current().overloadAt(dest)
export const countersAt: Platform['countersAt'] = (dest) => current().countersAt(dest)
export const sumCounters: Platform['sumCounters'] = (dest, totals) => current().sumCounters(dest, totals)
export const ratesAt: Platform['ratesAt'] = (dest) => current().ratesAt(dest)
export const reasonAt: Platform['reasonAt'] = (reason) => current().reasonAt(reason)
export const markRuleAt: Platform['markRuleAt'] = (index) => current().markRuleAt(index)
export const settings: Platform['settings'] = () => current().settings()
export const allocator: Platform['allocator'] = () => current().allocator()
export const layout: Platform['layout'] = () => current().layout()
export const clock: Platform['clock'] = () => current().clock()
export const nowMs: Platform['nowMs'] = () => current().nowMs()
export const random: Platform['random'] = () => current().random()
export const isLessProduct: Platform['isLessProduct'] = (a, b, c, d) => current().isLessProduct(a, b, c, d)
