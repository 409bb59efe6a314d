/**
 * What the director does with addresses, whatever their width. A wider `Address` is a change of this file and of the
 * record; nothing else looks inside one.
 */
import type { Address } from './records.ts'
import { change32 } from './checksum.ts'

export function copyAddress(to: Address, from: Address): void {
  to.word = from.word
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.word === b.word
}

/** What replacing one address by another adds to the sum below a checksum that covers it. */
export function changeOfAddress(from: Address, to: Address): number {
  return change32(from.word, to.word)
}
