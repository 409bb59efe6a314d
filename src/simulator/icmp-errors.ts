/**
 * ICMP errors (RFC 792, with RFC 1191's MTU; RFC 4443) and the rules about when none is sent (RFC 1122 §3.2.2, RFC 4443 §2.4): never about an
 * ICMP error, a fragment other than the first, or a packet from or to many. They quote as much as fits in the packet that every
 * way takes: 576 bytes (RFC 1812 §4.3.2.3), or 1280.
 */
import { type Address, type Family, IP_HEADER, isUnicast } from './addresses.ts'
import { buildIcmp } from './build-packet.ts'
import type { IpPacket } from './parse-ip.ts'
import {
  type Icmp,
  IcmpType,
  Icmpv6Type,
  isIcmpError,
  isIcmpv6Error,
  Protocol,
  read8,
  Unreachable,
  UnreachableIpv6,
} from './parse-packet.ts'

export type IcmpErrorKind =
  'no-route' | 'host-unreachable' | 'protocol-unreachable' | 'port-unreachable' | 'too-big' | 'time-exceeded'

export interface IcmpError {
  readonly kind: IcmpErrorKind
  /** Only of `too-big`, in bytes. */
  readonly mtu?: number
}

interface Message {
  readonly type: number
  readonly code: number
}

const MESSAGES: Readonly<Record<Family, Readonly<Record<IcmpErrorKind, Message>>>> = {
  4: {
    'no-route': { type: IcmpType.Unreachable, code: Unreachable.Network },
    'host-unreachable': { type: IcmpType.Unreachable, code: Unreachable.Host },
    'protocol-unreachable': { type: IcmpType.Unreachable, code: Unreachable.Protocol },
    'port-unreachable': { type: IcmpType.Unreachable, code: Unreachable.Port },
    'too-big': { type: IcmpType.Unreachable, code: Unreachable.FragmentationNeeded },
    'time-exceeded': { type: IcmpType.TimeExceeded, code: 0 },
  },
  6: {
    'no-route': { type: Icmpv6Type.Unreachable, code: UnreachableIpv6.NoRoute },
    'host-unreachable': { type: Icmpv6Type.Unreachable, code: UnreachableIpv6.Address },
    'protocol-unreachable': { type: Icmpv6Type.ParameterProblem, code: 1 },
    'port-unreachable': { type: Icmpv6Type.Unreachable, code: UnreachableIpv6.Port },
    'too-big': { type: Icmpv6Type.TooBig, code: 0 },
    'time-exceeded': { type: Icmpv6Type.TimeExceeded, code: 0 },
  },
}

const MAX_LENGTH: Readonly<Record<Family, number>> = { 4: 576, 6: 1280 }
/** Internetwork control, as in Linux (RFC 1812 §4.3.2.5); none of IPv6's. */
const TOS: Readonly<Record<Family, number>> = { 4: 0xc0, 6: 0 }
const ICMP_HEADER = 8
/** Of an IPv6 header: `rest` of a parameter problem says which byte is at fault. */
const NEXT_HEADER_AT = 6

export function isErrorOf(family: Family, type: number): boolean {
  return family === 4 ? isIcmpError(type) : isIcmpv6Error(type)
}

export function isIcmp({ family, protocol }: IpPacket): boolean {
  return protocol === (family === 4 ? Protocol.Icmp : Protocol.Icmpv6)
}

export function mayAnswerWithError(ip: IpPacket): boolean {
  if (ip.fragmentOffset !== 0 || !isUnicast(ip.source) || !isUnicast(ip.destination)) return false
  return !isIcmp(ip) || (ip.payload.length > 0 && !isErrorOf(ip.family, read8(ip.payload, 0)))
}

/** The error about a packet, sent by `source`. Ask `mayAnswerWithError` first. */
export function buildIcmpError(about: IpPacket, error: IcmpError, source: Address, identification: number): Uint8Array {
  const { family } = about
  const quoted = Math.min(about.totalLength, MAX_LENGTH[family] - IP_HEADER[family] - ICMP_HEADER)
  const message = MESSAGES[family][error.kind]
  const isProblem = family === 6 && message.type === Icmpv6Type.ParameterProblem
  return buildIcmp({
    source,
    destination: about.source,
    identification,
    tos: TOS[family],
    ...message,
    rest: error.mtu ?? (isProblem ? NEXT_HEADER_AT : 0),
    payload: about.bytes.subarray(0, quoted),
  })
}

/** What an ICMP message says of the packet that it quotes; null where it isn't one of these errors. */
export function readIcmpError(family: Family, { type, code, rest }: Icmp): IcmpError | null {
  for (const [kind, message] of Object.entries(MESSAGES[family]) as [IcmpErrorKind, Message][]) {
    if (message.type !== type || message.code !== code) continue
    return kind === 'too-big' ? { kind, mtu: family === 4 ? rest & 0xffff : rest } : { kind }
  }
  return type === MESSAGES[family]['host-unreachable'].type ? { kind: 'host-unreachable' } : null
}
