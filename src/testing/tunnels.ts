/** Whether the checksums of a packet, and of one that it carries to a server through a tunnel, are right. */
import { finishChecksum, sumWords } from '../simulator/checksum.ts'
import { type Ipv6, parseIpv6 } from '../simulator/parse-ipv6.ts'
import { type Ipv4, isFragment, parseIpv4, Protocol, read16 } from '../simulator/parse-packet.ts'
import { checksumsAreValid, headerChecksumIsValid } from '../simulator/verify-packet.ts'

const IPV4_INSIDE = 4
const IPV6_INSIDE = 41
const GRE = 47
const GRE_CHECKSUM_PRESENT = 0x8000
const UDP_HEADER = 8
const GUE_HEADER = 4

const isIpInside = (protocol: number | undefined): boolean => protocol === IPV4_INSIDE || protocol === IPV6_INSIDE

/** The packet inside, and whether the tunnel's own header is right; null for what is in no tunnel. */
function inside({ protocol, payload }: Ipv4 | Ipv6): { bytes: Uint8Array; isRight: boolean } | null {
  if (isIpInside(protocol)) return { bytes: payload, isRight: true }
  if (protocol === GRE) {
    const covered = (read16(payload, 0) & GRE_CHECKSUM_PRESENT) !== 0
    const isRight = !covered || finishChecksum(sumWords(payload, 0, payload.length)) === 0
    return { bytes: payload.subarray(covered ? 8 : 4), isRight }
  }
  const at = UDP_HEADER + GUE_HEADER
  if (protocol !== Protocol.Udp || payload.length < at + 20 || payload[UDP_HEADER] !== 0) return null
  // Other payloads may begin so by chance.
  const bytes = payload.subarray(at)
  const isGue = isIpInside(payload[UDP_HEADER + 1]) && (parseIpv4(bytes) ?? parseIpv6(bytes)) !== null
  return isGue ? { bytes, isRight: true } : null
}

/** GUE may go without a checksum, over IPv6 as well (RFC 6935 §5). */
function outerIsValid(ip: Ipv4 | Ipv6, bytes: Uint8Array): boolean {
  const isUncovered = ip.protocol === Protocol.Udp && read16(ip.payload, 6) === 0
  if (!isUncovered) return checksumsAreValid(bytes)
  return 'hopLimit' in ip || headerChecksumIsValid(ip)
}

export function checksumsHold(bytes: Uint8Array): boolean {
  const ip = parseIpv4(bytes) ?? parseIpv6(bytes)
  const carried = ip === null || isFragment(ip) ? null : inside(ip)
  if (ip === null || carried === null) return checksumsAreValid(bytes)
  return carried.isRight && outerIsValid(ip, bytes) && checksumsAreValid(carried.bytes)
}
