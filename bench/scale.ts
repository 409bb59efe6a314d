/**
 * `scale`: what grows with the number of connections and of services. Packets in test runs as for `packet`, over random connections of a
 * small and a large table; memory as the kernel accounts it; listings and the sweep at their longest.
 */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { load, unload } from '../src/kernel/commands.ts'
import type { BpfObject } from '../src/kernel/libbpf.ts'
import { PinnedDirector } from '../src/kernel/pins.ts'
import { stateFolder } from '../src/kernel/state-folder.ts'
import { openDirector } from '../src/control/open-director.ts'
import { formatAddress } from '../src/control/address.ts'
import { Family } from '../src/engine/records.ts'
import { TcpFlag } from '../src/simulator/packets.ts'
import { Random } from '../src/simulator/random.ts'
import type { TestDevice } from '../src/testing/test-namespace.ts'
import type { Benchmark, Output } from './benchmark.ts'
import { onCleanUp } from './cleanup.ts'
import { compile } from './compile.ts'
import { CLIENT_PORT, fillBaseline, fillDirector, PORT, ringAddress } from './fill-connections.ts'
import { LoadedDirector } from './loaded-director.ts'
import { chain, configure } from './packet.ts'
import { whyNoKernel } from './requirements.ts'
import { compare, type Sampler } from './samples.ts'
import { roundRobin, server } from './services.ts'
import { CLIENT, FORWARDED, REPEAT, type Segment, testDevice, TestRuns } from './test-runs.ts'

const SMALL = 1000
const LARGE = 1_000_000
/** Room for the large table. */
const CAPACITY = 1 << 20
const SERVICES = [2, 100, 10_000]
const ROUNDS = 15
const CALLS = 40
/** Calls of two packets each, where every call makes two connections. */
const OPENING_CALLS = 200
const SEED = 1
const COMMAND = fileURLToPath(new URL('../dist/ipvsadm.js', import.meta.url))
const SERVICE = roundRobin({ address: '10.5.0.1', port: 80 })
const SERVER = server({ address: '10.5.0.2', port: 80 })

function ringSegment(place: number): Segment {
  const destination = formatAddress({ word0: ringAddress(place), word1: 0, word2: 0, word3: 0 }, Family.Ipv4)
  return { source: CLIENT, destination, sourcePort: CLIENT_PORT, destinationPort: PORT, flags: TcpFlag.Ack }
}

/** Samples packets that go round a ring from random places on. */
function roundTheRing(runs: TestRuns, nothing: TestRuns, count: number, random: Random): Sampler {
  runs.expect(ringSegment(0), FORWARDED)
  return () =>
    runs.nsPerPacket(CALLS, REPEAT, () => ringSegment(random.below(count))) -
    nothing.nsPerPacket(CALLS, REPEAT, () => ringSegment(0))
}

function fullDirector(count: number, random: Random): LoadedDirector {
  const director = LoadedDirector.load(CAPACITY)
  director.control.addService(SERVICE)
  director.control.addDest(SERVICE, SERVER)
  fillDirector((table) => director.map(table), count, random)
  return director
}

function fullBaseline(count: number, random: Random): BpfObject {
  const object = compile('baseline')
  object.setMaxEntries('flows', 2 * CAPACITY)
  object.load()
  fillBaseline(object.mapFd('flows'), count, random)
  return object
}

async function connections(output: Output, device: TestDevice): Promise<void> {
  const random = new Random(SEED)
  const floors = [SMALL, LARGE].map((count) => fullBaseline(count, random))
  const directors = [SMALL, LARGE].map((count) => fullDirector(count, random))
  const [floor, largeFloor] = floors
  const [director, largeDirector] = directors
  if (!floor || !largeFloor || !director || !largeDirector) throw new Error('no tables to measure')
  const nothing = new TestRuns('nothing', floor.programFd('nothing'), device)
  const ofFloor = (object: BpfObject, count: number): Sampler =>
    roundTheRing(new TestRuns('C floor', object.programFd('baseline'), device), nothing, count, random)
  const ofWeir = ({ programFd }: LoadedDirector, count: number): Sampler =>
    roundTheRing(new TestRuns('Weir', programFd, device), nothing, count, random)
  const unit = 'ns a packet'
  const small = { 'C floor': ofFloor(floor, SMALL), Weir: ofWeir(director, SMALL) }
  output.comparison(await compare('established, over 1,000 connections', unit, ROUNDS, small))
  const large = { 'C floor': ofFloor(largeFloor, LARGE), Weir: ofWeir(largeDirector, LARGE) }
  output.comparison(await compare('established, over 1,000,000 connections', unit, ROUNDS, large))
  const growth = { '1,000': small.Weir, '1,000,000': large.Weir }
  output.comparison(await compare('established, Weir, by connections', unit, ROUNDS, growth))
  output.comparison(
    await compare('kernel memory', 'bytes a connection', 1, {
      'C floor': () => memoryOf([largeFloor.mapFd('flows')]) / CAPACITY,
      Weir: () =>
        memoryOf((['flows', 'connections', 'freeConnections'] as const).map((t) => largeDirector.map(t).fd)) / CAPACITY,
    }),
  )
  await sweeps(output, largeDirector)
}

/** Bytes that the kernel charges for maps. */
function memoryOf(fds: readonly number[]): number {
  const bytes = (fd: number): number =>
    Number(/^memlock:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? Number.NaN)
  return fds.reduce((sum, fd) => sum + bytes(fd), 0)
}

async function sweeps(output: Output, director: LoadedDirector): Promise<void> {
  let [longest, nowMs] = [0, 1000]
  const pass = (stepMs: number) => () => {
    const slices = director.housekeep((nowMs += stepMs))
    longest = Math.max(...slices)
    return slices.reduce((sum, slice) => sum + slice, 0)
  }
  const what = 'a pass of the sweep over 1,000,000 connections'
  output.comparison(await compare(what, 'ms', 5, { 'nothing expired': pass(100) }))
  output.note(`  longest of its slices: ${longest.toFixed(2)} ms`)
  output.comparison(await compare(what, 'ms', 1, { 'all expired': pass(86_400_000) }))
  output.note(`  longest of its slices: ${longest.toFixed(2)} ms`)
}

async function services(output: Output, device: TestDevice): Promise<void> {
  const random = new Random(SEED)
  const baseline = compile('baseline')
  baseline.load()
  const nothing = new TestRuns('nothing', baseline.programFd('nothing'), device)
  const runs = SERVICES.map((count) => {
    const director = LoadedDirector.load(65_536)
    const pairs = chain(count)
    configure(director, pairs)
    return { count, pairs, runs: new TestRuns(`${count} services`, director.programFd, device), port: 10_000 }
  })
  const sampler = (of: (typeof runs)[number], flags: number, destinationPort: number): Sampler => {
    const segment = (): Segment => {
      const destination = of.pairs[random.below(of.count - 1)]?.virtual ?? ''
      return { source: CLIENT, destination, sourcePort: of.port++, destinationPort, flags }
    }
    return () => of.runs.nsPerPacket(OPENING_CALLS, 2, segment) - nothing.nsPerPacket(OPENING_CALLS, 2, segment)
  }
  const row = async (what: string, flags: number, port: number): Promise<void> => {
    const samplers = runs.map((of) => [of.runs.name, sampler(of, flags, port)] as const)
    output.comparison(await compare(what, 'ns a packet, caches cold', ROUNDS, Object.fromEntries(samplers)))
  }
  await row('a new connection, by services', TcpFlag.Syn, 80)
  await row('of no service, by services', TcpFlag.Ack, 81)
}

async function listings(output: Output): Promise<void> {
  load({ connections: CAPACITY })
  onCleanUp('the pins of a director', unload)
  const writer = openDirector({ write: true })
  writer.addService(SERVICE)
  writer.addDest(SERVICE, SERVER)
  writer.close()
  const time = (...args: string[]) => {
    const from = performance.now()
    const { status } = spawnSync(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'ignore', 'inherit'] })
    if (status !== 0) throw new Error(`ipvsadm ${args.join(' ')} ended with status ${status}`)
    return performance.now() - from
  }
  const pinned = PinnedDirector.open(stateFolder())
  if (pinned === null) throw new Error('the director is not loaded')
  output.comparison(await compare('a listing without connections', 'ms', 5, { 'ipvsadm -Ln': () => time('-Ln') }))
  fillDirector((table) => pinned.map(table), LARGE, new Random(SEED))
  pinned.close()
  const both = { 'ipvsadm -Ln': () => time('-Ln'), 'ipvsadm -Lnc': () => time('-Lnc') }
  output.comparison(await compare('listings with 1,000,000 connections', 'ms', 1, both))
}

export const scale: Benchmark = {
  name: 'scale',
  title: 'what 1,000,000 connections and 10,000 services cost',
  whyNot: whyNoKernel,
  async run(output) {
    const device = testDevice()
    output.note(`seed ${SEED}`)
    await connections(output, device)
    await services(output, device)
    await listings(output)
  },
}
