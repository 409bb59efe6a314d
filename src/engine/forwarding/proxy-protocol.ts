/**
 * The PROXY protocol, version 2 (HAProxy's proxy-protocol.txt §2.2): a server by FullNAT reads its client's address and the virtual one
 * from a header in front of the client's bytes.
 *
 * The client's SYN reaches the server with a sequence number that is lower by the header's length. So the header has a place of its own,
 * just before the client's first byte, and all other bytes keep their numbers, also in the server's acknowledgments and SACK blocks: nothing is left
 * to translate once the server has acknowledged the header. An acknowledgment from before that says to the client no more than that its
 * SYN has arrived.
 *
 * The header travels in the client's segments: in the bare acknowledgment that ends the handshake, or where that is missing in front of the
 * client's first bytes, or in their place where both would be too long; the client then sends them again. An acknowledgment below the client's first byte
 * says that the header isn't there, and the next such segment carries it again.
 */
import { sumOfAddress } from '../address.ts'
import { change16, change32 } from '../checksum.ts'
import { LEAST_MTU_IPV6 } from '../icmp.ts'
import {
  findService,
  insertRoom,
  makeRoom,
  type Packet,
  reach,
  routeAsHost,
  setWord,
  sumOfBytes,
  tcpAt,
  updateChecksum,
} from '../platform.ts'
import { hasEnded, PROTOCOL_TCP } from '../protocols/protocols.ts'
import { TcpFlag } from '../protocols/tcp.ts'
import {
  type Address,
  type Connection,
  ConnectionFlag,
  type Dest,
  Family,
  type Heading,
  Parsed,
  Route,
  ServiceFlag,
  SUMMABLE_BYTES,
  type TcpHeader,
} from '../records.ts'
import { changeLength, TCP_CHECKSUM } from './rewrite.ts'

const SIGNATURE0 = 0x0d0a0d0a
const SIGNATURE1 = 0x000d0a51
const SIGNATURE2 = 0x5549540a
/** Version 2, PROXY, TCP over IPv4 or IPv6, and the length of the rest. */
const TCP_IPV4 = 0x2111000c
const TCP_IPV6 = 0x21210024
const HEADER_IPV4 = 28
const HEADER_IPV6 = 52
/** Bytes of the longest packet in which the header comes before others: every way takes it. The client can't be told to leave room. */
const MOST_TOGETHER = LEAST_MTU_IPV6
/** Differences of sequence numbers from here on are negative (RFC 9293 §3.4). */
const NEGATIVE = 0x80000000

function headerLength(family: number): number {
  return family === Family.Ipv4 ? HEADER_IPV4 : HEADER_IPV6
}

/** Whether the connection that this packet begins gets a header: its service says so, and the packet tells where the client's bytes begin. */
export function wantsHeader(heading: Heading, dest: Dest): boolean {
  if (heading.protocol !== PROTOCOL_TCP || (heading.event & TcpFlag.Syn) === 0) return false
  const service = findService(dest.service)
  return service !== null && (service.flags & ServiceFlag.ProxyProtocol) !== 0
}

/** Learns from a client's SYN where its bytes begin, before the SYN moves the connection. On a live connection it isn't believed. */
export function noteSyn(packet: Packet, heading: Heading, connection: Connection): void {
  if ((connection.flags & ConnectionFlag.Proxied) === 0 || (heading.event & TcpFlag.Syn) === 0) return
  const isAnswered = (connection.flags & ConnectionFlag.Answered) !== 0
  if (isAnswered && !hasEnded(connection.protocol, connection.state)) return
  const tcp = tcpAt(packet, heading.transport)
  if (tcp === null) return
  connection.firstByte = tcp.sequence + 1
  connection.flags = connection.flags & ~(ConnectionFlag.Answered | ConnectionFlag.HeaderSent)
}

/**
 * Makes room for the header in the server's sequence of bytes, and puts it there: what a client's packet needs before it is forwarded, as
 * long as the server hasn't acknowledged the header. False where the packet can't be forwarded. Moves the packet.
 * @noinline
 */
export function putHeader(packet: Packet, heading: Heading, connection: Connection): boolean {
  const tcp = tcpAt(packet, heading.transport)
  if (tcp === null || heading.fragment === Parsed.LaterFragment || (heading.event & TcpFlag.Rst) !== 0) return true
  const size = heading.length - heading.payload
  const isSyn = (heading.event & TcpFlag.Syn) !== 0
  const header = headerLength(heading.family)
  if (isSyn && size === 0) {
    const change = renumber(tcp, tcp.sequence - header)
    updateChecksum(packet, heading.transport + TCP_CHECKSUM, 0, change, 0)
    return true
  }
  if ((connection.flags & ConnectionFlag.HeaderSent) !== 0) return true
  const isBare = size === 0 && (heading.event & TcpFlag.Fin) === 0
  if (!isSyn && !isBare && tcp.sequence !== connection.firstByte) return true
  // Where the server would take a SYN's bytes for the header's, it must not see them.
  if (heading.fragment !== 0) return !isSyn
  if (size === 0 || areTogether(packet, heading, connection, header)) return carry(packet, heading, connection, size)
  // What gives way to the header is summed, to be taken out of the checksum.
  return size > SUMMABLE_BYTES ? !isSyn : carry(packet, heading, connection, 0)
}

/** Gives a segment another sequence number, of which the lower 32 bits count. Returns what that adds to the sum of the segment. */
function renumber(tcp: TcpHeader, number: number): number {
  const sequence = number >>> 0
  const change = change32(tcp.sequence, sequence)
  tcp.sequence = sequence
  return change
}

/** Whether the header and the client's bytes fit one packet. */
function areTogether(packet: Packet, heading: Heading, connection: Connection, header: number): boolean {
  const length = heading.length + header
  if (length > MOST_TOGETHER || packet.segment !== 0 || (heading.event & TcpFlag.Urg) !== 0) return false
  return routeAsHost(packet, heading.family, connection.server, length, null) !== Route.TooBig
}

/** Puts the header into the segment, in front of the first `kept` bytes of its payload: of all or of none. */
function carry(packet: Packet, heading: Heading, connection: Connection, kept: number): boolean {
  const size = heading.length - heading.payload
  const header = headerLength(heading.family)
  let change = 0
  if (kept !== size) {
    // A checksum that is still to be completed doesn't cover what it is not to cover.
    if (packet.segment === 0) {
      reach(packet, heading.length)
      change = 0xffff - sumOfBytes(packet, heading.payload, size)
    }
    if (!makeRoom(packet, heading.payload, 0)) return false
  }
  if (!insertRoom(packet, heading.payload, header)) return false
  const tcp = tcpAt(packet, heading.transport)
  if (tcp === null) return false
  const isSyn = (heading.event & TcpFlag.Syn) !== 0
  const carried = kept === size ? heading.event : heading.event & (TcpFlag.Syn | TcpFlag.Ack)
  change += renumber(tcp, connection.firstByte - header - (isSyn ? 1 : 0))
  change += change16(heading.event, carried | TcpFlag.Psh)
  tcp.flags = carried | TcpFlag.Psh
  change += writeHeader(packet, heading, connection)
  const length = heading.payload + header + kept
  updateChecksum(packet, heading.transport + TCP_CHECKSUM, changeLength(packet, heading, length), change, 0)
  heading.length = length
  connection.flags |= ConnectionFlag.HeaderSent
  return true
}

/** Writes the header where the payload begins. Returns the sum of its words. */
function writeHeader(packet: Packet, heading: Heading, connection: Connection): number {
  const at = heading.payload
  let sum = put(packet, at, SIGNATURE0) + put(packet, at + 4, SIGNATURE1) + put(packet, at + 8, SIGNATURE2)
  const ports = ((connection.clientPort << 16) | connection.virtualPort) >>> 0
  if (heading.family === Family.Ipv4) {
    sum += put(packet, at + 12, TCP_IPV4)
    setWord(packet, at + 16, connection.client.word0)
    setWord(packet, at + 20, connection.virtual.word0)
    sum += put(packet, at + 24, ports)
  } else {
    sum += put(packet, at + 12, TCP_IPV6)
    putIpv6(packet, at + 16, connection.client)
    putIpv6(packet, at + 32, connection.virtual)
    sum += put(packet, at + 48, ports)
  }
  return sum + sumOfAddress(connection.client, heading.family) + sumOfAddress(connection.virtual, heading.family)
}

/** Writes four bytes. Returns their sum. */
function put(packet: Packet, offset: number, word: number): number {
  setWord(packet, offset, word)
  return (word >>> 16) + (word & 0xffff)
}

function putIpv6(packet: Packet, offset: number, address: Address): void {
  setWord(packet, offset, address.word0)
  setWord(packet, offset + 4, address.word1)
  setWord(packet, offset + 8, address.word2)
  setWord(packet, offset + 12, address.word3)
}

/**
 * Numbers a client's segment whose header begins at `offset` of an error that quotes it as the client did. Returns what that adds to the sum of
 * the error.
 */
export function quoteSequence(packet: Packet, offset: number, connection: Connection): number {
  const tcp = tcpAt(packet, offset)
  if ((connection.flags & ConnectionFlag.Proxied) === 0 || tcp === null) return 0
  const header = headerLength(connection.family)
  const before = (connection.firstByte - tcp.sequence) >>> 0
  // The SYN and the header itself; a keepalive has the number before the first byte's.
  if (before < 2 || before > header + 1) return 0
  return renumber(tcp, tcp.sequence + header)
}

/**
 * What a server's packet says of the header: arrived, or still missing, which its client must not read from it. Moves the packet.
 * @noinline
 */
export function noteAcknowledgment(packet: Packet, heading: Heading, connection: Connection): void {
  const tcp = tcpAt(packet, heading.transport)
  if (tcp === null || heading.fragment === Parsed.LaterFragment || (heading.event & TcpFlag.Ack) === 0) return
  const missing = (connection.firstByte - tcp.acknowledgment) >>> 0
  if (missing === 0 || missing >= NEGATIVE) {
    const isSent = (connection.flags & ConnectionFlag.HeaderSent) !== 0
    if (isSent && (heading.event & TcpFlag.Syn) === 0) connection.flags |= ConnectionFlag.Answered
    return
  }
  // Another connection's, which this SYN has met.
  if (missing > headerLength(heading.family)) return
  const change = change32(tcp.acknowledgment, connection.firstByte)
  tcp.acknowledgment = connection.firstByte
  connection.flags = connection.flags & ~ConnectionFlag.HeaderSent
  updateChecksum(packet, heading.transport + TCP_CHECKSUM, 0, change, 0)
}
