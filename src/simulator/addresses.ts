/**
 * IP and MAC addresses: text outside. Inside, an IPv4 address is an unsigned 32-bit number in host order and an IPv6 address its canonical
 * text (RFC 5952), so that either is compared by `===` and can be a key. What depends on the family is here.
 */
import { ipv6Bytes, ipv6Text } from './ipv6-addresses.ts'

export type Family = 4 | 6

/** An address as hosts hold it. */
export type Address = number | string

/** An address as callers write it: an `Address`, dotted decimal, or an IPv6 address in any spelling. */
export type AddressLike = string | number

/** Bytes of the IP header without options. */
export const IP_HEADER: Readonly<Record<Family, number>> = { 4: 20, 6: 40 }

/** The least that every link takes, in bytes (RFC 791, RFC 8200). */
export const MIN_MTU: Readonly<Record<Family, number>> = { 4: 68, 6: 1280 }

/** Reads dotted decimal; throws a `RangeError` that names the text. */
export function parseAddress(text: string): number {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) {
    throw new RangeError(`"${text}" is not an IPv4 address: write four numbers of 0 to 255, as in 192.0.2.1`)
  }
  return parts.reduce((address, part) => address * 256 + Number(part), 0)
}

export function toAddress(address: AddressLike): Address {
  if (typeof address === 'number') return address >>> 0
  return address.includes(':') ? ipv6Text(ipv6Bytes(address), 0) : parseAddress(address)
}

export function familyOf(address: Address): Family {
  return typeof address === 'number' ? 4 : 6
}

export function formatAddress(address: Address): string {
  if (typeof address === 'string') return address
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** Whether an address may be that of one host. */
export function isUnicast(address: Address): boolean {
  if (typeof address === 'string') return address !== '::' && !address.startsWith('ff')
  return address >>> 28 < 14 && address >>> 24 !== 0
}

/** A network: its address and the number of leading bits that count, 0 … 32 or 128. */
export interface Prefix {
  readonly address: Address
  readonly length: number
}

/** Reads `192.0.2.1/24` or `2001:db8::1/64`; the bits after the prefix stay in `address`. Throws a `RangeError` that names the text. */
export function parsePrefix(text: string): Prefix {
  const [address = '', bits = ''] = text.split('/')
  const most = address.includes(':') ? 128 : 32
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > most) {
    throw new RangeError(`"${text}" is not a prefix: write an address and 0 to ${most} bits, as in 192.0.2.0/24`)
  }
  return { address: toAddress(address), length: Number(bits) }
}

/** Whether the prefix is a single address. */
export function isHostPrefix({ address, length }: Prefix): boolean {
  return length === (familyOf(address) === 4 ? 32 : 128)
}

export function prefixMask(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0
}

/** Whether an address begins with the bits of a prefix of its family. */
export function isInPrefix(address: Address, prefix: Prefix): boolean {
  if (typeof address === 'string')
    return typeof prefix.address === 'string' && beginsAs(ipv6Bytes(address), ipv6Bytes(prefix.address), prefix.length)
  return typeof prefix.address === 'number' && ((address ^ prefix.address) & prefixMask(prefix.length)) === 0
}

function beginsAs(a: Uint8Array, b: Uint8Array, bits: number): boolean {
  const whole = bits >>> 3
  for (let at = 0; at < whole; at++) if (a[at] !== b[at]) return false
  return ((a[whole] ?? 0) ^ (b[whole] ?? 0)) >>> (8 - (bits & 7)) === 0
}

/** A MAC address is a 48-bit number. */
export const BROADCAST_MAC = 0xffffffffffff

export function formatMac(mac: number): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:')
}
