/**
 * The director: what becomes of one packet, and what the director does when no packet comes.
 *
 * A packet of a connection costs one lookup in `flows`, whichever direction it has; only a packet of none asks for a service, and only
 * one that begins a connection asks a scheduler. Every host calls these two functions and nothing else.
 */
import { addConnection, carries, enterState, removeConnection } from './connections.ts'
import { estimate } from './estimator.ts'
import { natIn, natOut } from './forwarding/nat.ts'
import { answerWithIcmp, IcmpType, Unreachable } from './icmp.ts'
import {
  headerChecksumHolds,
  headerLength,
  IPV4_HEADER,
  isFragment,
  isIpv4,
  PROTOCOL_TCP,
  readDestination,
  readSource,
} from './ipv4.ts'
import {
  clock,
  connectionAt,
  countersAt,
  destAt,
  findFlow,
  findService,
  ipv4At,
  nowMs,
  type Packet,
  tcpAt,
} from './platform.ts'
import { isTcpReusable, movesTcp, nextTcpState, opensTcp, TCP_HEADER, tcpHeaderLength } from './protocols/tcp.ts'
import {
  Availability,
  type Connection,
  Direction,
  type FlowKey,
  type Ipv4Header,
  NONE,
  type ServiceKey,
  type TcpHeader,
  Verdict,
} from './records.ts'
import { count, Reason } from './reasons.ts'
import { schedule } from './services.ts'
import { sweep } from './sweep.ts'
import { copyAddress } from './address.ts'

function pass(reason: number): number {
  count(reason)
  return Verdict.Pass
}

/** Whether the TCP header is whole and the packet as long as it says. */
function isWhole(packet: Packet, ip: Ipv4Header, tcp: TcpHeader): boolean {
  const headers = headerLength(ip) + tcpHeaderLength(tcp)
  return tcpHeaderLength(tcp) >= TCP_HEADER && headers <= ip.totalLength && ip.totalLength <= packet.length
}

/** What becomes of a packet that came in from a network: a `Verdict`. Anything that isn't IPv4 is the host's to keep away. */
export function handlePacket(packet: Packet): number {
  const ip = ipv4At(packet, 0)
  if (ip === null || !isIpv4(ip) || headerLength(ip) < IPV4_HEADER) return pass(Reason.Malformed)
  if (ip.protocol !== PROTOCOL_TCP) return Verdict.Pass
  if (isFragment(ip)) return pass(Reason.Fragment)
  const tcp = tcpAt(packet, headerLength(ip))
  if (tcp === null || !isWhole(packet, ip, tcp)) return pass(Reason.Malformed)
  if (movesTcp(tcp.flags) && !headerChecksumHolds(packet, ip)) return pass(Reason.Malformed)
  const key: FlowKey = {
    source: { word: 0 },
    destination: { word: 0 },
    sourcePort: tcp.sourcePort,
    destinationPort: tcp.destinationPort,
    protocol: PROTOCOL_TCP,
    reserved0: 0,
    reserved1: 0,
  }
  readSource(ip, key.source)
  readDestination(ip, key.destination)
  const flow = findFlow(key)
  if (flow !== null) {
    const index = flow.connection
    const direction = flow.direction
    const connection = connectionAt(index)
    if (connection !== null && carries(connection, direction, key)) {
      if (isCurrent(connection, tcp.flags, direction)) {
        if (direction === Direction.In) return fromClient(packet, ip, tcp, connection)
        return fromServer(packet, ip, tcp, connection)
      }
      removeConnection(index)
    }
  }
  return newFlow(packet, ip, tcp, key)
}

/** Whether the packet belongs to the connection: it hasn't expired, nor does the packet begin another in its place. */
function isCurrent(connection: Connection, flags: number, direction: number): boolean {
  if (connection.expiresMs <= nowMs()) return false
  if (direction === Direction.Out || !opensTcp(flags)) return true
  if (isTcpReusable(connection.state)) return false
  const dest = destAt(connection.dest)
  return dest === null || dest.availability !== Availability.Orphaned
}

function fromClient(packet: Packet, ip: Ipv4Header, tcp: TcpHeader, connection: Connection): number {
  const dest = destAt(connection.dest)
  const counters = countersAt(connection.dest)
  if (dest === null || counters === null || dest.availability === Availability.Orphaned) return Verdict.Pass
  if (dest.availability === Availability.Removed) {
    count(Reason.DestRemoved)
    return Verdict.Drop
  }
  counters.inPackets += 1
  counters.inBytes += ip.totalLength
  enterState(connection, nextTcpState(connection.state, tcp.flags, Direction.In))
  return natIn(packet, ip, tcp, connection)
}

function fromServer(packet: Packet, ip: Ipv4Header, tcp: TcpHeader, connection: Connection): number {
  const dest = destAt(connection.dest)
  const counters = countersAt(connection.dest)
  if (dest === null || counters === null || dest.availability === Availability.Orphaned) return Verdict.Pass
  // LVS counts nothing for a server that was removed, although its answers still pass.
  if (dest.availability === Availability.Listed) {
    counters.outPackets += 1
    counters.outBytes += ip.totalLength
  }
  enterState(connection, nextTcpState(connection.state, tcp.flags, Direction.Out))
  return natOut(packet, ip, tcp, connection)
}

/** A packet of no connection. */
function newFlow(packet: Packet, ip: Ipv4Header, tcp: TcpHeader, key: FlowKey): number {
  const wanted: ServiceKey = { address: { word: 0 }, port: key.destinationPort, protocol: key.protocol, reserved: 0 }
  copyAddress(wanted.address, key.destination)
  const service = findService(wanted)
  if (service === null) return Verdict.Pass
  if (!opensTcp(tcp.flags)) return pass(Reason.NotASyn)
  const chosen = schedule(wanted, service)
  if (chosen === NONE) {
    count(Reason.NoDest)
    return answerWithIcmp(packet, IcmpType.DestinationUnreachable, Unreachable.Port, 0)
  }
  const index = addConnection(key, chosen)
  if (index === NONE) return Verdict.Drop
  const connection = connectionAt(index)
  return connection === null ? Verdict.Drop : fromClient(packet, ip, tcp, connection)
}

/** Milliseconds until the next `tick` while there is work left, and otherwise. */
export const BUSY_MS = 2
export const IDLE_MS = 100

/** Sets the director's clock to `ms` and does a slice of its housekeeping. Returns the milliseconds until it wants to be called again. */
export function tick(ms: number): number {
  const time = clock()
  if (time === null) return IDLE_MS
  time.nowMs = ms
  const swept = sweep()
  const estimated = estimate()
  return swept && estimated ? IDLE_MS : BUSY_MS
}
