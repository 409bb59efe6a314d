/**
 * FullNAT's pools of local addresses: from which address and port of the director's own a server is to see a connection.
 *
 * A port is taken only for one server's address and port: the same serves other servers as well, so that a pool of n addresses carries
 * n times `LOCAL_PORTS` connections to each server. Addresses take turns; an address's ports are tried in the order in which they
 * were given out last, so that the next is nearly always free. Where several aren't, a connection that has ended gives its port up.
 * Ports of the host's own connections (`net.ipv4.ip_local_port_range`, by default 32768 … 60999) are left to it.
 */
import { digest } from './address.ts'
import { removeConnection } from './connections.ts'
import { connectionAt, findFlow, findService, localAddressAt, localUseAt, nowMs } from './platform.ts'
import { hasEnded } from './protocols/protocols.ts'
import { type Dest, type FlowKey, type Heading, NONE } from './records.ts'

export const FIRST_PORT = 1024
/** Ports up to 32767. */
export const LOWER_PORTS = 31744
export const FIRST_UPPER_PORT = 61000
/** Ports of an address: 1024 … 32767 and 61000 … 65535. */
export const LOCAL_PORTS = 36280
/** Ports that are tried for a connection before it is refused, and before one that has ended is taken for free. */
const MAX_TRIES = 1024
const PATIENCE = 16
/** What `takeLocalPort` multiplies slots by. */
export const PORT_RANGE = 65536

function portOf(place: number): number {
  return place < LOWER_PORTS ? FIRST_PORT + place : FIRST_UPPER_PORT + place - LOWER_PORTS
}

/** The slot `steps` behind the first of a pool. */
function nth(first: number, steps: number): number {
  let slot = first
  for (let step = 0; step < steps; step++) {
    const local = localAddressAt(slot)
    if (local === null || local.next === NONE) return first
    slot = local.next
  }
  return slot
}

/** Makes sure that no live connection answers to the flow; false where one does. */
function isFree(key: FlowKey, tried: number): boolean {
  const flow = findFlow(key)
  if (flow === null) return true
  const index = flow.connection
  const connection = connectionAt(index)
  if (connection === null) return false
  const mayGo = tried >= PATIENCE && hasEnded(connection.protocol, connection.state)
  if (connection.expiresMs > nowMs() && !mayGo) return false
  removeConnection(index)
  return true
}

/**
 * The slot of a local address and one of its ports for a client's connection to a port of a dest, as slot times `PORT_RANGE` plus port; 0
 * where the pool is empty or no port was free.
 * @noinline
 */
export function takeLocalPort(packet: Heading, dest: Dest, port: number): number {
  const service = findService(dest.service)
  if (service === null || service.firstLocal === NONE) return NONE
  const first = service.firstLocal
  const pool = localUseAt(first)
  if (pool === null) return NONE
  pool.turn += 1
  const key: FlowKey = {
    source: { low: 0, high: 0 },
    destination: { low: 0, high: 0 },
    sourcePort: port,
    destinationPort: 0,
    protocol: packet.protocol,
    kind: packet.family,
    reserved: 0,
  }
  digest(dest.address, packet.family, key.source)
  let slot = nth(first, pool.turn % service.locals)
  for (let tried = 0; tried < MAX_TRIES; tried++) {
    const local = localAddressAt(slot)
    const use = localUseAt(slot)
    if (local === null || use === null) return NONE
    use.nextPort += 1
    key.destinationPort = portOf(use.nextPort % LOCAL_PORTS)
    digest(local.address, packet.family, key.destination)
    if (isFree(key, tried)) return slot * PORT_RANGE + key.destinationPort
    use.conflicts += 1
    slot = local.next === NONE ? first : local.next
  }
  return NONE
}
