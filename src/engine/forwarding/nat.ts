/**
 * Forwarding by network address translation (`ipvsadm -m`, masquerading): the client's packets get the server's address and port as
 * their destination, the server's the virtual ones as their source (RFC 3022 §4.1). Packets leave by the route to their new
 * destination, one hop older.
 *
 * What the director can't forward to a server it answers in the virtual address's name. A server's packet that is too old or too
 * big goes up unchanged: the stack, a router to the server, refuses it with its own address.
 */
import { answerWithIcmp, IcmpError } from '../icmp.ts'
import { type Packet, route, routeMtu } from '../platform.ts'
import { type Connection, type Heading, Route, Verdict } from '../records.ts'
import { count, Reason } from '../reasons.ts'
import { countHop, isFragmentable, replaceDestination, replaceSource } from './rewrite.ts'

/** Bytes of the largest IP packet that this packet becomes on the wire. */
function wireLength(packet: Packet, heading: Heading): number {
  return packet.segment === 0 ? heading.length : heading.payload + packet.segment
}

function refuseRoute(found: number): number {
  count(found === Route.ForwardingDisabled ? Reason.ForwardingDisabled : Reason.NoRoute)
  return Verdict.Drop
}

/** From the client to the server. */
export function natIn(packet: Packet, heading: Heading, connection: Connection): number {
  if (heading.hops <= 1) {
    count(Reason.TtlExceeded)
    return answerWithIcmp(packet, heading, IcmpError.TimeExceeded, 0)
  }
  const length = wireLength(packet, heading)
  const found = route(packet, heading.family, connection.client, connection.server, length)
  if (found === Route.TooBig) {
    count(Reason.TooBig)
    if (!isFragmentable(packet, heading)) {
      countHop(packet, heading)
      return answerWithIcmp(packet, heading, IcmpError.TooBig, routeMtu(packet))
    }
    replaceDestination(packet, heading, connection.server, connection.serverPort, 0)
    return Verdict.Stack
  }
  if (found !== Route.Found) return refuseRoute(found)
  replaceDestination(packet, heading, connection.server, connection.serverPort, 1)
  return Verdict.Forward
}

/** From the server to the client. */
export function natOut(packet: Packet, heading: Heading, connection: Connection): number {
  if (heading.hops <= 1) {
    count(Reason.TtlExceeded)
    return Verdict.Pass
  }
  const length = wireLength(packet, heading)
  const found = route(packet, heading.family, connection.virtual, connection.client, length)
  if (found === Route.TooBig) {
    count(Reason.TooBig)
    return isFragmentable(packet, heading) ? Verdict.Drop : Verdict.Pass
  }
  if (found !== Route.Found) return refuseRoute(found)
  replaceSource(packet, heading, connection.virtual, connection.virtualPort)
  return Verdict.Forward
}
