/**
 * The order of a sorted listing: by address, then port, as ipvsadm 1.31 compares them: by a 32-bit difference, which wraps.
 *
 * Addresses more than 2^31 apart therefore compare the wrong way round (192.168.0.1 before 10.0.0.1), and the order is no
 * order: 10.0.0.1 < 127.0.0.1 < 192.168.0.1 < 10.0.0.1. What comes out depends on the algorithm, so this is the one of the C
 * library's qsort(3), a merge sort by halves. n log n comparisons.
 */
import type { Endpoint } from '../../control/model.ts'

function addressWord(address: string): number {
  return address.split('.').reduce((word, part) => word * 256 + Number(part), 0)
}

function compare(a: Endpoint, b: Endpoint): number {
  return (addressWord(a.address) - addressWord(b.address)) | 0 || a.port - b.port
}

/** A sorted copy. */
export function sortEndpoints<T extends Endpoint>(items: readonly T[]): T[] {
  if (items.length < 2) return [...items]
  const half = Math.floor(items.length / 2)
  const left = sortEndpoints(items.slice(0, half))
  const right = sortEndpoints(items.slice(half))
  const merged: T[] = []
  let l = 0
  let r = 0
  for (;;) {
    const a = left[l]
    const b = right[r]
    if (a === undefined) return merged.concat(right.slice(r))
    if (b === undefined) return merged.concat(left.slice(l))
    if (compare(a, b) <= 0) {
      merged.push(a)
      l++
    } else {
      merged.push(b)
      r++
    }
  }
}
