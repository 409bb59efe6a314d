/**
 * ICMP errors about tunnels: a router on the way to a server, or the server, refuses what `forwarding/tun.ts` has wrapped, and tells the
 * director, whose packet the outer one is. If the error quotes enough to know a live connection by the packet inside, its client is told in
 * turn, by an error from the virtual address about that packet: that it is too big for the way less the tunnel's headers, so that path
 * MTU discovery works through the tunnel (RFC 2003 §5.1, RFC 2473 §7), or that the server can't be reached. All else is the host's.
 *
 * LVS does so for IPv4 inside IPv4. Codes that mean nothing to the client become “host unreachable” (RFC 2003 §4, RFC 2473 §8); “time exceeded”
 * stays, because the client's own time to live has run out. Costs,
 * beyond an error of the director's own, one lookup in `flows`, one of the way to the server, and a sum over the error.
 */
import { copyAddress, sameAddress, swapAddresses } from './address.ts'
import { findConnection } from './connections.ts'
import {
  ETHERTYPE_IPV4,
  ETHERTYPE_IPV6,
  GRE_CHECKSUM,
  GRE_CHECKSUM_PRESENT,
  GRE_HEADER,
  GUE_HEADER,
  PROTOCOL_GRE,
  PROTOCOL_IPV4,
  PROTOCOL_IPV6,
  protocolOf,
  SHORT,
  UDP_HEADER,
} from './forwarding/tun.ts'
import { fold } from './checksum.ts'
import { answerWithIcmp, ICMP_HEADER, IcmpError, PROTOCOL_ICMPV6, toldMtu } from './icmp.ts'
import { ipv4ChecksumHolds, mayFragment } from './ipv4.ts'
import { IPV6_HEADER } from './ipv6.ts'
import {
  connectionAt,
  countersAt,
  decapsulate,
  destAt,
  greAt,
  gueAt,
  icmpAt,
  ipv4At,
  ipv6At,
  nowMs,
  type Packet,
  portsAt,
  reach,
  routeAsHost,
  sumOfBytes,
  udpAt,
} from './platform.ts'
import { hasServices, PROTOCOL_UDP } from './protocols/protocols.ts'
import {
  type Address,
  Availability,
  type Connection,
  ConnectionFlag,
  type Dest,
  Direction,
  Family,
  ForwardingMethod,
  type Heading,
  NONE,
  Route,
  TunnelType,
  Verdict,
} from './records.ts'
import { count, Reason } from './reasons.ts'
import { parseQuoted, TIME_EXCEEDED, UNREACHABLE } from './related.ts'

const FRAGMENTATION_NEEDED = 4
const PORT_UNREACHABLE = 3
const UNREACHABLE_IPV6 = 1
const TOO_BIG_IPV6 = 2
const TIME_EXCEEDED_IPV6 = 3
const PORT_UNREACHABLE_IPV6 = 4
/** Instead of an `IcmpError`: nothing that a client is told. */
const NOT_TOLD = -1

/** The longest error that is read. Standards end it at 576 bytes, with IPv6 at 1280 (RFC 1812 §4.3.2.3, RFC 4443 §2.4). */
const MAX_ERROR = 1500
/** What of a transport header a client needs to know its packet by (RFC 792). */
const LEAST_TRANSPORT = 8

/** An ICMP message that quotes no packet of a connection: what becomes of it. */
export function aboutTunnel(packet: Packet, heading: Heading): number {
  const index = findTunnelled(packet, heading)
  const connection = connectionAt(index)
  if (index === NONE || connection === null) return Verdict.Pass
  if (!isIntact(packet, heading)) {
    count(Reason.Malformed)
    return Verdict.Pass
  }
  return tellClient(packet, heading, connection)
}

/** What an ICMP error about a tunnel means to the client of what was inside: an `IcmpError`, or `NOT_TOLD`. */
function meaningOf(packet: Packet, heading: Heading): number {
  const icmp = icmpAt(packet, heading.transport)
  if (icmp === null) return NOT_TOLD
  if (heading.family === Family.Ipv4) {
    if (icmp.type === TIME_EXCEEDED && icmp.code === 0) return IcmpError.TimeExceeded
    if (icmp.type !== UNREACHABLE) return NOT_TOLD
    if (icmp.code === FRAGMENTATION_NEEDED) return IcmpError.TooBig
    return icmp.code === PORT_UNREACHABLE ? IcmpError.PortUnreachable : IcmpError.HostUnreachable
  }
  if (icmp.type === TOO_BIG_IPV6) return IcmpError.TooBig
  if (icmp.type === TIME_EXCEEDED_IPV6 && icmp.code === 0) return IcmpError.TimeExceeded
  if (icmp.type !== UNREACHABLE_IPV6) return NOT_TOLD
  return icmp.code === PORT_UNREACHABLE_IPV6 ? IcmpError.PortUnreachable : IcmpError.HostUnreachable
}

/**
 * The slot of the live connection that an ICMP error quotes a packet of as it went through the tunnel to its dest, or `NONE`. `heading.payload`
 * is then where the packet inside begins. Moves the packet.
 * @noinline
 */
function findTunnelled(packet: Packet, heading: Heading): number {
  if (heading.length > MAX_ERROR || meaningOf(packet, heading) === NOT_TOLD) return NONE
  reach(packet, heading.length)
  const quoted: Heading = {
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
  if (!parseQuoted(packet, heading.family, heading.transport + ICMP_HEADER, quoted)) return NONE
  if (!sameAddress(quoted.destination, heading.destination, heading.family)) return NONE
  const server: Address = { word0: 0, word1: 0, word2: 0, word3: 0 }
  copyAddress(server, quoted.source)
  const protocol = quoted.protocol
  const family = findInside(packet, heading, quoted)
  if (family === 0 || !parseQuoted(packet, family, heading.payload, quoted)) return NONE
  const end = heading.payload + quotedLength(packet, heading, family)
  const ports = portsAt(packet, quoted.transport)
  if (ports === null || quoted.transport + LEAST_TRANSPORT > end || !hasServices(quoted.protocol)) return NONE
  // The packet itself, not what would answer it.
  swapAddresses(quoted.source, quoted.destination)
  quoted.sourcePort = ports.source
  quoted.destinationPort = ports.destination
  const found = findConnection(quoted)
  const connection = connectionAt(found >>> 1)
  if (connection === null || (found & 1) !== Direction.In || connection.expiresMs <= nowMs()) return NONE
  const dest = destAt(connection.dest)
  if (dest === null || dest.availability === Availability.Orphaned) return NONE
  if (connection.method !== ForwardingMethod.Tunneling || !isTunnelTo(packet, heading, quoted, protocol, dest))
    return NONE
  if (!sameAddress(server, dest.address, dest.family)) return NONE
  const source: Address = { word0: 0, word1: 0, word2: 0, word3: 0 }
  if (routeAsHost(packet, dest.family, dest.address, SHORT, source) !== Route.Found) return NONE
  return sameAddress(source, heading.destination, dest.family) ? found >>> 1 : NONE
}

/** Reads what follows the outer IP header: sets `heading.payload` to where the packet inside begins. Its `Family`, or 0 where there is none. */
function findInside(packet: Packet, heading: Heading, outer: Heading): number {
  heading.payload = outer.transport
  if (outer.protocol === PROTOCOL_UDP) {
    const gue = gueAt(packet, outer.transport + UDP_HEADER)
    if (gue === null || gue.versionAndLength !== 0 || gue.flags !== 0) return 0
    heading.payload += UDP_HEADER + GUE_HEADER
    return familyOf(gue.protocol)
  }
  if (outer.protocol !== PROTOCOL_GRE) return familyOf(outer.protocol)
  const gre = greAt(packet, outer.transport)
  if (gre === null || (gre.flags !== 0 && gre.flags !== GRE_CHECKSUM_PRESENT)) return 0
  heading.payload += gre.flags === 0 ? GRE_HEADER : GRE_HEADER + GRE_CHECKSUM
  if (gre.protocol === ETHERTYPE_IPV4) return Family.Ipv4
  return gre.protocol === ETHERTYPE_IPV6 ? Family.Ipv6 : 0
}

function familyOf(protocol: number): number {
  if (protocol === PROTOCOL_IPV4) return Family.Ipv4
  return protocol === PROTOCOL_IPV6 ? Family.Ipv6 : 0
}

/** Whether the dest's tunnel is the one that was quoted: with that protocol in the outer IP header, and around a packet like `inside`. */
function isTunnelTo(packet: Packet, heading: Heading, inside: Heading, protocol: number, dest: Dest): boolean {
  if (dest.family !== heading.family || protocolOf(inside, dest) !== protocol) return false
  if (dest.tunnelType !== TunnelType.Gue) return true
  const udp = udpAt(packet, heading.payload - GUE_HEADER - UDP_HEADER)
  return udp !== null && udp.destinationPort === dest.tunnelPort
}

/** Bytes of the packet inside that the error quotes. */
function quotedLength(packet: Packet, heading: Heading, family: number): number {
  return Math.min(lengthOf(packet, heading.payload, family), heading.length - heading.payload)
}

/** Bytes of the IP packet that begins at `offset`, as it says itself. */
function lengthOf(packet: Packet, offset: number, family: number): number {
  if (family === Family.Ipv4) {
    const ip = ipv4At(packet, offset)
    return ip === null ? 0 : ip.totalLength
  }
  const ip = ipv6At(packet, offset)
  return ip === null ? 0 : ip.payloadLength + IPV6_HEADER
}

/** Whether the error is what its sender sent: what is made of it has a right checksum in any case. */
function isIntact(packet: Packet, heading: Heading): boolean {
  const length = heading.length - heading.transport
  const sum = sumOfBytes(packet, heading.transport, length)
  if (heading.family === Family.Ipv4) return sum === 0xffff && ipv4ChecksumHolds(packet, heading)
  return fold(sum + sumOfBytes(packet, 8, 32) + length + PROTOCOL_ICMPV6) === 0xffff
}

/**
 * Turns an error about a connection's tunnel into one to the client about what was inside, from `heading.payload` on.
 * @noinline
 */
function tellClient(packet: Packet, heading: Heading, connection: Connection): number {
  const error = meaningOf(packet, heading)
  let mtu = 0
  if (error === IcmpError.TooBig) {
    mtu = mtuInside(packet, heading, connection.family)
    if (!isRefusedBy(packet, heading, connection.family, mtu)) return Verdict.Pass
    count(Reason.TooBig)
  }
  const length = quotedLength(packet, heading, connection.family)
  const counters = countersAt(connection.dest)
  if (counters === null || !decapsulate(packet, heading.payload, connection.family)) return Verdict.Drop
  // As in LVS: from the server's side, with the bytes of the quotation.
  counters.outPackets += 1
  counters.outBytes += length
  // The packet is what the client sent now, or the beginning of it.
  copyAddress(heading.source, connection.client)
  copyAddress(heading.destination, connection.virtual)
  heading.family = connection.family
  heading.protocol = connection.protocol
  heading.own = (connection.flags & ConnectionFlag.Own) === 0 ? 0 : 1
  heading.length = length
  return answerWithIcmp(packet, heading, error, mtu)
}

/** The MTU that a “too big” tells the client: of the next hop, less the tunnel's headers; 0 where an old router tells none (RFC 1191 §5). */
function mtuInside(packet: Packet, heading: Heading, family: number): number {
  const icmp = icmpAt(packet, heading.transport)
  if (icmp === null) return 0
  const mtu = heading.family === Family.Ipv4 ? icmp.rest & 0xffff : icmp.rest
  return toldMtu(family, mtu - (heading.payload - heading.transport - ICMP_HEADER))
}

/**
 * Whether the client can do something about its packet's not fitting: it is longer than what the client is told, and not one that the
 * client lets routers cut, whose sender doesn't listen.
 */
function isRefusedBy(packet: Packet, heading: Heading, family: number, mtu: number): boolean {
  if (lengthOf(packet, heading.payload, family) <= mtu) return false
  const ip = ipv4At(packet, heading.payload)
  return family === Family.Ipv6 || (ip !== null && !mayFragment(ip))
}
