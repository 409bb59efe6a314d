/**
 * Forwarding by direct routing (`ipvsadm -g`, gatewaying): the packet goes to the server's link-layer address and keeps its IP addresses;
 * only its time to live changes. The server has the virtual address itself and answers the client by its own way, which the
 * director doesn't see. The way is the host's own to the server, so IP forwarding may be off.
 */
import { type Packet, routeAsHost, routeMtu } from '../platform.ts'
import { type Dest, type Heading, Route, Verdict } from '../records.ts'
import { count, Reason } from '../reasons.ts'
import { countHop, isFragmentable } from './rewrite.ts'
import { refuseAge, refuseRoute, refuseSize, wireLength } from './way-out.ts'

/**
 * From the client to the server. What would have to be fragmented is dropped: the host's stack, which could, takes it for its own.
 * @noinline
 */
export function drIn(packet: Packet, heading: Heading, dest: Dest): number {
  if (heading.hops <= 1) return refuseAge(packet, heading)
  const found = routeAsHost(packet, dest.family, dest.address, wireLength(packet, heading), null)
  if (found === Route.TooBig) {
    if (!isFragmentable(packet, heading)) return refuseSize(packet, heading, routeMtu(packet))
    count(Reason.TooBig)
    return Verdict.Drop
  }
  if (found !== Route.Found) return refuseRoute(found)
  countHop(packet, heading)
  return Verdict.Forward
}
