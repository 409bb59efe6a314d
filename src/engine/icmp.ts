/**
 * ICMP errors that the director sends to clients (RFC 792, RFC 1122 §3.2.2), as LVS does: from the virtual address, quoting as much
 * of the packet as fits 576 bytes (RFC 1812 §4.3.2.3). At most ICMP_BUDGET per ICMP_REFILL_MS leave the director, the Linux
 * default of 1000 a second: a flood of packets to a service without servers must not become a flood of answers.
 */
import { fold } from './checksum.ts'
import { IPV4_HEADER, PROTOCOL_ICMP, readDestination, readSource, writeHeader } from './ipv4.ts'
import { allocator, icmpAt, ipv4At, makeIcmpRoom, nowMs, type Packet, route, sumOfBytes } from './platform.ts'
import { type Address, type Ipv4Header, Route, Verdict } from './records.ts'
import { count, Reason } from './reasons.ts'

export const enum IcmpType {
  DestinationUnreachable = 3,
  TimeExceeded = 11,
}

/** Codes of `DestinationUnreachable`. */
export const enum Unreachable {
  Port = 3,
  FragmentationNeeded = 4,
}

const ICMP_HEADER = 8
/** The longest quotation: what fits a packet of 576 bytes. */
const QUOTED = 548
const ICMP_BUDGET = 100
const ICMP_REFILL_MS = 100
/** Precedence of internetwork control, which Linux gives to errors. */
const TOS_CONTROL = 0xc0
/** The bits of the packet's own type of service that an error keeps. */
const TOS_KEPT = 0x1e

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
 * Turns a client's packet into an ICMP error to that client. `rest` is the header's last word: zero, or an MTU in bytes.
 * @noinline
 */
export function answerWithIcmp(packet: Packet, type: number, code: number, rest: number): number {
  if (!takeToken()) {
    count(Reason.IcmpLimited)
    return Verdict.Drop
  }
  const original = ipv4At(packet, 0)
  if (original === null) return Verdict.Drop
  const client: Address = { word: 0 }
  const virtual: Address = { word: 0 }
  readSource(original, client)
  readDestination(original, virtual)
  const tos = (original.tos & TOS_KEPT) | TOS_CONTROL
  const quoted = quotedLength(original)
  const length = IPV4_HEADER + ICMP_HEADER + quoted
  if (route(packet, virtual, client, length) !== Route.Found) {
    count(Reason.NoRoute)
    return Verdict.Drop
  }
  if (!makeIcmpRoom(packet, quoted)) return Verdict.Drop
  const ip = ipv4At(packet, 0)
  const icmp = icmpAt(packet, IPV4_HEADER)
  if (ip === null || icmp === null) return Verdict.Drop
  writeHeader(ip, tos, length, PROTOCOL_ICMP, virtual, client)
  icmp.type = type
  icmp.code = code
  icmp.checksum = 0
  icmp.rest = rest
  icmp.checksum = 0xffff - fold(sumOfBytes(packet, IPV4_HEADER, ICMP_HEADER + quoted))
  return Verdict.Forward
}

function quotedLength(ip: Ipv4Header): number {
  return ip.totalLength < QUOTED ? ip.totalLength : QUOTED
}
