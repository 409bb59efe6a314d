/** What forwarding changes in a packet: addresses, ports, one hop less, and the checksums that cover them. */
import { change16 } from '../checksum.ts'
import { changeOfCrc32c } from '../crc32c.ts'
import { countIpv4Hop, lengthenIpv4, mayFragment, replaceIpv4Destination, replaceIpv4Source } from '../ipv4.ts'
import { replaceIpv6Destination, replaceIpv6Source } from '../ipv6.ts'
import { ipv4At, ipv6At, type Packet, portsAt, sctpAt, updateChecksum } from '../platform.ts'
import { PROTOCOL_SCTP, PROTOCOL_UDP } from '../protocols/protocols.ts'
import { type Address, Family, type Heading, Parsed } from '../records.ts'

export const TCP_CHECKSUM = 16
const UDP_CHECKSUM = 6

/** One hop less to live. */
export function countHop(packet: Packet, heading: Heading): void {
  if (heading.family === Family.Ipv4) {
    const ip = ipv4At(packet, 0)
    if (ip !== null) countIpv4Hop(ip)
  } else {
    const ip = ipv6At(packet, 0)
    if (ip !== null) ip.hopLimit -= 1
  }
}

/** Whether a router may cut the packet to pieces. */
export function isFragmentable(packet: Packet, heading: Heading): boolean {
  if (heading.family === Family.Ipv6) return false
  const ip = ipv4At(packet, 0)
  return ip !== null && mayFragment(ip)
}

/** Makes the IP header say that the packet has `length` bytes. Returns what that adds to the sum of the pseudo header. */
export function changeLength(packet: Packet, heading: Heading, length: number): number {
  if (heading.family === Family.Ipv4) {
    const ip = ipv4At(packet, 0)
    if (ip !== null) lengthenIpv4(ip, length - heading.length)
  } else {
    const ip = ipv6At(packet, 0)
    if (ip !== null) ip.payloadLength += length - heading.length
  }
  return change16(heading.length, length)
}

/** Gives the packet another destination, and with `hops` 1 one hop less to live. Moves the packet. */
export function replaceDestination(
  packet: Packet,
  heading: Heading,
  address: Address,
  port: number,
  hops: number,
): void {
  let change = 0
  if (heading.family === Family.Ipv4) {
    const ip = ipv4At(packet, 0)
    if (ip !== null) change = replaceIpv4Destination(ip, address, hops)
  } else {
    const ip = ipv6At(packet, 0)
    if (ip !== null) {
      ip.hopLimit -= hops
      change = replaceIpv6Destination(ip, heading.destination, address)
    }
  }
  if (heading.fragment === Parsed.LaterFragment) return
  const ports = portsAt(packet, heading.transport)
  if (ports !== null) ports.destination = port
  mendChecksum(packet, heading, change, heading.destinationPort, port, 0)
}

/** Gives the packet another source, and with `hops` 1 one hop less to live. Moves the packet. */
export function replaceSource(packet: Packet, heading: Heading, address: Address, port: number, hops: number): void {
  let change = 0
  if (heading.family === Family.Ipv4) {
    const ip = ipv4At(packet, 0)
    if (ip !== null) change = replaceIpv4Source(ip, address, hops)
  } else {
    const ip = ipv6At(packet, 0)
    if (ip !== null) {
      ip.hopLimit -= hops
      change = replaceIpv6Source(ip, heading.source, address)
    }
  }
  if (heading.fragment === Parsed.LaterFragment) return
  const ports = portsAt(packet, heading.transport)
  if (ports !== null) ports.source = port
  mendChecksum(packet, heading, change, heading.sourcePort, port, 1)
}

/**
 * Gives the packet another source and another destination, and one hop less to live. `pseudo` and `segment` are what else adds to the sums
 * of the pseudo header and of the segment. Moves the packet.
 */
export function replaceEnds(
  packet: Packet,
  heading: Heading,
  source: Address,
  sourcePort: number,
  destination: Address,
  destinationPort: number,
  pseudo: number,
  segment: number,
): void {
  let change = pseudo
  if (heading.family === Family.Ipv4) {
    const ip = ipv4At(packet, 0)
    if (ip !== null) {
      change += replaceIpv4Source(ip, source, 0)
      change += replaceIpv4Destination(ip, destination, 1)
    }
  } else {
    const ip = ipv6At(packet, 0)
    if (ip !== null) {
      ip.hopLimit -= 1
      change += replaceIpv6Source(ip, heading.source, source)
      change += replaceIpv6Destination(ip, heading.destination, destination)
    }
  }
  if (heading.fragment === Parsed.LaterFragment) return
  const ports = portsAt(packet, heading.transport)
  if (ports !== null) {
    ports.source = sourcePort
    ports.destination = destinationPort
  }
  if (heading.protocol === PROTOCOL_SCTP) {
    mendSctpChecksum(packet, heading, heading.sourcePort ^ sourcePort, 1)
    mendSctpChecksum(packet, heading, heading.destinationPort ^ destinationPort, 0)
    return
  }
  const isUdp = heading.protocol === PROTOCOL_UDP
  const checksum = heading.transport + (isUdp ? UDP_CHECKSUM : TCP_CHECKSUM)
  const ends = change16(heading.sourcePort, sourcePort) + change16(heading.destinationPort, destinationPort)
  updateChecksum(packet, checksum, change, ends + segment, isUdp ? 1 : 0)
}

/** Mends the transport's checksum: `change` is the addresses', `isSource` says which of the ports went from `before` to `after`. */
function mendChecksum(
  packet: Packet,
  heading: Heading,
  change: number,
  before: number,
  after: number,
  isSource: number,
): void {
  if (heading.protocol === PROTOCOL_SCTP) {
    if (before !== after) mendSctpChecksum(packet, heading, before ^ after, isSource)
  } else if (heading.protocol === PROTOCOL_UDP) {
    updateChecksum(packet, heading.transport + UDP_CHECKSUM, change, change16(before, after), 1)
  } else updateChecksum(packet, heading.transport + TCP_CHECKSUM, change, change16(before, after), 0)
}

/**
 * SCTP's checksum covers no addresses. `change` is the exclusive or of the old and the new port.
 * @noinline
 */
function mendSctpChecksum(packet: Packet, heading: Heading, change: number, isSource: number): void {
  const sctp = sctpAt(packet, heading.transport)
  if (sctp === null) return
  const swapped = ((change & 0xff) << 8) | (change >>> 8)
  const word = isSource !== 0 ? swapped : (swapped << 16) >>> 0
  sctp.checksum = (sctp.checksum ^ changeOfCrc32c(word, heading.length - heading.transport)) >>> 0
}
