/**
 * What the director does with addresses, whatever their width. Nothing else looks inside one.
 *
 * A flow's key holds a 64-bit digest of each address, so that a key is 24 bytes for either family and the lookup costs
 * the same: IPv4 as it is; IPv6 through two rounds of a keyed mix in the manner of Jenkins' lookup3. Whoever finds a flow compares the
 * whole addresses in its connection. Two IPv6 flows in a million connections share a key with probability 2^-80; the keys are the
 * director's secret, so nobody can make them. The second such flow is refused and counted.
 */
import { change32 } from './checksum.ts'
import { settings } from './platform.ts'
import { type Address, type Digest, Family } from './records.ts'

export function copyAddress(to: Address, from: Address): void {
  to.word0 = from.word0
  to.word1 = from.word1
  to.word2 = from.word2
  to.word3 = from.word3
}

export function swapAddresses(a: Address, b: Address): void {
  const word0 = a.word0
  const word1 = a.word1
  const word2 = a.word2
  const word3 = a.word3
  copyAddress(a, b)
  b.word0 = word0
  b.word1 = word1
  b.word2 = word2
  b.word3 = word3
}

/** An address that is nothing but a number, such as a firewall mark. */
export function clearAddress(to: Address, word: number): void {
  to.word0 = word
  to.word1 = 0
  to.word2 = 0
  to.word3 = 0
}

export function sameAddress(a: Address, b: Address, family: number): boolean {
  if (a.word0 !== b.word0) return false
  return family === Family.Ipv4 || (a.word1 === b.word1 && a.word2 === b.word2 && a.word3 === b.word3)
}

/** What replacing one address by another adds to the sum below a checksum that covers it. */
export function changeOfAddress(from: Address, to: Address, family: number): number {
  const change = change32(from.word0, to.word0)
  if (family === Family.Ipv4) return change
  return change + change32(from.word1, to.word1) + change32(from.word2, to.word2) + change32(from.word3, to.word3)
}

function sumOfWord(word: number): number {
  return (word >>> 16) + (word & 0xffff)
}

/** What an address adds to the sum below a checksum that covers it. */
export function sumOfAddress(address: Address, family: number): number {
  const sum = sumOfWord(address.word0)
  if (family === Family.Ipv4) return sum
  return sum + sumOfWord(address.word1) + sumOfWord(address.word2) + sumOfWord(address.word3)
}

/** Keeps of an address what makes clients one: `mask` is an IPv4 mask or the length of an IPv6 prefix. */
export function maskAddress(address: Address, mask: number, family: number): void {
  if (family === Family.Ipv4) {
    address.word0 = (address.word0 & mask) >>> 0
    return
  }
  address.word0 = maskWord(address.word0, mask)
  address.word1 = maskWord(address.word1, mask - 32)
  address.word2 = maskWord(address.word2, mask - 64)
  address.word3 = maskWord(address.word3, mask - 96)
}

/** The upper `bits` bits of a word; none below 1, all from 32 on. */
function maskWord(word: number, bits: number): number {
  if (bits <= 0) return 0
  if (bits >= 32) return word
  return (word & (0xffffffff << (32 - bits))) >>> 0
}

/** Whether the address begins with the first `bits` bits of `prefix`, which has no others. */
export function isWithin(address: Address, prefix: Address, bits: number, family: number): boolean {
  if (maskWord(address.word0, bits) !== prefix.word0) return false
  if (family === Family.Ipv4) return true
  return (
    maskWord(address.word1, bits - 32) === prefix.word1 &&
    maskWord(address.word2, bits - 64) === prefix.word2 &&
    maskWord(address.word3, bits - 96) === prefix.word3
  )
}

/** All four words in one, as IPVS's hashing schedulers fold an IPv6 address. */
export function foldAddress(address: Address): number {
  return (address.word0 ^ address.word1 ^ address.word2 ^ address.word3) >>> 0
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

export function digest(address: Address, family: number, to: Digest): void {
  if (family === Family.Ipv4) {
    to.low = address.word0
    to.high = 0
    return
  }
  digestIpv6(address, to)
}

/** The digest of what isn't an address: a firewall mark. */
export function clearDigest(to: Digest, word: number): void {
  to.low = word
  to.high = 0
}

/** @noinline */
function digestIpv6(address: Address, to: Digest): void {
  const keys = settings()
  if (keys === null) return
  let a = (address.word0 + keys.digestKey0) | 0
  let b = (address.word1 + keys.digestKey1) | 0
  let c = (address.word2 + keys.digestKey0) | 0
  a = ((a - c) | 0) ^ rotate(c, 4)
  c = (c + b) | 0
  b = ((b - a) | 0) ^ rotate(a, 6)
  a = (a + c) | 0
  c = ((c - b) | 0) ^ rotate(b, 8)
  b = (b + a) | 0
  a = (a + address.word3) | 0
  a = ((a - c) | 0) ^ rotate(c, 16)
  c = (c + b) | 0
  b = ((b - a) | 0) ^ rotate(a, 19)
  a = (a + c) | 0
  c = ((c - b) | 0) ^ rotate(b, 4)
  b = (b + a) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  to.low = c >>> 0
  to.high = b >>> 0
}
