/**
 * The engine's host in Node: packets are byte arrays, tables lie in memory, the clock is whatever the caller says. What the kernel host
 * does at tcx, this does for the simulator, the tests and the tools; the engine that runs is the same source.
 */
import { fold, update } from '../engine/checksum.ts'
import { handlePacket, tick } from '../engine/director.ts'
import {
  AllocatorView,
  ClockView,
  ConnectionView,
  CountersView,
  DestStateView,
  DestView,
  FlowKeyView,
  FlowView,
  IcmpHeaderView,
  Ipv4HeaderView,
  LayoutView,
  RatesView,
  ReasonCountView,
  ServiceKeyView,
  ServiceStateView,
  ServiceView,
  TcpHeaderView,
} from '../engine/generated/views.ts'
import { type Packet, type Platform, runOn } from '../engine/platform.ts'
import {
  type Address,
  type Connection,
  type Counters,
  type Flow,
  type FlowKey,
  LAYOUT_VERSION,
  NONE,
  Route,
  type ServiceKey,
} from '../engine/records.ts'
import { type MemoryHash, MemoryTables, type MemoryTablesOptions } from './memory-tables.ts'

/** What the way out of the director is, for a packet of `length` bytes between two IPv4 addresses in host order. */
export type RouteLookup = (source: number, destination: number, length: number) => { route: Route; mtu: number }

export interface MemoryHostOptions extends MemoryTablesOptions {
  readonly route: RouteLookup
}

export interface Handled {
  /** A `Verdict`. */
  readonly verdict: number
  /** The packet as the director left it, from its IP header. */
  readonly packet: Uint8Array
}

const ICMP_ROOM = Ipv4HeaderView.SIZE + IcmpHeaderView.SIZE
/** Bytes of the longest IPv4 packet (RFC 791 §3.1). */
const MAX_PACKET = 65535
const TCP_CHECKSUM = 16
/** A change of one word that changes nothing, as `change16` gives it. */
const NO_CHANGE = 0xffff

/** The packet under way: one buffer that each packet in turn is copied to. */
class MemoryPacket implements Packet {
  readonly segment = 0
  readonly bytes = new Uint8Array(MAX_PACKET)
  readonly data = new DataView(this.bytes.buffer)
  length = 0
  /** After `route`: the MTU of the way that was too narrow. */
  mtu = 0
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

function header<V>(packet: Packet, offset: number, view: ViewClass<V>): V | null {
  return offset + view.SIZE > packet.length ? null : new view(own(packet).data, offset)
}

function row<V>(data: DataView, index: number, view: ViewClass<V>): V | null {
  const at = index * view.SIZE
  return at + view.SIZE > data.byteLength ? null : new view(data, at)
}

export class MemoryHost implements Platform {
  readonly tables: MemoryTables
  private readonly packet = new MemoryPacket()
  private readonly lookupRoute: RouteLookup
  private readonly flows: MemoryHash
  private readonly services: MemoryHash
  private readonly connections: DataView
  private readonly serviceStates: DataView
  private readonly dests: DataView
  private readonly destStates: DataView
  private readonly counters: DataView
  private readonly rates: DataView
  private readonly reasons: DataView
  private readonly flowKey = new FlowKeyView(new DataView(new ArrayBuffer(FlowKeyView.SIZE)))
  private readonly flowKeyBytes = new Uint8Array(this.flowKey.data.buffer)
  private readonly serviceKey = new ServiceKeyView(new DataView(new ArrayBuffer(ServiceKeyView.SIZE)))
  private readonly serviceKeyBytes = new Uint8Array(this.serviceKey.data.buffer)
  private readonly place: AllocatorView
  private readonly time: ClockView
  private readonly plan: LayoutView
  /** Released slots of `connections`, the oldest first from `freeFrom` on. */
  private free: number[] = []
  private freeFrom = 0

  constructor(options: MemoryHostOptions) {
    this.tables = new MemoryTables(options)
    this.lookupRoute = options.route
    this.flows = this.tables.hash('flows')
    this.services = this.tables.hash('services')
    this.connections = this.tables.array('connections')
    this.serviceStates = this.tables.array('serviceStates')
    this.dests = this.tables.array('dests')
    this.destStates = this.tables.array('destStates')
    this.counters = this.tables.array('counters')
    this.rates = this.tables.array('rates')
    this.reasons = this.tables.array('reasons')
    this.place = new AllocatorView(this.tables.array('allocators'))
    this.time = new ClockView(this.tables.array('clocks'))
    this.plan = new LayoutView(this.tables.array('layouts'))
    this.plan.version = LAYOUT_VERSION
  }

  /** What becomes of a packet that came in, from its IP header. The caller's bytes stay as they are. */
  handle(bytes: Uint8Array): Handled {
    const { packet } = this
    if (bytes.length > MAX_PACKET) throw new RangeError(`a packet of ${bytes.length} bytes: IPv4 ends at ${MAX_PACKET}`)
    packet.bytes.set(bytes)
    packet.length = bytes.length
    const verdict = runOn(this, () => handlePacket(packet))
    return { verdict, packet: packet.bytes.slice(0, packet.length) }
  }

  /** Sets the clock and does a slice of the housekeeping; returns the milliseconds until it wants to be called again. */
  tick(nowMs: number): number {
    return runOn(this, () => tick(nowMs))
  }

  ipv4At(packet: Packet, offset: number): Ipv4HeaderView | null {
    return header(packet, offset, Ipv4HeaderView)
  }

  tcpAt(packet: Packet, offset: number): TcpHeaderView | null {
    return header(packet, offset, TcpHeaderView)
  }

  icmpAt(packet: Packet, offset: number): IcmpHeaderView | null {
    return header(packet, offset, IcmpHeaderView)
  }

  sumOfBytes(packet: Packet, offset: number, length: number): number {
    const { data } = own(packet)
    if (offset + length > packet.length) return 0
    let sum = 0
    const end = offset + length - 1
    for (let at = offset; at < end; at += 2) sum += data.getUint16(at, false)
    if (length % 2 === 1) sum += data.getUint8(end) * 256
    return fold(sum)
  }

  updateTcpChecksum(packet: Packet, tcpOffset: number, addressChange: number, portChange: number): void {
    const { data } = own(packet)
    const at = tcpOffset + TCP_CHECKSUM
    let checksum = update(data.getUint16(at, false), addressChange)
    if (portChange !== NO_CHANGE) checksum = update(checksum, portChange)
    data.setUint16(at, checksum, false)
  }

  makeIcmpRoom(packet: Packet, keep: number): boolean {
    const { bytes } = own(packet)
    bytes.copyWithin(ICMP_ROOM, 0, keep)
    bytes.fill(0, 0, ICMP_ROOM)
    own(packet).length = ICMP_ROOM + keep
    return true
  }

  route(packet: Packet, source: Address, destination: Address, length: number): Route {
    const { route, mtu } = this.lookupRoute(source.word, destination.word, length)
    own(packet).mtu = mtu
    return route
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

  changeState(connection: Connection, from: number, to: number): boolean {
    if (connection.state !== from) return false
    connection.state = to
    return true
  }

  takeConnection(): number {
    if (this.place.used < this.connectionCapacity() - 1) return (this.place.used += 1)
    const slot = this.free[this.freeFrom]
    if (slot === undefined) return NONE
    this.freeFrom += 1
    return slot
  }

  releaseConnection(index: number): void {
    if (this.freeFrom > 1024 && this.freeFrom * 2 > this.free.length) {
      this.free = this.free.slice(this.freeFrom)
      this.freeFrom = 0
    }
    this.free.push(index)
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
}
