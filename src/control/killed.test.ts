/**
 * A command may be killed between any two of its writes. Every change is made with a store that stops at the k-th write, for every k:
 * packets must go on being handled, and the next command's repair must find the state from before the change or after it.
 */
import { describe, expect, it } from 'vitest'
import { brokenInvariants } from '../testing/invariants.ts'
import { freshDirector, memoryBench, type DirectorBench } from '../testing/bench.ts'
import { type Ends, segment } from '../testing/reach-state.ts'
import { LayoutView } from '../engine/generated/views.ts'
import type { TableStore } from '../engine/tables.ts'
import { Director } from './director.ts'
import type { DestConfig, ServiceId, ServiceStatus } from './model.ts'

const WEB: ServiceId = { protocol: 'tcp', address: '10.9.0.1', port: 80 }
const MAIL: ServiceId = { protocol: 'tcp', address: '10.9.0.1', port: 25 }
const CLIENT = '10.1.0.1'

function server(last: number, weight = 1): DestConfig {
  return { address: `10.2.0.${last}`, port: 80, weight, method: 'masquerading' }
}

class Killed extends Error {}

/** Throws `Killed` instead of the write after the first `writes` ones. */
class DyingStore implements TableStore {
  writes = 0

  constructor(
    private readonly store: TableStore,
    private readonly last = Infinity,
  ) {}

  private die(): void {
    if (this.writes >= this.last) throw new Killed()
    this.writes += 1
  }

  capacity: TableStore['capacity'] = (table) => this.store.capacity(table)
  read: TableStore['read'] = (table, key) => this.store.read(table, key)
  readRange: TableStore['readRange'] = (table, first, count) => this.store.readRange(table, first, count)
  entries: TableStore['entries'] = (table) => this.store.entries(table)
  write: TableStore['write'] = (table, key, value) => {
    this.die()
    this.store.write(table, key, value)
  }
  remove: TableStore['remove'] = (table, key) => {
    this.die()
    return this.store.remove(table, key)
  }
}

/** A connection that a server answered and both closed: counters, and later no connections. */
function connect(bench: DirectorBench, service: ServiceId, clientPort: number): void {
  const client = { address: CLIENT, port: clientPort }
  bench.handle(segment({ client, virtual: service, server: client }, 'client', 'S'))
  const made = bench.control.connections().find((one) => one.client.port === clientPort)
  if (made === undefined) return
  const ends: Ends = { client, virtual: service, server: made.dest }
  for (const [from, flags] of [
    ['server', 'SA'],
    ['client', 'A'],
    ['client', 'FA'],
    ['server', 'FA'],
  ] as const)
    // prettier-ignore
    bench.handle(segment(ends, from, flags))
}

let port = 1000

/** Two services, three servers with traffic each, one of them gone for so long that it is forgotten at the next repair. */
function started(): DirectorBench {
  const bench = memoryBench({ connections: 64 })
  bench.setClock(1000)
  for (const service of [WEB, MAIL]) {
    bench.control.addService({ ...service, scheduler: 'rr' })
    for (const last of [1, 2, 3]) bench.control.addDest(service, server(last))
    for (let i = 0; i < 6; i++) connect(bench, service, (port += 1))
  }
  return bench
}

/** Lets all connections expire and all rates come to zero. */
function wait(bench: DirectorBench, fromMs: number): void {
  for (let ms = fromMs; ms < fromMs + 300_000; ms += 2000) bench.setClock(ms)
}

interface Scenario {
  readonly name: string
  readonly prepare?: (bench: DirectorBench) => void
  readonly change: (director: Director) => void
}

function forgotten(bench: DirectorBench): void {
  bench.control.removeDest(WEB, server(2))
  wait(bench, 2000)
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: 'adding a service',
    change: (director) => director.addService({ ...WEB, port: 81, scheduler: 'rr' }),
  },
  {
    name: 'adding a service where one was removed',
    prepare: ({ control }) => control.removeService(WEB),
    change: (director) => director.addService({ ...WEB, scheduler: 'rr' }),
  },
  { name: 'editing a service', change: (director) => director.editService({ ...WEB, scheduler: 'rr' }) },
  { name: 'removing a service', change: (director) => director.removeService(WEB) },
  { name: 'adding a server', change: (director) => director.addDest(WEB, server(4)) },
  {
    name: 'adding a server in the place of a forgotten one',
    prepare: (bench) => {
      forgotten(bench)
      bench.control.repair()
    },
    change: (director) => director.addDest(WEB, server(4)),
  },
  {
    name: 'adding a removed server again',
    prepare: ({ control }) => control.removeDest(WEB, server(2)),
    change: (director) => director.addDest(WEB, server(2, 5)),
  },
  {
    name: 'adding a server of a service that was removed and made again',
    prepare: ({ control }) => {
      control.removeService(WEB)
      control.addService({ ...WEB, scheduler: 'rr' })
    },
    change: (director) => director.addDest(WEB, server(2)),
  },
  { name: 'editing a server', change: (director) => director.editDest(WEB, server(2, 0)) },
  { name: 'removing the first server', change: (director) => director.removeDest(WEB, server(3)) },
  { name: 'removing a server amid others', change: (director) => director.removeDest(WEB, server(2)) },
  { name: 'removing the last server', change: (director) => director.removeDest(WEB, server(1)) },
  { name: 'forgetting a server', prepare: forgotten, change: (director) => director.repair() },
]

/** What an operator sees of a director that another command has repaired. */
function viewed(bench: DirectorBench): ServiceStatus[] {
  return freshDirector(bench.tables)
    .services()
    .sort((a, b) => a.port - b.port)
}

/** The bench after the first `writes` writes of the scenario's change, and how many there were. */
function killedAfter({ prepare, change }: Scenario, writes = Infinity): { bench: DirectorBench; done: number } {
  port = 1000
  const bench = started()
  prepare?.(bench)
  const store = new DyingStore(bench.tables, writes)
  try {
    change(new Director(store))
  } catch (error) {
    if (!(error instanceof Killed)) throw error
  }
  return { bench, done: store.writes }
}

function expectPacketsToFlow(bench: DirectorBench, where: string): void {
  for (const service of [WEB, MAIL]) for (let i = 0; i < 5; i++) connect(bench, service, (port += 1))
  expect(brokenInvariants(bench.tables), where).toEqual([])
  // The service that no command touches has its three servers in turn.
  const chosen = bench.control
    .connections()
    .filter((one) => one.virtual.port === MAIL.port && one.client.port > port - 10)
  expect(new Set(chosen.map(({ dest }) => dest.address)).size, where).toBe(3)
}

describe('a command that forgets a removed server', () => {
  it('still shows the traffic of that server once, and gives its slot to the next', () => {
    const bench = started()
    forgotten(bench)
    const before = bench.control.service(WEB)?.counters
    bench.control.repair()
    expect(bench.control.service(WEB)?.counters).toEqual(before)
    const { lastDest } = LayoutView.from(bench.tables.readRange('layouts', 0, 1))
    bench.control.addDest(WEB, server(4))
    expect(LayoutView.from(bench.tables.readRange('layouts', 0, 1)).lastDest).toBe(lastDest)
    expect(bench.control.service(WEB)?.counters).toEqual(before)
  })
})

describe('a command that is killed', () => {
  for (const scenario of SCENARIOS) {
    it(`while ${scenario.name} leaves the state from before or after, whichever its last write`, () => {
      const before = viewed(killedAfter(scenario, 0).bench)
      const complete = killedAfter(scenario)
      const after = viewed(complete.bench)
      expect(complete.done).toBeGreaterThan(0)
      for (let writes = 0; writes < complete.done; writes++) {
        const where = `killed after ${writes} of ${complete.done} writes`
        expectPacketsToFlow(killedAfter(scenario, writes).bench, where)
        const found = viewed(killedAfter(scenario, writes).bench)
        const isBefore = JSON.stringify(found) === JSON.stringify(before)
        if (!isBefore) expect(found, where).toEqual(after)
      }
    })

    it(`while ${scenario.name} leaves nothing that a second repair would have to change`, () => {
      const { done } = killedAfter(scenario)
      for (let writes = 0; writes <= done; writes++) {
        const { bench } = killedAfter(scenario, writes)
        new Director(bench.tables).repair()
        const store = new DyingStore(bench.tables)
        new Director(store).repair()
        expect(store.writes, `killed after ${writes} of ${done} writes`).toBe(0)
      }
    })
  }

  it('while clearing leaves each service as before or gone', () => {
    const scenario: Scenario = { name: 'clearing', change: (director) => director.clear() }
    const before = new Map(viewed(killedAfter(scenario, 0).bench).map((service) => [service.port, service]))
    const { done } = killedAfter(scenario)
    for (let writes = 0; writes < done; writes++)
      for (const service of viewed(killedAfter(scenario, writes).bench))
        expect(service, `killed after ${writes} of ${done} writes`).toEqual(before.get(service.port))
    expect(viewed(killedAfter(scenario).bench)).toEqual([])
  })

  it('while zeroing leaves each server its old counters or none, and each service no less than its servers', () => {
    const scenario: Scenario = { name: 'zeroing', prepare: forgotten, change: (director) => director.zero() }
    const before = new Map(viewed(killedAfter(scenario, 0).bench).map((service) => [service.port, service]))
    const { done } = killedAfter(scenario)
    for (let writes = 0; writes <= done; writes++) {
      for (const service of viewed(killedAfter(scenario, writes).bench)) {
        const old = before.get(service.port)
        const where = `killed after ${writes} of ${done} writes`
        const inDests = service.dests.reduce((sum, { counters }) => sum + counters.inPackets, 0)
        expect(service.counters.inPackets, where).toBeGreaterThanOrEqual(inDests)
        expect(service.counters.inPackets, where).toBeLessThanOrEqual(old?.counters.inPackets ?? 0)
        service.dests.forEach(({ counters }, index) => {
          const wanted = counters.inPackets === 0 ? 0 : old?.dests[index]?.counters.inPackets
          expect(counters.inPackets, where).toBe(wanted)
        })
        if (writes === done) expect(service.counters.inPackets, where).toBe(0)
      }
    }
  })
})
