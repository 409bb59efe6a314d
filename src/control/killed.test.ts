/**
 * A command may be killed between any two of its writes. Every change is made with a store that stops at the k-th write, for every k:
 * packets must go on being handled, and the next command's repair must find the state from before the change or after it.
 */
import { describe, expect, it } from 'vitest'
import { brokenInvariants, brokenPlans } from '../testing/invariants.ts'
import { roundRobin, server } from '../testing/small-director.ts'
import { freshDirector, memoryBench, type DirectorBench } from '../testing/bench.ts'
import { type Ends, segment } from '../testing/reach-state.ts'
import { LayoutView } from '../engine/generated/views.ts'
import type { TableStore } from '../engine/tables.ts'
import { Director } from './director.ts'
import {
  type AddressedService,
  PLAIN_SERVICE,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
} from './model.ts'

const WEB: AddressedService = { protocol: 'tcp', address: '10.9.0.1', port: 80 }
const MAIL: AddressedService = { protocol: 'tcp', address: '10.9.0.1', port: 25 }
const FTP: AddressedService = { protocol: 'tcp', address: '10.9.0.9', port: 21 }
const PERSISTENT = { ...PLAIN_SERVICE, scheduler: 'rr', persistence: { timeoutS: 300, mask: 0xffffff00 } } as const
const ANY_PORT: ServiceConfig & AddressedService = { ...FTP, port: 0, ...PERSISTENT }
const MARKED: ServiceConfig = { ...PERSISTENT, protocol: 'fwm', mark: 7, family: 4 }
const CLIENT = '10.1.0.1'

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
  writeRange: TableStore['writeRange'] = (table, first, values) => {
    this.die()
    this.store.writeRange(table, first, values)
  }
  remove: TableStore['remove'] = (table, key) => {
    this.die()
    return this.store.remove(table, key)
  }
}

/** A connection that a server answered and both closed: counters, and later no connections. */
function connect(bench: DirectorBench, service: AddressedService, clientPort: number): void {
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
    bench.control.addService(roundRobin(service))
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
    change: (director) => director.addService(roundRobin({ ...WEB, port: 81 })),
  },
  {
    name: 'adding a service where one was removed',
    prepare: ({ control }) => control.removeService(WEB),
    change: (director) => director.addService(roundRobin(WEB)),
  },
  { name: 'editing a service', change: (director) => director.editService(roundRobin(WEB)) },
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
      control.addService(roundRobin(WEB))
    },
    change: (director) => director.addDest(WEB, server(2)),
  },
  { name: 'editing a server', change: (director) => director.editDest(WEB, server(2, 0)) },
  { name: 'removing the first server', change: (director) => director.removeDest(WEB, server(3)) },
  { name: 'removing a server amid others', change: (director) => director.removeDest(WEB, server(2)) },
  { name: 'removing the last server', change: (director) => director.removeDest(WEB, server(1)) },
  { name: 'forgetting a server', prepare: forgotten, change: (director) => director.repair() },
  {
    name: 'giving a service a scheduler with a table',
    change: (director) => director.editService({ ...roundRobin(WEB), scheduler: 'mh' }),
  },
  {
    name: 'giving a service with a table another one',
    prepare: ({ control }) => control.editService({ ...roundRobin(WEB), scheduler: 'mh' }),
    change: (director) => director.editService({ ...roundRobin(WEB), scheduler: 'sh', hashPort: true }),
  },
  {
    name: 'adding a server to a service with a table, between two others',
    prepare: ({ control }) => {
      for (const port of [82, 83]) {
        const other: AddressedService = { ...WEB, port }
        control.addService({ ...roundRobin(other), scheduler: 'sh' })
        control.addDest(other, server(1))
      }
      control.editService({ ...roundRobin(WEB), scheduler: 'sh' })
    },
    change: (director) => director.addDest({ ...WEB, port: 82 }, server(2, 3)),
  },
  {
    name: 'removing a server of a service with a table',
    prepare: ({ control }) => control.editService({ ...roundRobin(WEB), scheduler: 'dh' }),
    change: (director) => director.removeDest(WEB, server(2)),
  },
  {
    name: 'removing a service with a table',
    prepare: ({ control }) => control.editService({ ...roundRobin(WEB), scheduler: 'mh' }),
    change: (director) => director.removeService(WEB),
  },
  {
    name: 'editing the weight of a server under wrr',
    prepare: ({ control }) => control.editService({ ...roundRobin(WEB), scheduler: 'wrr' }),
    change: (director) => director.editDest(WEB, server(2, 6)),
  },
  { name: 'adding a service of any port', change: (director) => director.addService(ANY_PORT) },
  {
    name: 'removing the only service of any port',
    prepare: ({ control }) => control.addService(ANY_PORT),
    change: (director) => director.removeService(ANY_PORT),
  },
  { name: 'adding a service of a mark', change: (director) => director.addService(MARKED) },
  {
    name: 'removing the only service of a mark',
    prepare: ({ control }) => control.addService(MARKED),
    change: (director) => director.removeService(MARKED),
  },
  {
    name: 'making the service of FTP persistent, and so one of other ports',
    prepare: ({ control }) => control.addService(roundRobin(FTP)),
    change: (director) => director.editService({ ...ANY_PORT, port: 21 }),
  },
  {
    name: 'setting a threshold that has been reached',
    change: (director) => director.editDest(WEB, { ...server(2), upperThreshold: 1 }),
  },
  {
    name: 'lifting a threshold that has been reached',
    prepare: ({ control }) => control.editDest(WEB, { ...server(2), upperThreshold: 1 }),
    change: (director) => director.editDest(WEB, server(2)),
  },
]

function nameOf(id: ServiceId): string {
  return id.protocol === 'fwm' ? `mark ${id.mark}` : `${id.protocol} ${id.address} ${id.port}`
}

/** What an operator sees of a director that another command has repaired. */
function viewed(bench: DirectorBench): ServiceStatus[] {
  return freshDirector(bench.tables)
    .services()
    .sort((a, b) => nameOf(a).localeCompare(nameOf(b)))
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
        expect(brokenPlans(bench.tables), `killed after ${writes} of ${done} writes`).toEqual([])
        const store = new DyingStore(bench.tables)
        new Director(store).repair()
        expect(store.writes, `killed after ${writes} of ${done} writes`).toBe(0)
      }
    })
  }

  it('while clearing leaves each service as before or gone', () => {
    const scenario: Scenario = { name: 'clearing', change: (director) => director.clear() }
    const before = new Map(viewed(killedAfter(scenario, 0).bench).map((service) => [nameOf(service), service]))
    const { done } = killedAfter(scenario)
    for (let writes = 0; writes < done; writes++)
      for (const service of viewed(killedAfter(scenario, writes).bench))
        expect(service, `killed after ${writes} of ${done} writes`).toEqual(before.get(nameOf(service)))
    expect(viewed(killedAfter(scenario).bench)).toEqual([])
  })

  it('while zeroing leaves each server its old counters or none, and each service no less than its servers', () => {
    const scenario: Scenario = { name: 'zeroing', prepare: forgotten, change: (director) => director.zero() }
    const before = new Map(viewed(killedAfter(scenario, 0).bench).map((service) => [nameOf(service), service]))
    const { done } = killedAfter(scenario)
    for (let writes = 0; writes <= done; writes++) {
      for (const service of viewed(killedAfter(scenario, writes).bench)) {
        const old = before.get(nameOf(service))
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
