/**
 * Packets as the transcripts of conformance/facts write them: `10.1.0.1 > 10.9.0.1 ttl=64 tos=0 DF len=40 tcp S 1001>80`, an
 * ICMP error with the packet that it quotes in brackets.
 */
import { formatAddress } from '../simulator/addresses.ts'
import { buildIcmp, buildTcp, buildUdp } from '../simulator/build-packet.ts'
import { formatIpv6Address } from '../simulator/ipv6-addresses.ts'
import { type Ipv6, parseIpv6, parseQuotedIpv6 } from '../simulator/parse-ipv6.ts'
import {
  type Icmp,
  IcmpType,
  type Ipv4,
  parseIcmp,
  parseIpv4,
  parseQuotedIpv4,
  parseTcp,
  Protocol,
  read16,
} from '../simulator/parse-packet.ts'
import { checksumsAreValid } from '../simulator/verify-packet.ts'

/** Flags by bit, in the order in which they are written. */
const FLAGS = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C']
const IP = String.raw`(\S+) > (\S+) ttl=(\d+) tos=(\d+) (DF|-) len=(\d+)`
const ICMP = new RegExp(String.raw`^${IP} icmp type=(\d+) code=(\d+)(?: rest=([0-9a-f]+))?(?: \[ (.*) \])?$`)
const PACKET = new RegExp(String.raw`^${IP} (?:udp|tcp ([FSRPAUEC]*)) (\d+)>(\d+)$`)

/** What a packet's notation says of its ends; ICMP has no ports. */
export interface NotedPacket {
  readonly bytes: Uint8Array
  readonly protocol: 'tcp' | 'udp' | 'icmp'
  readonly source: string
  readonly sourcePort: number
  readonly destination: string
  readonly destinationPort: number
}

export function flagBits(letters: string): number {
  return letters.split('').reduce((bits, letter) => bits | (1 << FLAGS.indexOf(letter)), 0)
}

export function flagLetters(bits: number): string {
  return FLAGS.filter((_, bit) => ((bits >>> bit) & 1) === 1).join('')
}

/** What is quoted of a packet: its header and 8 bytes more (RFC 792). */
const QUOTED_BYTES = 28

function buildNotedIcmp(text: string): NotedPacket | null {
  const [, source = '', destination = '', ttl, tos, df, length, type, code, rest, quoted] = ICMP.exec(text) ?? []
  if (length === undefined) return null
  const quotation = quoted === undefined ? null : buildNoted(quoted.replace('tcp -', 'tcp '))
  const payload = quotation?.bytes.subarray(0, QUOTED_BYTES) ?? new Uint8Array(Number(length) - QUOTED_BYTES)
  const bytes = buildIcmp({
    source,
    destination,
    ttl: Number(ttl),
    tos: Number(tos),
    dontFragment: df === 'DF',
    type: Number(type),
    code: Number(code),
    rest: parseInt(rest ?? '0', 16),
    payload,
  })
  return { bytes, protocol: 'icmp', source, sourcePort: 0, destination, destinationPort: 0 }
}

/** The packet, its payload zero; null for what is of none of these protocols. */
export function buildNoted(text: string): NotedPacket | null {
  if (text.includes(' icmp ')) return buildNotedIcmp(text)
  const [, source = '', destination = '', ttl, tos, df, length, flags, sourcePort, destinationPort] =
    PACKET.exec(text) ?? []
  if (length === undefined) return null
  const ends = { source, sourcePort: Number(sourcePort), destination, destinationPort: Number(destinationPort) }
  const fields = { ...ends, ttl: Number(ttl), tos: Number(tos), dontFragment: df === 'DF' }
  const headers = (source.includes(':') ? 40 : 20) + (flags === undefined ? 8 : 20)
  const payload = new Uint8Array(Number(length) - headers)
  if (flags === undefined) return { bytes: buildUdp({ ...fields, payload }), protocol: 'udp', ...ends }
  return { bytes: buildTcp({ ...fields, payload, flags: flagBits(flags) }), protocol: 'tcp', ...ends }
}

/** The packet in the transcripts' words; one whose checksums are wrong says so. */
export function notePacket(bytes: Uint8Array): string {
  const ip = parseIpv4(bytes) ?? parseIpv6(bytes)
  if (ip === null) return 'not a whole packet'
  return `${noteIp(ip)}${checksumsAreValid(bytes) ? '' : ' with a wrong checksum'}`
}

function noteIp(ip: Ipv4 | Ipv6): string {
  if ('hopLimit' in ip) {
    const addresses = `${formatIpv6Address(ip.source)} > ${formatIpv6Address(ip.destination)}`
    return `${addresses} ttl=${ip.hopLimit} tos=${ip.trafficClass} - len=${ip.totalLength} ${notePayload(ip)}`
  }
  const fragment = ip.dontFragment ? 'DF' : '-'
  const addresses = `${formatAddress(ip.source)} > ${formatAddress(ip.destination)}`
  return `${addresses} ttl=${ip.ttl} tos=${ip.tos} ${fragment} len=${ip.totalLength} ${notePayload(ip)}`
}

/** Protocols of IP inside of IP, RFC 2003 and RFC 2473. */
const IPV4_INSIDE = 4
const IPV6_INSIDE = 41
const GRE = 47
const GRE_CHECKSUM_PRESENT = 0x8000
/** Where the transcripts' servers take GUE. */
const GUE_PORT = 6080

function noteInside(bytes: Uint8Array): string {
  const inside = parseIpv4(bytes) ?? parseIpv6(bytes) ?? parseQuotedIpv4(bytes)
  return inside === null ? '[ not a packet ]' : `[ ${noteIp(inside)} ]`
}

function hex(bytes: Uint8Array, length: number): string {
  return Buffer.from(bytes.subarray(0, length)).toString('hex')
}

/** What a tunnel's packet carries; the checksum of GRE, which depends on the offload where the recording was made, isn't written. */
function noteTunnel({ protocol, payload }: Ipv4 | Ipv6): string | null {
  if (protocol === IPV4_INSIDE || protocol === IPV6_INSIDE) return `proto ${protocol} ${noteInside(payload)}`
  if (protocol === GRE) {
    const checksum = (read16(payload, 0) & GRE_CHECKSUM_PRESENT) !== 0
    const header = checksum ? `${hex(payload, 4)}00000000` : hex(payload, 8)
    return `gre ${header} ${noteInside(payload.subarray(checksum ? 8 : 4))}`
  }
  if (protocol !== Protocol.Udp || payload.length < 12 || read16(payload, 2) !== GUE_PORT) return null
  const checksum = read16(payload, 6) === 0 ? 'no' : 'yes'
  const gue = payload.subarray(8)
  return `udp ${read16(payload, 0)}>${GUE_PORT} csum=${checksum} gue ${hex(gue, 4)} ${noteInside(gue.subarray(4))}`
}

function notePayload(ip: Ipv4 | Ipv6): string {
  if ('fragmentOffset' in ip && ip.fragmentOffset > 0) return `proto ${ip.protocol} fragment at ${ip.fragmentOffset}`
  const first = 'moreFragments' in ip && ip.moreFragments ? 'first fragment ' : ''
  return first + (noteTunnel(ip) ?? noteTransport(ip))
}

function noteTransport(ip: Ipv4 | Ipv6): string {
  const tcp = parseTcp(ip)
  if (tcp !== null) return `tcp ${flagLetters(tcp.flags)} ${tcp.sourcePort}>${tcp.destinationPort}`
  // A quotation may end before the segment or the datagram does.
  if (ip.protocol === Protocol.Tcp) return `tcp - ${read16(ip.payload, 0)}>${read16(ip.payload, 2)}`
  if (ip.protocol === Protocol.Udp) return `udp ${read16(ip.payload, 0)}>${read16(ip.payload, 2)}`
  const icmp = parseIcmp(ip)
  return icmp === null ? `protocol ${ip.protocol}` : noteIcmp(icmp, 'hopLimit' in ip)
}

function noteIcmp(icmp: Icmp, overIpv6: boolean): string {
  const quoted = overIpv6 ? parseQuotedIpv6(icmp.payload) : parseQuotedIpv4(icmp.payload)
  const isEcho = !overIpv6 && (icmp.type === IcmpType.Echo || icmp.type === IcmpType.EchoReply)
  if (isEcho) return `icmp type=${icmp.type} code=${icmp.code}`
  const rest = icmp.rest.toString(16).padStart(8, '0')
  const quote = quoted === null ? '' : ` [ ${noteIp(quoted)} ]`
  return `icmp${overIpv6 ? '6' : ''} type=${icmp.type} code=${icmp.code} rest=${rest}${quote}`
}
