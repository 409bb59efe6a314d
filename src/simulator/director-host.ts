/**
 * Makes a simulated host a director: joins the host's packets, routes and clock to the engine's host in memory. The engine
 * that decides here is the one that runs in the kernel.
 */
import { type Address as EngineAddress, Family, Route, Verdict } from '../engine/records.ts'
import { MemoryHost } from '../memory/memory-host.ts'
import type { MemoryTablesOptions } from '../memory/memory-tables.ts'
import type { Address } from './addresses.ts'
import { write32 } from './build-packet.ts'
import type { Host } from './host.ts'
import { ipv6Bytes, ipv6Text } from './ipv6-addresses.ts'
import type { IngressResult, RouteLookup } from './ip-stack.ts'
import { read32 } from './parse-packet.ts'

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

/** An address as the engine holds it, as hosts do. */
function addressOf(family: number, { word0, word1, word2, word3 }: EngineAddress): Address {
  if (family === Family.Ipv4) return word0
  const bytes = new Uint8Array(16)
  for (const [index, word] of [word0, word1, word2, word3].entries()) write32(bytes, index * 4, word)
  return ipv6Text(bytes, 0)
}

function wordsOf(address: Address): EngineAddress {
  if (typeof address === 'number') return { word0: address, word1: 0, word2: 0, word3: 0 }
  const bytes = ipv6Bytes(address)
  const word = (index: number): number => read32(bytes, index * 4)
  return { word0: word(0), word1: word(1), word2: word(2), word3: word(3) }
}

/**
 * Puts a director, without services as yet, in front of the host's stack. It keeps house on simulated time for as long as the network
 * runs. The host has to forward (`host.forwarding = true`) for the director to reach its servers.
 */
export function makeDirector(host: Host, options: MemoryTablesOptions = {}): MemoryHost {
  const director = new MemoryHost({
    ...options,
    route: ({ family, source, destination, length }) => {
      const to = addressOf(family, destination)
      const found = host.lookupRoute(source === null ? null : addressOf(family, source), to, length)
      const own = host.sourceFor(to)
      const mtu = found.result === 'too-big' ? found.mtu : 0
      return { route: ROUTES[found.result], mtu, ...(own === null ? {} : { source: wordsOf(own) }) }
    },
  })
  host.ingressHook = (packet, own) => {
    const { verdict, packet: result, nextHop } = director.handle(packet, 0, own)
    const way = nextHop === null ? {} : { nextHop: addressOf(nextHop.family, nextHop.address) }
    return { verdict: verdictOf(verdict), packet: result, ...way }
  }
  const keepHouse = (): void => {
    const nextMs = director.tick(Math.floor(host.clock.nowMs))
    host.clock.after(nextMs * 1000, keepHouse)
  }
  keepHouse()
  return director
}
