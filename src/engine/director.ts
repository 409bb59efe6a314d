/**
 * The director: what becomes of one packet, and what the director does when no packet comes.
 *
 * A packet of a connection costs one lookup in `flows`, whichever direction it has; only a packet of none asks for a service, and only
 * one that begins a connection asks a scheduler. Every host calls these two functions and nothing else.
 */
import {
  addConnection,
  enterState,
  findConnection,
  localOf,
  methodOf,
  removeConnection,
  seesServer,
  serverPort,
} from './connections.ts'
import { estimate } from './estimator.ts'
import { evict } from './evict.ts'
import { followFragment, rememberFragment } from './fragments.ts'
import { isFtp, takeExpected, watchCommand, watchReply } from './ftp.ts'
import { drIn } from './forwarding/dr.ts'
import { fullnatIn, fullnatOut } from './forwarding/fullnat.ts'
import { natIn, natOut } from './forwarding/nat.ts'
import { noteSyn } from './forwarding/proxy-protocol.ts'
import { replaceDestination, replaceSource } from './forwarding/rewrite.ts'
import { tunIn } from './forwarding/tun.ts'
import { answerWithIcmp, IcmpError } from './icmp.ts'
import { ipv4ChecksumHolds, parseIpv4 } from './ipv4.ts'
import { parseIpv6 } from './ipv6.ts'
import { takeLocalPort } from './local-addresses.ts'
import { clock, connectionAt, countersAt, destAt, nowMs, type Packet, settings } from './platform.ts'
import {
  hasServices,
  moves,
  nextState,
  opens,
  parseTransport,
  PROTOCOL_SCTP,
  PROTOCOL_UDP,
  replaces,
} from './protocols/protocols.ts'
import {
  Availability,
  type Choice,
  type Connection,
  type Dest,
  Direction,
  Family,
  ForwardingMethod,
  type Heading,
  Mover,
  NONE,
  Parsed,
  type Service,
  ServiceFlag,
  type ServiceKey,
  type Settings,
  Verdict,
} from './records.ts'
import { count, Reason } from './reasons.ts'
import { findRelated, isIcmp, relateIn, relateOut } from './related.ts'
import { aboutTunnel } from './related-tunnel.ts'
import { callIdOf, isSip } from './sip.ts'
import { choose, serviceOf } from './services.ts'
import { sweep } from './sweep.ts'

function pass(reason: number): number {
  count(reason)
  return Verdict.Pass
}

/** Whether the header is what its sender sent. Asked only where the packet changes more than a counter. */
function isIntact(packet: Packet, heading: Heading): boolean {
  return heading.family === Family.Ipv6 || ipv4ChecksumHolds(packet, heading)
}

/** What becomes of a packet of a `Family` that came in from a network: a `Verdict`. Others are the host's to keep away. */
export function handlePacket(packet: Packet, family: number): number {
  const heading: Heading = {
    source: { word0: 0, word1: 0, word2: 0, word3: 0 },
    destination: { word0: 0, word1: 0, word2: 0, word3: 0 },
    sourcePort: 0,
    destinationPort: 0,
    family: 0,
    protocol: 0,
    own: packet.own,
    fragment: 0,
    transport: 0,
    payload: 0,
    length: 0,
    hops: 0,
    event: 0,
    identification: 0,
  }
  const set = settings()
  if (set === null) return Verdict.Pass
  const parsed = family === Family.Ipv4 ? parseIpv4(packet, heading) : parseIpv6(packet, heading)
  if (parsed === Parsed.Malformed) return pass(Reason.Malformed)
  if (!hasServices(heading.protocol)) {
    return isIcmp(heading) && parsed === Parsed.Whole ? related(packet, heading) : Verdict.Pass
  }
  if (heading.fragment !== 0 && heading.protocol === PROTOCOL_SCTP) return pass(Reason.Fragment)
  if (parsed !== Parsed.LaterFragment && !parseTransport(packet, heading)) return pass(Reason.Malformed)
  const found = parsed === Parsed.LaterFragment ? followFragment(heading) : findConnection(heading)
  const index = found >>> 1
  const direction = found & 1
  const connection = connectionAt(index)
  if (index !== NONE && connection !== null) {
    if (moves(heading) && !isIntact(packet, heading)) return pass(Reason.Malformed)
    const now = nowMs()
    if (connection.expiresMs > now && isCurrent(connection, heading, direction, set)) {
      if (heading.fragment === Parsed.FirstFragment) rememberFragment(heading, index, direction)
      if (direction === Direction.In) return fromClient(packet, heading, connection, set, now)
      return fromServer(packet, heading, connection, set, now)
    }
    removeConnection(index)
  }
  if (parsed === Parsed.LaterFragment) return pass(Reason.Fragment)
  return newFlow(packet, heading, set)
}

/** Whether the packet belongs to the live connection, and doesn't begin another in its place. */
function isCurrent(connection: Connection, heading: Heading, direction: number, set: Settings): boolean {
  if (direction === Direction.Out) return true
  if (replaces(heading, connection.state, set)) return false
  const begins = heading.protocol !== PROTOCOL_UDP && opens(heading, set)
  if (!begins && set.expireNodestConn === 0) return true
  const dest = destAt(connection.dest)
  if (dest === null || dest.availability === Availability.Listed) return true
  return dest.availability === Availability.Removed ? set.expireNodestConn === 0 : !begins
}

function fromClient(packet: Packet, heading: Heading, connection: Connection, set: Settings, now: number): number {
  const dest = destAt(connection.dest)
  const counters = countersAt(connection.dest)
  if (dest === null || counters === null || dest.availability === Availability.Orphaned) return Verdict.Pass
  if (dest.availability === Availability.Removed) {
    count(Reason.DestRemoved)
    return Verdict.Drop
  }
  counters.inPackets += 1
  counters.inBytes += heading.length
  const mover = seesServer(connection) ? Mover.Client : Mover.ClientAlone
  if (heading.fragment !== Parsed.LaterFragment) {
    if (connection.method === ForwardingMethod.FullNat) noteSyn(packet, heading, connection)
    enterState(connection, nextState(heading, connection.state, mover, set), set, now)
  }
  if (isFtp(heading, connection)) watchCommand(packet, heading, connection)
  if (connection.method === ForwardingMethod.FullNat) {
    const local = localOf(connection)
    return local === null ? Verdict.Drop : fullnatIn(packet, heading, connection, local.address, set)
  }
  return toServer(packet, heading, connection.method, dest, connection.serverPort)
}

/** Delivers a client's packet to the director's own host, a server like others: by translation to that port, otherwise as it is. */
function toSelf(packet: Packet, heading: Heading, method: number, dest: Dest, port: number): number {
  if (method !== ForwardingMethod.Masquerading) return Verdict.Pass
  replaceDestination(packet, heading, dest.address, port, 0)
  return Verdict.Stack
}

/** Sends a client's packet to a port of its server by a `ForwardingMethod`. */
function toServer(packet: Packet, heading: Heading, method: number, dest: Dest, port: number): number {
  if (dest.isLocal !== 0) return toSelf(packet, heading, method, dest, port)
  if (method === ForwardingMethod.Masquerading) return natIn(packet, heading, dest.address, port)
  if (method === ForwardingMethod.DirectRouting) return drIn(packet, heading, dest)
  return tunIn(packet, heading, dest)
}

function fromServer(packet: Packet, heading: Heading, connection: Connection, set: Settings, now: number): number {
  const dest = destAt(connection.dest)
  const counters = countersAt(connection.dest)
  if (dest === null || counters === null || dest.availability === Availability.Orphaned) return Verdict.Pass
  // LVS counts nothing for a server that was removed, although its answers still pass.
  if (dest.availability === Availability.Listed) {
    counters.outPackets += 1
    counters.outBytes += heading.length
  }
  if (heading.fragment !== Parsed.LaterFragment) {
    enterState(connection, nextState(heading, connection.state, Mover.Server, set), set, now)
  }
  if (connection.method === ForwardingMethod.FullNat) return fullnatOut(packet, heading, connection)
  if (isFtp(heading, connection)) watchReply(packet, heading, connection)
  if (dest.isLocal !== 0) {
    replaceSource(packet, heading, connection.virtual, connection.virtualPort, 0)
    return Verdict.Stack
  }
  return natOut(packet, heading, connection)
}

/** An ICMP message: an error about a connection goes where the connection's packets go, one about its tunnel to the client. */
function related(packet: Packet, heading: Heading): number {
  const found = findRelated(packet, heading)
  const connection = connectionAt(found >>> 1)
  if (found === NONE || connection === null) return aboutTunnel(packet, heading)
  const dest = destAt(connection.dest)
  const counters = countersAt(connection.dest)
  if (dest === null || counters === null || dest.availability === Availability.Orphaned) return Verdict.Pass
  if (!isIntact(packet, heading)) return pass(Reason.Malformed)
  if (heading.hops <= 1) {
    count(Reason.TtlExceeded)
    return Verdict.Drop
  }
  if ((found & 1) === Direction.Out) {
    counters.outPackets += 1
    counters.outBytes += heading.length
    return relateOut(packet, heading, connection)
  }
  counters.inPackets += 1
  counters.inBytes += heading.length
  if (dest.isLocal !== 0 && connection.method !== ForwardingMethod.Masquerading) return Verdict.Pass
  if (connection.method === ForwardingMethod.DirectRouting) return drIn(packet, heading, dest)
  if (connection.method === ForwardingMethod.Tunneling) return tunIn(packet, heading, dest)
  return relateIn(packet, heading, connection)
}

/** A packet of no connection. */
function newFlow(packet: Packet, heading: Heading, set: Settings): number {
  const key: ServiceKey = {
    address: { word0: 0, word1: 0, word2: 0, word3: 0 },
    port: 0,
    protocol: 0,
    family: 0,
    mark: 0,
  }
  if (set.ftpServices !== 0) {
    const index = takeExpected(heading)
    const connection = connectionAt(index)
    if (index !== NONE && connection !== null) return fromClient(packet, heading, connection, set, nowMs())
  }
  const service = serviceOf(packet, heading, key, set)
  if (service === null) return Verdict.Pass
  if (!opens(heading, set)) return pass(Reason.NotASyn)
  if (!isIntact(packet, heading)) return pass(Reason.Malformed)
  const choice: Choice = { dest: NONE, template: NONE, callId: 0 }
  if (isSip(service)) {
    if (heading.protocol === PROTOCOL_UDP) choice.callId = callIdOf(packet, heading, set)
    if (choice.callId === 0) {
      count(Reason.NoCallId)
      return Verdict.Drop
    }
  }
  choose(heading, key, service, set, choice)
  if (choice.dest === NONE) {
    count(Reason.NoDest)
    return answerWithIcmp(packet, heading, IcmpError.PortUnreachable, 0)
  }
  const dest = destAt(choice.dest)
  if (dest === null) return Verdict.Drop
  let local = NONE
  if (methodOf(dest) === ForwardingMethod.FullNat) {
    local = takeLocalPort(heading, dest, serverPort(heading, dest))
    if (local === NONE) {
      count(Reason.NoLocalPort)
      return Verdict.Drop
    }
  } else if (isOnePacket(service, heading)) return onePacket(packet, heading, choice.dest)
  const index = addConnection(heading, choice.dest, choice.template, 0, local)
  const connection = connectionAt(index)
  const counters = countersAt(choice.dest)
  if (index === NONE || connection === null || counters === null) return Verdict.Drop
  if (heading.fragment !== 0) rememberFragment(heading, index, Direction.In)
  counters.connections += 1
  return fromClient(packet, heading, connection, set, nowMs())
}

function isOnePacket(service: Service, heading: Heading): boolean {
  return heading.protocol === PROTOCOL_UDP && (service.flags & ServiceFlag.OnePacket) !== 0
}

/** Forwards a datagram of which nothing is remembered. */
function onePacket(packet: Packet, heading: Heading, destIndex: number): number {
  const dest = destAt(destIndex)
  const counters = countersAt(destIndex)
  if (dest === null || counters === null) return Verdict.Drop
  counters.connections += 1
  counters.inPackets += 1
  counters.inBytes += heading.length
  return toServer(packet, heading, methodOf(dest), dest, serverPort(heading, dest))
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
  const evicted = evict()
  return swept && estimated && evicted ? IDLE_MS : BUSY_MS
}
