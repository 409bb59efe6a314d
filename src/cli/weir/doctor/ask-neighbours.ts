/**
 * Makes this host ask for the MAC addresses of servers, or of the routers before them, by sending each an empty datagram to the
 * discard port, with a time to live that ends at the neighbour; then waits until all have answered or the kernel has given up: it asks
 * three times, a second apart.
 */
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { DeviceFacts, RouteFacts } from './facts.ts'
import { neighbourKey, resolvedNeighbours } from './iproute.ts'

const DISCARD_PORT = 9
const GIVEN_UP_MS = 3500
const POLL_MS = 50

/** The addresses whose next hop does not answer. Cost: nothing where all are known, up to 3.5 s otherwise. */
export async function unresolvedOf(
  routes: ReadonlyMap<string, RouteFacts>,
  devices: readonly DeviceFacts[],
): Promise<Set<string>> {
  const asking = new Set(devices.flatMap(({ name, resolves }) => (resolves ? [name] : [])))
  const hops = [...routes].flatMap(([address, { kind, device, gateway }]): [string, string][] =>
    (kind === 'link' || kind === 'gateway') && device !== null && asking.has(device)
      ? [[address, neighbourKey(gateway ?? address, device)]]
      : [],
  )
  const unresolved = () => {
    const resolved = resolvedNeighbours()
    return hops.filter(([, hop]) => !resolved.has(hop)).map(([address]) => address)
  }
  let left = unresolved()
  if (left.length > 0) await Promise.all(left.map(sendDatagram))
  for (const deadline = Date.now() + GIVEN_UP_MS; left.length > 0 && Date.now() < deadline; left = unresolved())
    await wait(POLL_MS)
  return new Set(left)
}

/** Whether it could be sent is for the routes to say. */
function sendDatagram(address: string): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  return new Promise((done) => {
    const end = () => socket.close(() => done())
    socket.once('error', end)
    socket.bind(0, () => {
      socket.setTTL(1)
      socket.send('', DISCARD_PORT, address, end)
    })
  })
}
