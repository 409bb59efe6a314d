/**
 * Connections: one slot in `connections`, and in `flows` one entry for the packets of each direction, so that one
 * hash lookup serves a packet of either.
 *
 * A slot is filled before its flows exist and released after they are gone. Whoever removes the client's flow owns the removal:
 * two packets, or a packet and the sweep, can't both count a connection out. Slots are handed out afresh first and then in the
 * order of their release, and a reader compares addresses, so a packet that overlaps a removal doesn't touch a stranger.
 */
import { clearDigest, copyAddress, digest, sameAddress } from './address.ts'
import { countConnection, uncountConnection } from './dests.ts'
import { wantsHeader } from './forwarding/proxy-protocol.ts'
import {
  addFlow,
  changeState,
  connectionAt,
  destAt,
  destStateAt,
  findFlow,
  localAddressAt,
  localUseAt,
  nowMs,
  releaseConnection,
  removeFlow,
  takeConnection,
} from './platform.ts'
import { isActive, timeoutMs } from './protocols/protocols.ts'
import {
  type Connection,
  ConnectionFlag,
  type Dest,
  Direction,
  EXPECTED,
  type Flow,
  type FlowKey,
  ForwardingMethod,
  type Heading,
  type LocalAddress,
  NONE,
  type Settings,
  TEMPLATE,
} from './records.ts'
import { count, Reason } from './reasons.ts'

/** How long a new connection has until its first packet gives it a state. */
const NEW_MS = 3000

/** Fills the key, all zeros, with the flow by which a client's packets find the connection, or its template or what is expected. */
export function clientFlow(key: FlowKey, connection: Connection): void {
  digest(connection.client, connection.family, key.source)
  digest(connection.virtual, connection.family, key.destination)
  key.sourcePort = connection.clientPort
  key.destinationPort = connection.virtualPort
  key.protocol = connection.protocol
  key.kind = connection.family
  if ((connection.flags & ConnectionFlag.Expected) !== 0) key.kind = connection.family + EXPECTED
  if ((connection.flags & ConnectionFlag.Template) === 0) return
  key.kind = connection.family + TEMPLATE
  if (connection.callId !== 0) clearDigest(key.source, connection.callId)
  if (connection.protocol === 0) clearDigest(key.destination, connection.virtual.word0)
}

/** Where a server sees a connection come from by FullNAT; null by other methods: from the client itself. */
export function localOf(connection: Connection): LocalAddress | null {
  return connection.local === NONE ? null : localAddressAt(connection.local)
}

/**
 * Fills the key, all zeros, with the flow by which a server's packets find the connection.
 * @noinline
 */
function serverFlow(key: FlowKey, connection: Connection): void {
  digest(connection.server, connection.family, key.source)
  key.sourcePort = connection.serverPort
  const local = localOf(connection)
  if (local === null) {
    digest(connection.client, connection.family, key.destination)
    key.destinationPort = connection.clientPort
  } else {
    digest(local.address, connection.family, key.destination)
    key.destinationPort = connection.localPort
  }
  key.protocol = connection.protocol
  key.kind = connection.family
}

/** Whether the server's packets come by the director too. */
export function seesServer(connection: Connection): boolean {
  return connection.method === ForwardingMethod.Masquerading || connection.method === ForwardingMethod.FullNat
}

/** Whether the slot holds the connection that a packet belongs to. */
function carries(connection: Connection, direction: number, packet: Heading): boolean {
  if (connection.expiresMs === 0 || connection.protocol !== packet.protocol) return false
  if (connection.family !== packet.family) return false
  if (direction === Direction.In) {
    return (
      connection.clientPort === packet.sourcePort &&
      connection.virtualPort === packet.destinationPort &&
      sameAddress(connection.client, packet.source, packet.family) &&
      sameAddress(connection.virtual, packet.destination, packet.family)
    )
  }
  if (connection.serverPort !== packet.sourcePort) return false
  if (!sameAddress(connection.server, packet.source, packet.family)) return false
  const local = localOf(connection)
  if (local === null) {
    if (connection.clientPort !== packet.destinationPort) return false
    return sameAddress(connection.client, packet.destination, packet.family)
  }
  return (
    connection.localPort === packet.destinationPort && sameAddress(local.address, packet.destination, packet.family)
  )
}

/** The connection that a packet's addresses and ports lead to, as its slot times 2 plus the `Direction`; 0 for none. */
export function findConnection(packet: Heading): number {
  const key: FlowKey = {
    source: { low: 0, high: 0 },
    destination: { low: 0, high: 0 },
    sourcePort: packet.sourcePort,
    destinationPort: packet.destinationPort,
    protocol: packet.protocol,
    kind: packet.family,
    reserved: 0,
  }
  digest(packet.source, packet.family, key.source)
  digest(packet.destination, packet.family, key.destination)
  const flow = findFlow(key)
  if (flow === null) return NONE
  const index = flow.connection
  const direction = flow.direction
  const connection = connectionAt(index)
  if (connection === null || !carries(connection, direction, packet)) return NONE
  return index * 2 + direction
}

/** Moves a connection to a state, its dest's counts with it, and starts that state's timeout. */
export function enterState(connection: Connection, state: number, set: Settings, now: number): void {
  const before = connection.state
  if (state !== before && changeState(connection, before, state)) {
    const wasActive = isActive(connection.protocol, before)
    if (wasActive !== isActive(connection.protocol, state)) {
      const load = destStateAt(connection.dest)
      if (load !== null) {
        if (wasActive) {
          load.active -= 1
          load.inactive += 1
        } else {
          load.inactive -= 1
          load.active += 1
        }
      }
    }
  }
  const expiresMs = now + timeoutMs(connection.protocol, state, set)
  if (connection.expiresMs !== expiresMs) connection.expiresMs = expiresMs
}

/**
 * Removes a connection or template from all tables and counts it out of its dest. Does nothing where another packet has just done so.
 * @noinline
 */
export function removeConnection(index: number): void {
  const connection = connectionAt(index)
  if (connection === null) return
  const key: FlowKey = {
    source: { low: 0, high: 0 },
    destination: { low: 0, high: 0 },
    sourcePort: 0,
    destinationPort: 0,
    protocol: 0,
    kind: 0,
    reserved: 0,
  }
  if ((connection.flags & ConnectionFlag.SetAside) === 0) {
    clientFlow(key, connection)
    if (!removeFlow(key)) return
  }
  if ((connection.flags & ConnectionFlag.Template) !== 0) {
    const load = destStateAt(connection.dest)
    if (load !== null) load.persistent -= 1
  } else if ((connection.flags & ConnectionFlag.Expected) === 0) {
    if (seesServer(connection)) {
      serverFlow(key, connection)
      const reply = findFlow(key)
      if (reply !== null && reply.connection === index) removeFlow(key)
    }
    if (connection.local !== NONE) {
      const use = localUseAt(connection.local)
      if (use !== null) use.connections -= 1
    }
    const dest = destAt(connection.dest)
    if (dest !== null) uncountConnection(connection.dest, dest, isActive(connection.protocol, connection.state))
    if (connection.template !== NONE) {
      const template = connectionAt(connection.template)
      if (template !== null) template.members -= 1
    }
  }
  giveBack(index, connection)
}

/** Makes room for a server's flow: an old connection that has ended or expired gives way. False where a live one holds it. */
function claimServerFlow(key: FlowKey): boolean {
  const holder = findFlow(key)
  if (holder === null) return true
  const index = holder.connection
  const connection = connectionAt(index)
  if (connection === null) return false
  if (connection.expiresMs > nowMs() && isActive(connection.protocol, connection.state)) return false
  removeConnection(index)
  return true
}

/** Counts why a flow could not be added: another packet has just done so, or there is no room. */
function refuse(key: FlowKey): void {
  count(findFlow(key) === null ? Reason.TableFull : Reason.TupleInUse)
}

/** Returns a slot that no flow leads to. */
export function giveBack(index: number, connection: Connection): void {
  connection.expiresMs = 0
  releaseConnection(index)
}

/** How packets go to a dest. The director's own host needs no other source for them to see the answers. */
export function methodOf(dest: Dest): number {
  const isTranslated = dest.isLocal !== 0 && dest.method === ForwardingMethod.FullNat
  return isTranslated ? ForwardingMethod.Masquerading : dest.method
}

/** The port of a dest that a client's packet goes to. */
export function serverPort(packet: Heading, dest: Dest): number {
  return dest.port === 0 ? packet.destinationPort : dest.port
}

/** Fills a connection with what a client's first packet and its dest say of it. */
export function describeConnection(connection: Connection, packet: Heading, destIndex: number, dest: Dest): void {
  copyAddress(connection.client, packet.source)
  copyAddress(connection.virtual, packet.destination)
  copyAddress(connection.server, dest.address)
  connection.clientPort = packet.sourcePort
  connection.virtualPort = packet.destinationPort
  connection.serverPort = serverPort(packet, dest)
  connection.localPort = 0
  connection.protocol = packet.protocol
  connection.family = packet.family
  connection.method = methodOf(dest)
  connection.serverFamily = dest.family
  connection.local = NONE
  connection.dest = destIndex
  connection.state = 0
  connection.template = NONE
  connection.members = 0
  connection.flags = packet.own !== 0 ? ConnectionFlag.Own : 0
  connection.callId = 0
  connection.firstByte = 0
}

/**
 * Makes the connection of a client's first packet with a dest; `port` is 0 for the dest's own, `local` is what `takeLocalPort` gave, or 0. Returns its slot, or `NONE` with
 * the reason counted. The client's flow is written last: a packet finds a whole connection or none.
 * @noinline
 */
export function addConnection(
  packet: Heading,
  destIndex: number,
  template: number,
  port: number,
  local: number,
): number {
  const dest = destAt(destIndex)
  if (dest === null) return NONE
  const index = takeConnection()
  const connection = connectionAt(index)
  if (index === NONE || connection === null) {
    count(Reason.TableFull)
    return NONE
  }
  describeConnection(connection, packet, destIndex, dest)
  if (port !== 0) connection.serverPort = port
  connection.local = local >>> 16
  connection.localPort = local & 0xffff
  if (local !== NONE && wantsHeader(packet, dest)) connection.flags |= ConnectionFlag.Proxied
  connection.template = template
  connection.expiresMs = nowMs() + NEW_MS
  if (!addFlows(index, connection)) return NONE
  if (template !== NONE) {
    const leader = connectionAt(template)
    if (leader !== null) leader.members += 1
  }
  if (connection.local !== NONE) {
    const use = localUseAt(connection.local)
    if (use !== null) use.connections += 1
  }
  countConnection(destIndex, dest)
  return index
}

function addFlows(index: number, connection: Connection): boolean {
  const key: FlowKey = {
    source: { low: 0, high: 0 },
    destination: { low: 0, high: 0 },
    sourcePort: 0,
    destinationPort: 0,
    protocol: 0,
    kind: 0,
    reserved: 0,
  }
  const flow: Flow = { connection: index, direction: Direction.Out }
  if (seesServer(connection)) {
    serverFlow(key, connection)
    if (!claimServerFlow(key)) {
      count(Reason.TupleInUse)
      giveBack(index, connection)
      return false
    }
    if (!addFlow(key, flow)) {
      giveBack(index, connection)
      refuse(key)
      return false
    }
  }
  flow.direction = Direction.In
  clientFlow(key, connection)
  if (addFlow(key, flow)) return true
  refuse(key)
  if (seesServer(connection)) {
    serverFlow(key, connection)
    removeFlow(key)
  }
  giveBack(index, connection)
  return false
}
