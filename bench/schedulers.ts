/**
 * `schedulers`: nanoseconds from a SYN to its forwarded packet, by scheduler and number of servers, beside rr with two. Test runs of one
 * packet each, every one a new connection, so caches are as cold as a system call leaves them.
 *
 * Before it is measured every service has had more connections than servers, so that none is idle: what looks for an idle one or for
 * the least loaded looks at all. Weights are so large that no server is overloaded: lblc and lblcr keep to the server that they know.
 */
import {
  type AddressedService,
  PLAIN_SERVICE,
  SCHEDULERS,
  type SchedulerName,
  type ServiceOptions,
} from '../src/control/model.ts'
import { TcpFlag } from '../src/simulator/packets.ts'
import type { Benchmark, Output } from './benchmark.ts'
import { compile } from './compile.ts'
import { LoadedDirector } from './loaded-director.ts'
import { whyNoKernel } from './requirements.ts'
import { compare, type Sampler } from './samples.ts'
import { server } from './services.ts'
import { FORWARDED, type Segment, testDevice, TestRuns } from './test-runs.ts'

const SERVERS = [2, 100, 1000]
const ROUNDS = 9
/** Calls of one packet in a sample. */
const CALLS = 200
/** More than the connections of all samples. */
const CONNECTIONS = 1 << 19
const WEIGHT = 100_000
const PORT = 80

/** The next client, each with an address and port of its own, so that no two connections have a server's port in common. */
function nextClient(): () => Pick<Segment, 'source' | 'sourcePort'> {
  let clients = 0
  return () => {
    const number = clients++
    return { source: `192.168.${(number >>> 8) & 255}.${number & 255}`, sourcePort: 10_000 + (number >>> 16) }
  }
}

function serviceOf(scheduler: SchedulerName, servers: number): AddressedService & ServiceOptions {
  const address = `10.7.${SERVERS.indexOf(servers)}.${SCHEDULERS.indexOf(scheduler)}`
  return { ...PLAIN_SERVICE, protocol: 'tcp', address, port: PORT, scheduler }
}

/** Each scheduler's service with so many servers. */
function configure({ control }: LoadedDirector, servers: number): void {
  control.batch(() => {
    for (const scheduler of SCHEDULERS) {
      const service = serviceOf(scheduler, servers)
      control.addService(service)
      for (let index = 0; index < servers; index++)
        control.addDest(service, server({ address: `10.8.${index >>> 8}.${index & 255}`, port: PORT }, WEIGHT))
    }
  })
}

async function measure(output: Output): Promise<void> {
  const device = testDevice()
  const baseline = compile('baseline')
  baseline.load()
  const nothing = new TestRuns('nothing', baseline.programFd('nothing'), device)
  const director = LoadedDirector.load(CONNECTIONS)
  const runs = new TestRuns('Weir', director.programFd, device)
  const client = nextClient()
  const syn = (scheduler: SchedulerName, servers: number) => {
    const { address } = serviceOf(scheduler, servers)
    return (): Segment => ({ ...client(), destination: address, destinationPort: PORT, flags: TcpFlag.Syn })
  }
  const sampler = (scheduler: SchedulerName, servers: number): Sampler => {
    const segment = syn(scheduler, servers)
    return () => runs.nsPerPacket(CALLS, 1, segment) - nothing.nsPerPacket(CALLS, 1, segment)
  }
  for (const servers of SERVERS) {
    configure(director, servers)
    for (const scheduler of SCHEDULERS) {
      const segment = syn(scheduler, servers)
      for (let connection = 0; connection < 2 * servers; connection++) runs.expect(segment(), FORWARDED)
    }
  }
  for (const servers of SERVERS) {
    const contenders: Record<string, Sampler> = { 'rr, 2 servers': sampler('rr', 2) }
    for (const scheduler of SCHEDULERS) contenders[scheduler] = sampler(scheduler, servers)
    output.comparison(await compare(`a new connection (SYN), ${servers} servers`, 'ns', ROUNDS, contenders))
  }
  const refused = director.control.reasons().find(({ packets }) => packets > 0)
  if (refused !== undefined) throw new Error(`${refused.packets} packets were not forwarded: ${refused.meaning}`)
}

export const schedulers: Benchmark = {
  name: 'schedulers',
  title: 'a new connection by scheduler and number of servers, test runs',
  whyNot: whyNoKernel,
  run: measure,
}
