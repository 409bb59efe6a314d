/**
 * Values of options as the C library reads them for ipvsadm: numbers by strtol(3) in base 10, IPv4 addresses by
 * inet_aton(3), which takes `10.1` and octal and hexadecimal parts too.
 */
import { isIPv6 } from 'node:net'
import { formatAddress, parseAddress } from '../../control/address.ts'
import type { Protocol } from '../../control/model.ts'
import type { Names } from './names.ts'

export const INT_MAX = 2147483647

export interface HostPort {
  readonly family: 4 | 6
  /** Dotted decimal, or an IPv6 address by RFC 5952. */
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

/** An IPv6 address in the one form by RFC 5952, or null. */
function parseIpv6(text: string): string | null {
  if (!isIpv6Address(text)) return null
  const { address, family } = parseAddress(text)
  return formatAddress(address, family)
}

function parsePort(text: string, protocol: Protocol | null, names: Names): number | null {
  const number = parseNumber(text, 0, 65535)
  if (number !== null) return number
  return protocol === null ? null : names.servicePort(text, protocol)
}

/**
 * `host[:port]`, or `[ipv6]:port`; null where it is neither. Brackets need a port, and an IPv4 address within them loses it:
 * both as ipvsadm has it. A name within brackets stands for an IPv6 address, as listings write it.
 */
export async function parseHostPort(text: string, protocol: Protocol | null, names: Names): Promise<HostPort | null> {
  if (/^[0-9]*$/.test(text)) return null
  if (text.startsWith('[')) return parseBracketed(text, protocol, names)
  const version6 = parseIpv6(text)
  if (version6 !== null) return { family: 6, address: version6, port: null }
  const colon = text.lastIndexOf(':')
  const host = colon < 0 ? text : text.slice(0, colon)
  const address = parseIpv4(host) ?? (await names.hostAddress(host, 4))
  if (address === null) return null
  if (colon < 0) return { family: 4, address, port: null }
  const port = parsePort(text.slice(colon + 1), protocol, names)
  return port === null ? null : { family: 4, address, port }
}

async function parseBracketed(text: string, protocol: Protocol | null, names: Names): Promise<HostPort | null> {
  const close = text.indexOf(']')
  if (text.charAt(close + 1) !== ':') return null
  const host = text.slice(1, close)
  const version4 = parseIpv4(host)
  if (version4 !== null) return { family: 4, address: version4, port: null }
  const address = parseIpv6(host) ?? (await names.hostAddress(host, 6))
  const port = parsePort(text.slice(close + 2), protocol, names)
  return address === null || port === null ? null : { family: 6, address, port }
}
