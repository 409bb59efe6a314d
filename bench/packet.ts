/**
 * `packet`: nanoseconds that Weir's program takes for a packet, beside the floor in C (`baseline.bpf.c`), both by test runs. What an
 * empty program takes is subtracted from both.
 */
import { TcpFlag } from '../src/simulator/packets.ts'
import type { BpfObject } from '../src/kernel/libbpf.ts'
import { mapUpdate } from '../src/kernel/libbpf.ts'
import { parseAddress } from '../src/control/address.ts'
import type { TestDevice } from '../src/testing/test-namespace.ts'
import type { Benchmark, Output } from './benchmark.ts'
import { compile } from './compile.ts'
import { LoadedDirector } from './loaded-director.ts'
import { whyNoKernel } from './requirements.ts'
import { compare } from './samples.ts'
import { CLIENT, FORWARDED, PASSED, REPEAT, type Segment, testDevice, TestRuns } from './test-runs.ts'

const ROUNDS = 15
/** Calls in a sample; calls that make connections. */
const CALLS = 200
const OPENING_CALLS = 12
const CLIENT_PORT = 4000
const CONNECTIONS = 262_144

export interface Pair {
  readonly virtual: string
  readonly virtualPort: number
  readonly server: string
  readonly serverPort: number
}

/** Two services that are each other's servers: what one rewrites is the other's. */
function pingPong(first: string, second: string, port: number): Pair[] {
  return [
    { virtual: first, virtualPort: 80, server: second, serverPort: port },
    { virtual: second, virtualPort: port, server: first, serverPort: 80 },
  ]
}

/** Services of which each is the one before's server; the last has none. */
export function chain(count: number): Pair[] {
  const address = (index: number): string => `10.4.${index >> 8}.${index & 255}`
  return Array.from({ length: count }, (_, index) => ({
    virtual: address(index),
    virtualPort: 80,
    server: address(index + 1),
    serverPort: 80,
  }))
}

const SAME_PORT = pingPong('10.5.0.1', '10.5.0.2', 80)
const OTHER_PORT = pingPong('10.5.0.3', '10.5.0.4', 8080)
const OPENING = chain(REPEAT)

export function configure(director: LoadedDirector, pairs: readonly Pair[]): void {
  for (const { virtual, virtualPort, server, serverPort } of pairs) {
    const service = { protocol: 'tcp', address: virtual, port: virtualPort } as const
    director.control.addService({ ...service, scheduler: 'rr' })
    director.control.addDest(service, { address: server, port: serverPort, weight: 1, method: 'masquerading' })
  }
}

function endpoint(address: string, port: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(8))
  bytes.setUint32(0, parseAddress(address))
  bytes.setUint16(4, port)
  return new Uint8Array(bytes.buffer)
}

export function configureBaseline(object: BpfObject, pairs: readonly Pair[]): void {
  const fd = object.mapFd('services')
  for (const { virtual, virtualPort, server, serverPort } of pairs)
    mapUpdate(fd, endpoint(virtual, virtualPort), endpoint(server, serverPort))
}

function toVirtual({ virtual, virtualPort }: Pair, flags: number, clientPort = CLIENT_PORT): Segment {
  return { source: CLIENT, destination: virtual, sourcePort: clientPort, destinationPort: virtualPort, flags }
}

function fromServer({ server, serverPort }: Pair): Segment {
  return {
    source: server,
    destination: CLIENT,
    sourcePort: serverPort,
    destinationPort: CLIENT_PORT,
    flags: TcpFlag.Ack,
  }
}

/** The same conversations on every contender: after it, packets of both directions are forwarded. */
function establish(runs: TestRuns): void {
  for (const pair of [...SAME_PORT, ...OTHER_PORT]) {
    runs.expect(toVirtual(pair, TcpFlag.Syn), FORWARDED)
    runs.expect(fromServer(pair), FORWARDED)
    runs.expect(toVirtual(pair, TcpFlag.Ack), FORWARDED)
  }
}

async function measure(output: Output, device: TestDevice, weir: LoadedDirector, baseline: BpfObject): Promise<void> {
  configure(weir, [...SAME_PORT, ...OTHER_PORT, ...OPENING])
  configureBaseline(baseline, [...SAME_PORT, ...OTHER_PORT, ...OPENING])
  const nothing = new TestRuns('nothing', baseline.programFd('nothing'), device)
  const runs = [
    new TestRuns('C floor', baseline.programFd('baseline'), device),
    new TestRuns('Weir', weir.programFd, device),
  ]
  for (const contender of runs) establish(contender)
  const row = async (what: string, calls: number, segmentOf: (call: number) => Segment): Promise<void> => {
    const sampler = (contender: TestRuns) => {
      let call = 0
      return () =>
        contender.nsPerPacket(calls, REPEAT, () => segmentOf(call++)) -
        nothing.nsPerPacket(calls, REPEAT, () => segmentOf(0))
    }
    const samplers = Object.fromEntries(runs.map((contender) => [contender.name, sampler(contender)]))
    output.comparison(await compare(what, 'ns a packet', ROUNDS, samplers))
  }
  const [same, other, opening] = [SAME_PORT[0], OTHER_PORT[0], OPENING[0]]
  if (same === undefined || other === undefined || opening === undefined) throw new Error('no services to measure')
  await row('established, from the client, same port', CALLS, () => toVirtual(same, TcpFlag.Ack))
  await row('established, from the client, other port', CALLS, () => toVirtual(other, TcpFlag.Ack))
  await row('established, from the server, same port', CALLS, () => fromServer(same))
  await row('established, from the server, other port', CALLS, () => fromServer(other))
  await row('a new connection (SYN)', OPENING_CALLS, (call) => toVirtual(opening, TcpFlag.Syn, 10_000 + call))
  const stranger = { ...toVirtual(same, TcpFlag.Ack), destinationPort: 81 }
  for (const contender of runs) contender.expect(stranger, PASSED)
  await row('of no service, passed on', CALLS, () => stranger)
}

export const packet: Benchmark = {
  name: 'packet',
  title: "Weir's program beside the same job by hand in C, test runs",
  whyNot: whyNoKernel,
  async run(output) {
    const device = testDevice()
    const weir = LoadedDirector.load(CONNECTIONS)
    const baseline = compile('baseline')
    baseline.load()
    await measure(output, device, weir, baseline)
  },
}
