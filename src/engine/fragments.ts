/**
 * Packets that come in fragments (RFC 791 §3.2, RFC 8200 §4.5). The first fragment has the ports and goes the way of a whole packet; where it
 * went is remembered by addresses, protocol and identification, and the others, which have nothing else, follow it. One that comes before
 * its first can't be told from any other and goes up to the host's stack, as does one whose slot another packet has taken since: slots
 * are found by a hash, one for each, so that remembering costs one array lookup and needs no sweeping.
 */
import { digest, sameAddress } from './address.ts'
import { localOf } from './connections.ts'
import { hash32 } from './hashing.ts'
import { connectionAt, fragmentedAt, nowMs } from './platform.ts'
import { type Connection, Direction, type Digest, type Heading, NONE } from './records.ts'

/** Capacity of `fragments`: 2^SLOT_BITS. */
const SLOT_BITS = 12
/** As long as Linux waits for the rest of a packet (`net.ipv4.ipfrag_time`). */
const LIFETIME_MS = 30_000

function slotOf(source: Digest, destination: Digest, heading: Heading): number {
  return hash32((source.low ^ destination.low ^ heading.identification) >>> 0, SLOT_BITS)
}

/**
 * Remembers where a packet's first fragment went.
 * @noinline
 */
export function rememberFragment(heading: Heading, connection: number, direction: number): void {
  const source: Digest = { low: 0, high: 0 }
  const destination: Digest = { low: 0, high: 0 }
  digest(heading.source, heading.family, source)
  digest(heading.destination, heading.family, destination)
  const place = fragmentedAt(slotOf(source, destination, heading))
  if (place === null) return
  place.source.low = source.low
  place.source.high = source.high
  place.destination.low = destination.low
  place.destination.high = destination.high
  place.identification = heading.identification
  place.protocol = heading.protocol
  place.family = heading.family
  place.connection = connection
  place.direction = direction
  place.expiresMs = nowMs() + LIFETIME_MS
}

/** Whether packets of the connection in this direction have these addresses. */
function isBetween(connection: Connection, direction: number, heading: Heading): boolean {
  if (connection.expiresMs === 0 || connection.family !== heading.family) return false
  if (direction === Direction.In) {
    if (!sameAddress(connection.client, heading.source, heading.family)) return false
    return sameAddress(connection.virtual, heading.destination, heading.family)
  }
  if (!sameAddress(connection.server, heading.source, heading.family)) return false
  const local = localOf(connection)
  if (local === null) return sameAddress(connection.client, heading.destination, heading.family)
  return sameAddress(local.address, heading.destination, heading.family)
}

/**
 * The connection that a fragment behind the first belongs to, as its slot times 2 plus the `Direction`; 0 where its first isn't known.
 * @noinline
 */
export function followFragment(heading: Heading): number {
  const source: Digest = { low: 0, high: 0 }
  const destination: Digest = { low: 0, high: 0 }
  digest(heading.source, heading.family, source)
  digest(heading.destination, heading.family, destination)
  const place = fragmentedAt(slotOf(source, destination, heading))
  if (place === null || place.expiresMs <= nowMs()) return NONE
  if (place.identification !== heading.identification || place.protocol !== heading.protocol) return NONE
  if (place.source.low !== source.low || place.source.high !== source.high) return NONE
  if (place.destination.low !== destination.low || place.destination.high !== destination.high) return NONE
  const index = place.connection
  const direction = place.direction & 1
  const connection = connectionAt(index)
  if (connection === null || !isBetween(connection, direction, heading)) return NONE
  return index * 2 + direction
}
