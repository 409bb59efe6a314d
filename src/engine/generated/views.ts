/**
 * Records as Node sees them: views over the bytes that the kernel's tables and the packets hold, and their layouts.
 * Made by `npm run generate` from `records.ts`; a test fails where the two differ. Don't edit.
 *
 * A view reads and writes through; `at` may be moved. Stores truncate as C does. A u64 reads as a signed 64-bit
 * integer, as in the engine, and is exact within ±2^53.
 */
import type {
  Ipv4Header,
  TcpHeader,
  IcmpHeader,
  Address,
  FlowKey,
  Flow,
  Connection,
  ServiceKey,
  Service,
  ServiceState,
  Dest,
  DestState,
  Counters,
  Retired,
  Rates,
  ReasonCount,
  Clock,
  Allocator,
  Layout,
} from '../records.ts'

const WORD = 2 ** 32

/** Bytes that are too few for a record would fail at some later access, far from the mistake. */
function viewOf(bytes: Uint8Array, size: number, name: string): DataView {
  if (bytes.byteLength < size) {
    throw new RangeError(`${bytes.byteLength} bytes are too few for a ${name}: pass at least ${size}`)
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

export interface FieldLayout {
  /** Bytes from the start of the record. */
  readonly offset: number
  /** A scalar of `scalars.ts`, or the name of the nested record. */
  readonly type: string
}

export interface RecordLayout {
  /** Bytes. */
  readonly size: number
  readonly fields: Readonly<Record<string, FieldLayout>>
}

export class Ipv4HeaderView implements Ipv4Header {
  /** Bytes. */
  static readonly SIZE = 20

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Ipv4Header): Ipv4HeaderView {
    return new Ipv4HeaderView(new DataView(new ArrayBuffer(20))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): Ipv4HeaderView {
    return new Ipv4HeaderView(viewOf(bytes, 20, 'Ipv4Header'))
  }

  get versionAndLength(): number {
    return this.data.getUint8(this.at)
  }
  set versionAndLength(value: number) {
    this.data.setUint8(this.at, value)
  }

  get tos(): number {
    return this.data.getUint8(this.at + 1)
  }
  set tos(value: number) {
    this.data.setUint8(this.at + 1, value)
  }

  get totalLength(): number {
    return this.data.getUint16(this.at + 2, false)
  }
  set totalLength(value: number) {
    this.data.setUint16(this.at + 2, value, false)
  }

  get identification(): number {
    return this.data.getUint16(this.at + 4, false)
  }
  set identification(value: number) {
    this.data.setUint16(this.at + 4, value, false)
  }

  get fragment(): number {
    return this.data.getUint16(this.at + 6, false)
  }
  set fragment(value: number) {
    this.data.setUint16(this.at + 6, value, false)
  }

  get ttl(): number {
    return this.data.getUint8(this.at + 8)
  }
  set ttl(value: number) {
    this.data.setUint8(this.at + 8, value)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 9)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 9, value)
  }

  get checksum(): number {
    return this.data.getUint16(this.at + 10, false)
  }
  set checksum(value: number) {
    this.data.setUint16(this.at + 10, value, false)
  }

  get source(): number {
    return this.data.getUint32(this.at + 12, false)
  }
  set source(value: number) {
    this.data.setUint32(this.at + 12, value, false)
  }

  get destination(): number {
    return this.data.getUint32(this.at + 16, false)
  }
  set destination(value: number) {
    this.data.setUint32(this.at + 16, value, false)
  }

  /** Copies all fields. */
  set(from: Ipv4Header): this {
    this.versionAndLength = from.versionAndLength
    this.tos = from.tos
    this.totalLength = from.totalLength
    this.identification = from.identification
    this.fragment = from.fragment
    this.ttl = from.ttl
    this.protocol = from.protocol
    this.checksum = from.checksum
    this.source = from.source
    this.destination = from.destination
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 20).slice()
  }
}

export class TcpHeaderView implements TcpHeader {
  /** Bytes. */
  static readonly SIZE = 20

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: TcpHeader): TcpHeaderView {
    return new TcpHeaderView(new DataView(new ArrayBuffer(20))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): TcpHeaderView {
    return new TcpHeaderView(viewOf(bytes, 20, 'TcpHeader'))
  }

  get sourcePort(): number {
    return this.data.getUint16(this.at, false)
  }
  set sourcePort(value: number) {
    this.data.setUint16(this.at, value, false)
  }

  get destinationPort(): number {
    return this.data.getUint16(this.at + 2, false)
  }
  set destinationPort(value: number) {
    this.data.setUint16(this.at + 2, value, false)
  }

  get sequence(): number {
    return this.data.getUint32(this.at + 4, false)
  }
  set sequence(value: number) {
    this.data.setUint32(this.at + 4, value, false)
  }

  get acknowledgment(): number {
    return this.data.getUint32(this.at + 8, false)
  }
  set acknowledgment(value: number) {
    this.data.setUint32(this.at + 8, value, false)
  }

  get dataOffset(): number {
    return this.data.getUint8(this.at + 12)
  }
  set dataOffset(value: number) {
    this.data.setUint8(this.at + 12, value)
  }

  get flags(): number {
    return this.data.getUint8(this.at + 13)
  }
  set flags(value: number) {
    this.data.setUint8(this.at + 13, value)
  }

  get window(): number {
    return this.data.getUint16(this.at + 14, false)
  }
  set window(value: number) {
    this.data.setUint16(this.at + 14, value, false)
  }

  get checksum(): number {
    return this.data.getUint16(this.at + 16, false)
  }
  set checksum(value: number) {
    this.data.setUint16(this.at + 16, value, false)
  }

  get urgent(): number {
    return this.data.getUint16(this.at + 18, false)
  }
  set urgent(value: number) {
    this.data.setUint16(this.at + 18, value, false)
  }

  /** Copies all fields. */
  set(from: TcpHeader): this {
    this.sourcePort = from.sourcePort
    this.destinationPort = from.destinationPort
    this.sequence = from.sequence
    this.acknowledgment = from.acknowledgment
    this.dataOffset = from.dataOffset
    this.flags = from.flags
    this.window = from.window
    this.checksum = from.checksum
    this.urgent = from.urgent
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 20).slice()
  }
}

export class IcmpHeaderView implements IcmpHeader {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: IcmpHeader): IcmpHeaderView {
    return new IcmpHeaderView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): IcmpHeaderView {
    return new IcmpHeaderView(viewOf(bytes, 8, 'IcmpHeader'))
  }

  get type(): number {
    return this.data.getUint8(this.at)
  }
  set type(value: number) {
    this.data.setUint8(this.at, value)
  }

  get code(): number {
    return this.data.getUint8(this.at + 1)
  }
  set code(value: number) {
    this.data.setUint8(this.at + 1, value)
  }

  get checksum(): number {
    return this.data.getUint16(this.at + 2, false)
  }
  set checksum(value: number) {
    this.data.setUint16(this.at + 2, value, false)
  }

  get rest(): number {
    return this.data.getUint32(this.at + 4, false)
  }
  set rest(value: number) {
    this.data.setUint32(this.at + 4, value, false)
  }

  /** Copies all fields. */
  set(from: IcmpHeader): this {
    this.type = from.type
    this.code = from.code
    this.checksum = from.checksum
    this.rest = from.rest
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class AddressView implements Address {
  /** Bytes. */
  static readonly SIZE = 4

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Address): AddressView {
    return new AddressView(new DataView(new ArrayBuffer(4))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): AddressView {
    return new AddressView(viewOf(bytes, 4, 'Address'))
  }

  get word(): number {
    return this.data.getUint32(this.at, true)
  }
  set word(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  /** Copies all fields. */
  set(from: Address): this {
    this.word = from.word
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 4).slice()
  }
}

export class FlowKeyView implements FlowKey {
  /** Bytes. */
  static readonly SIZE = 16

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: FlowKey): FlowKeyView {
    return new FlowKeyView(new DataView(new ArrayBuffer(16))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): FlowKeyView {
    return new FlowKeyView(viewOf(bytes, 16, 'FlowKey'))
  }

  get source(): AddressView {
    return new AddressView(this.data, this.at)
  }

  get destination(): AddressView {
    return new AddressView(this.data, this.at + 4)
  }

  get sourcePort(): number {
    return this.data.getUint16(this.at + 8, true)
  }
  set sourcePort(value: number) {
    this.data.setUint16(this.at + 8, value, true)
  }

  get destinationPort(): number {
    return this.data.getUint16(this.at + 10, true)
  }
  set destinationPort(value: number) {
    this.data.setUint16(this.at + 10, value, true)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 12)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 12, value)
  }

  get reserved0(): number {
    return this.data.getUint8(this.at + 13)
  }
  set reserved0(value: number) {
    this.data.setUint8(this.at + 13, value)
  }

  get reserved1(): number {
    return this.data.getUint16(this.at + 14, true)
  }
  set reserved1(value: number) {
    this.data.setUint16(this.at + 14, value, true)
  }

  /** Copies all fields. */
  set(from: FlowKey): this {
    this.source.set(from.source)
    this.destination.set(from.destination)
    this.sourcePort = from.sourcePort
    this.destinationPort = from.destinationPort
    this.protocol = from.protocol
    this.reserved0 = from.reserved0
    this.reserved1 = from.reserved1
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 16).slice()
  }
}

export class FlowView implements Flow {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Flow): FlowView {
    return new FlowView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): FlowView {
    return new FlowView(viewOf(bytes, 8, 'Flow'))
  }

  get connection(): number {
    return this.data.getUint32(this.at, true)
  }
  set connection(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get direction(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set direction(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  /** Copies all fields. */
  set(from: Flow): this {
    this.connection = from.connection
    this.direction = from.direction
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class ConnectionView implements Connection {
  /** Bytes. */
  static readonly SIZE = 40

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Connection): ConnectionView {
    return new ConnectionView(new DataView(new ArrayBuffer(40))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ConnectionView {
    return new ConnectionView(viewOf(bytes, 40, 'Connection'))
  }

  get expiresMs(): number {
    return this.data.getInt32(this.at + 4, true) * WORD + this.data.getUint32(this.at, true)
  }
  set expiresMs(value: number) {
    this.data.setUint32(this.at, value, true)
    this.data.setInt32(this.at + 4, Math.floor(value / WORD), true)
  }

  get client(): AddressView {
    return new AddressView(this.data, this.at + 8)
  }

  get virtual(): AddressView {
    return new AddressView(this.data, this.at + 12)
  }

  get server(): AddressView {
    return new AddressView(this.data, this.at + 16)
  }

  get clientPort(): number {
    return this.data.getUint16(this.at + 20, true)
  }
  set clientPort(value: number) {
    this.data.setUint16(this.at + 20, value, true)
  }

  get virtualPort(): number {
    return this.data.getUint16(this.at + 22, true)
  }
  set virtualPort(value: number) {
    this.data.setUint16(this.at + 22, value, true)
  }

  get serverPort(): number {
    return this.data.getUint16(this.at + 24, true)
  }
  set serverPort(value: number) {
    this.data.setUint16(this.at + 24, value, true)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 26)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 26, value)
  }

  get reserved(): number {
    return this.data.getUint8(this.at + 27)
  }
  set reserved(value: number) {
    this.data.setUint8(this.at + 27, value)
  }

  get dest(): number {
    return this.data.getUint32(this.at + 28, true)
  }
  set dest(value: number) {
    this.data.setUint32(this.at + 28, value, true)
  }

  get state(): number {
    return this.data.getUint32(this.at + 32, true)
  }
  set state(value: number) {
    this.data.setUint32(this.at + 32, value, true)
  }

  get reserved1(): number {
    return this.data.getUint32(this.at + 36, true)
  }
  set reserved1(value: number) {
    this.data.setUint32(this.at + 36, value, true)
  }

  /** Copies all fields. */
  set(from: Connection): this {
    this.expiresMs = from.expiresMs
    this.client.set(from.client)
    this.virtual.set(from.virtual)
    this.server.set(from.server)
    this.clientPort = from.clientPort
    this.virtualPort = from.virtualPort
    this.serverPort = from.serverPort
    this.protocol = from.protocol
    this.reserved = from.reserved
    this.dest = from.dest
    this.state = from.state
    this.reserved1 = from.reserved1
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 40).slice()
  }
}

export class ServiceKeyView implements ServiceKey {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: ServiceKey): ServiceKeyView {
    return new ServiceKeyView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ServiceKeyView {
    return new ServiceKeyView(viewOf(bytes, 8, 'ServiceKey'))
  }

  get address(): AddressView {
    return new AddressView(this.data, this.at)
  }

  get port(): number {
    return this.data.getUint16(this.at + 4, true)
  }
  set port(value: number) {
    this.data.setUint16(this.at + 4, value, true)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 6)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 6, value)
  }

  get reserved(): number {
    return this.data.getUint8(this.at + 7)
  }
  set reserved(value: number) {
    this.data.setUint8(this.at + 7, value)
  }

  /** Copies all fields. */
  set(from: ServiceKey): this {
    this.address.set(from.address)
    this.port = from.port
    this.protocol = from.protocol
    this.reserved = from.reserved
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class ServiceView implements Service {
  /** Bytes. */
  static readonly SIZE = 16

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Service): ServiceView {
    return new ServiceView(new DataView(new ArrayBuffer(16))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ServiceView {
    return new ServiceView(viewOf(bytes, 16, 'Service'))
  }

  get index(): number {
    return this.data.getUint32(this.at, true)
  }
  set index(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get scheduler(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set scheduler(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  get firstDest(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set firstDest(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get reserved(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set reserved(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  /** Copies all fields. */
  set(from: Service): this {
    this.index = from.index
    this.scheduler = from.scheduler
    this.firstDest = from.firstDest
    this.reserved = from.reserved
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 16).slice()
  }
}

export class ServiceStateView implements ServiceState {
  /** Bytes. */
  static readonly SIZE = 4

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: ServiceState): ServiceStateView {
    return new ServiceStateView(new DataView(new ArrayBuffer(4))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ServiceStateView {
    return new ServiceStateView(viewOf(bytes, 4, 'ServiceState'))
  }

  get lastDest(): number {
    return this.data.getUint32(this.at, true)
  }
  set lastDest(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  /** Copies all fields. */
  set(from: ServiceState): this {
    this.lastDest = from.lastDest
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 4).slice()
  }
}

export class DestView implements Dest {
  /** Bytes. */
  static readonly SIZE = 32

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Dest): DestView {
    return new DestView(new DataView(new ArrayBuffer(32))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): DestView {
    return new DestView(viewOf(bytes, 32, 'Dest'))
  }

  get removedMs(): number {
    return this.data.getInt32(this.at + 4, true) * WORD + this.data.getUint32(this.at, true)
  }
  set removedMs(value: number) {
    this.data.setUint32(this.at, value, true)
    this.data.setInt32(this.at + 4, Math.floor(value / WORD), true)
  }

  get service(): ServiceKeyView {
    return new ServiceKeyView(this.data, this.at + 8)
  }

  get address(): AddressView {
    return new AddressView(this.data, this.at + 16)
  }

  get port(): number {
    return this.data.getUint16(this.at + 20, true)
  }
  set port(value: number) {
    this.data.setUint16(this.at + 20, value, true)
  }

  get method(): number {
    return this.data.getUint8(this.at + 22)
  }
  set method(value: number) {
    this.data.setUint8(this.at + 22, value)
  }

  get availability(): number {
    return this.data.getUint8(this.at + 23)
  }
  set availability(value: number) {
    this.data.setUint8(this.at + 23, value)
  }

  get weight(): number {
    return this.data.getUint32(this.at + 24, true)
  }
  set weight(value: number) {
    this.data.setUint32(this.at + 24, value, true)
  }

  get next(): number {
    return this.data.getUint32(this.at + 28, true)
  }
  set next(value: number) {
    this.data.setUint32(this.at + 28, value, true)
  }

  /** Copies all fields. */
  set(from: Dest): this {
    this.removedMs = from.removedMs
    this.service.set(from.service)
    this.address.set(from.address)
    this.port = from.port
    this.method = from.method
    this.availability = from.availability
    this.weight = from.weight
    this.next = from.next
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 32).slice()
  }
}

export class DestStateView implements DestState {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: DestState): DestStateView {
    return new DestStateView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): DestStateView {
    return new DestStateView(viewOf(bytes, 8, 'DestState'))
  }

  get active(): number {
    return this.data.getUint32(this.at, true)
  }
  set active(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get inactive(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set inactive(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  /** Copies all fields. */
  set(from: DestState): this {
    this.active = from.active
    this.inactive = from.inactive
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class CountersView implements Counters {
  /** Bytes. */
  static readonly SIZE = 40

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Counters): CountersView {
    return new CountersView(new DataView(new ArrayBuffer(40))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): CountersView {
    return new CountersView(viewOf(bytes, 40, 'Counters'))
  }

  get connections(): number {
    return this.data.getInt32(this.at + 4, true) * WORD + this.data.getUint32(this.at, true)
  }
  set connections(value: number) {
    this.data.setUint32(this.at, value, true)
    this.data.setInt32(this.at + 4, Math.floor(value / WORD), true)
  }

  get inPackets(): number {
    return this.data.getInt32(this.at + 12, true) * WORD + this.data.getUint32(this.at + 8, true)
  }
  set inPackets(value: number) {
    this.data.setUint32(this.at + 8, value, true)
    this.data.setInt32(this.at + 12, Math.floor(value / WORD), true)
  }

  get outPackets(): number {
    return this.data.getInt32(this.at + 20, true) * WORD + this.data.getUint32(this.at + 16, true)
  }
  set outPackets(value: number) {
    this.data.setUint32(this.at + 16, value, true)
    this.data.setInt32(this.at + 20, Math.floor(value / WORD), true)
  }

  get inBytes(): number {
    return this.data.getInt32(this.at + 28, true) * WORD + this.data.getUint32(this.at + 24, true)
  }
  set inBytes(value: number) {
    this.data.setUint32(this.at + 24, value, true)
    this.data.setInt32(this.at + 28, Math.floor(value / WORD), true)
  }

  get outBytes(): number {
    return this.data.getInt32(this.at + 36, true) * WORD + this.data.getUint32(this.at + 32, true)
  }
  set outBytes(value: number) {
    this.data.setUint32(this.at + 32, value, true)
    this.data.setInt32(this.at + 36, Math.floor(value / WORD), true)
  }

  /** Copies all fields. */
  set(from: Counters): this {
    this.connections = from.connections
    this.inPackets = from.inPackets
    this.outPackets = from.outPackets
    this.inBytes = from.inBytes
    this.outBytes = from.outBytes
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 40).slice()
  }
}

export class RetiredView implements Retired {
  /** Bytes. */
  static readonly SIZE = 48

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Retired): RetiredView {
    return new RetiredView(new DataView(new ArrayBuffer(48))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): RetiredView {
    return new RetiredView(viewOf(bytes, 48, 'Retired'))
  }

  get counters(): CountersView {
    return new CountersView(this.data, this.at)
  }

  get dest(): number {
    return this.data.getUint32(this.at + 40, true)
  }
  set dest(value: number) {
    this.data.setUint32(this.at + 40, value, true)
  }

  get reserved(): number {
    return this.data.getUint32(this.at + 44, true)
  }
  set reserved(value: number) {
    this.data.setUint32(this.at + 44, value, true)
  }

  /** Copies all fields. */
  set(from: Retired): this {
    this.counters.set(from.counters)
    this.dest = from.dest
    this.reserved = from.reserved
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 48).slice()
  }
}

export class RatesView implements Rates {
  /** Bytes. */
  static readonly SIZE = 80

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Rates): RatesView {
    return new RatesView(new DataView(new ArrayBuffer(80))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): RatesView {
    return new RatesView(viewOf(bytes, 80, 'Rates'))
  }

  get last(): CountersView {
    return new CountersView(this.data, this.at)
  }

  get connections(): number {
    return this.data.getInt32(this.at + 44, true) * WORD + this.data.getUint32(this.at + 40, true)
  }
  set connections(value: number) {
    this.data.setUint32(this.at + 40, value, true)
    this.data.setInt32(this.at + 44, Math.floor(value / WORD), true)
  }

  get inPackets(): number {
    return this.data.getInt32(this.at + 52, true) * WORD + this.data.getUint32(this.at + 48, true)
  }
  set inPackets(value: number) {
    this.data.setUint32(this.at + 48, value, true)
    this.data.setInt32(this.at + 52, Math.floor(value / WORD), true)
  }

  get outPackets(): number {
    return this.data.getInt32(this.at + 60, true) * WORD + this.data.getUint32(this.at + 56, true)
  }
  set outPackets(value: number) {
    this.data.setUint32(this.at + 56, value, true)
    this.data.setInt32(this.at + 60, Math.floor(value / WORD), true)
  }

  get inBytes(): number {
    return this.data.getInt32(this.at + 68, true) * WORD + this.data.getUint32(this.at + 64, true)
  }
  set inBytes(value: number) {
    this.data.setUint32(this.at + 64, value, true)
    this.data.setInt32(this.at + 68, Math.floor(value / WORD), true)
  }

  get outBytes(): number {
    return this.data.getInt32(this.at + 76, true) * WORD + this.data.getUint32(this.at + 72, true)
  }
  set outBytes(value: number) {
    this.data.setUint32(this.at + 72, value, true)
    this.data.setInt32(this.at + 76, Math.floor(value / WORD), true)
  }

  /** Copies all fields. */
  set(from: Rates): this {
    this.last.set(from.last)
    this.connections = from.connections
    this.inPackets = from.inPackets
    this.outPackets = from.outPackets
    this.inBytes = from.inBytes
    this.outBytes = from.outBytes
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 80).slice()
  }
}

export class ReasonCountView implements ReasonCount {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: ReasonCount): ReasonCountView {
    return new ReasonCountView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ReasonCountView {
    return new ReasonCountView(viewOf(bytes, 8, 'ReasonCount'))
  }

  get packets(): number {
    return this.data.getInt32(this.at + 4, true) * WORD + this.data.getUint32(this.at, true)
  }
  set packets(value: number) {
    this.data.setUint32(this.at, value, true)
    this.data.setInt32(this.at + 4, Math.floor(value / WORD), true)
  }

  /** Copies all fields. */
  set(from: ReasonCount): this {
    this.packets = from.packets
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class ClockView implements Clock {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Clock): ClockView {
    return new ClockView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ClockView {
    return new ClockView(viewOf(bytes, 8, 'Clock'))
  }

  get nowMs(): number {
    return this.data.getInt32(this.at + 4, true) * WORD + this.data.getUint32(this.at, true)
  }
  set nowMs(value: number) {
    this.data.setUint32(this.at, value, true)
    this.data.setInt32(this.at + 4, Math.floor(value / WORD), true)
  }

  /** Copies all fields. */
  set(from: Clock): this {
    this.nowMs = from.nowMs
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class AllocatorView implements Allocator {
  /** Bytes. */
  static readonly SIZE = 40

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Allocator): AllocatorView {
    return new AllocatorView(new DataView(new ArrayBuffer(40))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): AllocatorView {
    return new AllocatorView(viewOf(bytes, 40, 'Allocator'))
  }

  get used(): number {
    return this.data.getUint32(this.at, true)
  }
  set used(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get sweep(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set sweep(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  get swept(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set swept(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get estimate(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set estimate(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  get icmpTokens(): number {
    return this.data.getUint32(this.at + 16, true)
  }
  set icmpTokens(value: number) {
    this.data.setUint32(this.at + 16, value, true)
  }

  get reserved(): number {
    return this.data.getUint32(this.at + 20, true)
  }
  set reserved(value: number) {
    this.data.setUint32(this.at + 20, value, true)
  }

  get icmpRefillMs(): number {
    return this.data.getInt32(this.at + 28, true) * WORD + this.data.getUint32(this.at + 24, true)
  }
  set icmpRefillMs(value: number) {
    this.data.setUint32(this.at + 24, value, true)
    this.data.setInt32(this.at + 28, Math.floor(value / WORD), true)
  }

  get estimateMs(): number {
    return this.data.getInt32(this.at + 36, true) * WORD + this.data.getUint32(this.at + 32, true)
  }
  set estimateMs(value: number) {
    this.data.setUint32(this.at + 32, value, true)
    this.data.setInt32(this.at + 36, Math.floor(value / WORD), true)
  }

  /** Copies all fields. */
  set(from: Allocator): this {
    this.used = from.used
    this.sweep = from.sweep
    this.swept = from.swept
    this.estimate = from.estimate
    this.icmpTokens = from.icmpTokens
    this.reserved = from.reserved
    this.icmpRefillMs = from.icmpRefillMs
    this.estimateMs = from.estimateMs
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 40).slice()
  }
}

export class LayoutView implements Layout {
  /** Bytes. */
  static readonly SIZE = 16

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Layout): LayoutView {
    return new LayoutView(new DataView(new ArrayBuffer(16))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): LayoutView {
    return new LayoutView(viewOf(bytes, 16, 'Layout'))
  }

  get version(): number {
    return this.data.getUint32(this.at, true)
  }
  set version(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get lastDest(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set lastDest(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  get lastService(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set lastService(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get reserved(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set reserved(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  /** Copies all fields. */
  set(from: Layout): this {
    this.version = from.version
    this.lastDest = from.lastDest
    this.lastService = from.lastService
    this.reserved = from.reserved
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 16).slice()
  }
}

/** Where the fields of each record lie. */
export const LAYOUTS = {
  Ipv4Header: {
    size: 20,
    fields: {
      versionAndLength: { offset: 0, type: 'u8' },
      tos: { offset: 1, type: 'u8' },
      totalLength: { offset: 2, type: 'be16' },
      identification: { offset: 4, type: 'be16' },
      fragment: { offset: 6, type: 'be16' },
      ttl: { offset: 8, type: 'u8' },
      protocol: { offset: 9, type: 'u8' },
      checksum: { offset: 10, type: 'be16' },
      source: { offset: 12, type: 'be32' },
      destination: { offset: 16, type: 'be32' },
    },
  },
  TcpHeader: {
    size: 20,
    fields: {
      sourcePort: { offset: 0, type: 'be16' },
      destinationPort: { offset: 2, type: 'be16' },
      sequence: { offset: 4, type: 'be32' },
      acknowledgment: { offset: 8, type: 'be32' },
      dataOffset: { offset: 12, type: 'u8' },
      flags: { offset: 13, type: 'u8' },
      window: { offset: 14, type: 'be16' },
      checksum: { offset: 16, type: 'be16' },
      urgent: { offset: 18, type: 'be16' },
    },
  },
  IcmpHeader: {
    size: 8,
    fields: {
      type: { offset: 0, type: 'u8' },
      code: { offset: 1, type: 'u8' },
      checksum: { offset: 2, type: 'be16' },
      rest: { offset: 4, type: 'be32' },
    },
  },
  Address: {
    size: 4,
    fields: {
      word: { offset: 0, type: 'u32' },
    },
  },
  FlowKey: {
    size: 16,
    fields: {
      source: { offset: 0, type: 'Address' },
      destination: { offset: 4, type: 'Address' },
      sourcePort: { offset: 8, type: 'u16' },
      destinationPort: { offset: 10, type: 'u16' },
      protocol: { offset: 12, type: 'u8' },
      reserved0: { offset: 13, type: 'u8' },
      reserved1: { offset: 14, type: 'u16' },
    },
  },
  Flow: {
    size: 8,
    fields: {
      connection: { offset: 0, type: 'u32' },
      direction: { offset: 4, type: 'u32' },
    },
  },
  Connection: {
    size: 40,
    fields: {
      expiresMs: { offset: 0, type: 'u64' },
      client: { offset: 8, type: 'Address' },
      virtual: { offset: 12, type: 'Address' },
      server: { offset: 16, type: 'Address' },
      clientPort: { offset: 20, type: 'u16' },
      virtualPort: { offset: 22, type: 'u16' },
      serverPort: { offset: 24, type: 'u16' },
      protocol: { offset: 26, type: 'u8' },
      reserved: { offset: 27, type: 'u8' },
      dest: { offset: 28, type: 'u32' },
      state: { offset: 32, type: 'u32' },
      reserved1: { offset: 36, type: 'u32' },
    },
  },
  ServiceKey: {
    size: 8,
    fields: {
      address: { offset: 0, type: 'Address' },
      port: { offset: 4, type: 'u16' },
      protocol: { offset: 6, type: 'u8' },
      reserved: { offset: 7, type: 'u8' },
    },
  },
  Service: {
    size: 16,
    fields: {
      index: { offset: 0, type: 'u32' },
      scheduler: { offset: 4, type: 'u32' },
      firstDest: { offset: 8, type: 'u32' },
      reserved: { offset: 12, type: 'u32' },
    },
  },
  ServiceState: {
    size: 4,
    fields: {
      lastDest: { offset: 0, type: 'u32' },
    },
  },
  Dest: {
    size: 32,
    fields: {
      removedMs: { offset: 0, type: 'u64' },
      service: { offset: 8, type: 'ServiceKey' },
      address: { offset: 16, type: 'Address' },
      port: { offset: 20, type: 'u16' },
      method: { offset: 22, type: 'u8' },
      availability: { offset: 23, type: 'u8' },
      weight: { offset: 24, type: 'u32' },
      next: { offset: 28, type: 'u32' },
    },
  },
  DestState: {
    size: 8,
    fields: {
      active: { offset: 0, type: 'atomic32' },
      inactive: { offset: 4, type: 'atomic32' },
    },
  },
  Counters: {
    size: 40,
    fields: {
      connections: { offset: 0, type: 'u64' },
      inPackets: { offset: 8, type: 'u64' },
      outPackets: { offset: 16, type: 'u64' },
      inBytes: { offset: 24, type: 'u64' },
      outBytes: { offset: 32, type: 'u64' },
    },
  },
  Retired: {
    size: 48,
    fields: {
      counters: { offset: 0, type: 'Counters' },
      dest: { offset: 40, type: 'u32' },
      reserved: { offset: 44, type: 'u32' },
    },
  },
  Rates: {
    size: 80,
    fields: {
      last: { offset: 0, type: 'Counters' },
      connections: { offset: 40, type: 'u64' },
      inPackets: { offset: 48, type: 'u64' },
      outPackets: { offset: 56, type: 'u64' },
      inBytes: { offset: 64, type: 'u64' },
      outBytes: { offset: 72, type: 'u64' },
    },
  },
  ReasonCount: {
    size: 8,
    fields: {
      packets: { offset: 0, type: 'u64' },
    },
  },
  Clock: {
    size: 8,
    fields: {
      nowMs: { offset: 0, type: 'u64' },
    },
  },
  Allocator: {
    size: 40,
    fields: {
      used: { offset: 0, type: 'atomic32' },
      sweep: { offset: 4, type: 'u32' },
      swept: { offset: 8, type: 'u32' },
      estimate: { offset: 12, type: 'u32' },
      icmpTokens: { offset: 16, type: 'u32' },
      reserved: { offset: 20, type: 'u32' },
      icmpRefillMs: { offset: 24, type: 'u64' },
      estimateMs: { offset: 32, type: 'u64' },
    },
  },
  Layout: {
    size: 16,
    fields: {
      version: { offset: 0, type: 'u32' },
      lastDest: { offset: 4, type: 'u32' },
      lastService: { offset: 8, type: 'u32' },
      reserved: { offset: 12, type: 'u32' },
    },
  },
} as const satisfies Record<string, RecordLayout>

export type RecordName = keyof typeof LAYOUTS

/** The view of each record, by the record's name. */
export const RECORD_VIEWS = {
  Ipv4Header: Ipv4HeaderView,
  TcpHeader: TcpHeaderView,
  IcmpHeader: IcmpHeaderView,
  Address: AddressView,
  FlowKey: FlowKeyView,
  Flow: FlowView,
  Connection: ConnectionView,
  ServiceKey: ServiceKeyView,
  Service: ServiceView,
  ServiceState: ServiceStateView,
  Dest: DestView,
  DestState: DestStateView,
  Counters: CountersView,
  Retired: RetiredView,
  Rates: RatesView,
  ReasonCount: ReasonCountView,
  Clock: ClockView,
  Allocator: AllocatorView,
  Layout: LayoutView,
} as const
