/**
 * Forwarding by network address translation (`ipvsadm -m`, masquerading): the client's packets get the server's address and port as
 * their destination, the server's the virtual ones as their source (RFC 3022 §4.1). Packets leave by the route to their new
 * destination, one hop older.
 *
 * What the director can't forward to a server it answers in the virtual address's name. A server's packet that is too old or too
 * big goes up unchanged: the stack, a router to the server, refuses it with its own address.
 */
import { change16 } from '../checksum.ts'
import { answerWithIcmp, IcmpType, Unreachable } from '../icmp.ts'
import { countHop, headerLength, mayFragment, replaceDestination, replaceSource } from '../ipv4.ts'
import { type Packet, route, routeMtu, updateTcpChecksum } from '../platform.ts'
import { tcpHeaderLength } from '../protocols/tcp.ts'
import { type Connection, type Ipv4Header, Route, type TcpHeader, Verdict } from '../records.ts'
import { count, Reason } from '../reasons.ts'

/** Bytes of the largest IP packet that this packet becomes on the wire. */
function wireLength(packet: Packet, ip: Ipv4Header, tcp: TcpHeader): number {
  if (packet.segment === 0) return ip.totalLength
  return headerLength(ip) + tcpHeaderLength(tcp) + packet.segment
}

function refuseRoute(found: number): number {
  count(found === Route.ForwardingDisabled ? Reason.ForwardingDisabled : Reason.NoRoute)
  return Verdict.Drop
}

/** From the client to the server. */
export function natIn(packet: Packet, ip: Ipv4Header, tcp: TcpHeader, connection: Connection): number {
  if (ip.ttl <= 1) {
    count(Reason.TtlExceeded)
    return answerWithIcmp(packet, IcmpType.TimeExceeded, 0, 0)
  }
  let verdict: number = Verdict.Forward
  const found = route(packet, connection.client, connection.server, wireLength(packet, ip, tcp))
  if (found === Route.TooBig) {
    count(Reason.TooBig)
    if (!mayFragment(ip)) {
      countHop(ip)
      return answerWithIcmp(packet, IcmpType.DestinationUnreachable, Unreachable.FragmentationNeeded, routeMtu(packet))
    }
    verdict = Verdict.Stack
  } else if (found !== Route.Found) return refuseRoute(found)
  else countHop(ip)
  const tcpOffset = headerLength(ip)
  const portChange = change16(tcp.destinationPort, connection.serverPort)
  tcp.destinationPort = connection.serverPort
  const addressChange = replaceDestination(ip, connection.server)
  updateTcpChecksum(packet, tcpOffset, addressChange, portChange)
  return verdict
}

/** From the server to the client. */
export function natOut(packet: Packet, ip: Ipv4Header, tcp: TcpHeader, connection: Connection): number {
  if (ip.ttl <= 1) {
    count(Reason.TtlExceeded)
    return Verdict.Pass
  }
  const found = route(packet, connection.virtual, connection.client, wireLength(packet, ip, tcp))
  if (found === Route.TooBig) {
    count(Reason.TooBig)
    return mayFragment(ip) ? Verdict.Drop : Verdict.Pass
  }
  if (found !== Route.Found) return refuseRoute(found)
  countHop(ip)
  const tcpOffset = headerLength(ip)
  const portChange = change16(tcp.sourcePort, connection.virtualPort)
  tcp.sourcePort = connection.virtualPort
  const addressChange = replaceSource(ip, connection.virtual)
  updateTcpChecksum(packet, tcpOffset, addressChange, portChange)
  return Verdict.Forward
}
