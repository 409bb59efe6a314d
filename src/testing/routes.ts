/**
 * The ways out that every bench has, said once: `ip route` makes them of this table in the kernel bench's namespace, `lookUpRoute`
 * answers from it in the memory bench. All are disjoint but the default, so the first match is the longest.
 */
import { Route } from '../engine/records.ts'
import type { RouteLookup } from '../memory/memory-host.ts'
import { isInPrefix, parsePrefix } from '../simulator/addresses.ts'

/** Bytes of the largest IP packet on the default route. */
export const DEFAULT_MTU = 1500
export const NARROW_MTU = 600

interface TestRoute {
  readonly prefix: string
  /** A type of route as `ip route` names it. */
  readonly type: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit' | 'throw'
  /** Bytes; only for `unicast`. */
  readonly mtu: number
}

export const TEST_ROUTES: readonly TestRoute[] = [
  { prefix: '10.3.0.0/16', type: 'unicast', mtu: NARROW_MTU },
  { prefix: '10.66.0.0/16', type: 'blackhole', mtu: 0 },
  { prefix: '10.67.0.0/16', type: 'unreachable', mtu: 0 },
  { prefix: '10.68.0.0/16', type: 'prohibit', mtu: 0 },
  // Ends the search in the only table: as if there were no route at all.
  { prefix: '10.69.0.0/16', type: 'throw', mtu: 0 },
  { prefix: '0.0.0.0/0', type: 'unicast', mtu: DEFAULT_MTU },
]

const PARSED = TEST_ROUTES.map((route) => ({ ...route, network: parsePrefix(route.prefix) }))

/** What `bpf_fib_lookup` answers over `TEST_ROUTES`, forwarding switched on. */
export const lookUpRoute: RouteLookup = (_source, destination, length) => {
  const found = PARSED.find(({ network }) => isInPrefix(destination, network))
  if (found === undefined || found.type !== 'unicast') return { route: Route.None, mtu: 0 }
  return { route: length > found.mtu ? Route.TooBig : Route.Found, mtu: found.mtu }
}
