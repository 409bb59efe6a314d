/**
 * The ways out that every bench has, said once: `ip route` makes them of this table in the kernel bench's namespace, `lookUpRoute`
 * answers from it in the memory bench. All of a family are disjoint but its default, so the first match is the longest.
 */
import { parseAddress } from '../control/address.ts'
import { type Address, Family, Route } from '../engine/records.ts'
import type { RouteAnswer, RouteQuestion } from '../memory/memory-host.ts'

/** Bytes of the largest IP packet on the default routes. */
export const DEFAULT_MTU = 1500
export const NARROW_MTU = 600
/** The least that IPv6 allows. */
export const NARROW_MTU_IPV6 = 1280

export interface TestRoute {
  readonly family: Family
  readonly prefix: string
  /** A type of route as `ip route` names it. */
  readonly type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw'
  /** Bytes; only for `unicast`. */
  readonly mtu: number
}

const V4 = Family.Ipv4
const V6 = Family.Ipv6

export const TEST_ROUTES: readonly TestRoute[] = [
  { family: V4, prefix: '10.3.0.0/16', type: 'unicast', mtu: NARROW_MTU },
  { family: V4, prefix: '10.66.0.0/16', type: 'blackhole', mtu: 0 },
  { family: V4, prefix: '10.67.0.0/16', type: 'unreachable', mtu: 0 },
  { family: V4, prefix: '10.68.0.0/16', type: 'prohibit', mtu: 0 },
  // Ends the search in the only table: as if there were no route at all.
  { family: V4, prefix: '10.69.0.0/16', type: 'throw', mtu: 0 },
  { family: V4, prefix: '0.0.0.0/0', type: 'unicast', mtu: DEFAULT_MTU },
  { family: V6, prefix: 'fd03::/16', type: 'unicast', mtu: NARROW_MTU_IPV6 },
  { family: V6, prefix: 'fd66::/16', type: 'blackhole', mtu: 0 },
  { family: V6, prefix: 'fd67::/16', type: 'unreachable', mtu: 0 },
  { family: V6, prefix: 'fd68::/16', type: 'prohibit', mtu: 0 },
  { family: V6, prefix: '::/0', type: 'unicast', mtu: DEFAULT_MTU },
]

/** The host's own, which it sends from. */
export const HOST_ADDRESS = '192.168.2.1'
export const HOST_ADDRESS_IPV6 = 'fdaa:2::1'
const HOST_ADDRESSES: Readonly<Record<Family, Address>> = {
  [V4]: parseAddress(HOST_ADDRESS).address,
  [V6]: parseAddress(HOST_ADDRESS_IPV6).address,
}

function words({ word0, word1, word2, word3 }: Address): readonly number[] {
  return [word0, word1, word2, word3]
}

/** The upper `bits` bits of a word. */
function maskOf(bits: number): number {
  return bits <= 0 ? 0 : bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0
}

const PARSED = TEST_ROUTES.map((route) => {
  const [network = '', length = ''] = route.prefix.split('/')
  const masks = [0, 32, 64, 96].map((from) => maskOf(Number(length) - from))
  return { ...route, network: words(parseAddress(network).address), masks }
})

/** IPv6 addresses that no router may forward from or to: multicast, link-local, loopback. */
function isConfined({ word0, word1, word2, word3 }: Address): boolean {
  if (word0 >>> 24 === 0xff || word0 >>> 22 === 0xfe80 >>> 6) return true
  return word0 === 0 && word1 === 0 && word2 === 0 && word3 === 1
}

/** What `bpf_fib_lookup` answers over `TEST_ROUTES` where forwarding is switched on or off. */
export function lookUpRoute(forwarding: boolean, question: RouteQuestion): RouteAnswer {
  const { family, source, destination, length } = question
  const isConfinedSource = source !== null && isConfined(source)
  if (family === V6 && (isConfinedSource || isConfined(destination))) return { route: Route.None, mtu: 0 }
  if (!forwarding && source !== null) return { route: Route.ForwardingDisabled, mtu: 0 }
  const wanted = words(destination)
  const found = PARSED.find(
    (route) =>
      route.family === family &&
      route.network.every((word, index) => (((wanted[index] ?? 0) ^ word) & (route.masks[index] ?? 0)) === 0),
  )
  if (found?.type !== 'unicast') return { route: Route.None, mtu: 0 }
  return {
    route: length > found.mtu ? Route.TooBig : Route.Found,
    mtu: found.mtu,
    source: HOST_ADDRESSES[found.family],
  }
}
