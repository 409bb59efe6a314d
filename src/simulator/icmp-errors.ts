/**
 * ICMP errors (RFC 792, with RFC 1191's MTU) and the rules about when none is sent (RFC 1122 §3.2.2): never about an ICMP error, a
 * fragment other than the first, or a packet from or to many. They quote as much as fits in 576 bytes (RFC 1812 §4.3.2.3).
 */
import { buildIcmp } from './build-packet.ts'
import { type Ipv4, isIcmpError, Protocol, read8 } from './parse-packet.ts'

const MAX_LENGTH = 576

/** Whether an address may be that of one host. */
function isUnicast(address: number): boolean {
  return address >>> 28 < 14 && address >>> 24 !== 0
}

export function mayAnswerWithError(ip: Ipv4): boolean {
  if (ip.fragmentOffset !== 0 || !isUnicast(ip.source) || !isUnicast(ip.destination)) return false
  return ip.protocol !== Protocol.Icmp || (ip.payload.length > 0 && !isIcmpError(read8(ip.payload, 0)))
}

export interface IcmpError {
  readonly type: number
  readonly code: number
  /** Only for `Unreachable.FragmentationNeeded`. */
  readonly mtu?: number
}

/** The error about a packet, sent by `source`. Ask `mayAnswerWithError` first. */
export function buildIcmpError(about: Ipv4, error: IcmpError, source: number, identification: number): Uint8Array {
  return buildIcmp({
    source,
    destination: about.source,
    identification,
    // Internetwork control, as in Linux (RFC 1812 §4.3.2.5).
    tos: 0xc0,
    type: error.type,
    code: error.code,
    rest: error.mtu ?? 0,
    payload: about.bytes.subarray(0, Math.min(about.totalLength, MAX_LENGTH - 28)),
  })
}
