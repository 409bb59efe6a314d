/**
 * What the director's own host does with a packet that the director passes on: a segment to the virtual address is answered by a
 * reset, unless it is one (RFC 9293 §3.5.2: no connection is open there), a datagram by port unreachable, an echo request by its reply; what is for
 * somebody else is forwarded, one hop older. IPv4 only.
 */
import { formatAddress, isInPrefix, parsePrefix } from '../simulator/addresses.ts'
import { buildIcmp, buildTcp, updateHeaderChecksum } from '../simulator/build-packet.ts'
import {
  type Icmp,
  IcmpType,
  type Ipv4,
  parseIcmp,
  parseIpv4,
  parseTcp,
  Protocol,
  type Tcp,
  TcpFlag,
  Unreachable,
} from '../simulator/parse-packet.ts'
import { notePacket } from './packet-notation.ts'

/** The virtual addresses of the transcripts: all are the director's own. */
const LOCAL = parsePrefix('10.9.0.0/16')
const CLIENTS = parsePrefix('10.1.0.0/16')
/** Clients' addresses of IPv6 in the transcripts; servers have fd02::. */
const IPV6_CLIENT = /^\S+ > (fd01:|2001:)/
const TOS_CONTROL = 0xc0

/** `client receives …` or `server receives …`. */
export function received(packet: Uint8Array): string {
  const ip = parseIpv4(packet)
  const noted = notePacket(packet)
  const isClient = ip === null ? IPV6_CLIENT.test(noted) : isInPrefix(ip.destination, CLIENTS)
  return `${isClient ? 'client' : 'server'} receives ${noted}`
}

function reset(ip: Ipv4, tcp: Tcp): string[] {
  if ((tcp.flags & TcpFlag.Rst) !== 0) return []
  const answer = buildTcp({
    source: ip.destination,
    destination: ip.source,
    sourcePort: tcp.destinationPort,
    destinationPort: tcp.sourcePort,
    flags: TcpFlag.Rst | ((tcp.flags & TcpFlag.Ack) === 0 ? TcpFlag.Ack : 0),
    dontFragment: true,
  })
  return [received(answer)]
}

function unreachable(ip: Ipv4): string[] {
  const answer = buildIcmp({
    source: ip.destination,
    destination: ip.source,
    tos: TOS_CONTROL,
    type: IcmpType.Unreachable,
    code: Unreachable.Port,
    payload: ip.bytes,
  })
  return [received(answer)]
}

function echoReply(ip: Ipv4, { rest, payload }: Icmp): Uint8Array {
  return buildIcmp({ source: ip.destination, destination: ip.source, type: IcmpType.EchoReply, rest, payload })
}

export function afterPass(packet: Uint8Array): string[] {
  const ip = parseIpv4(packet)
  if (ip === null) throw new Error(`${notePacket(packet)} was passed on: only IPv4 is known here`)
  if (!isInPrefix(ip.destination, LOCAL)) {
    const older = packet.slice()
    older[8] = ip.ttl - 1
    updateHeaderChecksum(older)
    return [received(older)]
  }
  const tcp = parseTcp(ip)
  if (tcp !== null) return reset(ip, tcp)
  if (ip.protocol === Protocol.Udp) return unreachable(ip)
  const icmp = parseIcmp(ip)
  if (icmp !== null && icmp.type === IcmpType.Echo) return [received(echoReply(ip, icmp))]
  throw new Error(
    `${formatAddress(ip.source)} sends protocol ${ip.protocol}: only TCP, UDP and echo requests are known here`,
  )
}
