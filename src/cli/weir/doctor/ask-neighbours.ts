/**
 * Makes this host ask for the MAC addresses of servers, or of the routers before them, those that it knows already included: a server
 * that has gone is known for a while. Then waits until all have answered or the kernel has given up: it asks three times, a second apart.
 *
 * Who is not known is asked by way of an empty datagram to the discard port, with a time to live that ends at the neighbour.
 */
import { createSocket } from 'node:dgram'
import { isIPv4, isIPv6 } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { DeviceFacts, RouteFacts } from './facts.ts'
import { neighbourKey, neighbours, probe, type NeighbourState } from './iproute.ts'

const DISCARD_PORT = 9
/** Datagrams wait in the kernel for an answer, and a socket has room for some 270 by default (net.core.wmem_default). */
const PER_SOCKET = 200
const GIVEN_UP_MS = 3500
const POLL_MS = 50

/** The way to a server, by a neighbour. */
interface Hop {
  readonly server: string
  readonly address: string
  readonly device: string
}

/** The addresses whose next hop does not answer. Cost: a round trip where all answer, up to 3.5 s otherwise. */
export async function unresolvedOf(
  routes: ReadonlyMap<string, RouteFacts>,
  devices: readonly DeviceFacts[],
): Promise<Set<string>> {
  const asking = new Set(devices.flatMap(({ name, resolves }) => (resolves ? [name] : [])))
  const hops = [...routes].flatMap(([server, { kind, device, gateway }]): Hop[] =>
    (kind === 'link' || kind === 'gateway') && device !== null && asking.has(device)
      ? [{ server, address: gateway ?? server, device }]
      : [],
  )
  if (hops.length === 0) return new Set()
  const before = neighbours()
  probe(hops.filter((hop) => stateIn(before, hop) === 'answered'))
  const unknown = hops.filter((hop) => !isResolved(before, hop)).map(({ server }) => server)
  await Promise.all([...inChunks(unknown.filter(isIPv4)), ...inChunks(unknown.filter(isIPv6))].map(sendDatagrams))
  let left = hops
  for (const deadline = Date.now() + GIVEN_UP_MS; ;) {
    const now = neighbours()
    left = left.filter((hop) => !isResolved(now, hop))
    if (left.length === 0 || Date.now() >= deadline) return new Set(left.map(({ server }) => server))
    await wait(POLL_MS)
  }
}

function stateIn(states: ReadonlyMap<string, NeighbourState>, { address, device }: Hop): NeighbourState | undefined {
  return states.get(neighbourKey(address, device))
}

function isResolved(states: ReadonlyMap<string, NeighbourState>, hop: Hop): boolean {
  const state = stateIn(states, hop)
  return state === 'fixed' || state === 'answered'
}

function inChunks(addresses: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(addresses.length / PER_SOCKET) }, (_, index) =>
    addresses.slice(index * PER_SOCKET, (index + 1) * PER_SOCKET),
  )
}

/** To addresses of one family. Whether they could be sent is for the routes to say. */
async function sendDatagrams(addresses: readonly string[]): Promise<void> {
  const socket = createSocket(addresses.some(isIPv6) ? 'udp6' : 'udp4')
  try {
    await new Promise<void>((bound, failed) => socket.once('error', failed).bind(0, bound))
    socket.setTTL(1)
    await Promise.all(addresses.map((address) => new Promise((sent) => socket.send('', DISCARD_PORT, address, sent))))
  } finally {
    socket.close()
  }
}
