/** The table of connections at its limits: full, used again, two connections that would look alike to a server. */
import { expect, it } from 'vitest'
import { brokenInvariants } from '../testing/invariants.ts'
import { segment } from '../testing/reach-state.ts'
import { roundRobin, server, SmallDirector, WEB } from '../testing/small-director.ts'
import type { AddressedService } from '../control/model.ts'

it('refuses the connection after the last slot, counts why, and takes one again when another has expired', () => {
  const director = new SmallDirector(1, 4)
  expect([1, 2, 3, 4].map((client) => director.send(client, 'S').verdict)).toEqual([
    'forward',
    'forward',
    'forward',
    'drop',
  ])
  expect(director.reason('table-full')).toBe(1)
  director.bench.setClock(61_000)
  expect(director.send(4, 'S').verdict).toBe('forward')
  expect(brokenInvariants(director.bench.tables)).toEqual([])
})

it('holds the oldest connection to its timeout, not a millisecond longer', () => {
  const director = new SmallDirector(1)
  director.send(1, 'S')
  director.bench.setClock(60_999)
  expect(director.connection(1)?.remainingMs).toBe(1)
  director.bench.setClock(61_000)
  expect(director.connection(1)).toBeUndefined()
  expect(director.send(1, 'A').verdict).toBe('pass')
})

it('drops a connection that its server could not tell from a live one, and takes it once that has ended', () => {
  const mail: AddressedService = { ...WEB, port: 25 }
  const director = new SmallDirector(1)
  director.bench.control.addService(roundRobin(mail))
  director.bench.control.addDest(mail, server(1))
  director.send(1, 'S')
  const client = director.connection(1)?.client ?? WEB
  const other = segment({ client, virtual: mail, server: server(1) }, 'client', 'S')
  expect(director.bench.handle(other).verdict).toBe('drop')
  expect(director.reason('tuple-in-use')).toBe(1)
  director.send(1, 'A')
  director.send(1, 'FA')
  expect(director.bench.handle(other).verdict).toBe('forward')
  expect(director.bench.control.connections().map(({ virtual }) => virtual.port)).toEqual([25])
  expect(brokenInvariants(director.bench.tables)).toEqual([])
})

it('gives a client that comes again from the same port another connection after TIME_WAIT, the same one before', () => {
  const director = new SmallDirector(2)
  expect(director.choice(1)).toBe(2)
  director.send(1, 'A')
  expect(director.choice(1)).toBe(2)
  director.send(1, 'FA')
  const closing = director.connection(1)
  if (closing === undefined) throw new Error('the connection has gone')
  director.answer(closing, 'FA')
  expect(director.connection(1)?.state).toBe('TIME_WAIT')
  expect(director.choice(1)).toBe(1)
  expect(director.bench.control.connections()).toHaveLength(1)
})

it('counts each connection in its server once, in whichever state', () => {
  const director = new SmallDirector(1)
  for (let client = 1; client <= 9; client++) director.send(client, 'S')
  for (let client = 1; client <= 4; client++) director.send(client, 'FA')
  const [dest] = director.bench.control.service(WEB)?.dests ?? []
  expect([dest?.active, dest?.inactive]).toEqual([5, 4])
})
