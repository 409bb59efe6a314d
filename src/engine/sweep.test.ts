/** Expiry in slices: a tick visits at most 4096 slots, removes at most 512, and says whether there is more to do. */
import { expect, it } from 'vitest'
import { lookUpRoute } from '../testing/routes.ts'
import { freshDirector, tickUntilIdle } from '../testing/bench.ts'
import { MemoryHost } from '../memory/memory-host.ts'
import { buildTcp } from '../simulator/build-packet.ts'
import { BUSY_MS, IDLE_MS } from './director.ts'
import { brokenInvariants } from '../testing/invariants.ts'
import { roundRobin, server, WEB } from '../testing/small-director.ts'

function filled(connections: number): MemoryHost {
  const host = new MemoryHost({ connections: connections + 1, route: (question) => lookUpRoute(true, question) })
  const control = freshDirector(host.tables)
  control.addService(roundRobin(WEB))
  control.addDest(WEB, server(1))
  host.tick(1000)
  for (let client = 0; client < connections; client++)
    host.handle(
      buildTcp({ source: 0x0a010000 + client, destination: WEB.address, sourcePort: 1, destinationPort: 80, flags: 2 }),
    )
  return host
}

function liveConnections(host: MemoryHost): number {
  return host.tables.entries('flows').length / 2
}

it('visits 4096 slots a tick, goes on behind them in the next one, and rests when the pass is over', () => {
  const host = filled(5000)
  expect([60_000, 60_002, 60_004].map((ms) => host.tick(ms))).toEqual([BUSY_MS, IDLE_MS, BUSY_MS])
  expect(liveConnections(host)).toBe(5000)
})

it('removes 512 connections a tick, and rests when none is left', () => {
  const host = filled(1500)
  expect([61_000, 61_002, 61_004].map((ms) => [host.tick(ms), liveConnections(host)])).toEqual([
    [BUSY_MS, 988],
    [BUSY_MS, 476],
    [IDLE_MS, 0],
  ])
  expect(brokenInvariants(host.tables)).toEqual([])
})

it('removes no connection before its time, whichever slice it is in', () => {
  const host = filled(5000)
  tickUntilIdle(() => host.tick(60_999))
  expect(liveConnections(host)).toBe(5000)
  tickUntilIdle(() => host.tick(61_000))
  expect(liveConnections(host)).toBe(0)
})

it('gives released slots out again, the oldest first, until none is left', () => {
  const host = filled(3)
  host.tick(61_000)
  for (let client = 0; client < 4; client++)
    host.handle(
      buildTcp({ source: 0x0a020000 + client, destination: WEB.address, sourcePort: 1, destinationPort: 80, flags: 2 }),
    )
  expect(liveConnections(host)).toBe(3)
  expect(brokenInvariants(host.tables)).toEqual([])
})
