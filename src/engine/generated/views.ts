/**
 * Records as Node sees them: views over the bytes that the kernel's tables and the packets hold, and their layouts.
 * Made by `npm run generate` from `records.ts`; a test fails where the two differ. Don't edit.
 *
 * A view reads and writes through; `at` may be moved. Stores truncate as C does. A u64 reads as a signed 64-bit
 * integer, as in the engine, and is exact within ±2^53.
 */
import type {
  Ipv4Header,
  Ipv6Header,
  ExtensionHeader,
  FragmentHeader,
  Ports,
  TcpHeader,
  UdpHeader,
  SctpHeader,
  IcmpHeader,
  GueHeader,
  GreHeader,
  ToaOption,
  ToaRest,
  GreChecksum,
  Address,
  Heading,
  TakenOver,
  Choice,
  Cursor,
  Digest,
  SipState,
  FlowKey,
  Flow,
  Connection,
  FragmentedPacket,
  ServiceKey,
  Service,
  ServiceState,
  LocalityCache,
  LocalityKey,
  LocalitySlot,
  Locality,
  LocalAddress,
  LocalUse,
  Bucket,
  Dest,
  DestState,
  Overload,
  Counters,
  Retired,
  Rates,
  ReasonCount,
  Clock,
  Settings,
  MarkRule,
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

export class Ipv6HeaderView implements Ipv6Header {
  /** Bytes. */
  static readonly SIZE = 40

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Ipv6Header): Ipv6HeaderView {
    return new Ipv6HeaderView(new DataView(new ArrayBuffer(40))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): Ipv6HeaderView {
    return new Ipv6HeaderView(viewOf(bytes, 40, 'Ipv6Header'))
  }

  get versionClassFlow(): number {
    return this.data.getUint32(this.at, false)
  }
  set versionClassFlow(value: number) {
    this.data.setUint32(this.at, value, false)
  }

  get payloadLength(): number {
    return this.data.getUint16(this.at + 4, false)
  }
  set payloadLength(value: number) {
    this.data.setUint16(this.at + 4, value, false)
  }

  get nextHeader(): number {
    return this.data.getUint8(this.at + 6)
  }
  set nextHeader(value: number) {
    this.data.setUint8(this.at + 6, value)
  }

  get hopLimit(): number {
    return this.data.getUint8(this.at + 7)
  }
  set hopLimit(value: number) {
    this.data.setUint8(this.at + 7, value)
  }

  get source0(): number {
    return this.data.getUint32(this.at + 8, false)
  }
  set source0(value: number) {
    this.data.setUint32(this.at + 8, value, false)
  }

  get source1(): number {
    return this.data.getUint32(this.at + 12, false)
  }
  set source1(value: number) {
    this.data.setUint32(this.at + 12, value, false)
  }

  get source2(): number {
    return this.data.getUint32(this.at + 16, false)
  }
  set source2(value: number) {
    this.data.setUint32(this.at + 16, value, false)
  }

  get source3(): number {
    return this.data.getUint32(this.at + 20, false)
  }
  set source3(value: number) {
    this.data.setUint32(this.at + 20, value, false)
  }

  get destination0(): number {
    return this.data.getUint32(this.at + 24, false)
  }
  set destination0(value: number) {
    this.data.setUint32(this.at + 24, value, false)
  }

  get destination1(): number {
    return this.data.getUint32(this.at + 28, false)
  }
  set destination1(value: number) {
    this.data.setUint32(this.at + 28, value, false)
  }

  get destination2(): number {
    return this.data.getUint32(this.at + 32, false)
  }
  set destination2(value: number) {
    this.data.setUint32(this.at + 32, value, false)
  }

  get destination3(): number {
    return this.data.getUint32(this.at + 36, false)
  }
  set destination3(value: number) {
    this.data.setUint32(this.at + 36, value, false)
  }

  /** Copies all fields. */
  set(from: Ipv6Header): this {
    this.versionClassFlow = from.versionClassFlow
    this.payloadLength = from.payloadLength
    this.nextHeader = from.nextHeader
    this.hopLimit = from.hopLimit
    this.source0 = from.source0
    this.source1 = from.source1
    this.source2 = from.source2
    this.source3 = from.source3
    this.destination0 = from.destination0
    this.destination1 = from.destination1
    this.destination2 = from.destination2
    this.destination3 = from.destination3
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 40).slice()
  }
}

export class ExtensionHeaderView implements ExtensionHeader {
  /** Bytes. */
  static readonly SIZE = 2

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: ExtensionHeader): ExtensionHeaderView {
    return new ExtensionHeaderView(new DataView(new ArrayBuffer(2))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ExtensionHeaderView {
    return new ExtensionHeaderView(viewOf(bytes, 2, 'ExtensionHeader'))
  }

  get nextHeader(): number {
    return this.data.getUint8(this.at)
  }
  set nextHeader(value: number) {
    this.data.setUint8(this.at, value)
  }

  get length(): number {
    return this.data.getUint8(this.at + 1)
  }
  set length(value: number) {
    this.data.setUint8(this.at + 1, value)
  }

  /** Copies all fields. */
  set(from: ExtensionHeader): this {
    this.nextHeader = from.nextHeader
    this.length = from.length
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 2).slice()
  }
}

export class FragmentHeaderView implements FragmentHeader {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: FragmentHeader): FragmentHeaderView {
    return new FragmentHeaderView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): FragmentHeaderView {
    return new FragmentHeaderView(viewOf(bytes, 8, 'FragmentHeader'))
  }

  get nextHeader(): number {
    return this.data.getUint8(this.at)
  }
  set nextHeader(value: number) {
    this.data.setUint8(this.at, value)
  }

  get reserved(): number {
    return this.data.getUint8(this.at + 1)
  }
  set reserved(value: number) {
    this.data.setUint8(this.at + 1, value)
  }

  get offsetAndMore(): number {
    return this.data.getUint16(this.at + 2, false)
  }
  set offsetAndMore(value: number) {
    this.data.setUint16(this.at + 2, value, false)
  }

  get identification(): number {
    return this.data.getUint32(this.at + 4, false)
  }
  set identification(value: number) {
    this.data.setUint32(this.at + 4, value, false)
  }

  /** Copies all fields. */
  set(from: FragmentHeader): this {
    this.nextHeader = from.nextHeader
    this.reserved = from.reserved
    this.offsetAndMore = from.offsetAndMore
    this.identification = from.identification
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class PortsView implements Ports {
  /** Bytes. */
  static readonly SIZE = 4

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Ports): PortsView {
    return new PortsView(new DataView(new ArrayBuffer(4))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): PortsView {
    return new PortsView(viewOf(bytes, 4, 'Ports'))
  }

  get source(): number {
    return this.data.getUint16(this.at, false)
  }
  set source(value: number) {
    this.data.setUint16(this.at, value, false)
  }

  get destination(): number {
    return this.data.getUint16(this.at + 2, false)
  }
  set destination(value: number) {
    this.data.setUint16(this.at + 2, value, false)
  }

  /** Copies all fields. */
  set(from: Ports): this {
    this.source = from.source
    this.destination = from.destination
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 4).slice()
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

export class UdpHeaderView implements UdpHeader {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: UdpHeader): UdpHeaderView {
    return new UdpHeaderView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): UdpHeaderView {
    return new UdpHeaderView(viewOf(bytes, 8, 'UdpHeader'))
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

  get length(): number {
    return this.data.getUint16(this.at + 4, false)
  }
  set length(value: number) {
    this.data.setUint16(this.at + 4, value, false)
  }

  get checksum(): number {
    return this.data.getUint16(this.at + 6, false)
  }
  set checksum(value: number) {
    this.data.setUint16(this.at + 6, value, false)
  }

  /** Copies all fields. */
  set(from: UdpHeader): this {
    this.sourcePort = from.sourcePort
    this.destinationPort = from.destinationPort
    this.length = from.length
    this.checksum = from.checksum
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class SctpHeaderView implements SctpHeader {
  /** Bytes. */
  static readonly SIZE = 16

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: SctpHeader): SctpHeaderView {
    return new SctpHeaderView(new DataView(new ArrayBuffer(16))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): SctpHeaderView {
    return new SctpHeaderView(viewOf(bytes, 16, 'SctpHeader'))
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

  get verificationTag(): number {
    return this.data.getUint32(this.at + 4, false)
  }
  set verificationTag(value: number) {
    this.data.setUint32(this.at + 4, value, false)
  }

  get checksum(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set checksum(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get chunkType(): number {
    return this.data.getUint8(this.at + 12)
  }
  set chunkType(value: number) {
    this.data.setUint8(this.at + 12, value)
  }

  get chunkFlags(): number {
    return this.data.getUint8(this.at + 13)
  }
  set chunkFlags(value: number) {
    this.data.setUint8(this.at + 13, value)
  }

  get chunkLength(): number {
    return this.data.getUint16(this.at + 14, false)
  }
  set chunkLength(value: number) {
    this.data.setUint16(this.at + 14, value, false)
  }

  /** Copies all fields. */
  set(from: SctpHeader): this {
    this.sourcePort = from.sourcePort
    this.destinationPort = from.destinationPort
    this.verificationTag = from.verificationTag
    this.checksum = from.checksum
    this.chunkType = from.chunkType
    this.chunkFlags = from.chunkFlags
    this.chunkLength = from.chunkLength
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 16).slice()
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

export class GueHeaderView implements GueHeader {
  /** Bytes. */
  static readonly SIZE = 4

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: GueHeader): GueHeaderView {
    return new GueHeaderView(new DataView(new ArrayBuffer(4))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): GueHeaderView {
    return new GueHeaderView(viewOf(bytes, 4, 'GueHeader'))
  }

  get versionAndLength(): number {
    return this.data.getUint8(this.at)
  }
  set versionAndLength(value: number) {
    this.data.setUint8(this.at, value)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 1)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 1, value)
  }

  get flags(): number {
    return this.data.getUint16(this.at + 2, false)
  }
  set flags(value: number) {
    this.data.setUint16(this.at + 2, value, false)
  }

  /** Copies all fields. */
  set(from: GueHeader): this {
    this.versionAndLength = from.versionAndLength
    this.protocol = from.protocol
    this.flags = from.flags
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 4).slice()
  }
}

export class GreHeaderView implements GreHeader {
  /** Bytes. */
  static readonly SIZE = 4

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: GreHeader): GreHeaderView {
    return new GreHeaderView(new DataView(new ArrayBuffer(4))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): GreHeaderView {
    return new GreHeaderView(viewOf(bytes, 4, 'GreHeader'))
  }

  get flags(): number {
    return this.data.getUint16(this.at, false)
  }
  set flags(value: number) {
    this.data.setUint16(this.at, value, false)
  }

  get protocol(): number {
    return this.data.getUint16(this.at + 2, false)
  }
  set protocol(value: number) {
    this.data.setUint16(this.at + 2, value, false)
  }

  /** Copies all fields. */
  set(from: GreHeader): this {
    this.flags = from.flags
    this.protocol = from.protocol
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 4).slice()
  }
}

export class ToaOptionView implements ToaOption {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: ToaOption): ToaOptionView {
    return new ToaOptionView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ToaOptionView {
    return new ToaOptionView(viewOf(bytes, 8, 'ToaOption'))
  }

  get kind(): number {
    return this.data.getUint8(this.at)
  }
  set kind(value: number) {
    this.data.setUint8(this.at, value)
  }

  get length(): number {
    return this.data.getUint8(this.at + 1)
  }
  set length(value: number) {
    this.data.setUint8(this.at + 1, value)
  }

  get port(): number {
    return this.data.getUint16(this.at + 2, false)
  }
  set port(value: number) {
    this.data.setUint16(this.at + 2, value, false)
  }

  get word0(): number {
    return this.data.getUint32(this.at + 4, false)
  }
  set word0(value: number) {
    this.data.setUint32(this.at + 4, value, false)
  }

  /** Copies all fields. */
  set(from: ToaOption): this {
    this.kind = from.kind
    this.length = from.length
    this.port = from.port
    this.word0 = from.word0
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class ToaRestView implements ToaRest {
  /** Bytes. */
  static readonly SIZE = 12

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: ToaRest): ToaRestView {
    return new ToaRestView(new DataView(new ArrayBuffer(12))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ToaRestView {
    return new ToaRestView(viewOf(bytes, 12, 'ToaRest'))
  }

  get word1(): number {
    return this.data.getUint32(this.at, false)
  }
  set word1(value: number) {
    this.data.setUint32(this.at, value, false)
  }

  get word2(): number {
    return this.data.getUint32(this.at + 4, false)
  }
  set word2(value: number) {
    this.data.setUint32(this.at + 4, value, false)
  }

  get word3(): number {
    return this.data.getUint32(this.at + 8, false)
  }
  set word3(value: number) {
    this.data.setUint32(this.at + 8, value, false)
  }

  /** Copies all fields. */
  set(from: ToaRest): this {
    this.word1 = from.word1
    this.word2 = from.word2
    this.word3 = from.word3
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 12).slice()
  }
}

export class GreChecksumView implements GreChecksum {
  /** Bytes. */
  static readonly SIZE = 4

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: GreChecksum): GreChecksumView {
    return new GreChecksumView(new DataView(new ArrayBuffer(4))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): GreChecksumView {
    return new GreChecksumView(viewOf(bytes, 4, 'GreChecksum'))
  }

  get checksum(): number {
    return this.data.getUint16(this.at, false)
  }
  set checksum(value: number) {
    this.data.setUint16(this.at, value, false)
  }

  get reserved(): number {
    return this.data.getUint16(this.at + 2, false)
  }
  set reserved(value: number) {
    this.data.setUint16(this.at + 2, value, false)
  }

  /** Copies all fields. */
  set(from: GreChecksum): this {
    this.checksum = from.checksum
    this.reserved = from.reserved
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 4).slice()
  }
}

export class AddressView implements Address {
  /** Bytes. */
  static readonly SIZE = 16

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Address): AddressView {
    return new AddressView(new DataView(new ArrayBuffer(16))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): AddressView {
    return new AddressView(viewOf(bytes, 16, 'Address'))
  }

  get word0(): number {
    return this.data.getUint32(this.at, true)
  }
  set word0(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get word1(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set word1(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  get word2(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set word2(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get word3(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set word3(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  /** Copies all fields. */
  set(from: Address): this {
    this.word0 = from.word0
    this.word1 = from.word1
    this.word2 = from.word2
    this.word3 = from.word3
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 16).slice()
  }
}

export class HeadingView implements Heading {
  /** Bytes. */
  static readonly SIZE = 60

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Heading): HeadingView {
    return new HeadingView(new DataView(new ArrayBuffer(60))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): HeadingView {
    return new HeadingView(viewOf(bytes, 60, 'Heading'))
  }

  get source(): AddressView {
    return new AddressView(this.data, this.at)
  }

  get destination(): AddressView {
    return new AddressView(this.data, this.at + 16)
  }

  get sourcePort(): number {
    return this.data.getUint16(this.at + 32, true)
  }
  set sourcePort(value: number) {
    this.data.setUint16(this.at + 32, value, true)
  }

  get destinationPort(): number {
    return this.data.getUint16(this.at + 34, true)
  }
  set destinationPort(value: number) {
    this.data.setUint16(this.at + 34, value, true)
  }

  get family(): number {
    return this.data.getUint8(this.at + 36)
  }
  set family(value: number) {
    this.data.setUint8(this.at + 36, value)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 37)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 37, value)
  }

  get own(): number {
    return this.data.getUint8(this.at + 38)
  }
  set own(value: number) {
    this.data.setUint8(this.at + 38, value)
  }

  get fragment(): number {
    return this.data.getUint8(this.at + 39)
  }
  set fragment(value: number) {
    this.data.setUint8(this.at + 39, value)
  }

  get transport(): number {
    return this.data.getUint32(this.at + 40, true)
  }
  set transport(value: number) {
    this.data.setUint32(this.at + 40, value, true)
  }

  get payload(): number {
    return this.data.getUint32(this.at + 44, true)
  }
  set payload(value: number) {
    this.data.setUint32(this.at + 44, value, true)
  }

  get length(): number {
    return this.data.getUint32(this.at + 48, true)
  }
  set length(value: number) {
    this.data.setUint32(this.at + 48, value, true)
  }

  get hops(): number {
    return this.data.getUint16(this.at + 52, true)
  }
  set hops(value: number) {
    this.data.setUint16(this.at + 52, value, true)
  }

  get event(): number {
    return this.data.getUint16(this.at + 54, true)
  }
  set event(value: number) {
    this.data.setUint16(this.at + 54, value, true)
  }

  get identification(): number {
    return this.data.getUint32(this.at + 56, true)
  }
  set identification(value: number) {
    this.data.setUint32(this.at + 56, value, true)
  }

  /** Copies all fields. */
  set(from: Heading): this {
    this.source.set(from.source)
    this.destination.set(from.destination)
    this.sourcePort = from.sourcePort
    this.destinationPort = from.destinationPort
    this.family = from.family
    this.protocol = from.protocol
    this.own = from.own
    this.fragment = from.fragment
    this.transport = from.transport
    this.payload = from.payload
    this.length = from.length
    this.hops = from.hops
    this.event = from.event
    this.identification = from.identification
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 60).slice()
  }
}

export class TakenOverView implements TakenOver {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: TakenOver): TakenOverView {
    return new TakenOverView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): TakenOverView {
    return new TakenOverView(viewOf(bytes, 8, 'TakenOver'))
  }

  get tos(): number {
    return this.data.getUint16(this.at, true)
  }
  set tos(value: number) {
    this.data.setUint16(this.at, value, true)
  }

  get identification(): number {
    return this.data.getUint16(this.at + 2, true)
  }
  set identification(value: number) {
    this.data.setUint16(this.at + 2, value, true)
  }

  get fragment(): number {
    return this.data.getUint16(this.at + 4, true)
  }
  set fragment(value: number) {
    this.data.setUint16(this.at + 4, value, true)
  }

  get reserved(): number {
    return this.data.getUint16(this.at + 6, true)
  }
  set reserved(value: number) {
    this.data.setUint16(this.at + 6, value, true)
  }

  /** Copies all fields. */
  set(from: TakenOver): this {
    this.tos = from.tos
    this.identification = from.identification
    this.fragment = from.fragment
    this.reserved = from.reserved
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class ChoiceView implements Choice {
  /** Bytes. */
  static readonly SIZE = 12

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Choice): ChoiceView {
    return new ChoiceView(new DataView(new ArrayBuffer(12))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ChoiceView {
    return new ChoiceView(viewOf(bytes, 12, 'Choice'))
  }

  get dest(): number {
    return this.data.getUint32(this.at, true)
  }
  set dest(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get template(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set template(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  get callId(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set callId(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  /** Copies all fields. */
  set(from: Choice): this {
    this.dest = from.dest
    this.template = from.template
    this.callId = from.callId
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 12).slice()
  }
}

export class CursorView implements Cursor {
  /** Bytes. */
  static readonly SIZE = 16

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Cursor): CursorView {
    return new CursorView(new DataView(new ArrayBuffer(16))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): CursorView {
    return new CursorView(viewOf(bytes, 16, 'Cursor'))
  }

  get offset(): number {
    return this.data.getUint32(this.at, true)
  }
  set offset(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get value(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set value(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  get host(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set host(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get port(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set port(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  /** Copies all fields. */
  set(from: Cursor): this {
    this.offset = from.offset
    this.value = from.value
    this.host = from.host
    this.port = from.port
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 16).slice()
  }
}

export class DigestView implements Digest {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Digest): DigestView {
    return new DigestView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): DigestView {
    return new DigestView(viewOf(bytes, 8, 'Digest'))
  }

  get low(): number {
    return this.data.getUint32(this.at, true)
  }
  set low(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get high(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set high(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  /** Copies all fields. */
  set(from: Digest): this {
    this.low = from.low
    this.high = from.high
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class SipStateView implements SipState {
  /** Bytes. */
  static readonly SIZE = 32

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: SipState): SipStateView {
    return new SipStateView(new DataView(new ArrayBuffer(32))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): SipStateView {
    return new SipStateView(viewOf(bytes, 32, 'SipState'))
  }

  get v0(): DigestView {
    return new DigestView(this.data, this.at)
  }

  get v1(): DigestView {
    return new DigestView(this.data, this.at + 8)
  }

  get v2(): DigestView {
    return new DigestView(this.data, this.at + 16)
  }

  get v3(): DigestView {
    return new DigestView(this.data, this.at + 24)
  }

  /** Copies all fields. */
  set(from: SipState): this {
    this.v0.set(from.v0)
    this.v1.set(from.v1)
    this.v2.set(from.v2)
    this.v3.set(from.v3)
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 32).slice()
  }
}

export class FlowKeyView implements FlowKey {
  /** Bytes. */
  static readonly SIZE = 24

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: FlowKey): FlowKeyView {
    return new FlowKeyView(new DataView(new ArrayBuffer(24))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): FlowKeyView {
    return new FlowKeyView(viewOf(bytes, 24, 'FlowKey'))
  }

  get source(): DigestView {
    return new DigestView(this.data, this.at)
  }

  get destination(): DigestView {
    return new DigestView(this.data, this.at + 8)
  }

  get sourcePort(): number {
    return this.data.getUint16(this.at + 16, true)
  }
  set sourcePort(value: number) {
    this.data.setUint16(this.at + 16, value, true)
  }

  get destinationPort(): number {
    return this.data.getUint16(this.at + 18, true)
  }
  set destinationPort(value: number) {
    this.data.setUint16(this.at + 18, value, true)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 20)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 20, value)
  }

  get kind(): number {
    return this.data.getUint8(this.at + 21)
  }
  set kind(value: number) {
    this.data.setUint8(this.at + 21, value)
  }

  get reserved(): number {
    return this.data.getUint16(this.at + 22, true)
  }
  set reserved(value: number) {
    this.data.setUint16(this.at + 22, value, true)
  }

  /** Copies all fields. */
  set(from: FlowKey): this {
    this.source.set(from.source)
    this.destination.set(from.destination)
    this.sourcePort = from.sourcePort
    this.destinationPort = from.destinationPort
    this.protocol = from.protocol
    this.kind = from.kind
    this.reserved = from.reserved
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 24).slice()
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
  static readonly SIZE = 96

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Connection): ConnectionView {
    return new ConnectionView(new DataView(new ArrayBuffer(96))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ConnectionView {
    return new ConnectionView(viewOf(bytes, 96, 'Connection'))
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
    return new AddressView(this.data, this.at + 24)
  }

  get server(): AddressView {
    return new AddressView(this.data, this.at + 40)
  }

  get clientPort(): number {
    return this.data.getUint16(this.at + 56, true)
  }
  set clientPort(value: number) {
    this.data.setUint16(this.at + 56, value, true)
  }

  get virtualPort(): number {
    return this.data.getUint16(this.at + 58, true)
  }
  set virtualPort(value: number) {
    this.data.setUint16(this.at + 58, value, true)
  }

  get serverPort(): number {
    return this.data.getUint16(this.at + 60, true)
  }
  set serverPort(value: number) {
    this.data.setUint16(this.at + 60, value, true)
  }

  get localPort(): number {
    return this.data.getUint16(this.at + 62, true)
  }
  set localPort(value: number) {
    this.data.setUint16(this.at + 62, value, true)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 64)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 64, value)
  }

  get family(): number {
    return this.data.getUint8(this.at + 65)
  }
  set family(value: number) {
    this.data.setUint8(this.at + 65, value)
  }

  get method(): number {
    return this.data.getUint8(this.at + 66)
  }
  set method(value: number) {
    this.data.setUint8(this.at + 66, value)
  }

  get serverFamily(): number {
    return this.data.getUint8(this.at + 67)
  }
  set serverFamily(value: number) {
    this.data.setUint8(this.at + 67, value)
  }

  get local(): number {
    return this.data.getUint16(this.at + 68, true)
  }
  set local(value: number) {
    this.data.setUint16(this.at + 68, value, true)
  }

  get flags(): number {
    return this.data.getUint16(this.at + 70, true)
  }
  set flags(value: number) {
    this.data.setUint16(this.at + 70, value, true)
  }

  get dest(): number {
    return this.data.getUint32(this.at + 72, true)
  }
  set dest(value: number) {
    this.data.setUint32(this.at + 72, value, true)
  }

  get state(): number {
    return this.data.getUint32(this.at + 76, true)
  }
  set state(value: number) {
    this.data.setUint32(this.at + 76, value, true)
  }

  get template(): number {
    return this.data.getUint32(this.at + 80, true)
  }
  set template(value: number) {
    this.data.setUint32(this.at + 80, value, true)
  }

  get members(): number {
    return this.data.getUint32(this.at + 84, true)
  }
  set members(value: number) {
    this.data.setUint32(this.at + 84, value, true)
  }

  get callId(): number {
    return this.data.getUint32(this.at + 88, true)
  }
  set callId(value: number) {
    this.data.setUint32(this.at + 88, value, true)
  }

  get firstByte(): number {
    return this.data.getUint32(this.at + 92, true)
  }
  set firstByte(value: number) {
    this.data.setUint32(this.at + 92, value, true)
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
    this.localPort = from.localPort
    this.protocol = from.protocol
    this.family = from.family
    this.method = from.method
    this.serverFamily = from.serverFamily
    this.local = from.local
    this.flags = from.flags
    this.dest = from.dest
    this.state = from.state
    this.template = from.template
    this.members = from.members
    this.callId = from.callId
    this.firstByte = from.firstByte
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 96).slice()
  }
}

export class FragmentedPacketView implements FragmentedPacket {
  /** Bytes. */
  static readonly SIZE = 40

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: FragmentedPacket): FragmentedPacketView {
    return new FragmentedPacketView(new DataView(new ArrayBuffer(40))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): FragmentedPacketView {
    return new FragmentedPacketView(viewOf(bytes, 40, 'FragmentedPacket'))
  }

  get expiresMs(): number {
    return this.data.getInt32(this.at + 4, true) * WORD + this.data.getUint32(this.at, true)
  }
  set expiresMs(value: number) {
    this.data.setUint32(this.at, value, true)
    this.data.setInt32(this.at + 4, Math.floor(value / WORD), true)
  }

  get source(): DigestView {
    return new DigestView(this.data, this.at + 8)
  }

  get destination(): DigestView {
    return new DigestView(this.data, this.at + 16)
  }

  get identification(): number {
    return this.data.getUint32(this.at + 24, true)
  }
  set identification(value: number) {
    this.data.setUint32(this.at + 24, value, true)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 28)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 28, value)
  }

  get family(): number {
    return this.data.getUint8(this.at + 29)
  }
  set family(value: number) {
    this.data.setUint8(this.at + 29, value)
  }

  get reserved(): number {
    return this.data.getUint16(this.at + 30, true)
  }
  set reserved(value: number) {
    this.data.setUint16(this.at + 30, value, true)
  }

  get connection(): number {
    return this.data.getUint32(this.at + 32, true)
  }
  set connection(value: number) {
    this.data.setUint32(this.at + 32, value, true)
  }

  get direction(): number {
    return this.data.getUint32(this.at + 36, true)
  }
  set direction(value: number) {
    this.data.setUint32(this.at + 36, value, true)
  }

  /** Copies all fields. */
  set(from: FragmentedPacket): this {
    this.expiresMs = from.expiresMs
    this.source.set(from.source)
    this.destination.set(from.destination)
    this.identification = from.identification
    this.protocol = from.protocol
    this.family = from.family
    this.reserved = from.reserved
    this.connection = from.connection
    this.direction = from.direction
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 40).slice()
  }
}

export class ServiceKeyView implements ServiceKey {
  /** Bytes. */
  static readonly SIZE = 24

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: ServiceKey): ServiceKeyView {
    return new ServiceKeyView(new DataView(new ArrayBuffer(24))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ServiceKeyView {
    return new ServiceKeyView(viewOf(bytes, 24, 'ServiceKey'))
  }

  get address(): AddressView {
    return new AddressView(this.data, this.at)
  }

  get port(): number {
    return this.data.getUint16(this.at + 16, true)
  }
  set port(value: number) {
    this.data.setUint16(this.at + 16, value, true)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 18)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 18, value)
  }

  get family(): number {
    return this.data.getUint8(this.at + 19)
  }
  set family(value: number) {
    this.data.setUint8(this.at + 19, value)
  }

  get mark(): number {
    return this.data.getUint32(this.at + 20, true)
  }
  set mark(value: number) {
    this.data.setUint32(this.at + 20, value, true)
  }

  /** Copies all fields. */
  set(from: ServiceKey): this {
    this.address.set(from.address)
    this.port = from.port
    this.protocol = from.protocol
    this.family = from.family
    this.mark = from.mark
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 24).slice()
  }
}

export class ServiceView implements Service {
  /** Bytes. */
  static readonly SIZE = 56

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Service): ServiceView {
    return new ServiceView(new DataView(new ArrayBuffer(56))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ServiceView {
    return new ServiceView(viewOf(bytes, 56, 'Service'))
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

  get flags(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set flags(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get firstDest(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set firstDest(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  get persistenceMs(): number {
    return this.data.getUint32(this.at + 16, true)
  }
  set persistenceMs(value: number) {
    this.data.setUint32(this.at + 16, value, true)
  }

  get clientMask(): number {
    return this.data.getUint32(this.at + 20, true)
  }
  set clientMask(value: number) {
    this.data.setUint32(this.at + 20, value, true)
  }

  get weightDivisor(): number {
    return this.data.getUint32(this.at + 24, true)
  }
  set weightDivisor(value: number) {
    this.data.setUint32(this.at + 24, value, true)
  }

  get maxWeight(): number {
    return this.data.getUint32(this.at + 28, true)
  }
  set maxWeight(value: number) {
    this.data.setUint32(this.at + 28, value, true)
  }

  get firstBucket(): number {
    return this.data.getUint32(this.at + 32, true)
  }
  set firstBucket(value: number) {
    this.data.setUint32(this.at + 32, value, true)
  }

  get buckets(): number {
    return this.data.getUint32(this.at + 36, true)
  }
  set buckets(value: number) {
    this.data.setUint32(this.at + 36, value, true)
  }

  get firstLocal(): number {
    return this.data.getUint32(this.at + 40, true)
  }
  set firstLocal(value: number) {
    this.data.setUint32(this.at + 40, value, true)
  }

  get locals(): number {
    return this.data.getUint32(this.at + 44, true)
  }
  set locals(value: number) {
    this.data.setUint32(this.at + 44, value, true)
  }

  get parameter(): number {
    return this.data.getUint32(this.at + 48, true)
  }
  set parameter(value: number) {
    this.data.setUint32(this.at + 48, value, true)
  }

  get planned(): number {
    return this.data.getUint32(this.at + 52, true)
  }
  set planned(value: number) {
    this.data.setUint32(this.at + 52, value, true)
  }

  /** Copies all fields. */
  set(from: Service): this {
    this.index = from.index
    this.scheduler = from.scheduler
    this.flags = from.flags
    this.firstDest = from.firstDest
    this.persistenceMs = from.persistenceMs
    this.clientMask = from.clientMask
    this.weightDivisor = from.weightDivisor
    this.maxWeight = from.maxWeight
    this.firstBucket = from.firstBucket
    this.buckets = from.buckets
    this.firstLocal = from.firstLocal
    this.locals = from.locals
    this.parameter = from.parameter
    this.planned = from.planned
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 56).slice()
  }
}

export class ServiceStateView implements ServiceState {
  /** Bytes. */
  static readonly SIZE = 8

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: ServiceState): ServiceStateView {
    return new ServiceStateView(new DataView(new ArrayBuffer(8))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): ServiceStateView {
    return new ServiceStateView(viewOf(bytes, 8, 'ServiceState'))
  }

  get lastDest(): number {
    return this.data.getUint32(this.at, true)
  }
  set lastDest(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get currentWeight(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set currentWeight(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  /** Copies all fields. */
  set(from: ServiceState): this {
    this.lastDest = from.lastDest
    this.currentWeight = from.currentWeight
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 8).slice()
  }
}

export class LocalityCacheView implements LocalityCache {
  /** Bytes. */
  static readonly SIZE = 16

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: LocalityCache): LocalityCacheView {
    return new LocalityCacheView(new DataView(new ArrayBuffer(16))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): LocalityCacheView {
    return new LocalityCacheView(viewOf(bytes, 16, 'LocalityCache'))
  }

  get generation(): number {
    return this.data.getUint32(this.at, true)
  }
  set generation(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get entries(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set entries(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  get pass(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set pass(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get surplus(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set surplus(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  /** Copies all fields. */
  set(from: LocalityCache): this {
    this.generation = from.generation
    this.entries = from.entries
    this.pass = from.pass
    this.surplus = from.surplus
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 16).slice()
  }
}

export class LocalityKeyView implements LocalityKey {
  /** Bytes. */
  static readonly SIZE = 24

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: LocalityKey): LocalityKeyView {
    return new LocalityKeyView(new DataView(new ArrayBuffer(24))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): LocalityKeyView {
    return new LocalityKeyView(viewOf(bytes, 24, 'LocalityKey'))
  }

  get address(): AddressView {
    return new AddressView(this.data, this.at)
  }

  get service(): number {
    return this.data.getUint32(this.at + 16, true)
  }
  set service(value: number) {
    this.data.setUint32(this.at + 16, value, true)
  }

  get generation(): number {
    return this.data.getUint32(this.at + 20, true)
  }
  set generation(value: number) {
    this.data.setUint32(this.at + 20, value, true)
  }

  /** Copies all fields. */
  set(from: LocalityKey): this {
    this.address.set(from.address)
    this.service = from.service
    this.generation = from.generation
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 24).slice()
  }
}

export class LocalitySlotView implements LocalitySlot {
  /** Bytes. */
  static readonly SIZE = 4

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: LocalitySlot): LocalitySlotView {
    return new LocalitySlotView(new DataView(new ArrayBuffer(4))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): LocalitySlotView {
    return new LocalitySlotView(viewOf(bytes, 4, 'LocalitySlot'))
  }

  get slot(): number {
    return this.data.getUint32(this.at, true)
  }
  set slot(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  /** Copies all fields. */
  set(from: LocalitySlot): this {
    this.slot = from.slot
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 4).slice()
  }
}

export class LocalityView implements Locality {
  /** Bytes. */
  static readonly SIZE = 56

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Locality): LocalityView {
    return new LocalityView(new DataView(new ArrayBuffer(56))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): LocalityView {
    return new LocalityView(viewOf(bytes, 56, 'Locality'))
  }

  get usedMs(): number {
    return this.data.getInt32(this.at + 4, true) * WORD + this.data.getUint32(this.at, true)
  }
  set usedMs(value: number) {
    this.data.setUint32(this.at, value, true)
    this.data.setInt32(this.at + 4, Math.floor(value / WORD), true)
  }

  get changedMs(): number {
    return this.data.getInt32(this.at + 12, true) * WORD + this.data.getUint32(this.at + 8, true)
  }
  set changedMs(value: number) {
    this.data.setUint32(this.at + 8, value, true)
    this.data.setInt32(this.at + 12, Math.floor(value / WORD), true)
  }

  get key(): LocalityKeyView {
    return new LocalityKeyView(this.data, this.at + 16)
  }

  get dest(): number {
    return this.data.getUint32(this.at + 40, true)
  }
  set dest(value: number) {
    this.data.setUint32(this.at + 40, value, true)
  }

  get next(): number {
    return this.data.getUint32(this.at + 44, true)
  }
  set next(value: number) {
    this.data.setUint32(this.at + 44, value, true)
  }

  get members(): number {
    return this.data.getUint32(this.at + 48, true)
  }
  set members(value: number) {
    this.data.setUint32(this.at + 48, value, true)
  }

  get busy(): number {
    return this.data.getUint32(this.at + 52, true)
  }
  set busy(value: number) {
    this.data.setUint32(this.at + 52, value, true)
  }

  /** Copies all fields. */
  set(from: Locality): this {
    this.usedMs = from.usedMs
    this.changedMs = from.changedMs
    this.key.set(from.key)
    this.dest = from.dest
    this.next = from.next
    this.members = from.members
    this.busy = from.busy
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 56).slice()
  }
}

export class LocalAddressView implements LocalAddress {
  /** Bytes. */
  static readonly SIZE = 24

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: LocalAddress): LocalAddressView {
    return new LocalAddressView(new DataView(new ArrayBuffer(24))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): LocalAddressView {
    return new LocalAddressView(viewOf(bytes, 24, 'LocalAddress'))
  }

  get address(): AddressView {
    return new AddressView(this.data, this.at)
  }

  get next(): number {
    return this.data.getUint32(this.at + 16, true)
  }
  set next(value: number) {
    this.data.setUint32(this.at + 16, value, true)
  }

  get service(): number {
    return this.data.getUint32(this.at + 20, true)
  }
  set service(value: number) {
    this.data.setUint32(this.at + 20, value, true)
  }

  /** Copies all fields. */
  set(from: LocalAddress): this {
    this.address.set(from.address)
    this.next = from.next
    this.service = from.service
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 24).slice()
  }
}

export class LocalUseView implements LocalUse {
  /** Bytes. */
  static readonly SIZE = 16

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: LocalUse): LocalUseView {
    return new LocalUseView(new DataView(new ArrayBuffer(16))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): LocalUseView {
    return new LocalUseView(viewOf(bytes, 16, 'LocalUse'))
  }

  get connections(): number {
    return this.data.getUint32(this.at, true)
  }
  set connections(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get conflicts(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set conflicts(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  get nextPort(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set nextPort(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get turn(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set turn(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  /** Copies all fields. */
  set(from: LocalUse): this {
    this.connections = from.connections
    this.conflicts = from.conflicts
    this.nextPort = from.nextPort
    this.turn = from.turn
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 16).slice()
  }
}

export class BucketView implements Bucket {
  /** Bytes. */
  static readonly SIZE = 4

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Bucket): BucketView {
    return new BucketView(new DataView(new ArrayBuffer(4))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): BucketView {
    return new BucketView(viewOf(bytes, 4, 'Bucket'))
  }

  get dest(): number {
    return this.data.getUint32(this.at, true)
  }
  set dest(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  /** Copies all fields. */
  set(from: Bucket): this {
    this.dest = from.dest
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 4).slice()
  }
}

export class DestView implements Dest {
  /** Bytes. */
  static readonly SIZE = 80

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Dest): DestView {
    return new DestView(new DataView(new ArrayBuffer(80))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): DestView {
    return new DestView(viewOf(bytes, 80, 'Dest'))
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
    return new AddressView(this.data, this.at + 32)
  }

  get port(): number {
    return this.data.getUint16(this.at + 48, true)
  }
  set port(value: number) {
    this.data.setUint16(this.at + 48, value, true)
  }

  get method(): number {
    return this.data.getUint8(this.at + 50)
  }
  set method(value: number) {
    this.data.setUint8(this.at + 50, value)
  }

  get availability(): number {
    return this.data.getUint8(this.at + 51)
  }
  set availability(value: number) {
    this.data.setUint8(this.at + 51, value)
  }

  get family(): number {
    return this.data.getUint8(this.at + 52)
  }
  set family(value: number) {
    this.data.setUint8(this.at + 52, value)
  }

  get isLocal(): number {
    return this.data.getUint8(this.at + 53)
  }
  set isLocal(value: number) {
    this.data.setUint8(this.at + 53, value)
  }

  get tunnelType(): number {
    return this.data.getUint8(this.at + 54)
  }
  set tunnelType(value: number) {
    this.data.setUint8(this.at + 54, value)
  }

  get tunnelChecksum(): number {
    return this.data.getUint8(this.at + 55)
  }
  set tunnelChecksum(value: number) {
    this.data.setUint8(this.at + 55, value)
  }

  get tunnelPort(): number {
    return this.data.getUint16(this.at + 56, true)
  }
  set tunnelPort(value: number) {
    this.data.setUint16(this.at + 56, value, true)
  }

  get reserved(): number {
    return this.data.getUint16(this.at + 58, true)
  }
  set reserved(value: number) {
    this.data.setUint16(this.at + 58, value, true)
  }

  get weight(): number {
    return this.data.getUint32(this.at + 60, true)
  }
  set weight(value: number) {
    this.data.setUint32(this.at + 60, value, true)
  }

  get lastWeight(): number {
    return this.data.getUint32(this.at + 64, true)
  }
  set lastWeight(value: number) {
    this.data.setUint32(this.at + 64, value, true)
  }

  get upperThreshold(): number {
    return this.data.getUint32(this.at + 68, true)
  }
  set upperThreshold(value: number) {
    this.data.setUint32(this.at + 68, value, true)
  }

  get lowerThreshold(): number {
    return this.data.getUint32(this.at + 72, true)
  }
  set lowerThreshold(value: number) {
    this.data.setUint32(this.at + 72, value, true)
  }

  get next(): number {
    return this.data.getUint32(this.at + 76, true)
  }
  set next(value: number) {
    this.data.setUint32(this.at + 76, value, true)
  }

  /** Copies all fields. */
  set(from: Dest): this {
    this.removedMs = from.removedMs
    this.service.set(from.service)
    this.address.set(from.address)
    this.port = from.port
    this.method = from.method
    this.availability = from.availability
    this.family = from.family
    this.isLocal = from.isLocal
    this.tunnelType = from.tunnelType
    this.tunnelChecksum = from.tunnelChecksum
    this.tunnelPort = from.tunnelPort
    this.reserved = from.reserved
    this.weight = from.weight
    this.lastWeight = from.lastWeight
    this.upperThreshold = from.upperThreshold
    this.lowerThreshold = from.lowerThreshold
    this.next = from.next
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 80).slice()
  }
}

export class DestStateView implements DestState {
  /** Bytes. */
  static readonly SIZE = 16

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: DestState): DestStateView {
    return new DestStateView(new DataView(new ArrayBuffer(16))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): DestStateView {
    return new DestStateView(viewOf(bytes, 16, 'DestState'))
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

  get persistent(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set persistent(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get reserved(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set reserved(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  /** Copies all fields. */
  set(from: DestState): this {
    this.active = from.active
    this.inactive = from.inactive
    this.persistent = from.persistent
    this.reserved = from.reserved
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 16).slice()
  }
}

export class OverloadView implements Overload {
  /** Bytes. */
  static readonly SIZE = 4

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Overload): OverloadView {
    return new OverloadView(new DataView(new ArrayBuffer(4))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): OverloadView {
    return new OverloadView(viewOf(bytes, 4, 'Overload'))
  }

  get overloaded(): number {
    return this.data.getUint32(this.at, true)
  }
  set overloaded(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  /** Copies all fields. */
  set(from: Overload): this {
    this.overloaded = from.overloaded
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 4).slice()
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

export class SettingsView implements Settings {
  /** Bytes. */
  static readonly SIZE = 76

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Settings): SettingsView {
    return new SettingsView(new DataView(new ArrayBuffer(76))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): SettingsView {
    return new SettingsView(viewOf(bytes, 76, 'Settings'))
  }

  get tcpMs(): number {
    return this.data.getUint32(this.at, true)
  }
  set tcpMs(value: number) {
    this.data.setUint32(this.at, value, true)
  }

  get tcpFinMs(): number {
    return this.data.getUint32(this.at + 4, true)
  }
  set tcpFinMs(value: number) {
    this.data.setUint32(this.at + 4, value, true)
  }

  get udpMs(): number {
    return this.data.getUint32(this.at + 8, true)
  }
  set udpMs(value: number) {
    this.data.setUint32(this.at + 8, value, true)
  }

  get connReuseMode(): number {
    return this.data.getUint32(this.at + 12, true)
  }
  set connReuseMode(value: number) {
    this.data.setUint32(this.at + 12, value, true)
  }

  get expireNodestConn(): number {
    return this.data.getUint32(this.at + 16, true)
  }
  set expireNodestConn(value: number) {
    this.data.setUint32(this.at + 16, value, true)
  }

  get expireQuiescentTemplate(): number {
    return this.data.getUint32(this.at + 20, true)
  }
  set expireQuiescentTemplate(value: number) {
    this.data.setUint32(this.at + 20, value, true)
  }

  get sloppyTcp(): number {
    return this.data.getUint32(this.at + 24, true)
  }
  set sloppyTcp(value: number) {
    this.data.setUint32(this.at + 24, value, true)
  }

  get sloppySctp(): number {
    return this.data.getUint32(this.at + 28, true)
  }
  set sloppySctp(value: number) {
    this.data.setUint32(this.at + 28, value, true)
  }

  get secureTcp(): number {
    return this.data.getUint32(this.at + 32, true)
  }
  set secureTcp(value: number) {
    this.data.setUint32(this.at + 32, value, true)
  }

  get toa(): number {
    return this.data.getUint32(this.at + 36, true)
  }
  set toa(value: number) {
    this.data.setUint32(this.at + 36, value, true)
  }

  get markServices(): number {
    return this.data.getUint32(this.at + 40, true)
  }
  set markServices(value: number) {
    this.data.setUint32(this.at + 40, value, true)
  }

  get ftpServices(): number {
    return this.data.getUint32(this.at + 44, true)
  }
  set ftpServices(value: number) {
    this.data.setUint32(this.at + 44, value, true)
  }

  get wideServices(): number {
    return this.data.getUint32(this.at + 48, true)
  }
  set wideServices(value: number) {
    this.data.setUint32(this.at + 48, value, true)
  }

  get markRules(): number {
    return this.data.getUint32(this.at + 52, true)
  }
  set markRules(value: number) {
    this.data.setUint32(this.at + 52, value, true)
  }

  get firstMarkRule(): number {
    return this.data.getUint32(this.at + 56, true)
  }
  set firstMarkRule(value: number) {
    this.data.setUint32(this.at + 56, value, true)
  }

  get lblcExpirationMs(): number {
    return this.data.getUint32(this.at + 60, true)
  }
  set lblcExpirationMs(value: number) {
    this.data.setUint32(this.at + 60, value, true)
  }

  get lblcrExpirationMs(): number {
    return this.data.getUint32(this.at + 64, true)
  }
  set lblcrExpirationMs(value: number) {
    this.data.setUint32(this.at + 64, value, true)
  }

  get digestKey0(): number {
    return this.data.getUint32(this.at + 68, true)
  }
  set digestKey0(value: number) {
    this.data.setUint32(this.at + 68, value, true)
  }

  get digestKey1(): number {
    return this.data.getUint32(this.at + 72, true)
  }
  set digestKey1(value: number) {
    this.data.setUint32(this.at + 72, value, true)
  }

  /** Copies all fields. */
  set(from: Settings): this {
    this.tcpMs = from.tcpMs
    this.tcpFinMs = from.tcpFinMs
    this.udpMs = from.udpMs
    this.connReuseMode = from.connReuseMode
    this.expireNodestConn = from.expireNodestConn
    this.expireQuiescentTemplate = from.expireQuiescentTemplate
    this.sloppyTcp = from.sloppyTcp
    this.sloppySctp = from.sloppySctp
    this.secureTcp = from.secureTcp
    this.toa = from.toa
    this.markServices = from.markServices
    this.ftpServices = from.ftpServices
    this.wideServices = from.wideServices
    this.markRules = from.markRules
    this.firstMarkRule = from.firstMarkRule
    this.lblcExpirationMs = from.lblcExpirationMs
    this.lblcrExpirationMs = from.lblcrExpirationMs
    this.digestKey0 = from.digestKey0
    this.digestKey1 = from.digestKey1
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 76).slice()
  }
}

export class MarkRuleView implements MarkRule {
  /** Bytes. */
  static readonly SIZE = 44

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: MarkRule): MarkRuleView {
    return new MarkRuleView(new DataView(new ArrayBuffer(44))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): MarkRuleView {
    return new MarkRuleView(viewOf(bytes, 44, 'MarkRule'))
  }

  get source(): AddressView {
    return new AddressView(this.data, this.at)
  }

  get destination(): AddressView {
    return new AddressView(this.data, this.at + 16)
  }

  get sourceBits(): number {
    return this.data.getUint8(this.at + 32)
  }
  set sourceBits(value: number) {
    this.data.setUint8(this.at + 32, value)
  }

  get destinationBits(): number {
    return this.data.getUint8(this.at + 33)
  }
  set destinationBits(value: number) {
    this.data.setUint8(this.at + 33, value)
  }

  get family(): number {
    return this.data.getUint8(this.at + 34)
  }
  set family(value: number) {
    this.data.setUint8(this.at + 34, value)
  }

  get protocol(): number {
    return this.data.getUint8(this.at + 35)
  }
  set protocol(value: number) {
    this.data.setUint8(this.at + 35, value)
  }

  get firstPort(): number {
    return this.data.getUint16(this.at + 36, true)
  }
  set firstPort(value: number) {
    this.data.setUint16(this.at + 36, value, true)
  }

  get lastPort(): number {
    return this.data.getUint16(this.at + 38, true)
  }
  set lastPort(value: number) {
    this.data.setUint16(this.at + 38, value, true)
  }

  get mark(): number {
    return this.data.getUint32(this.at + 40, true)
  }
  set mark(value: number) {
    this.data.setUint32(this.at + 40, value, true)
  }

  /** Copies all fields. */
  set(from: MarkRule): this {
    this.source.set(from.source)
    this.destination.set(from.destination)
    this.sourceBits = from.sourceBits
    this.destinationBits = from.destinationBits
    this.family = from.family
    this.protocol = from.protocol
    this.firstPort = from.firstPort
    this.lastPort = from.lastPort
    this.mark = from.mark
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 44).slice()
  }
}

export class AllocatorView implements Allocator {
  /** Bytes. */
  static readonly SIZE = 56

  constructor(
    readonly data: DataView,
    /** Where in `data` the record begins. */
    public at = 0,
  ) {}

  /** A copy in fresh memory. */
  static of(from: Allocator): AllocatorView {
    return new AllocatorView(new DataView(new ArrayBuffer(56))).set(from)
  }

  /** A view of these bytes, not a copy. Throws a RangeError where they are too few. */
  static from(bytes: Uint8Array): AllocatorView {
    return new AllocatorView(viewOf(bytes, 56, 'Allocator'))
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

  get localities(): number {
    return this.data.getUint32(this.at + 20, true)
  }
  set localities(value: number) {
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

  get evictMs(): number {
    return this.data.getInt32(this.at + 44, true) * WORD + this.data.getUint32(this.at + 40, true)
  }
  set evictMs(value: number) {
    this.data.setUint32(this.at + 40, value, true)
    this.data.setInt32(this.at + 44, Math.floor(value / WORD), true)
  }

  get evictPass(): number {
    return this.data.getUint32(this.at + 48, true)
  }
  set evictPass(value: number) {
    this.data.setUint32(this.at + 48, value, true)
  }

  get evict(): number {
    return this.data.getUint32(this.at + 52, true)
  }
  set evict(value: number) {
    this.data.setUint32(this.at + 52, value, true)
  }

  /** Copies all fields. */
  set(from: Allocator): this {
    this.used = from.used
    this.sweep = from.sweep
    this.swept = from.swept
    this.estimate = from.estimate
    this.icmpTokens = from.icmpTokens
    this.localities = from.localities
    this.icmpRefillMs = from.icmpRefillMs
    this.estimateMs = from.estimateMs
    this.evictMs = from.evictMs
    this.evictPass = from.evictPass
    this.evict = from.evict
    return this
  }

  /** A copy of the record's bytes. */
  toBytes(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset + this.at, 56).slice()
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
  Ipv6Header: {
    size: 40,
    fields: {
      versionClassFlow: { offset: 0, type: 'be32' },
      payloadLength: { offset: 4, type: 'be16' },
      nextHeader: { offset: 6, type: 'u8' },
      hopLimit: { offset: 7, type: 'u8' },
      source0: { offset: 8, type: 'be32' },
      source1: { offset: 12, type: 'be32' },
      source2: { offset: 16, type: 'be32' },
      source3: { offset: 20, type: 'be32' },
      destination0: { offset: 24, type: 'be32' },
      destination1: { offset: 28, type: 'be32' },
      destination2: { offset: 32, type: 'be32' },
      destination3: { offset: 36, type: 'be32' },
    },
  },
  ExtensionHeader: {
    size: 2,
    fields: {
      nextHeader: { offset: 0, type: 'u8' },
      length: { offset: 1, type: 'u8' },
    },
  },
  FragmentHeader: {
    size: 8,
    fields: {
      nextHeader: { offset: 0, type: 'u8' },
      reserved: { offset: 1, type: 'u8' },
      offsetAndMore: { offset: 2, type: 'be16' },
      identification: { offset: 4, type: 'be32' },
    },
  },
  Ports: {
    size: 4,
    fields: {
      source: { offset: 0, type: 'be16' },
      destination: { offset: 2, type: 'be16' },
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
  UdpHeader: {
    size: 8,
    fields: {
      sourcePort: { offset: 0, type: 'be16' },
      destinationPort: { offset: 2, type: 'be16' },
      length: { offset: 4, type: 'be16' },
      checksum: { offset: 6, type: 'be16' },
    },
  },
  SctpHeader: {
    size: 16,
    fields: {
      sourcePort: { offset: 0, type: 'be16' },
      destinationPort: { offset: 2, type: 'be16' },
      verificationTag: { offset: 4, type: 'be32' },
      checksum: { offset: 8, type: 'u32' },
      chunkType: { offset: 12, type: 'u8' },
      chunkFlags: { offset: 13, type: 'u8' },
      chunkLength: { offset: 14, type: 'be16' },
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
  GueHeader: {
    size: 4,
    fields: {
      versionAndLength: { offset: 0, type: 'u8' },
      protocol: { offset: 1, type: 'u8' },
      flags: { offset: 2, type: 'be16' },
    },
  },
  GreHeader: {
    size: 4,
    fields: {
      flags: { offset: 0, type: 'be16' },
      protocol: { offset: 2, type: 'be16' },
    },
  },
  ToaOption: {
    size: 8,
    fields: {
      kind: { offset: 0, type: 'u8' },
      length: { offset: 1, type: 'u8' },
      port: { offset: 2, type: 'be16' },
      word0: { offset: 4, type: 'be32' },
    },
  },
  ToaRest: {
    size: 12,
    fields: {
      word1: { offset: 0, type: 'be32' },
      word2: { offset: 4, type: 'be32' },
      word3: { offset: 8, type: 'be32' },
    },
  },
  GreChecksum: {
    size: 4,
    fields: {
      checksum: { offset: 0, type: 'be16' },
      reserved: { offset: 2, type: 'be16' },
    },
  },
  Address: {
    size: 16,
    fields: {
      word0: { offset: 0, type: 'u32' },
      word1: { offset: 4, type: 'u32' },
      word2: { offset: 8, type: 'u32' },
      word3: { offset: 12, type: 'u32' },
    },
  },
  Heading: {
    size: 60,
    fields: {
      source: { offset: 0, type: 'Address' },
      destination: { offset: 16, type: 'Address' },
      sourcePort: { offset: 32, type: 'u16' },
      destinationPort: { offset: 34, type: 'u16' },
      family: { offset: 36, type: 'u8' },
      protocol: { offset: 37, type: 'u8' },
      own: { offset: 38, type: 'u8' },
      fragment: { offset: 39, type: 'u8' },
      transport: { offset: 40, type: 'u32' },
      payload: { offset: 44, type: 'u32' },
      length: { offset: 48, type: 'u32' },
      hops: { offset: 52, type: 'u16' },
      event: { offset: 54, type: 'u16' },
      identification: { offset: 56, type: 'u32' },
    },
  },
  TakenOver: {
    size: 8,
    fields: {
      tos: { offset: 0, type: 'u16' },
      identification: { offset: 2, type: 'u16' },
      fragment: { offset: 4, type: 'u16' },
      reserved: { offset: 6, type: 'u16' },
    },
  },
  Choice: {
    size: 12,
    fields: {
      dest: { offset: 0, type: 'u32' },
      template: { offset: 4, type: 'u32' },
      callId: { offset: 8, type: 'u32' },
    },
  },
  Cursor: {
    size: 16,
    fields: {
      offset: { offset: 0, type: 'u32' },
      value: { offset: 4, type: 'u32' },
      host: { offset: 8, type: 'u32' },
      port: { offset: 12, type: 'u32' },
    },
  },
  Digest: {
    size: 8,
    fields: {
      low: { offset: 0, type: 'u32' },
      high: { offset: 4, type: 'u32' },
    },
  },
  SipState: {
    size: 32,
    fields: {
      v0: { offset: 0, type: 'Digest' },
      v1: { offset: 8, type: 'Digest' },
      v2: { offset: 16, type: 'Digest' },
      v3: { offset: 24, type: 'Digest' },
    },
  },
  FlowKey: {
    size: 24,
    fields: {
      source: { offset: 0, type: 'Digest' },
      destination: { offset: 8, type: 'Digest' },
      sourcePort: { offset: 16, type: 'u16' },
      destinationPort: { offset: 18, type: 'u16' },
      protocol: { offset: 20, type: 'u8' },
      kind: { offset: 21, type: 'u8' },
      reserved: { offset: 22, type: 'u16' },
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
    size: 96,
    fields: {
      expiresMs: { offset: 0, type: 'u64' },
      client: { offset: 8, type: 'Address' },
      virtual: { offset: 24, type: 'Address' },
      server: { offset: 40, type: 'Address' },
      clientPort: { offset: 56, type: 'u16' },
      virtualPort: { offset: 58, type: 'u16' },
      serverPort: { offset: 60, type: 'u16' },
      localPort: { offset: 62, type: 'u16' },
      protocol: { offset: 64, type: 'u8' },
      family: { offset: 65, type: 'u8' },
      method: { offset: 66, type: 'u8' },
      serverFamily: { offset: 67, type: 'u8' },
      local: { offset: 68, type: 'u16' },
      flags: { offset: 70, type: 'u16' },
      dest: { offset: 72, type: 'u32' },
      state: { offset: 76, type: 'u32' },
      template: { offset: 80, type: 'u32' },
      members: { offset: 84, type: 'atomic32' },
      callId: { offset: 88, type: 'u32' },
      firstByte: { offset: 92, type: 'u32' },
    },
  },
  FragmentedPacket: {
    size: 40,
    fields: {
      expiresMs: { offset: 0, type: 'u64' },
      source: { offset: 8, type: 'Digest' },
      destination: { offset: 16, type: 'Digest' },
      identification: { offset: 24, type: 'u32' },
      protocol: { offset: 28, type: 'u8' },
      family: { offset: 29, type: 'u8' },
      reserved: { offset: 30, type: 'u16' },
      connection: { offset: 32, type: 'u32' },
      direction: { offset: 36, type: 'u32' },
    },
  },
  ServiceKey: {
    size: 24,
    fields: {
      address: { offset: 0, type: 'Address' },
      port: { offset: 16, type: 'u16' },
      protocol: { offset: 18, type: 'u8' },
      family: { offset: 19, type: 'u8' },
      mark: { offset: 20, type: 'u32' },
    },
  },
  Service: {
    size: 56,
    fields: {
      index: { offset: 0, type: 'u32' },
      scheduler: { offset: 4, type: 'u32' },
      flags: { offset: 8, type: 'u32' },
      firstDest: { offset: 12, type: 'u32' },
      persistenceMs: { offset: 16, type: 'u32' },
      clientMask: { offset: 20, type: 'u32' },
      weightDivisor: { offset: 24, type: 'u32' },
      maxWeight: { offset: 28, type: 'u32' },
      firstBucket: { offset: 32, type: 'u32' },
      buckets: { offset: 36, type: 'u32' },
      firstLocal: { offset: 40, type: 'u32' },
      locals: { offset: 44, type: 'u32' },
      parameter: { offset: 48, type: 'u32' },
      planned: { offset: 52, type: 'u32' },
    },
  },
  ServiceState: {
    size: 8,
    fields: {
      lastDest: { offset: 0, type: 'u32' },
      currentWeight: { offset: 4, type: 'u32' },
    },
  },
  LocalityCache: {
    size: 16,
    fields: {
      generation: { offset: 0, type: 'u32' },
      entries: { offset: 4, type: 'atomic32' },
      pass: { offset: 8, type: 'u32' },
      surplus: { offset: 12, type: 'u32' },
    },
  },
  LocalityKey: {
    size: 24,
    fields: {
      address: { offset: 0, type: 'Address' },
      service: { offset: 16, type: 'u32' },
      generation: { offset: 20, type: 'u32' },
    },
  },
  LocalitySlot: {
    size: 4,
    fields: {
      slot: { offset: 0, type: 'u32' },
    },
  },
  Locality: {
    size: 56,
    fields: {
      usedMs: { offset: 0, type: 'u64' },
      changedMs: { offset: 8, type: 'u64' },
      key: { offset: 16, type: 'LocalityKey' },
      dest: { offset: 40, type: 'u32' },
      next: { offset: 44, type: 'u32' },
      members: { offset: 48, type: 'u32' },
      busy: { offset: 52, type: 'u32' },
    },
  },
  LocalAddress: {
    size: 24,
    fields: {
      address: { offset: 0, type: 'Address' },
      next: { offset: 16, type: 'u32' },
      service: { offset: 20, type: 'u32' },
    },
  },
  LocalUse: {
    size: 16,
    fields: {
      connections: { offset: 0, type: 'atomic32' },
      conflicts: { offset: 4, type: 'atomic32' },
      nextPort: { offset: 8, type: 'u32' },
      turn: { offset: 12, type: 'u32' },
    },
  },
  Bucket: {
    size: 4,
    fields: {
      dest: { offset: 0, type: 'u32' },
    },
  },
  Dest: {
    size: 80,
    fields: {
      removedMs: { offset: 0, type: 'u64' },
      service: { offset: 8, type: 'ServiceKey' },
      address: { offset: 32, type: 'Address' },
      port: { offset: 48, type: 'u16' },
      method: { offset: 50, type: 'u8' },
      availability: { offset: 51, type: 'u8' },
      family: { offset: 52, type: 'u8' },
      isLocal: { offset: 53, type: 'u8' },
      tunnelType: { offset: 54, type: 'u8' },
      tunnelChecksum: { offset: 55, type: 'u8' },
      tunnelPort: { offset: 56, type: 'u16' },
      reserved: { offset: 58, type: 'u16' },
      weight: { offset: 60, type: 'u32' },
      lastWeight: { offset: 64, type: 'u32' },
      upperThreshold: { offset: 68, type: 'u32' },
      lowerThreshold: { offset: 72, type: 'u32' },
      next: { offset: 76, type: 'u32' },
    },
  },
  DestState: {
    size: 16,
    fields: {
      active: { offset: 0, type: 'atomic32' },
      inactive: { offset: 4, type: 'atomic32' },
      persistent: { offset: 8, type: 'atomic32' },
      reserved: { offset: 12, type: 'u32' },
    },
  },
  Overload: {
    size: 4,
    fields: {
      overloaded: { offset: 0, type: 'u32' },
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
  Settings: {
    size: 76,
    fields: {
      tcpMs: { offset: 0, type: 'u32' },
      tcpFinMs: { offset: 4, type: 'u32' },
      udpMs: { offset: 8, type: 'u32' },
      connReuseMode: { offset: 12, type: 'u32' },
      expireNodestConn: { offset: 16, type: 'u32' },
      expireQuiescentTemplate: { offset: 20, type: 'u32' },
      sloppyTcp: { offset: 24, type: 'u32' },
      sloppySctp: { offset: 28, type: 'u32' },
      secureTcp: { offset: 32, type: 'u32' },
      toa: { offset: 36, type: 'u32' },
      markServices: { offset: 40, type: 'u32' },
      ftpServices: { offset: 44, type: 'u32' },
      wideServices: { offset: 48, type: 'u32' },
      markRules: { offset: 52, type: 'u32' },
      firstMarkRule: { offset: 56, type: 'u32' },
      lblcExpirationMs: { offset: 60, type: 'u32' },
      lblcrExpirationMs: { offset: 64, type: 'u32' },
      digestKey0: { offset: 68, type: 'u32' },
      digestKey1: { offset: 72, type: 'u32' },
    },
  },
  MarkRule: {
    size: 44,
    fields: {
      source: { offset: 0, type: 'Address' },
      destination: { offset: 16, type: 'Address' },
      sourceBits: { offset: 32, type: 'u8' },
      destinationBits: { offset: 33, type: 'u8' },
      family: { offset: 34, type: 'u8' },
      protocol: { offset: 35, type: 'u8' },
      firstPort: { offset: 36, type: 'u16' },
      lastPort: { offset: 38, type: 'u16' },
      mark: { offset: 40, type: 'u32' },
    },
  },
  Allocator: {
    size: 56,
    fields: {
      used: { offset: 0, type: 'atomic32' },
      sweep: { offset: 4, type: 'u32' },
      swept: { offset: 8, type: 'u32' },
      estimate: { offset: 12, type: 'u32' },
      icmpTokens: { offset: 16, type: 'u32' },
      localities: { offset: 20, type: 'atomic32' },
      icmpRefillMs: { offset: 24, type: 'u64' },
      estimateMs: { offset: 32, type: 'u64' },
      evictMs: { offset: 40, type: 'u64' },
      evictPass: { offset: 48, type: 'u32' },
      evict: { offset: 52, type: 'u32' },
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
  Ipv6Header: Ipv6HeaderView,
  ExtensionHeader: ExtensionHeaderView,
  FragmentHeader: FragmentHeaderView,
  Ports: PortsView,
  TcpHeader: TcpHeaderView,
  UdpHeader: UdpHeaderView,
  SctpHeader: SctpHeaderView,
  IcmpHeader: IcmpHeaderView,
  GueHeader: GueHeaderView,
  GreHeader: GreHeaderView,
  ToaOption: ToaOptionView,
  ToaRest: ToaRestView,
  GreChecksum: GreChecksumView,
  Address: AddressView,
  Heading: HeadingView,
  TakenOver: TakenOverView,
  Choice: ChoiceView,
  Cursor: CursorView,
  Digest: DigestView,
  SipState: SipStateView,
  FlowKey: FlowKeyView,
  Flow: FlowView,
  Connection: ConnectionView,
  FragmentedPacket: FragmentedPacketView,
  ServiceKey: ServiceKeyView,
  Service: ServiceView,
  ServiceState: ServiceStateView,
  LocalityCache: LocalityCacheView,
  LocalityKey: LocalityKeyView,
  LocalitySlot: LocalitySlotView,
  Locality: LocalityView,
  LocalAddress: LocalAddressView,
  LocalUse: LocalUseView,
  Bucket: BucketView,
  Dest: DestView,
  DestState: DestStateView,
  Overload: OverloadView,
  Counters: CountersView,
  Retired: RetiredView,
  Rates: RatesView,
  ReasonCount: ReasonCountView,
  Clock: ClockView,
  Settings: SettingsView,
  MarkRule: MarkRuleView,
  Allocator: AllocatorView,
  Layout: LayoutView,
} as const
