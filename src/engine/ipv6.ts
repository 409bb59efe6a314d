/**
 * IPv6 as the director sees it: the one place that knows how an IPv6 header lies in a packet (RFC 8200 §3, §4).
 */
import { changeOfAddress } from './address.ts'
import { extensionAt, fragmentAt, ipv6At, type Packet } from './platform.ts'
import { type Address, Family, type Heading, type Ipv6Header, Parsed } from './records.ts'

export const IPV6_HEADER = 40
const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const DESTINATION_OPTIONS = 60
/** `FragmentHeader.offsetAndMore` from here on is of a fragment behind the first. */
const FIRST_OFFSET = 8
/** Extension headers that are looked past; RFC 8200 §4.1 knows no packet with more. */
const MAX_EXTENSIONS = 6

function readSource(ip: Ipv6Header, to: Address): void {
  to.word0 = ip.source0
  to.word1 = ip.source1
  to.word2 = ip.source2
  to.word3 = ip.source3
}

function readDestination(ip: Ipv6Header, to: Address): void {
  to.word0 = ip.destination0
  to.word1 = ip.destination1
  to.word2 = ip.destination2
  to.word3 = ip.destination3
}

/** Reads an IPv6 header and its extension headers as far as the transport header. Returns a `Parsed`. */
export function parseIpv6(packet: Packet, heading: Heading): number {
  const ip = ipv6At(packet, 0)
  if (ip === null || ip.versionClassFlow >>> 28 !== 6) return Parsed.Malformed
  if (ip.payloadLength + IPV6_HEADER > packet.length) return Parsed.Malformed
  readSource(ip, heading.source)
  readDestination(ip, heading.destination)
  heading.family = Family.Ipv6
  heading.length = ip.payloadLength + IPV6_HEADER
  heading.hops = ip.hopLimit
  return findTransport(packet, heading, ip.nextHeader, IPV6_HEADER)
}

/**
 * Reads the packet that an ICMPv6 error quotes at `offset`, as the heading of what would answer it: source and destination are exchanged.
 * False where it isn't there, or is a fragment.
 */
export function parseQuotedIpv6(packet: Packet, offset: number, answer: Heading): boolean {
  const ip = ipv6At(packet, offset)
  if (ip === null || ip.versionClassFlow >>> 28 !== 6) return false
  readSource(ip, answer.destination)
  readDestination(ip, answer.source)
  answer.family = Family.Ipv6
  answer.length = packet.length
  return findTransport(packet, answer, ip.nextHeader, offset + IPV6_HEADER) === Parsed.Whole
}

/** Reads extension headers from `start` on, the first of type `first`, as far as the transport header. Returns a `Parsed`. */
function findTransport(packet: Packet, heading: Heading, first: number, start: number): number {
  let next = first
  let offset = start
  for (let step = 0; step < MAX_EXTENSIONS; step++) {
    if (next !== HOP_BY_HOP && next !== ROUTING && next !== FRAGMENT && next !== DESTINATION_OPTIONS) break
    const extension = extensionAt(packet, offset)
    if (extension === null) return Parsed.Malformed
    if (next === FRAGMENT) {
      const fragment = fragmentAt(packet, offset)
      if (fragment === null) return Parsed.Malformed
      heading.identification = fragment.identification
      heading.fragment = fragment.offsetAndMore < FIRST_OFFSET ? Parsed.FirstFragment : Parsed.LaterFragment
      if (heading.fragment === Parsed.LaterFragment) {
        heading.protocol = extension.nextHeader
        return Parsed.LaterFragment
      }
    }
    // A fragment header has reserved bits where others have their length.
    offset += next === FRAGMENT ? 8 : 8 + extension.length * 8
    next = extension.nextHeader
    if (offset > heading.length) return Parsed.Malformed
  }
  heading.protocol = next
  heading.transport = offset
  return heading.fragment === 0 ? Parsed.Whole : Parsed.FirstFragment
}

/** Returns what the replacement adds to the sum below a checksum that covers the address. */
export function replaceIpv6Source(ip: Ipv6Header, from: Address, to: Address): number {
  ip.source0 = to.word0
  ip.source1 = to.word1
  ip.source2 = to.word2
  ip.source3 = to.word3
  return changeOfAddress(from, to, Family.Ipv6)
}

/** Returns what the replacement adds to the sum below a checksum that covers the address. */
export function replaceIpv6Destination(ip: Ipv6Header, from: Address, to: Address): number {
  ip.destination0 = to.word0
  ip.destination1 = to.word1
  ip.destination2 = to.word2
  ip.destination3 = to.word3
  return changeOfAddress(from, to, Family.Ipv6)
}

/** Writes a header for a packet of the director's own. */
export function writeIpv6Header(
  ip: Ipv6Header,
  trafficClass: number,
  payloadLength: number,
  nextHeader: number,
  hopLimit: number,
  source: Address,
  destination: Address,
): void {
  ip.versionClassFlow = 0x60000000 + trafficClass * 0x100000
  ip.payloadLength = payloadLength
  ip.nextHeader = nextHeader
  ip.hopLimit = hopLimit
  ip.source0 = source.word0
  ip.source1 = source.word1
  ip.source2 = source.word2
  ip.source3 = source.word3
  ip.destination0 = destination.word0
  ip.destination1 = destination.word1
  ip.destination2 = destination.word2
  ip.destination3 = destination.word3
}
