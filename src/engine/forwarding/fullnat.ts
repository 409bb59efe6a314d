/**
 * Forwarding by FullNAT (`ipvsadm --fullnat`), as Alibaba's LVS and DPVS have it: the server sees a connection come from an address and
 * port of the director's own, so it needs no route through the director and may be anywhere; the client sees the virtual ones. Both ways
 * the packet gets a new source and a new destination, and leaves as one of the host's own: IP forwarding may be off.
 *
 * A server that wants to know its client finds it in a TCP option (TOA) of the segments that it gets before it has answered with
 * more than its SYN: in each that isn't hardware's to cut and has room for it. Or, where the service says so, in a PROXY header (`proxy-protocol.ts`).
 */
import { sumOfAddress } from '../address.ts'
import { insertRoom, type Packet, routeAsHost, routeMtu, tcpAt, toaAt, toaRestAt } from '../platform.ts'
import { answers, PROTOCOL_TCP } from '../protocols/protocols.ts'
import {
  type Address,
  type Connection,
  ConnectionFlag,
  Family,
  type Heading,
  Route,
  type Settings,
  Verdict,
} from '../records.ts'
import { count, Reason } from '../reasons.ts'
import { noteAcknowledgment, putHeader } from './proxy-protocol.ts'
import { changeLength, isFragmentable, replaceEnds } from './rewrite.ts'
import { refuseAge, refuseRoute, refuseSize, wireLength } from './way-out.ts'

/** The option's kind, and its length with IPv4 and IPv6. */
const TOA = 254
const TOA_IPV4 = 8
const TOA_IPV6 = 20
/** A TCP header with all options that it has room for. */
const MAX_TCP_HEADER = 60

/**
 * From the client to the server, as from `local` and the connection's local port.
 * @noinline
 */
export function fullnatIn(
  packet: Packet,
  heading: Heading,
  connection: Connection,
  local: Address,
  set: Settings,
): number {
  if (heading.hops <= 1) return refuseAge(packet, heading)
  const awaited = ConnectionFlag.Proxied | ConnectionFlag.Answered
  if ((connection.flags & awaited) === ConnectionFlag.Proxied && !putHeader(packet, heading, connection))
    return Verdict.Drop
  let room = roomForToa(packet, heading, connection, set)
  let found = routeAsHost(packet, heading.family, connection.server, wireLength(packet, heading) + room, null)
  if (found === Route.TooBig && room !== 0) {
    room = 0
    found = routeAsHost(packet, heading.family, connection.server, wireLength(packet, heading), null)
  }
  const isTooBig = found === Route.TooBig
  if (isTooBig) {
    if (!isFragmentable(packet, heading)) return refuseSize(packet, heading, routeMtu(packet))
    count(Reason.TooBig)
  } else if (found !== Route.Found) return refuseRoute(found)
  let change = 0
  let pseudo = 0
  if (room !== 0 && insertRoom(packet, heading.payload, room)) {
    pseudo = changeLength(packet, heading, heading.length + room)
    change = writeToa(packet, heading, connection, room)
  }
  replaceEnds(packet, heading, local, connection.localPort, connection.server, connection.serverPort, pseudo, change)
  return isTooBig ? Verdict.Send : Verdict.Forward
}

/**
 * From the server to the client. What is too old or too big for the client's side is answered in the local address's name.
 * @noinline
 */
export function fullnatOut(packet: Packet, heading: Heading, connection: Connection): number {
  if (heading.hops <= 1) return refuseAge(packet, heading)
  if ((connection.flags & ConnectionFlag.Answered) === 0) noteAnswer(packet, heading, connection)
  const own = (connection.flags & ConnectionFlag.Own) !== 0
  const length = wireLength(packet, heading)
  const found = own ? Route.Found : routeAsHost(packet, heading.family, connection.client, length, null)
  const isTooBig = found === Route.TooBig
  if (isTooBig) {
    if (!isFragmentable(packet, heading)) return refuseSize(packet, heading, routeMtu(packet))
    count(Reason.TooBig)
  } else if (found !== Route.Found) return refuseRoute(found)
  replaceEnds(
    packet,
    heading,
    connection.virtual,
    connection.virtualPort,
    connection.client,
    connection.clientPort,
    0,
    0,
  )
  return own || isTooBig ? Verdict.Send : Verdict.Forward
}

/** Remembers that the server knows its client. */
function noteAnswer(packet: Packet, heading: Heading, connection: Connection): void {
  if ((connection.flags & ConnectionFlag.Proxied) !== 0) noteAcknowledgment(packet, heading, connection)
  else if (answers(heading)) connection.flags |= ConnectionFlag.Answered
}

/** Bytes of the option that the packet is to get; 0 for none. */
function roomForToa(packet: Packet, heading: Heading, connection: Connection, set: Settings): number {
  if (set.toa === 0 || heading.protocol !== PROTOCOL_TCP) return 0
  if (packet.segment !== 0 || heading.fragment !== 0) return 0
  if ((connection.flags & (ConnectionFlag.Answered | ConnectionFlag.Proxied)) !== 0) return 0
  const room = heading.family === Family.Ipv4 ? TOA_IPV4 : TOA_IPV6
  return heading.payload - heading.transport + room <= MAX_TCP_HEADER ? room : 0
}

/** Writes the option behind the others. Returns what it and the header's length add to the sum of the segment. */
function writeToa(packet: Packet, heading: Heading, connection: Connection, room: number): number {
  const tcp = tcpAt(packet, heading.transport)
  const toa = toaAt(packet, heading.payload)
  if (tcp === null || toa === null) return 0
  // In 4-byte words in the upper 4 bits.
  const longer = room * 4
  tcp.dataOffset += longer
  toa.kind = TOA
  toa.length = room
  toa.port = connection.clientPort
  toa.word0 = connection.client.word0
  if (room === TOA_IPV6) {
    const rest = toaRestAt(packet, heading.payload + TOA_IPV4)
    if (rest !== null) {
      rest.word1 = connection.client.word1
      rest.word2 = connection.client.word2
      rest.word3 = connection.client.word3
    }
  }
  const option = TOA * 256 + room + connection.clientPort + sumOfAddress(connection.client, heading.family)
  return longer * 256 + option
}
