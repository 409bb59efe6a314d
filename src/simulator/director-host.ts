/**
 * Makes a simulated host a director: joins the host's packets, routes and clock to the engine's host in memory. The engine
 * that decides here is the one that runs in the kernel.
 */
import { Family, Route, Verdict } from '../engine/records.ts'
import { MemoryHost } from '../memory/memory-host.ts'
import type { MemoryTablesOptions } from '../memory/memory-tables.ts'
import type { Host } from './host.ts'
import type { IngressResult, RouteLookup } from './ipv4-stack.ts'

const ROUTES: Record<RouteLookup['result'], Route> = {
  found: Route.Found,
  'too-big': Route.TooBig,
  none: Route.None,
  'forwarding-disabled': Route.ForwardingDisabled,
}

function verdictOf(verdict: number): IngressResult['verdict'] {
  switch (verdict) {
    case Verdict.Drop:
      return 'drop'
    case Verdict.Forward:
      return 'forward'
    case Verdict.Stack:
      return 'stack'
    case Verdict.Send:
      return 'send'
    default:
      return 'pass'
  }
}

/**
 * Puts a director, without services as yet, in front of the host's stack. It keeps house on simulated time for as long as the network
 * runs. The host has to forward (`host.forwarding = true`) for the director to reach its servers.
 */
export function makeDirector(host: Host, options: MemoryTablesOptions = {}): MemoryHost {
  const director = new MemoryHost({
    ...options,
    route: ({ family, source, destination, length }) => {
      // The simulated hosts have no IPv6.
      if (family !== Family.Ipv4) return { route: Route.None, mtu: 0 }
      const found = host.lookupRoute(source === null ? null : source.word0, destination.word0, length)
      const own = { word0: host.sourceFor(destination.word0) ?? 0, word1: 0, word2: 0, word3: 0 }
      return { route: ROUTES[found.result], mtu: found.result === 'too-big' ? found.mtu : 0, source: own }
    },
  })
  host.ingressHook = (packet) => {
    const { verdict, packet: result, nextHop } = director.handle(packet)
    return { verdict: verdictOf(verdict), packet: result, nextHop: nextHop === null ? 0 : nextHop.address.word0 }
  }
  const keepHouse = (): void => {
    const nextMs = director.tick(Math.floor(host.clock.nowMs))
    host.clock.after(nextMs * 1000, keepHouse)
  }
  keepHouse()
  return director
}
