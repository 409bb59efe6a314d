/**
 * IPv4 as the director sees it: the one place that knows how addresses lie in an IPv4 header (RFC 791 §3.1).
 */
import { HOP_CHANGE, change32, fold, update } from './checksum.ts'
import { type Packet, sumOfBytes } from './platform.ts'
import type { Address, Ipv4Header } from './records.ts'

export const PROTOCOL_ICMP = 1
export const PROTOCOL_TCP = 6

export const IPV4_HEADER = 20
/** Flag and offset bits that only a fragment has set. */
const FRAGMENT_BITS = 0x3fff
const DONT_FRAGMENT = 0x4000

export function isIpv4(ip: Ipv4Header): boolean {
  return ip.versionAndLength >>> 4 === 4
}

/** Bytes of the header, options included. */
export function headerLength(ip: Ipv4Header): number {
  return (ip.versionAndLength & 0x0f) * 4
}

export function isFragment(ip: Ipv4Header): boolean {
  return (ip.fragment & FRAGMENT_BITS) !== 0
}

export function mayFragment(ip: Ipv4Header): boolean {
  return (ip.fragment & DONT_FRAGMENT) === 0
}

export function headerChecksumHolds(packet: Packet, ip: Ipv4Header): boolean {
  return sumOfBytes(packet, 0, headerLength(ip)) === 0xffff
}

export function readSource(ip: Ipv4Header, to: Address): void {
  to.word = ip.source
}

export function readDestination(ip: Ipv4Header, to: Address): void {
  to.word = ip.destination
}

/** Returns what the replacement adds to the sum below a checksum that covers the address. */
export function replaceSource(ip: Ipv4Header, to: Address): number {
  const change = change32(ip.source, to.word)
  ip.source = to.word
  ip.checksum = update(ip.checksum, change)
  return change
}

/** Returns what the replacement adds to the sum below a checksum that covers the address. */
export function replaceDestination(ip: Ipv4Header, to: Address): number {
  const change = change32(ip.destination, to.word)
  ip.destination = to.word
  ip.checksum = update(ip.checksum, change)
  return change
}

/** One hop less to live. */
export function countHop(ip: Ipv4Header): void {
  ip.ttl -= 1
  ip.checksum = update(ip.checksum, HOP_CHANGE)
}

/** Writes a header without options for a packet of the director's own, checksum included. */
export function writeHeader(
  ip: Ipv4Header,
  tos: number,
  totalLength: number,
  protocol: number,
  source: Address,
  destination: Address,
): void {
  ip.versionAndLength = 0x45
  ip.tos = tos
  ip.totalLength = totalLength
  ip.identification = 0
  ip.fragment = 0
  ip.ttl = 64
  ip.protocol = protocol
  ip.source = source.word
  ip.destination = destination.word
  const sum =
    0x4500 +
    tos +
    totalLength +
    (64 * 256 + protocol) +
    (source.word >>> 16) +
    (source.word & 0xffff) +
    (destination.word >>> 16) +
    (destination.word & 0xffff)
  ip.checksum = 0xffff - fold(sum)
}
