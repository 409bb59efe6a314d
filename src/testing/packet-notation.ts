/**
 * Packets as the transcripts of conformance/facts write them: `10.1.0.1 > 10.9.0.1 ttl=64 tos=0 DF len=40 tcp S 1001>80`, an
 * ICMP error with the packet that it quotes in brackets.
 */
import { formatAddress } from '../simulator/addresses.ts'
import { buildTcp } from '../simulator/build-packet.ts'
import { parseIcmp, parseIpv4, parseQuotedIpv4, parseTcp, type Ipv4 } from '../simulator/parse-packet.ts'
import { checksumsAreValid } from '../simulator/verify-packet.ts'

/** Flags by bit, in the order in which they are written. */
const FLAGS = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C']
const TCP_PACKET = /^(\S+) > (\S+) ttl=(\d+) tos=(\d+) (DF|-) len=(\d+) tcp ([FSRPAUEC]*) (\d+)>(\d+)$/

export function flagBits(letters: string): number {
  return letters.split('').reduce((bits, letter) => bits | (1 << FLAGS.indexOf(letter)), 0)
}

export function flagLetters(bits: number): string {
  return FLAGS.filter((_, bit) => ((bits >>> bit) & 1) === 1).join('')
}

/** The packet, its payload zero; null for what isn't TCP over IPv4. */
export function buildNoted(text: string): Uint8Array | null {
  const [, source = '', destination = '', ttl, tos, df, length, flags = '', sourcePort, destinationPort] =
    TCP_PACKET.exec(text) ?? []
  if (length === undefined || source.includes(':')) return null
  return buildTcp({
    source,
    destination,
    ttl: Number(ttl),
    tos: Number(tos),
    dontFragment: df === 'DF',
    flags: flagBits(flags),
    sourcePort: Number(sourcePort),
    destinationPort: Number(destinationPort),
    payload: new Uint8Array(Number(length) - 40),
  })
}

/** The packet in the transcripts' words; one whose checksums are wrong says so. */
export function notePacket(bytes: Uint8Array): string {
  const ip = parseIpv4(bytes)
  if (ip === null) return 'not a whole IPv4 packet'
  return `${noteIp(ip)}${checksumsAreValid(bytes) ? '' : ' with a wrong checksum'}`
}

function noteIp(ip: Ipv4): string {
  const fragment = ip.dontFragment ? 'DF' : '-'
  const addresses = `${formatAddress(ip.source)} > ${formatAddress(ip.destination)}`
  return `${addresses} ttl=${ip.ttl} tos=${ip.tos} ${fragment} len=${ip.totalLength} ${notePayload(ip)}`
}

function notePayload(ip: Ipv4): string {
  const tcp = parseTcp(ip)
  if (tcp !== null) return `tcp ${flagLetters(tcp.flags)} ${tcp.sourcePort}>${tcp.destinationPort}`
  const icmp = parseIcmp(ip)
  const quoted = icmp === null ? null : parseQuotedIpv4(icmp.payload)
  if (icmp === null || quoted === null) return `protocol ${ip.protocol}`
  const rest = icmp.rest.toString(16).padStart(8, '0')
  return `icmp type=${icmp.type} code=${icmp.code} rest=${rest} [ ${noteIp(quoted)} ]`
}
