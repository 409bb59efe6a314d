/**
 * Reads IPv6 headers and the extension headers behind them (RFC 8200). As in `parse-packet.ts`, a packet is checked once, here, and
 * payloads are views of the bytes.
 */
import { read16, read32, read8 } from './parse-packet.ts'

export const enum NextHeader {
  HopByHop = 0,
  Routing = 43,
  Fragment = 44,
  DestinationOptions = 60,
}

export interface Ipv6 {
  readonly family: 6
  /** The whole packet; what follows the payload is link padding. */
  readonly bytes: Uint8Array
  readonly trafficClass: number
  readonly flowLabel: number
  readonly hopLimit: number
  readonly totalLength: number
  /** 16 bytes each, views of the packet's. */
  readonly source: Uint8Array
  readonly destination: Uint8Array
  /** Types of the extension headers, in order; of a fragment, of those in front of its piece. */
  readonly extensions: readonly number[]
  /** Bytes in front of the payload. */
  readonly headerLength: number
  /** Of a fragment header, 0 without one. */
  readonly identification: number
  readonly moreFragments: boolean
  /** In bytes. */
  readonly fragmentOffset: number
  /** What the payload is of. */
  readonly protocol: number
  /** Behind the extension headers. */
  readonly payload: Uint8Array
}

const HEADER = 40

/** Null unless the bytes begin with an IPv6 header and hold the packet that it describes. */
export function parseIpv6(bytes: Uint8Array): Ipv6 | null {
  const ip = parseQuotedIpv6(bytes)
  return ip !== null && ip.totalLength <= bytes.length ? ip : null
}

/** As `parseIpv6`, for the packet inside an ICMPv6 error, which may end before its length. */
export function parseQuotedIpv6(bytes: Uint8Array): Ipv6 | null {
  if (bytes.length < HEADER || read8(bytes, 0) >>> 4 !== 6) return null
  const first = read32(bytes, 0)
  const totalLength = HEADER + read16(bytes, 4)
  const chain = followExtensions(bytes, Math.min(totalLength, bytes.length))
  if (chain === null) return null
  return {
    family: 6,
    bytes,
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    hopLimit: read8(bytes, 7),
    totalLength,
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
    ...chain,
  }
}

type Chain = Pick<
  Ipv6,
  'extensions' | 'headerLength' | 'identification' | 'moreFragments' | 'fragmentOffset' | 'protocol' | 'payload'
>

/** Null where an extension header isn't whole. */
function followExtensions(bytes: Uint8Array, end: number): Chain | null {
  const extensions: number[] = []
  let fragment = 0
  let identification = 0
  let protocol = read8(bytes, 6)
  let at = HEADER
  // Behind the header of a fragment is a piece of the payload, whatever it begins with.
  while (isExtension(protocol) && (fragment & 0xfff9) === 0) {
    if (at + 8 > end) return null
    extensions.push(protocol)
    if (protocol === NextHeader.Fragment) {
      fragment = read16(bytes, at + 2)
      identification = read32(bytes, at + 4)
    }
    const length = protocol === NextHeader.Fragment ? 8 : 8 + read8(bytes, at + 1) * 8
    protocol = read8(bytes, at)
    at += length
  }
  if (at > end) return null
  return {
    extensions,
    headerLength: at,
    identification,
    moreFragments: (fragment & 1) === 1,
    fragmentOffset: fragment & 0xfff8,
    protocol,
    payload: bytes.subarray(at, end),
  }
}

function isExtension(type: number): boolean {
  switch (type) {
    case NextHeader.HopByHop:
    case NextHeader.Routing:
    case NextHeader.Fragment:
    case NextHeader.DestinationOptions:
      return true
    default:
      return false
  }
}
