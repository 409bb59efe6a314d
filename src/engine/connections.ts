/**
 * Connections: one slot in `connections`, and in `flows` one entry for the packets of each direction, so that one
 * hash lookup serves a packet of either.
 *
 * A slot is filled before its flows exist and released after they are gone. Whoever removes the client's flow owns the removal:
 * two packets, or a packet and the sweep, can't both count a connection out. Slots are handed out afresh first and then in the
 * order of their release, and a reader compares addresses, so a packet that overlaps a removal doesn't touch a stranger.
 */
import { copyAddress, sameAddress } from './address.ts'
import {
  addFlow,
  changeState,
  connectionAt,
  countersAt,
  destAt,
  destStateAt,
  findFlow,
  nowMs,
  releaseConnection,
  removeFlow,
  takeConnection,
} from './platform.ts'
import { isTcpActive, tcpTimeoutMs, TcpState } from './protocols/tcp.ts'
import { type Connection, Direction, type Flow, type FlowKey, NONE } from './records.ts'
import { count, Reason } from './reasons.ts'

function clientFlow(key: FlowKey, connection: Connection): void {
  copyAddress(key.source, connection.client)
  copyAddress(key.destination, connection.virtual)
  key.sourcePort = connection.clientPort
  key.destinationPort = connection.virtualPort
  key.protocol = connection.protocol
}

function serverFlow(key: FlowKey, connection: Connection): void {
  copyAddress(key.source, connection.server)
  copyAddress(key.destination, connection.client)
  key.sourcePort = connection.serverPort
  key.destinationPort = connection.clientPort
  key.protocol = connection.protocol
}

/** Whether the slot holds the connection that a packet with this key belongs to. */
export function carries(connection: Connection, direction: number, key: FlowKey): boolean {
  if (connection.expiresMs === 0 || connection.protocol !== key.protocol) return false
  if (direction === Direction.In) {
    return (
      connection.clientPort === key.sourcePort &&
      connection.virtualPort === key.destinationPort &&
      sameAddress(connection.client, key.source) &&
      sameAddress(connection.virtual, key.destination)
    )
  }
  return (
    connection.serverPort === key.sourcePort &&
    connection.clientPort === key.destinationPort &&
    sameAddress(connection.server, key.source) &&
    sameAddress(connection.client, key.destination)
  )
}

/** Moves a connection to a state, its dest's counts with it, and starts that state's timeout. */
export function enterState(connection: Connection, state: number): void {
  const before = connection.state
  if (state !== before && changeState(connection, before, state)) {
    const wasActive = isTcpActive(before)
    if (wasActive !== isTcpActive(state)) {
      const dest = destStateAt(connection.dest)
      if (dest !== null) {
        if (wasActive) {
          dest.active -= 1
          dest.inactive += 1
        } else {
          dest.inactive -= 1
          dest.active += 1
        }
      }
    }
  }
  const expiresMs = nowMs() + tcpTimeoutMs(state)
  if (connection.expiresMs !== expiresMs) connection.expiresMs = expiresMs
}

/**
 * Removes a connection from all tables and counts it out of its dest. Does nothing where another packet has just done so.
 * @noinline
 */
export function removeConnection(index: number): void {
  const connection = connectionAt(index)
  if (connection === null) return
  const key: FlowKey = {
    source: { word: 0 },
    destination: { word: 0 },
    sourcePort: 0,
    destinationPort: 0,
    protocol: 0,
    reserved0: 0,
    reserved1: 0,
  }
  clientFlow(key, connection)
  if (!removeFlow(key)) return
  serverFlow(key, connection)
  const reply = findFlow(key)
  if (reply !== null && reply.connection === index) removeFlow(key)
  const dest = destStateAt(connection.dest)
  if (dest !== null) {
    if (isTcpActive(connection.state)) dest.active -= 1
    else dest.inactive -= 1
  }
  connection.expiresMs = 0
  releaseConnection(index)
}

/** Makes room for a server's flow: an old connection that has ended or expired gives way. False where a live one holds it. */
function claimServerFlow(key: FlowKey): boolean {
  const holder = findFlow(key)
  if (holder === null) return true
  const index = holder.connection
  const connection = connectionAt(index)
  if (connection === null) return false
  if (connection.expiresMs > nowMs() && isTcpActive(connection.state)) return false
  removeConnection(index)
  return true
}

/** Counts why a flow could not be added: another packet has just done so, or there is no room. */
function refuse(key: FlowKey): number {
  count(findFlow(key) === null ? Reason.TableFull : Reason.TupleInUse)
  return NONE
}

/** Returns a slot that no flow leads to. */
function giveBack(index: number, connection: Connection): void {
  connection.expiresMs = 0
  releaseConnection(index)
}

/**
 * Makes the connection of a client's first packet with a dest. Returns its slot, or `NONE` with the reason counted. The client's
 * flow is written last: a packet finds a whole connection or none.
 * @noinline
 */
export function addConnection(client: FlowKey, destIndex: number): number {
  const dest = destAt(destIndex)
  const load = destStateAt(destIndex)
  const counters = countersAt(destIndex)
  if (dest === null || load === null || counters === null) return NONE
  const index = takeConnection()
  const connection = connectionAt(index)
  if (index === NONE || connection === null) {
    count(Reason.TableFull)
    return NONE
  }
  copyAddress(connection.client, client.source)
  copyAddress(connection.virtual, client.destination)
  copyAddress(connection.server, dest.address)
  connection.clientPort = client.sourcePort
  connection.virtualPort = client.destinationPort
  connection.serverPort = dest.port
  connection.protocol = client.protocol
  connection.dest = destIndex
  connection.state = TcpState.None
  connection.expiresMs = nowMs() + tcpTimeoutMs(TcpState.None)

  const server: FlowKey = {
    source: { word: 0 },
    destination: { word: 0 },
    sourcePort: 0,
    destinationPort: 0,
    protocol: 0,
    reserved0: 0,
    reserved1: 0,
  }
  serverFlow(server, connection)
  if (!claimServerFlow(server)) {
    count(Reason.TupleInUse)
    giveBack(index, connection)
    return NONE
  }
  const reply: Flow = { connection: index, direction: Direction.Out }
  const request: Flow = { connection: index, direction: Direction.In }
  if (!addFlow(server, reply)) {
    giveBack(index, connection)
    return refuse(server)
  }
  if (!addFlow(client, request)) {
    removeFlow(server)
    giveBack(index, connection)
    return refuse(client)
  }
  load.inactive += 1
  counters.connections += 1
  return index
}
