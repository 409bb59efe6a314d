/** Addresses between text and the words, in host order, that the tables hold. */
import { isIPv4, isIPv6 } from 'node:net'
import { type Address, Family } from '../engine/records.ts'
import { ControlError, type Endpoint } from './model.ts'

export interface ParsedAddress {
  readonly family: Family
  readonly address: Address
}

function words(word0: number, word1: number, word2: number, word3: number): Address {
  return { word0, word1, word2, word3 }
}

function parseIpv4(text: string): number {
  return text.split('.').reduce((word, part) => word * 256 + Number(part), 0)
}

/** The sixteen-bit groups of a valid IPv6 address, which may end in dotted decimal and has at most one "::". */
function groupsOf(text: string): number[] {
  const dotted = /[^:]*\.[^:]*$/.exec(text)?.[0]
  if (dotted !== undefined) {
    const word = parseIpv4(dotted)
    const tail = `${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`
    return groupsOf(text.slice(0, -dotted.length) + tail)
  }
  const [head = '', tail] = text.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...(tail === undefined ? [] : zeros), ...after].map((group) => parseInt(group, 16))
}

function parseIpv6(text: string): Address {
  const groups = groupsOf(text)
  const word = (index: number): number => (groups[index] ?? 0) * 65536 + (groups[index + 1] ?? 0)
  return words(word(0), word(2), word(4), word(6))
}

/** Throws a `ControlError` `bad-address` where the text is neither an IPv4 address in dotted decimal nor an IPv6 address. */
export function parseAddress(text: string): ParsedAddress {
  if (isIPv4(text)) return { family: Family.Ipv4, address: words(parseIpv4(text), 0, 0, 0) }
  if (isIPv6(text) && !text.includes('%')) return { family: Family.Ipv6, address: parseIpv6(text) }
  throw new ControlError('bad-address', `"${text}" is not an IP address: write one as in 192.0.2.1 or 2001:db8::1`)
}

function formatIpv4(word: number): string {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff].join('.')
}

/** Where the longest run of two or more zero groups begins, the first on a tie (RFC 5952 §4.2). */
function longestZeros(groups: readonly number[]): { first: number; length: number } {
  let best = { first: -1, length: 1 }
  for (let first = 0; first < groups.length; first++) {
    let length = 0
    while (groups[first + length] === 0) length += 1
    if (length > best.length) best = { first, length }
  }
  return best
}

/** RFC 5952; what is mapped from or compatible with IPv4 ends in dotted decimal, as inet_ntop(3) has it. */
function formatIpv6({ word0, word1, word2, word3 }: Address): string {
  const isMapped = word0 === 0 && word1 === 0 && (word2 === 0xffff || (word2 === 0 && word3 > 0xffff))
  if (isMapped) return `${word2 === 0 ? '::' : '::ffff:'}${formatIpv4(word3)}`
  const groups = [word0, word1, word2, word3].flatMap((word) => [word >>> 16, word & 0xffff])
  const { first, length } = longestZeros(groups)
  const text = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':')
  return first < 0 ? text(groups) : `${text(groups.slice(0, first))}::${text(groups.slice(first + length))}`
}

/** `family` is a `Family`. */
export function formatAddress(address: Address, family: number): string {
  return family === Family.Ipv4 ? formatIpv4(address.word0) : formatIpv6(address)
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return isIPv6(address) ? `[${address}]:${port}` : `${address}:${port}`
}
