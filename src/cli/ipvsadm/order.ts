/**
 * The order of a sorted listing, as ipvsadm 1.31 compares: services by mark, family, protocol, address and port, servers by
 * address and port; each by a 32-bit difference, which wraps.
 *
 * Addresses more than 2^31 apart therefore compare the wrong way round (192.168.0.1 before 10.0.0.1), and the order is no
 * order: 10.0.0.1 < 127.0.0.1 < 192.168.0.1 < 10.0.0.1. What comes out depends on the algorithm, so this is the one of the C
 * library's qsort(3), a merge sort by halves. n log n comparisons.
 */
import { parseAddress } from '../../control/address.ts'
import type { Endpoint, Protocol, ServiceId } from '../../control/model.ts'

/** Numbers of up to 32 bits; the first two that differ decide. */
type Rank = readonly number[]

const PROTOCOL_NUMBERS: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 }

function endpointRank({ address, port }: Endpoint): Rank {
  const { word0, word1, word2, word3 } = parseAddress(address).address
  return [word0, word1, word2, word3, port]
}

function serviceRank(service: ServiceId): Rank {
  if (service.protocol === 'fwm') return [service.mark, service.family]
  return [0, parseAddress(service.address).family, PROTOCOL_NUMBERS[service.protocol], ...endpointRank(service)]
}

function compare(a: Rank, b: Rank): number {
  const at = a.findIndex((value, i) => value !== b[i])
  return ((a[at] ?? 0) - (b[at] ?? 0)) | 0
}

interface Ranked<T> {
  readonly item: T
  readonly rank: Rank
}

function mergeSort<T>(items: readonly Ranked<T>[]): readonly Ranked<T>[] {
  if (items.length < 2) return items
  const half = Math.floor(items.length / 2)
  const left = mergeSort(items.slice(0, half))
  const right = mergeSort(items.slice(half))
  const merged: Ranked<T>[] = []
  let l = 0
  let r = 0
  for (;;) {
    const a = left[l]
    const b = right[r]
    if (a === undefined) return merged.concat(right.slice(r))
    if (b === undefined) return merged.concat(left.slice(l))
    if (compare(a.rank, b.rank) <= 0) {
      merged.push(a)
      l++
    } else {
      merged.push(b)
      r++
    }
  }
}

function sortBy<T>(items: readonly T[], rank: (item: T) => Rank): T[] {
  return mergeSort(items.map((item) => ({ item, rank: rank(item) }))).map(({ item }) => item)
}

/** A sorted copy. */
export function sortEndpoints<T extends Endpoint>(items: readonly T[]): T[] {
  return sortBy(items, endpointRank)
}

/** A sorted copy. */
export function sortServices<T extends ServiceId>(items: readonly T[]): T[] {
  return sortBy(items, serviceRank)
}
