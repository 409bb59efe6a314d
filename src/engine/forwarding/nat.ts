/**
 * Forwarding by network address translation (`ipvsadm -m`, masquerading): the client's packets get the server's address and port as
 * their destination, the server's the virtual ones as their source (RFC 3022 §4.1). Packets leave by the route to their new
 * destination, one hop older.
 *
 * A client that is the director's own host gets its answers as from itself: other devices take no packets from the host's own addresses.
 *
 * What the director can't forward to a server it answers in the virtual address's name. A server's packet that is too old or too
 * big goes up unchanged: the stack, a router to the server, refuses it with its own address.
 */
import { type Packet, route, routeMtu } from '../platform.ts'
import { type Address, type Connection, ConnectionFlag, type Heading, Route, Verdict } from '../records.ts'
import { count, Reason } from '../reasons.ts'
import { isFragmentable, replaceDestination, replaceSource } from './rewrite.ts'
import { refuseAge, refuseRoute, refuseSize, wireLength } from './way-out.ts'

/** From the client to the server. */
export function natIn(packet: Packet, heading: Heading, server: Address, port: number): number {
  if (heading.hops <= 1) return refuseAge(packet, heading)
  const length = wireLength(packet, heading)
  const found = route(packet, heading.family, heading.source, server, length)
  if (found === Route.TooBig) {
    if (!isFragmentable(packet, heading)) return refuseSize(packet, heading, routeMtu(packet))
    count(Reason.TooBig)
    replaceDestination(packet, heading, server, port, 0)
    return Verdict.Stack
  }
  if (found !== Route.Found) return refuseRoute(found)
  replaceDestination(packet, heading, server, port, 1)
  return Verdict.Forward
}

/** From the server to the client. */
export function natOut(packet: Packet, heading: Heading, connection: Connection): number {
  if (heading.hops <= 1) {
    count(Reason.TtlExceeded)
    return Verdict.Pass
  }
  if ((connection.flags & ConnectionFlag.Own) !== 0) {
    replaceSource(packet, heading, connection.virtual, connection.virtualPort, 1)
    return Verdict.Send
  }
  const length = wireLength(packet, heading)
  const found = route(packet, heading.family, connection.virtual, connection.client, length)
  if (found === Route.TooBig) {
    count(Reason.TooBig)
    return isFragmentable(packet, heading) ? Verdict.Drop : Verdict.Pass
  }
  if (found !== Route.Found) return refuseRoute(found)
  replaceSource(packet, heading, connection.virtual, connection.virtualPort, 1)
  return Verdict.Forward
}
