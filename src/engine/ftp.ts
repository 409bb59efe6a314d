/**
 * FTP's data connections (RFC 959, RFC 2428): their addresses and ports are announced in the text of the control connection, that of a
 * service of port 21. PORT and EPRT announce a connection that the server will make from its data port, which needs the virtual
 * address for its source; the replies 227 and 229 announce one that the client will make, from a port nobody knows yet.
 *
 * Reply 227 also names the server's address, which becomes the virtual one. The segment keeps its length, so no sequence number
 * changes: the bracket moves into the words in front of it, which nobody reads (RFC 1123 §4.1.2.6), or away from them. LVS changes
 * the length instead. Only what stands at the beginning of a segment is looked at. Cost: nothing for other ports; some µs for a command.
 */
import { copyAddress, digest, sameAddress } from './address.ts'
import { change16 } from './checksum.ts'
import { addConnection, clientFlow, giveBack, removeConnection } from './connections.ts'
import {
  addFlow,
  byteAt,
  connectionAt,
  findFlow,
  nowMs,
  type Packet,
  reach,
  setByte,
  sumOfBytes,
  takeConnection,
  updateChecksum,
} from './platform.ts'
import { PROTOCOL_TCP } from './protocols/protocols.ts'
import { TcpState } from './protocols/tcp.ts'
import {
  type Connection,
  ConnectionFlag,
  type Cursor,
  Direction,
  EXPECTED,
  Family,
  type Flow,
  type FlowKey,
  ForwardingMethod,
  FTP_PORT,
  type Heading,
  NONE,
} from './records.ts'
import { count, Reason } from './reasons.ts'

/** How long an announced connection is waited for. */
const EXPECTED_MS = 120_000
/** Bytes of a line that are looked at. */
const LINE = 96
/** Bytes behind "227 " in which the bracket must stand. */
const WORDS = 64
/** All offsets of what is looked at. */
const OFFSETS = 0x7ff
const TCP_CHECKSUM = 16
const LONGEST_NUMBER = 5

const SPACE = 0x20
const OPEN = 0x28
const COMMA = 0x2c
const ZERO = 0x30
const NINE = 0x39
/** Makes a letter upper case. */
const UPPER = 0xdf

/** "PORT", "EPRT", "227 " and "229 " as numbers. */
const PORT = 0x504f5254
const EPRT = 0x45505254
const ENTERING_PASSIVE = 0x32323720
const ENTERING_EXTENDED_PASSIVE = 0x32323920

/** Whether the packet carries text of an FTP control connection whose addresses are translated. */
export function isFtp(heading: Heading, connection: Connection): boolean {
  if (connection.virtualPort !== FTP_PORT || heading.protocol !== PROTOCOL_TCP || heading.fragment !== 0) return false
  return connection.method === ForwardingMethod.Masquerading && heading.payload < heading.length
}

/** Moves on. The mask tells the verifier, which else follows every sum that loops can make, that offsets stay small. */
function advance(cursor: Cursor, bytes: number): void {
  cursor.offset = (cursor.offset + bytes) & OFFSETS
}

/** The four bytes at `offset` as one number; with `upper` 1, letters in upper case. */
function word(packet: Packet, offset: number, upper: number): number {
  const mask = upper === 0 ? 0xff : UPPER
  const high = ((byteAt(packet, offset) & mask) << 8) | (byteAt(packet, offset + 1) & mask)
  const low = ((byteAt(packet, offset + 2) & mask) << 8) | (byteAt(packet, offset + 3) & mask)
  return ((high << 16) | low) >>> 0
}

/**
 * Reads a decimal number; false where there is none.
 * @noinline
 */
function readNumber(packet: Packet, cursor: Cursor): boolean {
  let value = 0
  let digits = 0
  for (let i = 0; i < LONGEST_NUMBER; i++) {
    const byte = byteAt(packet, cursor.offset + i)
    if (byte < ZERO || byte > NINE) break
    value = value * 10 + (byte - ZERO)
    digits = i + 1
  }
  cursor.value = value
  advance(cursor, digits)
  return digits > 0
}

/**
 * Reads h1,h2,h3,h4,p1,p2 into `cursor.host` and `cursor.port`; false where that isn't what stands there.
 * @noinline
 */
function readHostPort(packet: Packet, cursor: Cursor): boolean {
  cursor.host = 0
  cursor.port = 0
  for (let i = 0; i < 6; i++) {
    if (i > 0) {
      if (byteAt(packet, cursor.offset) !== COMMA) return false
      advance(cursor, 1)
    }
    if (!readNumber(packet, cursor) || cursor.value > 255) return false
    if (i < 4) cursor.host = cursor.host * 256 + cursor.value
    else cursor.port = cursor.port * 256 + cursor.value
  }
  return cursor.port !== 0
}

/** Moves the cursor behind the third delimiter, the first of which stands there: RFC 2428 §2, §3. False where there are not three. */
function skipDelimiters(packet: Packet, cursor: Cursor): boolean {
  const delimiter = byteAt(packet, cursor.offset)
  const first = cursor.offset
  cursor.value = 0
  for (let i = 0; i < WORDS; i++) {
    if (byteAt(packet, first + i) === delimiter) cursor.value += 1
    if (cursor.value >= 3) {
      cursor.offset = first + i + 1
      return true
    }
  }
  return false
}

/** A heading of the packets that a client will send to the virtual address, from and to these ports. */
function announced(heading: Heading, connection: Connection, clientPort: number, virtualPort: number): void {
  copyAddress(heading.source, connection.client)
  copyAddress(heading.destination, connection.virtual)
  heading.sourcePort = clientPort
  heading.destinationPort = virtualPort
  heading.family = connection.family
  heading.protocol = PROTOCOL_TCP
}

/**
 * A client's command: PORT and EPRT announce a connection from the server's data port to the client's port.
 * @noinline
 */
export function watchCommand(packet: Packet, heading: Heading, connection: Connection): void {
  reach(packet, heading.payload + LINE)
  const command = word(packet, heading.payload, 1)
  if (command !== PORT && command !== EPRT) return
  const cursor: Cursor = { offset: heading.payload + 5, value: 0, host: 0, port: 0 }
  if (command === PORT) {
    if (!readHostPort(packet, cursor) || cursor.host !== connection.client.word0) return
  } else {
    if (!skipDelimiters(packet, cursor) || !readNumber(packet, cursor)) return
    cursor.port = cursor.value
  }
  const data: Heading = {
    source: { word0: 0, word1: 0, word2: 0, word3: 0 },
    destination: { word0: 0, word1: 0, word2: 0, word3: 0 },
    sourcePort: 0,
    destinationPort: 0,
    family: 0,
    protocol: 0,
    own: 0,
    fragment: 0,
    transport: 0,
    payload: 0,
    length: 0,
    hops: 0,
    event: 0,
    identification: 0,
  }
  announced(data, connection, cursor.port, FTP_PORT - 1)
  const index = addConnection(data, connection.dest, NONE, connection.serverPort - 1, 0)
  const active = connectionAt(index)
  if (index === NONE || active === null) return
  active.state = TcpState.Listen
  active.expiresMs = nowMs() + EXPECTED_MS
}

/**
 * A server's reply: 227 and 229 announce a connection from the client to a port of the server's.
 * @noinline
 */
export function watchReply(packet: Packet, heading: Heading, connection: Connection): void {
  reach(packet, heading.payload + LINE)
  const reply = word(packet, heading.payload, 0)
  if (reply !== ENTERING_PASSIVE && reply !== ENTERING_EXTENDED_PASSIVE) return
  const cursor: Cursor = { offset: 0, value: 0, host: 0, port: 0 }
  const words = heading.payload + 4
  for (let i = 0; i < WORDS; i++) {
    if (byteAt(packet, words + i) === OPEN) {
      cursor.offset = words + i + 1
      break
    }
  }
  if (cursor.offset === 0) return
  if (reply === ENTERING_EXTENDED_PASSIVE) {
    if (!skipDelimiters(packet, cursor) || !readNumber(packet, cursor)) return
    expect(connection, cursor.value)
    return
  }
  const open = cursor.offset - 1
  if (connection.family !== Family.Ipv4 || !readHostPort(packet, cursor)) return
  // The bracket that closes, or whatever ends the number, is read with it when the checksum is mended.
  if (cursor.host !== connection.server.word0 || byteAt(packet, cursor.offset) < 0) return
  expect(connection, cursor.port)
  cursor.host = connection.virtual.word0
  writeReply(packet, heading, open, cursor)
}

/** Decimal digits of a number below 1000. */
function digitsOf(value: number): number {
  if (value >= 100) return 3
  return value >= 10 ? 2 : 1
}

/** The i-th of h1,h2,h3,h4,p1,p2. */
function partOf(cursor: Cursor, i: number): number {
  if (i < 4) return (cursor.host >>> (24 - 8 * i)) & 0xff
  return i === 4 ? (cursor.port >>> 8) & 0xff : cursor.port & 0xff
}

/**
 * Writes the cursor's host and port into reply 227, to end at `cursor.offset`. The bracket, now at `open`, moves as need be; the words in
 * front of it make room.
 * @noinline
 */
function writeReply(packet: Packet, heading: Heading, open: number, cursor: Cursor): void {
  let length = 5
  for (let i = 0; i < 6; i++) length += digitsOf(partOf(cursor, i))
  const bracket = cursor.offset - length - 1
  if (bracket < heading.payload + 4) {
    count(Reason.FtpNoRoom)
    return
  }
  const first = (bracket < open ? bracket : open) & 0xfffe
  const bytes = (cursor.offset - first + 1) & 0xfffe
  const before = sumOfBytes(packet, first, bytes)
  for (let i = 0; i < 16; i++) if (open + i < bracket) setByte(packet, open + i, SPACE)
  setByte(packet, bracket, OPEN)
  cursor.offset = bracket + 1
  for (let i = 0; i < 6; i++) {
    if (i > 0) {
      setByte(packet, cursor.offset, COMMA)
      advance(cursor, 1)
    }
    writeNumber(packet, cursor, partOf(cursor, i))
  }
  const change = change16(before, sumOfBytes(packet, first, bytes))
  updateChecksum(packet, heading.transport + TCP_CHECKSUM, 0, change, 0)
}

function writeNumber(packet: Packet, cursor: Cursor, value: number): void {
  const digits = digitsOf(value)
  if (digits === 3) setByte(packet, cursor.offset, ZERO + Math.floor(value / 100))
  if (digits >= 2) setByte(packet, cursor.offset + digits - 2, ZERO + (Math.floor(value / 10) % 10))
  setByte(packet, cursor.offset + digits - 1, ZERO + (value % 10))
  advance(cursor, digits)
}

/** The key, until then all zeros, by which a connection that a packet may begin is expected. */
function expectedFlow(flow: FlowKey, heading: Heading): void {
  digest(heading.source, heading.family, flow.source)
  digest(heading.destination, heading.family, flow.destination)
  flow.destinationPort = heading.destinationPort
  flow.protocol = PROTOCOL_TCP
  flow.kind = heading.family + EXPECTED
}

/** Waits for a connection of the client's to a port of the server's, by which it goes at the virtual address too. */
function expect(connection: Connection, port: number): void {
  const index = takeConnection()
  const expected = connectionAt(index)
  if (index === NONE || expected === null) {
    count(Reason.TableFull)
    return
  }
  copyAddress(expected.client, connection.client)
  copyAddress(expected.virtual, connection.virtual)
  copyAddress(expected.server, connection.server)
  expected.clientPort = 0
  expected.virtualPort = port
  expected.serverPort = port
  expected.localPort = 0
  expected.protocol = PROTOCOL_TCP
  expected.family = connection.family
  expected.method = connection.method
  expected.serverFamily = connection.serverFamily
  expected.local = NONE
  expected.dest = connection.dest
  expected.state = TcpState.Listen
  expected.template = NONE
  expected.members = 0
  expected.flags = ConnectionFlag.Expected
  expected.callId = 0
  expected.expiresMs = nowMs() + EXPECTED_MS
  const flow: FlowKey = {
    source: { low: 0, high: 0 },
    destination: { low: 0, high: 0 },
    sourcePort: 0,
    destinationPort: 0,
    protocol: 0,
    kind: 0,
    reserved: 0,
  }
  clientFlow(flow, expected)
  const leader: Flow = { connection: index, direction: Direction.Template }
  if (addFlow(flow, leader)) return
  giveBack(index, expected)
}

/**
 * The connection of a packet that another connection has announced, made from what was expected; `NONE` where nothing was.
 * @noinline
 */
export function takeExpected(heading: Heading): number {
  if (heading.protocol !== PROTOCOL_TCP) return NONE
  const key: FlowKey = {
    source: { low: 0, high: 0 },
    destination: { low: 0, high: 0 },
    sourcePort: 0,
    destinationPort: 0,
    protocol: 0,
    kind: 0,
    reserved: 0,
  }
  expectedFlow(key, heading)
  const flow = findFlow(key)
  if (flow === null) return NONE
  const index = flow.connection
  const expected = connectionAt(index)
  if (expected === null || (expected.flags & ConnectionFlag.Expected) === 0) return NONE
  if (!sameAddress(expected.client, heading.source, heading.family)) return NONE
  if (!sameAddress(expected.virtual, heading.destination, heading.family)) return NONE
  const dest = expected.dest
  const port = expected.serverPort
  const isLate = expected.expiresMs <= nowMs()
  removeConnection(index)
  return isLate ? NONE : addConnection(heading, dest, NONE, port, 0)
}
