/**
 * Neighbour discovery (RFC 4861): the solicitations and advertisements that are IPv6's ARP, the multicast groups that they go to (RFC 4291
 * §2.7.1), and the link-layer addresses of those (RFC 2464 §7). Without router discovery, redirects and duplicate address detection.
 */
import { type Address, toAddress } from './addresses.ts'
import { buildIcmp, write16, write32 } from './build-packet.ts'
import { ipv6Bytes, ipv6Text } from './ipv6-addresses.ts'
import type { IpPacket } from './parse-ip.ts'
import { Icmpv6Type, parseIcmp, Protocol, read16, read32, read8 } from './parse-packet.ts'
import { payloadChecksumIsValid } from './verify-packet.ts'

/** What a solicitation asks, or an advertisement says. */
export interface NeighbourMessage {
  readonly isSolicitation: boolean
  readonly source: Address
  /** The address that is asked for or advertised. */
  readonly target: Address
  /** The sender's; null if it doesn't say. */
  readonly mac: number | null
}

export const ALL_NODES = 'ff02::1'

const TTL = 255
const TARGET = 16
const OPTION = 8
const SOURCE_LINK_LAYER = 1
const TARGET_LINK_LAYER = 2
/** Of an advertisement: it answers a solicitation, and is to be believed above others. */
const SOLICITED = 0x40000000
const OVERRIDE = 0x20000000

function word(address: Address, index: number): number {
  return read32(ipv6Bytes(String(address)), index * 4)
}

/** The group that hosts with an address listen to: it ends in the address's last three bytes. */
export function solicitedNode(address: Address): Address {
  const last = word(address, 3) & 0xffffff
  return toAddress(`ff02::1:ff${(last >>> 16).toString(16).padStart(2, '0')}:${(last & 0xffff).toString(16)}`)
}

/** Where frames to a group go. */
export function groupMac(group: Address): number {
  return 0x333300000000 + word(group, 3)
}

/** The address that an interface has by its MAC address alone: fe80::/64 and a modified EUI-64 (RFC 4291 appendix A). */
export function linkLocalAddress(mac: number): Address {
  const bytes = new Uint8Array(16)
  const high = Math.floor(mac / 0x1000000)
  write16(bytes, 0, 0xfe80)
  write32(bytes, 8, (((high << 8) ^ 0x02000000) | 0xff) >>> 0)
  write32(bytes, 12, (0xfe000000 | (mac & 0xffffff)) >>> 0)
  return ipv6Text(bytes, 0)
}

export function isNeighbourMessage(ip: IpPacket): boolean {
  const type = read8(ip.payload, 0)
  const isOne = type === Icmpv6Type.NeighbourSolicitation || type === Icmpv6Type.NeighbourAdvertisement
  return isOne && ip.protocol === Protocol.Icmpv6
}

/** Null for what RFC 4861 §7.1 says is to be discarded. */
export function parseNeighbourMessage(ip: IpPacket): NeighbourMessage | null {
  const icmp = parseIcmp(ip)
  if (icmp === null || ip.ttl !== TTL || icmp.code !== 0 || icmp.payload.length < TARGET) return null
  if (!payloadChecksumIsValid(ip)) return null
  const isSolicitation = icmp.type === Icmpv6Type.NeighbourSolicitation
  const mac = linkLayerAddress(icmp.payload.subarray(TARGET), isSolicitation ? SOURCE_LINK_LAYER : TARGET_LINK_LAYER)
  return { isSolicitation, source: ip.source, target: ipv6Text(icmp.payload, 0), mac }
}

function linkLayerAddress(options: Uint8Array, wanted: number): number | null {
  for (let at = 0; at + OPTION <= options.length;) {
    const length = read8(options, at + 1) * OPTION
    if (read8(options, at) === wanted && length === OPTION) {
      return read16(options, at + 2) * 0x100000000 + read32(options, at + 4)
    }
    if (length === 0) return null
    at += length
  }
  return null
}

function messageBody(target: Address, option: number, mac: number): Uint8Array {
  const body = new Uint8Array(TARGET + OPTION)
  body.set(ipv6Bytes(String(target)))
  body[TARGET] = option
  body[TARGET + 1] = 1
  write16(body, TARGET + 2, Math.floor(mac / 0x100000000))
  write32(body, TARGET + 4, mac)
  return body
}

/** Asks who has `target`. */
export function buildSolicitation(source: Address, mac: number, target: Address): Uint8Array {
  const payload = messageBody(target, SOURCE_LINK_LAYER, mac)
  const destination = solicitedNode(target)
  return buildIcmp({ source, destination, ttl: TTL, type: Icmpv6Type.NeighbourSolicitation, payload })
}

/** Answers whoever has asked for `target`. */
export function buildAdvertisement(target: Address, mac: number, asker: Address): Uint8Array {
  const payload = messageBody(target, TARGET_LINK_LAYER, mac)
  const [rest, destination] = asker === '::' ? [OVERRIDE, ALL_NODES] : [SOLICITED | OVERRIDE, asker]
  return buildIcmp({ source: target, destination, ttl: TTL, type: Icmpv6Type.NeighbourAdvertisement, rest, payload })
}
