/**
 * The engine's host in Node: packets are byte arrays, tables lie in memory, the clock is whatever the caller says. What the kernel host
 * does at tcx, this does for the simulator, the tests and the tools; the engine that runs is the same source.
 */
import { copyAddress } from '../engine/address.ts'
import { fold, update } from '../engine/checksum.ts'
import { handlePacket, tick } from '../engine/director.ts'
import {
  AllocatorView,
  UdpHeaderView,
  SettingsView,
  SctpHeaderView,
  PortsView,
  MarkRuleView,
  OverloadView,
  Ipv6HeaderView,
  ExtensionHeaderView,
  BucketView,
  ClockView,
  ConnectionView,
  CountersView,
  DestStateView,
  DestView,
  FlowKeyView,
  FlowView,
  FragmentedPacketView,
  FragmentHeaderView,
  GreChecksumView,
  GreHeaderView,
  GueHeaderView,
  IcmpHeaderView,
  Ipv4HeaderView,
  LayoutView,
  LocalAddressView,
  LocalityCacheView,
  LocalityKeyView,
  LocalitySlotView,
  LocalityView,
  LocalUseView,
  RatesView,
  ReasonCountView,
  ServiceKeyView,
  ServiceStateView,
  ServiceView,
  TcpHeaderView,
  ToaOptionView,
  ToaRestView,
} from '../engine/generated/views.ts'
import { DEFAULT_SETTINGS } from '../engine/settings.ts'
import { type Packet, type Platform, runOn } from '../engine/platform.ts'
import {
  type Address,
  type Connection,
  type Counters,
  Family,
  type Flow,
  type FlowKey,
  LAYOUT_VERSION,
  type Locality,
  type LocalityKey,
  type LocalitySlot,
  READABLE_BYTES,
  Route,
  type ServiceKey,
  SUMMABLE_BYTES,
} from '../engine/records.ts'
import { FreeSlots } from './free-slots.ts'
import { type MemoryHash, MemoryTables, type MemoryTablesOptions } from './memory-tables.ts'

/** A question to a routing table: the way for a packet of `length` bytes. */
export interface RouteQuestion {
  /** `Family`. */
  readonly family: number
  /** Null for a packet of the host's own, which is asked for the way that the host itself takes. */
  readonly source: Address | null
  readonly destination: Address
  readonly length: number
}

export interface RouteAnswer {
  readonly route: Route
  /** After `TooBig`: bytes of the largest packet that the way takes. */
  readonly mtu: number
  /** Where a packet of the host's own was asked for: the address that it leaves with. */
  readonly source?: Address
}

export type RouteLookup = (question: RouteQuestion) => RouteAnswer

export interface MemoryHostOptions extends MemoryTablesOptions {
  readonly route: RouteLookup
  /** Numbers of 0 … 2^32 − 1 for schedulers that draw; default JavaScript's own. */
  readonly random?: () => number
}

export interface Handled {
  /** A `Verdict`. */
  readonly verdict: number
  /** The packet as the director left it, from its IP header. */
  readonly packet: Uint8Array
  /** Of `Verdict.Forward`: where the packet goes next by the host's routes, whatever its destination says. */
  readonly nextHop: NextHop | null
}

export interface NextHop {
  /** `Family`. */
  readonly family: number
  readonly address: Address
}

/** Bytes of the longest IPv4 packet (RFC 791 §3.1). */
const MAX_PACKET = 65535
/** A change of one word that changes nothing, as `change16` gives it. */
const NO_CHANGE = 0xffff

/** The packet under way: one buffer that each packet in turn is copied to. */
class MemoryPacket implements Packet {
  readonly segment = 0
  readonly bytes = new Uint8Array(MAX_PACKET)
  readonly data = new DataView(this.bytes.buffer)
  length = 0
  mark = 0
  own = 0
  /** After `route` and `routeAsHost`: the MTU of the way that was too narrow, and where it leads. */
  mtu = 0
  nextHop: NextHop | null = null
}

/** Every packet that the engine sees here was made by `MemoryHost.handle`. */
function own(packet: Packet): MemoryPacket {
  if (packet instanceof MemoryPacket) return packet
  throw new TypeError('not a packet of this host')
}

interface ViewClass<V> {
  readonly SIZE: number
  new (data: DataView, at: number): V
}

/** Whether so many bytes at `offset` are there to be read. */
function isReadable({ length }: Packet, offset: number, bytes: number): boolean {
  return offset + bytes <= Math.min(length, READABLE_BYTES)
}

function header<V>(packet: Packet, offset: number, view: ViewClass<V>): V | null {
  return isReadable(packet, offset, view.SIZE) ? new view(own(packet).data, offset) : null
}

function row<V>(data: DataView, index: number, view: ViewClass<V>): V | null {
  const at = index * view.SIZE
  return at + view.SIZE > data.byteLength ? null : new view(data, at)
}

export class MemoryHost implements Platform {
  readonly tables: MemoryTables
  private readonly packet = new MemoryPacket()
  private readonly lookupRoute: RouteLookup
  private readonly draw: () => number
  private readonly flows: MemoryHash
  private readonly services: MemoryHash
  private readonly connections: DataView
  private readonly serviceStates: DataView
  private readonly localAddresses: DataView
  private readonly localUses: DataView
  private readonly fragments: DataView
  private readonly dests: DataView
  private readonly buckets: DataView
  private readonly localityCaches: DataView
  private readonly localitySlots: MemoryHash
  private readonly localities: DataView
  private readonly overloads: DataView
  private readonly markRules: DataView
  private readonly destStates: DataView
  private readonly counters: DataView
  private readonly rates: DataView
  private readonly reasons: DataView
  private readonly flowKey = new FlowKeyView(new DataView(new ArrayBuffer(FlowKeyView.SIZE)))
  private readonly flowKeyBytes = new Uint8Array(this.flowKey.data.buffer)
  private readonly serviceKey = new ServiceKeyView(new DataView(new ArrayBuffer(ServiceKeyView.SIZE)))
  private readonly serviceKeyBytes = new Uint8Array(this.serviceKey.data.buffer)
  private readonly localityKey = new LocalityKeyView(new DataView(new ArrayBuffer(LocalityKeyView.SIZE)))
  private readonly localityKeyBytes = new Uint8Array(this.localityKey.data.buffer)
  private readonly place: AllocatorView
  private readonly time: ClockView
  private readonly plan: LayoutView
  private readonly set: SettingsView
  private readonly freeConnections = new FreeSlots()
  private readonly freeLocalities = new FreeSlots()

  constructor(options: MemoryHostOptions) {
    this.tables = new MemoryTables(options)
    this.lookupRoute = options.route
    this.draw = options.random ?? (() => Math.floor(Math.random() * 2 ** 32))
    this.flows = this.tables.hash('flows')
    this.services = this.tables.hash('services')
    this.connections = this.tables.array('connections')
    this.serviceStates = this.tables.array('serviceStates')
    this.localAddresses = this.tables.array('localAddresses')
    this.localUses = this.tables.array('localUses')
    this.fragments = this.tables.array('fragments')
    this.dests = this.tables.array('dests')
    this.buckets = this.tables.array('buckets')
    this.localityCaches = this.tables.array('localityCaches')
    this.localitySlots = this.tables.hash('localitySlots')
    this.localities = this.tables.array('localities')
    this.overloads = this.tables.array('overloads')
    this.markRules = this.tables.array('markRules')
    this.destStates = this.tables.array('destStates')
    this.counters = this.tables.array('counters')
    this.rates = this.tables.array('rates')
    this.reasons = this.tables.array('reasons')
    this.place = new AllocatorView(this.tables.array('allocators'))
    this.time = new ClockView(this.tables.array('clocks'))
    this.plan = new LayoutView(this.tables.array('layouts'))
    this.plan.version = LAYOUT_VERSION
    this.set = new SettingsView(this.tables.array('settingsRows')).set(DEFAULT_SETTINGS)
  }

  /** What becomes of a packet that came in, or that the host itself sends (`own`), from its IP header. The caller's bytes stay as they are. */
  handle(bytes: Uint8Array, mark = 0, own = false): Handled {
    const { packet } = this
    if (bytes.length > MAX_PACKET) throw new RangeError(`a packet of ${bytes.length} bytes: IPv4 ends at ${MAX_PACKET}`)
    packet.bytes.set(bytes)
    packet.length = bytes.length
    packet.mark = mark
    packet.own = own ? 1 : 0
    packet.nextHop = null
    // As a link would say; what is neither family the engine finds out.
    const family = (bytes[0] ?? 0) >>> 4 === Family.Ipv6 ? Family.Ipv6 : Family.Ipv4
    const verdict = runOn(this, () => handlePacket(packet, family))
    return { verdict, packet: packet.bytes.slice(0, packet.length), nextHop: packet.nextHop }
  }

  /** Sets the clock and does a slice of the housekeeping; returns the milliseconds until it wants to be called again. */
  tick(nowMs: number): number {
    return runOn(this, () => tick(nowMs))
  }

  ipv4At(packet: Packet, offset: number): Ipv4HeaderView | null {
    return header(packet, offset, Ipv4HeaderView)
  }

  ipv6At(packet: Packet, offset: number): Ipv6HeaderView | null {
    return header(packet, offset, Ipv6HeaderView)
  }

  extensionAt(packet: Packet, offset: number): ExtensionHeaderView | null {
    return header(packet, offset, ExtensionHeaderView)
  }

  fragmentAt(packet: Packet, offset: number): FragmentHeaderView | null {
    return header(packet, offset, FragmentHeaderView)
  }

  portsAt(packet: Packet, offset: number): PortsView | null {
    return header(packet, offset, PortsView)
  }

  udpAt(packet: Packet, offset: number): UdpHeaderView | null {
    return header(packet, offset, UdpHeaderView)
  }

  sctpAt(packet: Packet, offset: number): SctpHeaderView | null {
    return header(packet, offset, SctpHeaderView)
  }

  tcpAt(packet: Packet, offset: number): TcpHeaderView | null {
    return header(packet, offset, TcpHeaderView)
  }

  icmpAt(packet: Packet, offset: number): IcmpHeaderView | null {
    return header(packet, offset, IcmpHeaderView)
  }

  gueAt(packet: Packet, offset: number): GueHeaderView | null {
    return header(packet, offset, GueHeaderView)
  }

  greAt(packet: Packet, offset: number): GreHeaderView | null {
    return header(packet, offset, GreHeaderView)
  }

  greChecksumAt(packet: Packet, offset: number): GreChecksumView | null {
    return header(packet, offset, GreChecksumView)
  }

  byteAt(packet: Packet, offset: number): number {
    return isReadable(packet, offset, 1) ? own(packet).data.getUint8(offset) : -1
  }

  setByte(packet: Packet, offset: number, value: number): void {
    if (isReadable(packet, offset, 1)) own(packet).data.setUint8(offset, value)
  }

  setWord(packet: Packet, offset: number, value: number): void {
    if (isReadable(packet, offset, 4)) own(packet).data.setUint32(offset, value, false)
  }

  reach(): void {
    // All of a packet in memory is.
  }

  sumOfBytes(packet: Packet, offset: number, length: number): number {
    const { data } = own(packet)
    if (offset >= READABLE_BYTES || length > SUMMABLE_BYTES || offset + length > packet.length) return 0
    let sum = 0
    const end = offset + length - 1
    for (let at = offset; at < end; at += 2) sum += data.getUint16(at, false)
    if (length % 2 === 1) sum += data.getUint8(end) * 256
    return fold(sum)
  }

  updateChecksum(packet: Packet, offset: number, addressChange: number, portChange: number, optional: number): void {
    const { data } = own(packet)
    const before = data.getUint16(offset, false)
    if (optional !== 0 && before === 0) return
    let checksum = addressChange === 0 ? before : update(before, addressChange)
    if (portChange !== NO_CHANGE) checksum = update(checksum, portChange)
    data.setUint16(offset, optional !== 0 && checksum === 0 ? 0xffff : checksum, false)
  }

  makeRoom(packet: Packet, keep: number, room: number): boolean {
    const { bytes } = own(packet)
    bytes.copyWithin(room, 0, keep)
    own(packet).length = room + keep
    return true
  }

  toaAt(packet: Packet, offset: number): ToaOptionView | null {
    return header(packet, offset, ToaOptionView)
  }

  toaRestAt(packet: Packet, offset: number): ToaRestView | null {
    return header(packet, offset, ToaRestView)
  }

  insertRoom(packet: Packet, offset: number, room: number): boolean {
    const { bytes, length } = own(packet)
    if (length - offset > READABLE_BYTES || offset + room > READABLE_BYTES || length + room > MAX_PACKET) return false
    bytes.copyWithin(offset + room, offset, length)
    own(packet).length = length + room
    return true
  }

  encapsulate(packet: Packet, room: number): boolean {
    if (packet.length + room > MAX_PACKET) return false
    return this.makeRoom(packet, packet.length, room)
  }

  decapsulate(packet: Packet, length: number): boolean {
    const { bytes } = own(packet)
    bytes.copyWithin(0, length, packet.length)
    own(packet).length = packet.length - length
    return true
  }

  route(packet: Packet, family: number, source: Address, destination: Address, length: number): Route {
    return this.wayOut(packet, { family, source, destination, length }).route
  }

  routeAsHost(packet: Packet, family: number, destination: Address, length: number, source: Address | null): Route {
    const answer = this.wayOut(packet, { family, source: null, destination, length })
    if (source !== null && answer.source !== undefined) copyAddress(source, answer.source)
    return answer.route
  }

  private wayOut(packet: Packet, question: RouteQuestion): RouteAnswer {
    const answer = this.lookupRoute(question)
    const { word0, word1, word2, word3 } = question.destination
    own(packet).mtu = answer.mtu
    own(packet).nextHop = { family: question.family, address: { word0, word1, word2, word3 } }
    return answer
  }

  routeMtu(packet: Packet): number {
    return own(packet).mtu
  }

  findFlow(key: FlowKey): FlowView | null {
    this.flowKey.set(key)
    const value = this.flows.find(this.flowKeyBytes)
    return value === null ? null : new FlowView(value)
  }

  addFlow(key: FlowKey, flow: Flow): boolean {
    this.flowKey.set(key)
    const value = this.flows.add(this.flowKeyBytes)
    if (value === null) return false
    new FlowView(value).set(flow)
    return true
  }

  removeFlow(key: FlowKey): boolean {
    this.flowKey.set(key)
    return this.flows.remove(this.flowKeyBytes)
  }

  connectionAt(index: number): ConnectionView | null {
    return row(this.connections, index, ConnectionView)
  }

  fragmentedAt(slot: number): FragmentedPacketView | null {
    return row(this.fragments, slot, FragmentedPacketView)
  }

  changeState(connection: Connection, from: number, to: number): boolean {
    if (connection.state !== from) return false
    connection.state = to
    return true
  }

  takeConnection(): number {
    if (this.place.used < this.connectionCapacity() - 1) return (this.place.used += 1)
    return this.freeConnections.take()
  }

  releaseConnection(index: number): void {
    this.freeConnections.release(index)
  }

  connectionCapacity(): number {
    return this.tables.capacity('connections')
  }

  findService(key: ServiceKey): ServiceView | null {
    this.serviceKey.set(key)
    const value = this.services.find(this.serviceKeyBytes)
    return value === null ? null : new ServiceView(value)
  }

  serviceStateAt(index: number): ServiceStateView | null {
    return row(this.serviceStates, index, ServiceStateView)
  }

  bucketAt(index: number): BucketView | null {
    return row(this.buckets, index, BucketView)
  }

  localityCacheAt(service: number): LocalityCacheView | null {
    return row(this.localityCaches, service, LocalityCacheView)
  }

  findLocality(key: LocalityKey): LocalitySlotView | null {
    this.localityKey.set(key)
    const value = this.localitySlots.find(this.localityKeyBytes)
    return value === null ? null : new LocalitySlotView(value)
  }

  addLocality(key: LocalityKey, slot: LocalitySlot): boolean {
    this.localityKey.set(key)
    const value = this.localitySlots.add(this.localityKeyBytes)
    if (value === null) return false
    new LocalitySlotView(value).set(slot)
    return true
  }

  removeLocality(key: LocalityKey): boolean {
    this.localityKey.set(key)
    return this.localitySlots.remove(this.localityKeyBytes)
  }

  localityAt(slot: number): LocalityView | null {
    return row(this.localities, slot, LocalityView)
  }

  lockLocality(locality: Locality): boolean {
    if (locality.busy !== 0) return false
    locality.busy = 1
    return true
  }

  takeLocality(): number {
    if (this.place.localities < this.tables.capacity('localities') - 1) return (this.place.localities += 1)
    return this.freeLocalities.take()
  }

  releaseLocality(slot: number): void {
    this.freeLocalities.release(slot)
  }

  overloadAt(dest: number): OverloadView | null {
    return row(this.overloads, dest, OverloadView)
  }

  markRuleAt(index: number): MarkRuleView | null {
    return row(this.markRules, index, MarkRuleView)
  }

  settings(): SettingsView {
    return this.set
  }

  localAddressAt(index: number): LocalAddressView | null {
    return row(this.localAddresses, index, LocalAddressView)
  }

  localUseAt(index: number): LocalUseView | null {
    return row(this.localUses, index, LocalUseView)
  }

  destAt(index: number): DestView | null {
    return row(this.dests, index, DestView)
  }

  destStateAt(index: number): DestStateView | null {
    return row(this.destStates, index, DestStateView)
  }

  countersAt(dest: number): CountersView | null {
    return row(this.counters, dest, CountersView)
  }

  sumCounters(dest: number, totals: Counters): void {
    const row = this.countersAt(dest)
    if (row === null) return
    totals.connections = row.connections
    totals.inPackets = row.inPackets
    totals.outPackets = row.outPackets
    totals.inBytes = row.inBytes
    totals.outBytes = row.outBytes
  }

  ratesAt(dest: number): RatesView | null {
    return row(this.rates, dest, RatesView)
  }

  reasonAt(reason: number): ReasonCountView | null {
    return row(this.reasons, reason, ReasonCountView)
  }

  allocator(): AllocatorView {
    return this.place
  }

  layout(): LayoutView {
    return this.plan
  }

  clock(): ClockView {
    return this.time
  }

  nowMs(): number {
    return this.time.nowMs
  }

  random(): number {
    return this.draw()
  }

  isLessProduct(a: number, b: number, c: number, d: number): boolean {
    const left = a * b
    const right = c * d
    if (left <= Number.MAX_SAFE_INTEGER && right <= Number.MAX_SAFE_INTEGER) return left < right
    return BigInt(a) * BigInt(b) < BigInt(c) * BigInt(d)
  }
}
