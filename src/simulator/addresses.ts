/** IPv4 and MAC addresses: text outside, numbers inside. An IPv4 address is an unsigned 32-bit number in host order. */

/** An IPv4 address as text in dotted decimal or as an unsigned number in host order. */
export type AddressLike = string | number

/** Reads dotted decimal; throws a `RangeError` that names the text. */
export function parseAddress(text: string): number {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255)) {
    throw new RangeError(`"${text}" is not an IPv4 address: write four numbers of 0 to 255, as in 192.0.2.1`)
  }
  return parts.reduce((address, part) => address * 256 + Number(part), 0)
}

export function toAddress(address: AddressLike): number {
  return typeof address === 'string' ? parseAddress(address) : address >>> 0
}

export function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

/** A network: its address and the number of leading bits that count, 0 … 32. */
export interface Prefix {
  readonly address: number
  readonly length: number
}

/** Reads `192.0.2.1/24`; the bits after the prefix stay in `address`. Throws a `RangeError` that names the text. */
export function parsePrefix(text: string): Prefix {
  const [address = '', bits = ''] = text.split('/')
  if (!/^\d{1,2}$/.test(bits) || Number(bits) > 32) {
    throw new RangeError(`"${text}" is not an IPv4 prefix: write an address and 0 to 32 bits, as in 192.0.2.0/24`)
  }
  return { address: parseAddress(address), length: Number(bits) }
}

export function prefixMask(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0
}

export function isInPrefix(address: number, prefix: Prefix): boolean {
  return ((address ^ prefix.address) & prefixMask(prefix.length)) === 0
}

/** A MAC address is a 48-bit number. */
export const BROADCAST_MAC = 0xffffffffffff

export function formatMac(mac: number): string {
  return mac
    .toString(16)
    .padStart(12, '0')
    .replace(/..(?=.)/g, '$&:')
}
