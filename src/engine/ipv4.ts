/**
 * IPv4 as the director sees it: the one place that knows how an IPv4 header lies in a packet (RFC 791 §3.1).
 */
import { sumOfAddress } from './address.ts'
import { change16, change32, fold, HOP_CHANGE, update } from './checksum.ts'
import { ipv4At, type Packet, sumOfBytes } from './platform.ts'
import { type Address, Family, type Heading, type Ipv4Header, Parsed } from './records.ts'

export const IPV4_HEADER = 20
export const DEFAULT_TTL = 64
/** Flag and offset bits that only a fragment has set. */
const FRAGMENT_BITS = 0x3fff
const OFFSET_BITS = 0x1fff
export const DONT_FRAGMENT = 0x4000

/** Reads an IPv4 header as far as the transport header. Returns a `Parsed`. */
export function parseIpv4(packet: Packet, heading: Heading): number {
  const ip = ipv4At(packet, 0)
  if (ip === null || ip.versionAndLength >>> 4 !== 4) return Parsed.Malformed
  const transport = (ip.versionAndLength & 0x0f) * 4
  if (transport < IPV4_HEADER || ip.totalLength < transport || ip.totalLength > packet.length) return Parsed.Malformed
  heading.source.word0 = ip.source
  heading.destination.word0 = ip.destination
  heading.family = Family.Ipv4
  heading.protocol = ip.protocol
  heading.transport = transport
  heading.length = ip.totalLength
  heading.hops = ip.ttl
  if ((ip.fragment & FRAGMENT_BITS) === 0) return Parsed.Whole
  heading.identification = ip.identification
  heading.fragment = (ip.fragment & OFFSET_BITS) === 0 ? Parsed.FirstFragment : Parsed.LaterFragment
  return heading.fragment
}

/**
 * Reads the packet that an ICMP error quotes at `offset`, as the heading of what would answer it: source and destination are exchanged.
 * False where it isn't there, or is a fragment without a transport header.
 */
export function parseQuotedIpv4(packet: Packet, offset: number, answer: Heading): boolean {
  const ip = ipv4At(packet, offset)
  if (ip === null || ip.versionAndLength >>> 4 !== 4 || (ip.fragment & OFFSET_BITS) !== 0) return false
  answer.source.word0 = ip.destination
  answer.destination.word0 = ip.source
  answer.family = Family.Ipv4
  answer.protocol = ip.protocol
  answer.transport = offset + (ip.versionAndLength & 0x0f) * 4
  return true
}

/** Whether a router may cut the packet to pieces. */
export function mayFragment(ip: Ipv4Header): boolean {
  return (ip.fragment & DONT_FRAGMENT) === 0
}

export function ipv4ChecksumHolds(packet: Packet, heading: Heading): boolean {
  return sumOfBytes(packet, 0, heading.transport) === 0xffff
}

/** With `hops` 1 one hop less to live as well. Returns what the new address adds to the sum below a checksum that covers it. */
export function replaceIpv4Source(ip: Ipv4Header, to: Address, hops: number): number {
  const change = change32(ip.source, to.word0)
  ip.source = to.word0
  ip.ttl -= hops
  ip.checksum = update(ip.checksum, hops === 0 ? change : change + HOP_CHANGE)
  return change
}

/** With `hops` 1 one hop less to live as well. Returns what the new address adds to the sum below a checksum that covers it. */
export function replaceIpv4Destination(ip: Ipv4Header, to: Address, hops: number): number {
  const change = change32(ip.destination, to.word0)
  ip.destination = to.word0
  ip.ttl -= hops
  ip.checksum = update(ip.checksum, hops === 0 ? change : change + HOP_CHANGE)
  return change
}

/** Makes the packet `more` bytes longer, as far as its header tells. */
export function lengthenIpv4(ip: Ipv4Header, more: number): void {
  const length = ip.totalLength
  ip.totalLength = length + more
  ip.checksum = update(ip.checksum, change16(length, length + more))
}

/** One hop less to live. */
export function countIpv4Hop(ip: Ipv4Header): void {
  ip.ttl -= 1
  ip.checksum = update(ip.checksum, HOP_CHANGE)
}

/** Writes a header without options for a packet of the director's own, checksum included. `fragment` is the field of flags and offset. */
export function writeIpv4Header(
  ip: Ipv4Header,
  tos: number,
  totalLength: number,
  identification: number,
  fragment: number,
  ttl: number,
  protocol: number,
  source: Address,
  destination: Address,
): void {
  ip.versionAndLength = 0x45
  ip.tos = tos
  ip.totalLength = totalLength
  ip.identification = identification
  ip.fragment = fragment
  ip.ttl = ttl
  ip.protocol = protocol
  ip.source = source.word0
  ip.destination = destination.word0
  const sum =
    0x4500 +
    tos +
    totalLength +
    identification +
    fragment +
    (ttl * 256 + protocol) +
    sumOfAddress(source, Family.Ipv4) +
    sumOfAddress(destination, Family.Ipv4)
  ip.checksum = 0xffff - fold(sum)
}
