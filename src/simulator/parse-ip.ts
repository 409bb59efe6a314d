/** A packet of either family as hosts see it: what both headers say, in the same words. */
import type { Address, Family } from './addresses.ts'
import { ipv6Text } from './ipv6-addresses.ts'
import { type Ipv6, parseIpv6, parseQuotedIpv6 } from './parse-ipv6.ts'
import { parseIpv4, parseQuotedIpv4, read8 } from './parse-packet.ts'

export interface IpPacket {
  readonly family: Family
  /** The whole packet; what follows `totalLength` is link padding. */
  readonly bytes: Uint8Array
  /** Bytes in front of the payload. */
  readonly headerLength: number
  readonly totalLength: number
  readonly identification: number
  /** True of IPv6: no router cuts its packets. */
  readonly dontFragment: boolean
  readonly moreFragments: boolean
  /** In bytes. */
  readonly fragmentOffset: number
  /** Time to live or hop limit. */
  readonly ttl: number
  readonly protocol: number
  readonly source: Address
  readonly destination: Address
  readonly payload: Uint8Array
}

function ofIpv6(ip: Ipv6 | null): IpPacket | null {
  if (ip === null) return null
  // Written out: to spread `ip` costs more than to read the packet.
  return {
    family: ip.family,
    bytes: ip.bytes,
    headerLength: ip.headerLength,
    totalLength: ip.totalLength,
    identification: ip.identification,
    dontFragment: true,
    moreFragments: ip.moreFragments,
    fragmentOffset: ip.fragmentOffset,
    ttl: ip.hopLimit,
    protocol: ip.protocol,
    source: ipv6Text(ip.bytes, 8),
    destination: ipv6Text(ip.bytes, 24),
    payload: ip.payload,
  }
}

/** Null unless the bytes begin with an IP header and hold the packet that it describes. */
export function parseIp(bytes: Uint8Array): IpPacket | null {
  return read8(bytes, 0) >>> 4 === 6 ? ofIpv6(parseIpv6(bytes)) : parseIpv4(bytes)
}

/** As `parseIp`, for the packet inside an ICMP error, which may end before its length. */
export function parseQuotedIp(bytes: Uint8Array): IpPacket | null {
  return read8(bytes, 0) >>> 4 === 6 ? ofIpv6(parseQuotedIpv6(bytes)) : parseQuotedIpv4(bytes)
}
