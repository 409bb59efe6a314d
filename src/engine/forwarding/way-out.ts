/** What all forwarding methods ask before a packet leaves, and what becomes of one that can't. */
import { answerWithIcmp, IcmpError, toldMtu } from '../icmp.ts'
import type { Packet } from '../platform.ts'
import { type Heading, Route, Verdict } from '../records.ts'
import { count, Reason } from '../reasons.ts'
import { countHop } from './rewrite.ts'

/** Bytes of the largest IP packet that this packet becomes on the wire. */
export function wireLength(packet: Packet, heading: Heading): number {
  return packet.segment === 0 ? heading.length : heading.payload + packet.segment
}

/** A packet whose way out is neither found nor too narrow. */
export function refuseRoute(found: number): number {
  count(found === Route.ForwardingDisabled ? Reason.ForwardingDisabled : Reason.NoRoute)
  return Verdict.Drop
}

/** A client's packet that may not travel on. */
export function refuseAge(packet: Packet, heading: Heading): number {
  count(Reason.TtlExceeded)
  return answerWithIcmp(packet, heading, IcmpError.TimeExceeded, 0)
}

/** A client's packet that no router may cut to pieces, on a way that takes `mtu` bytes of it. Quotes it one hop older, as LVS does. */
export function refuseSize(packet: Packet, heading: Heading, mtu: number): number {
  count(Reason.TooBig)
  countHop(packet, heading)
  return answerWithIcmp(packet, heading, IcmpError.TooBig, toldMtu(heading.family, mtu))
}
