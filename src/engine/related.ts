/**
 * ICMP errors about packets of a connection (RFC 792, RFC 4443), from the client's side or the server's. They quote a packet of the other
 * direction, by which the connection is found. By NAT both are translated, the quotation as its sender knows it (RFC 3022 §4.3), so that path MTU
 * discovery works through the director; what comes from the servers' side seems to come from the virtual address. Methods that
 * leave the packet as it is pass an error of the client's side on in their way. Errors count as traffic and don't move the connection.
 * Errors about what a tunnel has wrapped: `related-tunnel.ts`.
 */
import { change16, update } from './checksum.ts'
import { findConnection, localOf } from './connections.ts'
import { quoteSequence } from './forwarding/proxy-protocol.ts'
import { refuseRoute } from './forwarding/way-out.ts'
import { ICMP_HEADER, PROTOCOL_ICMP, PROTOCOL_ICMPV6 } from './icmp.ts'
import { parseQuotedIpv4, replaceIpv4Destination, replaceIpv4Source } from './ipv4.ts'
import { parseQuotedIpv6, replaceIpv6Destination, replaceIpv6Source } from './ipv6.ts'
import {
  connectionAt,
  icmpAt,
  ipv4At,
  ipv6At,
  nowMs,
  type Packet,
  portsAt,
  reach,
  route,
  routeAsHost,
} from './platform.ts'
import { hasServices } from './protocols/protocols.ts'
import { type Address, type Connection, Family, type Heading, NONE, Route, Verdict } from './records.ts'
import { count, Reason } from './reasons.ts'

/** What of a quotation is read: an IP header with options, and the ports. */
const QUOTED = 68
/** ICMPv6 types from here on are no errors (RFC 4443 §2.1). */
const FIRST_INFORMATIONAL = 128
export const UNREACHABLE = 3
const SOURCE_QUENCH = 4
export const TIME_EXCEEDED = 11

export function isIcmp(heading: Heading): boolean {
  return heading.family === Family.Ipv4 ? heading.protocol === PROTOCOL_ICMP : heading.protocol === PROTOCOL_ICMPV6
}

function isError(packet: Packet, heading: Heading): boolean {
  const icmp = icmpAt(packet, heading.transport)
  if (icmp === null) return false
  if (heading.family === Family.Ipv6) return icmp.type < FIRST_INFORMATIONAL
  return icmp.type === UNREACHABLE || icmp.type === SOURCE_QUENCH || icmp.type === TIME_EXCEEDED
}

/**
 * Reads the packet of a `Family` that an ICMP error quotes at `offset`, as the heading of what would answer it. False where it can't be read as
 * far as its transport header.
 */
export function parseQuoted(packet: Packet, family: number, offset: number, answer: Heading): boolean {
  return family === Family.Ipv4 ? parseQuotedIpv4(packet, offset, answer) : parseQuotedIpv6(packet, offset, answer)
}

/**
 * The live connection that an ICMP message is about, as its slot times 2 plus the `Direction` of what would answer the quoted packet; 0 for
 * none. `heading.payload` is then where the quoted packet's ports are. Moves the packet.
 * @noinline
 */
export function findRelated(packet: Packet, heading: Heading): number {
  reach(packet, heading.transport + ICMP_HEADER + QUOTED)
  if (!isError(packet, heading)) return NONE
  const answer: Heading = {
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
  const quoted = heading.transport + ICMP_HEADER
  if (!parseQuoted(packet, heading.family, quoted, answer) || !hasServices(answer.protocol)) return NONE
  const ports = portsAt(packet, answer.transport)
  if (ports === null) return NONE
  answer.sourcePort = ports.destination
  answer.destinationPort = ports.source
  heading.payload = answer.transport
  const found = findConnection(answer)
  const connection = connectionAt(found >>> 1)
  return connection === null || connection.expiresMs <= nowMs() ? NONE : found
}

/**
 * Sends an error about one of the server's packets from the client's side on to the server, by NAT.
 * @noinline
 */
export function relateIn(packet: Packet, heading: Heading, connection: Connection): number {
  const local = localOf(connection)
  const found = wayOut(packet, heading, heading.source, connection.server, connection)
  if (found !== Route.Found) return refuse(found)
  let change = quoteSource(packet, heading, connection.virtual, connection.server)
  change += replaceOuterDestination(packet, heading, connection.server, 1)
  const ports = portsAt(packet, heading.payload)
  if (ports === null) return Verdict.Drop
  change += change16(ports.source, connection.serverPort)
  ports.source = connection.serverPort
  if (local !== null) {
    change += quoteDestination(packet, heading, connection.client, local.address)
    change += replaceOuterSource(packet, heading, local.address, 0)
    change += change16(ports.destination, connection.localPort)
    ports.destination = connection.localPort
  }
  mendChecksum(packet, heading, change)
  return Verdict.Forward
}

/**
 * Sends an error about one of the client's packets from the server's side on to the client, by NAT.
 * @noinline
 */
export function relateOut(packet: Packet, heading: Heading, connection: Connection): number {
  const local = localOf(connection)
  const found = wayOut(packet, heading, connection.virtual, connection.client, connection)
  if (found !== Route.Found) return refuse(found)
  let change = quoteDestination(packet, heading, connection.server, connection.virtual)
  change += replaceOuterSource(packet, heading, connection.virtual, 1)
  const ports = portsAt(packet, heading.payload)
  if (ports === null) return Verdict.Drop
  change += change16(ports.destination, connection.virtualPort)
  ports.destination = connection.virtualPort
  if (local !== null) {
    change += quoteSequence(packet, heading.payload, connection)
    change += quoteSource(packet, heading, local.address, connection.client)
    change += replaceOuterDestination(packet, heading, connection.client, 0)
    change += change16(ports.source, connection.clientPort)
    ports.source = connection.clientPort
  }
  mendChecksum(packet, heading, change)
  return Verdict.Forward
}

/** The way that the connection's packets take: by FullNAT the host's own. */
function wayOut(packet: Packet, heading: Heading, from: Address, to: Address, connection: Connection): number {
  if (connection.local !== NONE) return routeAsHost(packet, heading.family, to, heading.length, null)
  return route(packet, heading.family, from, to, heading.length)
}

/** There are no errors about errors (RFC 1122 §3.2.2). */
function refuse(found: number): number {
  if (found !== Route.TooBig) return refuseRoute(found)
  count(Reason.TooBig)
  return Verdict.Drop
}

/*
 * Each returns what the replacement adds to the sum below the ICMP checksum. IPv4's is not over addresses, and a header whose own checksum
 * is mended sums to what it did before; IPv6's covers the outer addresses and all of the quotation.
 */

function quoteSource(packet: Packet, heading: Heading, from: Address, to: Address): number {
  const at = heading.transport + ICMP_HEADER
  if (heading.family === Family.Ipv4) {
    const ip = ipv4At(packet, at)
    if (ip !== null) replaceIpv4Source(ip, to, 0)
    return 0
  }
  const ip = ipv6At(packet, at)
  return ip === null ? 0 : replaceIpv6Source(ip, from, to)
}

function quoteDestination(packet: Packet, heading: Heading, from: Address, to: Address): number {
  const at = heading.transport + ICMP_HEADER
  if (heading.family === Family.Ipv4) {
    const ip = ipv4At(packet, at)
    if (ip !== null) replaceIpv4Destination(ip, to, 0)
    return 0
  }
  const ip = ipv6At(packet, at)
  return ip === null ? 0 : replaceIpv6Destination(ip, from, to)
}

function replaceOuterSource(packet: Packet, heading: Heading, to: Address, hops: number): number {
  if (heading.family === Family.Ipv4) {
    const ip = ipv4At(packet, 0)
    if (ip !== null) replaceIpv4Source(ip, to, hops)
    return 0
  }
  const ip = ipv6At(packet, 0)
  if (ip === null) return 0
  ip.hopLimit -= hops
  return replaceIpv6Source(ip, heading.source, to)
}

function replaceOuterDestination(packet: Packet, heading: Heading, to: Address, hops: number): number {
  if (heading.family === Family.Ipv4) {
    const ip = ipv4At(packet, 0)
    if (ip !== null) replaceIpv4Destination(ip, to, hops)
    return 0
  }
  const ip = ipv6At(packet, 0)
  if (ip === null) return 0
  ip.hopLimit -= hops
  return replaceIpv6Destination(ip, heading.destination, to)
}

function mendChecksum(packet: Packet, heading: Heading, change: number): void {
  const icmp = icmpAt(packet, heading.transport)
  if (icmp !== null) icmp.checksum = update(icmp.checksum, change)
}
