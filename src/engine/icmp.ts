/**
 * ICMP errors that the director sends to clients (RFC 792, RFC 4443), as LVS does: from the virtual address, quoting as much
 * of the packet as fits 576 bytes (RFC 1812 §4.3.2.3), or 1280 with IPv6 (RFC 4443 §2.4). At most ICMP_BUDGET per ICMP_REFILL_MS leave
 * the director, the Linux default of 1000 a second: a flood of packets to a service without servers must not become a flood of answers.
 */
import { fold } from './checksum.ts'
import { DEFAULT_TTL, IPV4_HEADER, writeIpv4Header } from './ipv4.ts'
import { IPV6_HEADER, writeIpv6Header } from './ipv6.ts'
import { allocator, icmpAt, ipv4At, ipv6At, makeRoom, nowMs, type Packet, routeAsHost, sumOfBytes } from './platform.ts'
import { Family, type Heading, type IcmpHeader, Parsed, Route, Verdict } from './records.ts'
import { count, Reason } from './reasons.ts'

export const PROTOCOL_ICMP = 1
export const PROTOCOL_ICMPV6 = 58
export const ICMP_HEADER = 8
/** The longest quotations: what fits a packet of 576 bytes, with IPv6 of 1280. */
const QUOTED_IPV4 = 548
const QUOTED_IPV6 = 1232
/** Every IPv6 link takes so much (RFC 8200 §5). */
export const LEAST_MTU_IPV6 = 1280
const ICMP_BUDGET = 100
const ICMP_REFILL_MS = 100
/** Precedence of internetwork control, which Linux gives to errors. */
const TOS_CONTROL = 0xc0
/** The bits of the packet's own type of service that an error keeps. */
const TOS_KEPT = 0x1e

/** The errors that the director sends. */
export const enum IcmpError {
  PortUnreachable = 0,
  TimeExceeded = 1,
  /** Fragmentation needed, packet too big. */
  TooBig = 2,
  /** Host unreachable, address unreachable. */
  HostUnreachable = 3,
}

/** How many those are. */
const ERRORS = 4

// prettier-ignore
const TYPES = [
  // port unreachable, time exceeded, too big, host unreachable
  3, 11, 3, 3,
  1,  3, 2, 1,
]

// prettier-ignore
const CODES = [
  3, 0, 4, 1,
  4, 0, 0, 3,
]

/** What a client is told of a way that takes `mtu` bytes of its packets. An IPv6 sender takes no notice of less than 1280 (RFC 8201 §4). */
export function toldMtu(family: number, mtu: number): number {
  return Math.max(mtu, family === Family.Ipv4 ? 0 : LEAST_MTU_IPV6)
}

function takeToken(): boolean {
  const place = allocator()
  if (place === null) return false
  if (nowMs() >= place.icmpRefillMs) {
    place.icmpTokens = ICMP_BUDGET
    place.icmpRefillMs = nowMs() + ICMP_REFILL_MS
  }
  if (place.icmpTokens === 0) return false
  place.icmpTokens -= 1
  return true
}

/**
 * Turns a client's packet into an ICMP error (`IcmpError`) to that client. `mtu`, in bytes, is for `TooBig`; otherwise 0.
 * @noinline
 */
export function answerWithIcmp(packet: Packet, heading: Heading, error: number, mtu: number): number {
  // There are no errors about errors, nor about fragments behind the first (RFC 1122 §3.2.2).
  if (heading.protocol === PROTOCOL_ICMP || heading.protocol === PROTOCOL_ICMPV6) return Verdict.Drop
  if (heading.fragment === Parsed.LaterFragment) return Verdict.Drop
  if (!takeToken()) {
    count(Reason.IcmpLimited)
    return Verdict.Drop
  }
  const isIpv4 = heading.family === Family.Ipv4
  const most = isIpv4 ? QUOTED_IPV4 : QUOTED_IPV6
  const quoted = heading.length < most ? heading.length : most
  const header = isIpv4 ? IPV4_HEADER : IPV6_HEADER
  const length = header + ICMP_HEADER + quoted
  if (heading.own === 0 && routeAsHost(packet, heading.family, heading.source, length, null) !== Route.Found) {
    count(Reason.NoRoute)
    return Verdict.Drop
  }
  const original = ipv4At(packet, 0)
  const tos = original === null ? 0 : (original.tos & TOS_KEPT) | TOS_CONTROL
  if (!makeRoom(packet, quoted, header + ICMP_HEADER)) return Verdict.Drop
  const icmp = icmpAt(packet, header)
  if (icmp === null) return Verdict.Drop
  describe(icmp, isIpv4 ? error : error + ERRORS, mtu)
  const body = ICMP_HEADER + quoted
  let sum = sumOfBytes(packet, header, body)
  if (isIpv4) {
    const ip = ipv4At(packet, 0)
    if (ip === null) return Verdict.Drop
    writeIpv4Header(ip, tos, length, 0, 0, DEFAULT_TTL, PROTOCOL_ICMP, heading.destination, heading.source)
  } else {
    const ip = ipv6At(packet, 0)
    if (ip === null) return Verdict.Drop
    writeIpv6Header(ip, 0, body, PROTOCOL_ICMPV6, DEFAULT_TTL, heading.destination, heading.source)
    sum += sumOfBytes(packet, 8, 32) + body + PROTOCOL_ICMPV6
  }
  icmp.checksum = 0xffff - fold(sum)
  return heading.own === 0 ? Verdict.Forward : Verdict.Send
}

function describe(icmp: IcmpHeader, row: number, mtu: number): void {
  icmp.type = TYPES[row] ?? 0
  icmp.code = CODES[row] ?? 0
  icmp.checksum = 0
  icmp.rest = mtu
}
