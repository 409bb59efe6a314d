/**
 * What always holds of a director's tables between two packets: each live connection has exactly its two flows, each flow leads to a live
 * connection, and each dest's counts are those of its connections by state.
 */
import {
  AllocatorView,
  ConnectionView,
  DestStateView,
  FlowKeyView,
  FlowView,
  LayoutView,
} from '../engine/generated/views.ts'
import { isTcpActive } from '../engine/protocols/tcp.ts'
import { Direction, type FlowKey } from '../engine/records.ts'
import type { TableStore } from '../engine/tables.ts'

function expectedFlow(connection: ConnectionView, direction: number): FlowKey {
  const { client, virtual, server, clientPort, virtualPort, serverPort, protocol } = connection
  const rest = { protocol, reserved0: 0, reserved1: 0 }
  return direction === Direction.In
    ? { source: client, destination: virtual, sourcePort: clientPort, destinationPort: virtualPort, ...rest }
    : { source: server, destination: client, sourcePort: serverPort, destinationPort: clientPort, ...rest }
}

/** The violations found, each a sentence; empty where there are none. */
export function brokenInvariants(tables: TableStore): string[] {
  const broken: string[] = []
  const live = new Map<number, { connection: ConnectionView; flows: number }>()
  const { used } = AllocatorView.from(tables.readRange('allocators', 0, 1))
  const bytes = tables.readRange('connections', 0, used + 1)
  for (let index = 1; index <= used; index++) {
    const connection = ConnectionView.from(bytes.slice(index * ConnectionView.SIZE, (index + 1) * ConnectionView.SIZE))
    if (connection.expiresMs !== 0) live.set(index, { connection, flows: 0 })
  }
  for (const { key, value } of tables.entries('flows')) {
    const flow = FlowView.from(value)
    const held = live.get(flow.connection)
    if (held === undefined) {
      broken.push(`a flow leads to the connection ${flow.connection}, which is not in use`)
      continue
    }
    held.flows += 1
    const wanted = FlowKeyView.of(expectedFlow(held.connection, flow.direction)).toBytes()
    if (Buffer.compare(wanted, key) !== 0) broken.push(`a flow leads to the connection ${flow.connection} of another`)
  }
  for (const [index, { flows }] of live) if (flows !== 2) broken.push(`the connection ${index} has ${flows} flows`)
  return [
    ...broken,
    ...brokenCounts(
      tables,
      [...live.values()].map(({ connection }) => connection),
    ),
  ]
}

function brokenCounts(tables: TableStore, live: readonly ConnectionView[]): string[] {
  const { lastDest } = LayoutView.from(tables.readRange('layouts', 0, 1))
  const counts = Array.from({ length: lastDest + 1 }, () => ({ active: 0, inactive: 0 }))
  for (const { dest, state } of live) {
    const count = counts[dest]
    if (count !== undefined) count[isTcpActive(state) ? 'active' : 'inactive'] += 1
  }
  return counts.flatMap(({ active, inactive }, dest) => {
    const state = DestStateView.from(tables.readRange('destStates', dest, 1))
    if (state.active === active && state.inactive === inactive) return []
    return [`the dest ${dest} counts ${state.active} + ${state.inactive}, but has ${active} + ${inactive} connections`]
  })
}
