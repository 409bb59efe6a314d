/**
 * UDP as a director follows it: a connection is in its only state from the first datagram on, always counts as inactive, and lives
 * as long as datagrams of either direction keep coming (conformance/facts/udp_states_nat.json).
 */
import { type Packet, udpAt } from '../platform.ts'
import type { Heading } from '../records.ts'

export const enum UdpState {
  Normal = 0,
}

/** Names as `ipvsadm -L -c` prints them, by state. */
export const UDP_STATE_NAMES = ['UDP'] as const

const UDP_HEADER = 8

/** Reads the header behind `heading.transport`. False where it is not whole. */
export function parseUdp(packet: Packet, heading: Heading): boolean {
  const udp = udpAt(packet, heading.transport)
  if (udp === null) return false
  heading.sourcePort = udp.sourcePort
  heading.destinationPort = udp.destinationPort
  heading.payload = heading.transport + UDP_HEADER
  heading.event = 0
  return heading.payload <= heading.length
}
