/** A packet in one line, in the manner of tcpdump, for failure messages and explanations. Sequence numbers are absolute. */
import { formatAddress } from './addresses.ts'
import { formatIpv6Address } from './ipv6-addresses.ts'
import { type Ipv6, parseIpv6, parseQuotedIpv6 } from './parse-ipv6.ts'
import {
  announcedMss,
  type Icmp,
  IcmpType,
  type Ipv4,
  isFragment,
  isIcmpError,
  isIcmpv6Error,
  parseIcmp,
  parseSctp,
  parseIpv4,
  parseQuotedIpv4,
  parseTcp,
  parseUdp,
  Protocol,
  read16,
  type Tcp,
  TcpFlag,
  Unreachable,
} from './parse-packet.ts'
import { parseTunnelled } from './tunnels.ts'
import { headerChecksumIsValid, payloadChecksumIsValid, tunnelChecksumIsValid } from './verify-packet.ts'

const FLAG_LETTERS: readonly (readonly [number, string])[] = [
  [TcpFlag.Fin, 'F'],
  [TcpFlag.Syn, 'S'],
  [TcpFlag.Rst, 'R'],
  [TcpFlag.Psh, 'P'],
  [TcpFlag.Urg, 'U'],
  [TcpFlag.Ece, 'E'],
  [TcpFlag.Cwr, 'W'],
  [TcpFlag.Ack, '.'],
]

/** Describes any bytes; those that are not an IP packet as well. Never throws. */
export function describePacket(bytes: Uint8Array): string {
  const ip = parseIpv4(bytes)
  if (ip === null) return describeIpv6Packet(bytes)
  const wrong = [headerChecksumIsValid(ip) ? '' : ', bad header checksum', describePayloadChecksum(ip)]
  return `IP ${describeIp(ip)}, ttl ${ip.ttl}${ip.dontFragment ? ' DF' : ''}${wrong.join('')}`
}

function describeIpv6Packet(bytes: Uint8Array): string {
  const ip = parseIpv6(bytes)
  if (ip === null) return `not an IP packet, ${bytes.length} bytes`
  const headers = ip.extensions.map((type) => `, extension ${type}`).join('')
  return `IP6 ${describeIp(ip)}${headers}, hlim ${ip.hopLimit}${describePayloadChecksum(ip)}`
}

/** Of a tunnel's packet its own, not the one inside, which is described apart. */
function describePayloadChecksum(ip: Ipv4 | Ipv6): string {
  const carried = parseTunnelled(ip)
  const isRight = carried === null ? payloadChecksumIsValid(ip) : tunnelChecksumIsValid(ip, carried)
  return isFragment(ip) || isRight ? '' : ', bad payload checksum'
}

function addressesOf(ip: Ipv4 | Ipv6): readonly [source: string, destination: string] {
  if (typeof ip.source !== 'number') return [formatIpv6Address(ip.source), formatIpv6Address((ip as Ipv6).destination)]
  return [formatAddress(ip.source), formatAddress((ip as Ipv4).destination)]
}

function describeIp(ip: Ipv4 | Ipv6): string {
  const [source, destination] = addressesOf(ip)
  const tcp = parseTcp(ip)
  if (tcp !== null) return `${source}.${tcp.sourcePort} > ${destination}.${tcp.destinationPort}: ${describeTcp(tcp)}`
  const udp = parseUdp(ip)
  const carried = parseTunnelled(ip)
  if (carried !== null) {
    const [from, to] = udp === null ? ['', ''] : [`.${udp.sourcePort}`, `.${udp.destinationPort}`]
    return `${source}${from} > ${destination}${to}: ${carried.type} [ ${describePacket(carried.packet)} ]`
  }
  if (udp !== null) {
    return `${source}.${udp.sourcePort} > ${destination}.${udp.destinationPort}: UDP, length ${udp.payload.length}`
  }
  const sctp = parseSctp(ip)
  if (sctp !== null) {
    const chunks = sctp.chunks.map(({ type, value }) => `(${type}, length ${value.length + 4})`).join(' ')
    return `${source}.${sctp.sourcePort} > ${destination}.${sctp.destinationPort}: SCTP ${chunks}`
  }
  const icmp = parseIcmp(ip)
  if (icmp !== null && ip.protocol === Protocol.Icmpv6) {
    return `${source} > ${destination}: ICMP6 ${describeIcmpv6(icmp)}`
  }
  if (icmp !== null) return `${source} > ${destination}: ICMP ${describeIcmp(icmp)}`
  const fragment = isFragment(ip)
    ? ` fragment ${ip.family === 4 ? `${ip.identification}:` : ''}${ip.payload.length}@${ip.fragmentOffset}${ip.moreFragments ? '+' : ''}`
    : ''
  return `${source} > ${destination}: protocol ${ip.protocol}${fragment}, length ${ip.payload.length}`
}

function describeTcp(tcp: Tcp): string {
  const flags = FLAG_LETTERS.filter(([bit]) => (tcp.flags & bit) !== 0).map(([, letter]) => letter)
  const end = (tcp.sequence + tcp.payload.length) >>> 0
  const mss = announcedMss(tcp.options)
  return [
    `Flags [${flags.join('') || 'none'}]`,
    `seq ${tcp.sequence}${tcp.payload.length > 0 ? `:${end}` : ''}`,
    ...(tcp.flags & TcpFlag.Ack ? [`ack ${tcp.acknowledgment}`] : []),
    `win ${tcp.window}`,
    ...(mss === null ? [] : [`options [mss ${mss}]`]),
    `length ${tcp.payload.length}`,
  ].join(', ')
}

function describeIcmp(icmp: Icmp): string {
  if (icmp.type === IcmpType.Echo || icmp.type === IcmpType.EchoReply) {
    const name = icmp.type === IcmpType.Echo ? 'echo request' : 'echo reply'
    return `${name}, id ${icmp.rest >>> 16}, seq ${icmp.rest & 0xffff}, length ${icmp.payload.length + 8}`
  }
  const quoted = isIcmpError(icmp.type) ? parseQuotedIpv4(icmp.payload) : null
  return `${errorName(icmp)}${quoted === null ? '' : ` for ${describeQuote(quoted)}`}, length ${icmp.payload.length + 8}`
}

function describeIcmpv6(icmp: Icmp): string {
  const quoted = isIcmpv6Error(icmp.type) ? parseQuotedIpv6(icmp.payload) : null
  const rest = icmp.rest === 0 ? '' : ` rest ${icmp.rest}`
  const quote = quoted === null ? '' : ` for ${addressesOf(quoted).join(' > ')}`
  return `type ${icmp.type} code ${icmp.code}${rest}${quote}, length ${icmp.payload.length + 8}`
}

function errorName(icmp: Icmp): string {
  if (icmp.type === IcmpType.TimeExceeded)
    return icmp.code === 0 ? 'time exceeded in-transit' : 'reassembly time exceeded'
  if (icmp.type === IcmpType.Unreachable) {
    switch (icmp.code) {
      case Unreachable.Network:
        return 'net unreachable'
      case Unreachable.Host:
        return 'host unreachable'
      case Unreachable.Protocol:
        return 'protocol unreachable'
      case Unreachable.Port:
        return 'port unreachable'
      case Unreachable.FragmentationNeeded:
        return `unreachable - need to frag (mtu ${icmp.rest & 0xffff})`
    }
  }
  return `type ${icmp.type} code ${icmp.code}`
}

/** Ports of the quoted packet stand in its first 8 bytes, whatever was cut off behind them. */
function describeQuote(ip: Ipv4): string {
  const hasPorts = (ip.protocol === Protocol.Tcp || ip.protocol === Protocol.Udp) && ip.payload.length >= 4
  const port = (at: number): string => (hasPorts && ip.fragmentOffset === 0 ? `.${read16(ip.payload, at)}` : '')
  const name = ip.protocol === Protocol.Tcp ? 'tcp' : ip.protocol === Protocol.Udp ? 'udp' : `protocol ${ip.protocol}`
  return `${name} ${formatAddress(ip.source)}${port(0)} > ${formatAddress(ip.destination)}${port(2)}`
}
