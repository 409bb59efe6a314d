/**
 * Forwarding through a tunnel (`ipvsadm -i`): the packet, one hop older and otherwise as it came, travels to the server inside a packet
 * from the director. The server unwraps it, has the virtual address itself, and answers the client by its own way. Around
 * the packet go an IP header of the server's family and, by `TunnelType`, nothing (RFC 2003, RFC 2473), UDP and GUE
 * (draft-ietf-intarea-gue §3, variant 0), or GRE (RFC 2784). As in LVS the outer header takes over type of service, time to live and DF; around
 * IPv6 of more than 1280 bytes it has DF as well.
 *
 * Checksums of GUE and GRE cover the packet inside. They are computed without reading it: what a right TCP or UDP checksum covers sums
 * to the complement of its pseudo header (Linux: local checksum offload). Where that isn't so (SCTP, UDP without a
 * checksum, fragments, packets that hardware is still to cut), the tunnel's header carries none, which receivers accept.
 */
import { foldAddress, sumOfAddress } from '../address.ts'
import { fold } from '../checksum.ts'
import { hash32 } from '../hashing.ts'
import { LEAST_MTU_IPV6 } from '../icmp.ts'
import { DONT_FRAGMENT, IPV4_HEADER, writeIpv4Header } from '../ipv4.ts'
import { IPV6_HEADER, writeIpv6Header } from '../ipv6.ts'
import {
  encapsulate,
  greAt,
  greChecksumAt,
  gueAt,
  ipv4At,
  ipv6At,
  type Packet,
  routeAsHost,
  routeMtu,
  sumOfBytes,
  udpAt,
} from '../platform.ts'
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../protocols/protocols.ts'
import {
  type Address,
  type Dest,
  Family,
  type Heading,
  Route,
  type TakenOver,
  TunnelType,
  Verdict,
} from '../records.ts'
import { count, Reason } from '../reasons.ts'
import { countHop, isFragmentable } from './rewrite.ts'
import { refuseAge, refuseRoute, refuseSize, wireLength } from './way-out.ts'

export const PROTOCOL_IPV4 = 4
export const PROTOCOL_IPV6 = 41
export const PROTOCOL_GRE = 47
export const ETHERTYPE_IPV4 = 0x0800
export const ETHERTYPE_IPV6 = 0x86dd

export const UDP_HEADER = 8
export const GUE_HEADER = 4
export const GRE_HEADER = 4
export const GRE_CHECKSUM = 4
export const GRE_CHECKSUM_PRESENT = 0x8000

/** Source ports of GUE: 49152 … 65535, the dynamic ones (RFC 6335 §6), by flow. */
const FIRST_DYNAMIC_PORT = 49152
const DYNAMIC_PORT_BITS = 14
/** The greatest length that a header can say; a super-packet beyond says 0 (Linux: BIG TCP). */
const MAX_LENGTH = 65535
/** In place of the sum of what is inside, where the tunnel's header carries no checksum. */
const NO_SUM = -1
/** A length that no way is too narrow for. */
export const SHORT = 1

/**
 * From the client to the server.
 * @noinline
 */
export function tunIn(packet: Packet, heading: Heading, dest: Dest): number {
  if (heading.hops <= 1) return refuseAge(packet, heading)
  const checksum = dest.tunnelChecksum !== 0 && sumsToNothing(packet, heading)
  const room = (dest.family === Family.Ipv4 ? IPV4_HEADER : IPV6_HEADER) + tunnelHeader(dest, checksum)
  const source: Address = { word0: 0, word1: 0, word2: 0, word3: 0 }
  let verdict: number = Verdict.Forward
  let found = routeAsHost(packet, dest.family, dest.address, wireLength(packet, heading) + room, source)
  if (found === Route.TooBig) {
    if (!isFragmentable(packet, heading)) return refuseSize(packet, heading, routeMtu(packet) - room)
    count(Reason.TooBig)
    if (dest.family === Family.Ipv6) return Verdict.Drop
    verdict = Verdict.Send
    found = routeAsHost(packet, dest.family, dest.address, SHORT, source)
  }
  if (found !== Route.Found) return refuseRoute(found)
  countHop(packet, heading)
  const sum = checksum ? sumOfInside(packet, heading) : NO_SUM
  const taken: TakenOver = { tos: 0, identification: 0, fragment: 0, reserved: 0 }
  takeOver(packet, heading, taken)
  if (!encapsulate(packet, room, dest.family, dest.tunnelType)) {
    count(Reason.NoRoom)
    return Verdict.Drop
  }
  writeTunnelHeader(packet, heading, dest, source, sum)
  const total = heading.length + room
  if (dest.family === Family.Ipv4) {
    const ip = ipv4At(packet, 0)
    if (ip === null) return Verdict.Drop
    const length = total > MAX_LENGTH ? 0 : total
    const protocol = protocolOf(heading, dest)
    writeIpv4Header(
      ip,
      taken.tos,
      length,
      taken.identification,
      taken.fragment,
      heading.hops - 1,
      protocol,
      source,
      dest.address,
    )
  } else {
    const ip = ipv6At(packet, 0)
    if (ip === null) return Verdict.Drop
    const length = total - IPV6_HEADER > MAX_LENGTH ? 0 : total - IPV6_HEADER
    writeIpv6Header(ip, taken.tos, length, protocolOf(heading, dest), heading.hops - 1, source, dest.address)
  }
  return verdict
}

/** Whether the IP packet, but for its addresses' part of the pseudo header, has a sum that is known without reading it. */
function sumsToNothing(packet: Packet, heading: Heading): boolean {
  if (packet.segment !== 0 || heading.fragment !== 0) return false
  if (heading.family === Family.Ipv6 && heading.transport !== IPV6_HEADER) return false
  if (heading.protocol === PROTOCOL_TCP) return true
  if (heading.protocol !== PROTOCOL_UDP) return false
  const udp = udpAt(packet, heading.transport)
  return udp !== null && udp.checksum !== 0
}

/** The sum of the whole IP packet: an IPv4 header's is nothing, and what its transport's checksum covers is the complement of the pseudo header. */
function sumOfInside(packet: Packet, heading: Heading): number {
  const pseudo =
    sumOfAddress(heading.source, heading.family) +
    sumOfAddress(heading.destination, heading.family) +
    heading.protocol +
    (heading.length - heading.transport)
  const header = heading.family === Family.Ipv4 ? 0 : sumOfBytes(packet, 0, IPV6_HEADER)
  return header + 0xffff - fold(pseudo)
}

/**
 * What tells the outer packet's fragments from another's is IPv4's own identification, or what of the transport header differs from packet to
 * packet. DF is as inside; around IPv6 it is set where the client can be told to send less (RFC 4213 §3.2.2).
 */
function takeOver(packet: Packet, heading: Heading, taken: TakenOver): void {
  if (heading.family === Family.Ipv6) {
    const ip = ipv6At(packet, 0)
    if (ip !== null) taken.tos = (ip.versionClassFlow >>> 20) & 0xff
    if (wireLength(packet, heading) > LEAST_MTU_IPV6) taken.fragment = DONT_FRAGMENT
    taken.identification = sumOfBytes(packet, heading.transport, 8)
    return
  }
  const ip = ipv4At(packet, 0)
  if (ip === null) return
  taken.tos = ip.tos
  taken.identification = ip.identification
  taken.fragment = ip.fragment & DONT_FRAGMENT
}

/** Bytes between the outer IP header and the packet inside. */
function tunnelHeader(dest: Dest, checksum: boolean): number {
  if (dest.tunnelType === TunnelType.Gue) return UDP_HEADER + GUE_HEADER
  if (dest.tunnelType === TunnelType.Gre) return checksum ? GRE_HEADER + GRE_CHECKSUM : GRE_HEADER
  return 0
}

/** The outer header's protocol. */
export function protocolOf(heading: Heading, dest: Dest): number {
  if (dest.tunnelType === TunnelType.Gue) return PROTOCOL_UDP
  if (dest.tunnelType === TunnelType.Gre) return PROTOCOL_GRE
  return innerProtocol(heading)
}

function innerProtocol(heading: Heading): number {
  return heading.family === Family.Ipv4 ? PROTOCOL_IPV4 : PROTOCOL_IPV6
}

function writeTunnelHeader(packet: Packet, heading: Heading, dest: Dest, source: Address, sum: number): void {
  const offset = dest.family === Family.Ipv4 ? IPV4_HEADER : IPV6_HEADER
  if (dest.tunnelType === TunnelType.Gue) writeGueHeader(packet, heading, dest, source, sum, offset)
  else if (dest.tunnelType === TunnelType.Gre) writeGreHeader(packet, heading, sum, offset)
}

function writeGueHeader(
  packet: Packet,
  heading: Heading,
  dest: Dest,
  source: Address,
  sum: number,
  offset: number,
): void {
  const udp = udpAt(packet, offset)
  const gue = gueAt(packet, offset + UDP_HEADER)
  if (udp === null || gue === null) return
  const protocol = innerProtocol(heading)
  const length = UDP_HEADER + GUE_HEADER + heading.length
  udp.sourcePort = flowPort(heading)
  udp.destinationPort = dest.tunnelPort
  udp.length = length > MAX_LENGTH ? 0 : length
  gue.versionAndLength = 0
  gue.protocol = protocol
  gue.flags = 0
  udp.checksum = 0
  if (sum === NO_SUM) return
  const pseudo = sumOfAddress(source, dest.family) + sumOfAddress(dest.address, dest.family) + PROTOCOL_UDP + length
  const checksum = 0xffff - fold(pseudo + flowPort(heading) + dest.tunnelPort + length + protocol + sum)
  udp.checksum = checksum === 0 ? 0xffff : checksum
}

/** The packets of a flow have the same source port, so that they keep their order on their way. */
function flowPort(heading: Heading): number {
  const ports = ((heading.sourcePort << 16) | heading.destinationPort) >>> 0
  return FIRST_DYNAMIC_PORT + hash32((foldAddress(heading.source) ^ ports) >>> 0, DYNAMIC_PORT_BITS)
}

function writeGreHeader(packet: Packet, heading: Heading, sum: number, offset: number): void {
  const gre = greAt(packet, offset)
  if (gre === null) return
  const protocol = heading.family === Family.Ipv4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6
  gre.protocol = protocol
  gre.flags = 0
  if (sum === NO_SUM) return
  gre.flags = GRE_CHECKSUM_PRESENT
  const rest = greChecksumAt(packet, offset + GRE_HEADER)
  if (rest === null) return
  rest.checksum = 0xffff - fold(GRE_CHECKSUM_PRESENT + protocol + sum)
  rest.reserved = 0
}
