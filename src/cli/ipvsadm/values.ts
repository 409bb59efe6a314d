/**
 * Values of options as the C library reads them for ipvsadm: numbers by strtol(3) in base 10, IPv4 addresses by
 * inet_aton(3), which takes `10.1` and octal and hexadecimal parts too.
 */
import { isIPv6 } from 'node:net'
import type { Names } from './names.ts'

export const INT_MAX = 2147483647

export type ServiceProtocol = 'tcp' | 'udp' | 'sctp'

export interface HostPort {
  readonly family: 4 | 6
  /** Dotted decimal, or an IPv6 address as it was written. */
  readonly address: string
  /** Null where none was given. */
  readonly port: number | null
}

/** A whole number from `least` to `most`, or null. */
export function parseNumber(text: string, least: number, most: number): number | null {
  if (!/^\s*[+-]?[0-9]+$/.test(text)) return null
  const value = Number(text)
  return value >= least && value <= most ? value : null
}

function parseAddressPart(text: string): number {
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number.parseInt(text.slice(2), 16)
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8)
  return /^[1-9][0-9]*$/.test(text) ? Number(text) : Number.NaN
}

/** An IPv4 address in dotted decimal, or null. The last of fewer than four parts fills the bytes that remain. */
export function parseIpv4(text: string): string | null {
  const parts = text.trimEnd().split('.').map(parseAddressPart)
  const last = parts.pop() ?? Number.NaN
  const remaining = 4 - parts.length
  if (parts.length > 3 || !(last < 256 ** remaining) || !parts.every((part) => part < 256)) return null
  const tail = Array.from({ length: remaining }, (_, i) => Math.floor(last / 256 ** (remaining - 1 - i)) % 256)
  return [...parts, ...tail].join('.')
}

/** inet_pton(3) knows no zones. */
export function isIpv6Address(text: string): boolean {
  return isIPv6(text) && !text.includes('%')
}

function parsePort(text: string, protocol: ServiceProtocol | null, names: Names): number | null {
  const number = parseNumber(text, 0, 65535)
  if (number !== null) return number
  return protocol === null ? null : names.servicePort(text, protocol)
}

/**
 * `host[:port]`, or `[ipv6]:port`; null where it is neither. Brackets need a port, and an IPv4 address within them loses it:
 * both as ipvsadm has it.
 */
export async function parseHostPort(
  text: string,
  protocol: ServiceProtocol | null,
  names: Names,
): Promise<HostPort | null> {
  if (/^[0-9]*$/.test(text)) return null
  let host = text
  let port: string | null = null
  if (text.startsWith('[')) {
    const close = text.indexOf(']:')
    if (close < 0 || text.indexOf(']') !== close) return null
    host = text.slice(1, close)
    port = text.slice(close + 2)
  }
  let address: string | null = host
  const family = isIpv6Address(host) ? 6 : 4
  if (family === 4) {
    const colon = host.lastIndexOf(':')
    port = colon < 0 ? null : host.slice(colon + 1)
    if (colon >= 0) host = host.slice(0, colon)
    address = parseIpv4(host) ?? (await names.hostAddress(host))
    if (address === null) return null
  }
  if (port === null) return { family, address, port }
  const number = parsePort(port, protocol, names)
  return number === null ? null : { family, address, port: number }
}
