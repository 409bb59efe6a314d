/** What a director refuses, and that a refusal changes nothing; what it finds wrong in tables that others wrote. */
import { describe, expect, it } from 'vitest'
import { DestView, LayoutView, ServiceKeyView, ServiceView } from '../engine/generated/views.ts'
import { Availability, NONE } from '../engine/records.ts'
import type { TableStore } from '../engine/tables.ts'
import { freshDirector, memoryBench } from '../testing/bench.ts'
import { segment } from '../testing/reach-state.ts'
import { roundRobin, server, SmallDirector, WEB } from '../testing/small-director.ts'
import { differingRows, snapshot } from '../testing/table-snapshot.ts'
import { keyOf } from './codes.ts'
import { Director } from './director.ts'
import { ControlError, type AddressedService, type DestConfig, type ServiceConfig, type ServiceId } from './model.ts'
import { StateError } from './plan.ts'

const OTHER: AddressedService = { ...WEB, port: 81 }

const REFUSED: readonly [code: string, change: (director: Director) => void][] = [
  ['service-exists', (director) => director.addService(roundRobin(WEB))],
  ['no-such-service', (director) => director.editService(roundRobin(OTHER))],
  ['no-such-service', (director) => director.removeService(OTHER)],
  ['no-such-service', (director) => director.addDest(OTHER, server(1))],
  ['no-such-service', (director) => director.zero(OTHER)],
  ['dest-exists', (director) => director.addDest(WEB, server(1))],
  ['no-such-dest', (director) => director.editDest(WEB, server(9))],
  ['no-such-dest', (director) => director.removeDest(WEB, server(9))],
  ['bad-address', (director) => director.addDest(WEB, { ...server(1), address: '10.2.0' })],
  ['bad-address', (director) => director.addService(roundRobin({ ...WEB, address: 'fd00::g' }))],
  ['bad-address', (director) => director.addService(roundRobin({ ...WEB, address: 'fe80::1%eth0' }))],
  ['mixed-families', (director) => director.addDest(WEB, { ...server(1), address: 'fd02::1' })],
  ['bad-mark', (director) => director.addService(roundRobin({ protocol: 'fwm', mark: 0, family: 4 }))],
  ['bad-mark', (director) => director.addService(roundRobin({ protocol: 'fwm', mark: 2 ** 32, family: 6 }))],
  ['bad-persistence', (director) => director.editService(persistent(0, 0xffffffff))],
  ['bad-persistence', (director) => director.editService(persistent(2_678_401, 0xffffffff))],
  ['bad-persistence', (director) => director.editService(persistent(300, -1))],
  ['bad-threshold', (director) => director.addDest(WEB, { ...server(9), upperThreshold: 2, lowerThreshold: 3 })],
  ['bad-threshold', (director) => director.editDest(WEB, { ...server(1), upperThreshold: 2 ** 32 })],
  ['bad-setting', (director) => director.set({ tcpTimeoutS: 0 })],
  ['bad-setting', (director) => director.set({ udpTimeoutS: 10, sloppyTcp: 2 })],
  ['bad-setting', (director) => director.set({ secureTcp: 4 })],
  ['bad-port', (director) => director.addService(roundRobin({ ...WEB, port: 0 }))],
  ['bad-port', (director) => director.addDest(WEB, { ...server(9), port: 65536 })],
  ['bad-weight', (director) => director.addDest(WEB, server(9, -1))],
  ['bad-weight', (director) => director.addDest(WEB, server(9, 2 ** 31))],
  ['bad-weight', (director) => director.editDest(WEB, server(1, 1.5))],
]

function persistent(timeoutS: number, mask: number): ServiceConfig {
  return { ...roundRobin(WEB), persistence: { timeoutS, mask } }
}

function codeOf(work: () => void): string {
  try {
    work()
  } catch (error) {
    if (error instanceof ControlError) return error.code
    throw error
  }
  return 'none'
}

describe('a change that is refused', () => {
  for (const [code, change] of REFUSED) {
    it(`has the code ${code} and writes nothing: ${change.toString().replace(/^.*?=> director\./, '')}`, () => {
      const { bench } = new SmallDirector(2)
      const before = snapshot(bench.tables)
      expect(codeOf(() => change(bench.control))).toBe(code)
      expect(differingRows(before, snapshot(bench.tables))).toEqual([])
    })
  }

  it('has the code table-full where the tables have no place, and nothing was added', () => {
    const { tables } = memoryBench({ connections: 4 })
    const small: TableStore = {
      capacity: (table) => Math.min(3, tables.capacity(table)),
      read: (table, key) => tables.read(table, key),
      readRange: (table, first, count) => tables.readRange(table, first, count),
      write: (table, key, value) => tables.write(table, key, value),
      writeRange: (table, first, values) => tables.writeRange(table, first, values),
      remove: (table, key) => tables.remove(table, key),
      entries: (table) => tables.entries(table),
    }
    const director = freshDirector(small)
    for (const port of [1, 2]) director.addService(roundRobin({ ...WEB, port }))
    expect(codeOf(() => director.addService(roundRobin({ ...WEB, port: 3 })))).toBe('table-full')
    expect(director.services()).toHaveLength(2)
    const first: ServiceId = { ...WEB, port: 1 }
    for (const last of [1, 2]) director.addDest(first, server(last))
    expect(codeOf(() => director.addDest(first, server(3)))).toBe('table-full')
    expect(director.service(first)?.dests).toHaveLength(2)
  })
})

describe('a director', () => {
  it('lists the servers of a service with the one added last first', () => {
    const { bench } = new SmallDirector(3)
    const addresses = bench.control.service(WEB)?.dests.map(({ address }) => address)
    expect(addresses).toEqual(['10.2.0.3', '10.2.0.2', '10.2.0.1'])
  })

  it('knows servers of both families apart whose addresses are the same words', () => {
    const { control } = new SmallDirector(0).bench
    const four: DestConfig = { ...server(1), method: 'tunneling' }
    const six: DestConfig = { ...four, address: 'a02:1::' }
    const addresses = (): string[] | undefined => control.service(WEB)?.dests.map(({ address }) => address)
    control.addDest(WEB, four)
    control.addDest(WEB, six)
    expect(addresses()).toEqual([six.address, four.address])
    control.editDest(WEB, { ...six, weight: 7 })
    control.removeDest(WEB, four)
    expect(control.service(WEB)?.dests).toMatchObject([{ address: six.address, weight: 7 }])
    // The slot that is remembered for one isn't the other's.
    control.removeDest(WEB, six)
    control.addDest(WEB, four)
    expect(addresses()).toEqual([four.address])
    expect(codeOf(() => control.removeDest(WEB, six))).toBe('no-such-dest')
  })

  it('sends packets to other ports to the service of FTP once an edit has made it persistent', () => {
    const { bench } = new SmallDirector(1)
    const ftp: AddressedService = { ...WEB, port: 21 }
    const client = { address: '10.1.0.1', port: 1024 }
    const passive = segment({ client, virtual: { ...WEB, port: 2000 }, server: server(1) }, 'client', 'S')
    bench.control.addService(roundRobin(ftp))
    bench.control.addDest(ftp, server(1))
    expect(bench.handle(passive).verdict).toBe('pass')
    bench.control.editService({ ...roundRobin(ftp), persistence: { timeoutS: 300, mask: 0xffffffff } })
    expect(bench.handle(passive).verdict).toBe('forward')
  })

  it('shows since -Z only what came after it, while rates go on', () => {
    const director = new SmallDirector(1)
    director.send(1, 'S')
    director.bench.control.zero()
    expect(director.bench.control.service(WEB)?.counters.inPackets).toBe(0)
    director.send(1, 'A')
    expect(director.bench.control.service(WEB)?.counters).toMatchObject({ connections: 0, inPackets: 1, inBytes: 40 })
  })

  it('remembers a removed server for 120 s after its last connection went, and its counters for good', () => {
    const director = new SmallDirector(1)
    director.send(1, 'S')
    director.bench.control.removeDest(WEB, server(1))
    director.bench.setClock(60_999)
    director.bench.control.repair()
    expect(lastUsedDest(director)).toBe(1)
    director.bench.setClock(121_000)
    director.bench.control.repair()
    expect(lastUsedDest(director)).toBe(0)
    expect(director.bench.control.service(WEB)?.counters.inPackets).toBe(1)
  })
})

/** The highest slot of `dests` that is in use. */
function lastUsedDest({ bench }: SmallDirector): number {
  const { lastDest } = LayoutView.from(bench.tables.readRange('layouts', 0, 1))
  for (let index = lastDest; index > NONE; index--)
    if (DestView.from(bench.tables.readRange('dests', index, 1)).service.family !== 0) return index
  return NONE
}

describe('tables that contradict themselves', () => {
  function damaged(damage: (tables: TableStore, dest: DestView, index: number) => void): () => void {
    const { tables } = new SmallDirector(2).bench
    const key = ServiceKeyView.of(keyOf(WEB)).toBytes()
    const { firstDest } = ServiceView.from(tables.read('services', key) ?? new Uint8Array())
    const dest = DestView.from(tables.readRange('dests', firstDest, 1))
    damage(tables, dest, firstDest)
    return () => new Director(tables).repair()
  }

  it('are refused where a list has no end', () => {
    const loop = damaged((tables, dest, index) => {
      dest.next = index
      tables.write('dests', index, dest.toBytes())
    })
    expect(loop).toThrow(StateError)
  })

  it('are refused where a list leads to another service’s server', () => {
    const stranger = damaged((tables, dest, index) => {
      dest.service.port = 443
      tables.write('dests', index, dest.toBytes())
    })
    expect(stranger).toThrow(/not its own/)
  })

  it('are put right where a removed server is still in its list', () => {
    const { bench } = new SmallDirector(2)
    const dest = DestView.from(bench.tables.readRange('dests', 2, 1))
    dest.availability = Availability.Removed
    bench.tables.write('dests', 2, dest.toBytes())
    const dests: readonly DestConfig[] = freshDirector(bench.tables).service(WEB)?.dests ?? []
    expect(dests.map(({ address }) => address)).toEqual(['10.2.0.1'])
  })
})
