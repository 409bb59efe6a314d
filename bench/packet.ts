/**
 * `packet`: nanoseconds that Weir's program takes for a packet, beside the floor in C (`baseline.bpf.c`), both by test runs: TCP and UDP by
 * IPv4, TCP by IPv6. What an empty program takes is subtracted from both.
 */
import { TcpFlag } from '../src/simulator/packets.ts'
import type { BpfObject } from '../src/kernel/libbpf.ts'
import type { Protocol } from '../src/control/model.ts'
import type { TestDevice } from '../src/testing/test-namespace.ts'
import { addBaselineService } from './baseline.ts'
import type { Benchmark, Output } from './benchmark.ts'
import { compile } from './compile.ts'
import { LoadedDirector } from './loaded-director.ts'
import { whyNoKernel } from './requirements.ts'
import { compare } from './samples.ts'
import { roundRobin, server as serverOf } from './services.ts'
import { CLIENT, CLIENT_IPV6, FORWARDED, PASSED, REPEAT, type Segment, testDevice, TestRuns } from './test-runs.ts'

const ROUNDS = 15
/** Calls in a sample; calls that make connections. */
const CALLS = 200
const OPENING_CALLS = 12
const CLIENT_PORT = 4000
const CONNECTIONS = 262_144

export interface Pair {
  readonly protocol: Protocol
  readonly virtual: string
  readonly virtualPort: number
  readonly server: string
  readonly serverPort: number
}

/** Two services that are each other's servers: what one rewrites is the other's. */
function pingPong(protocol: Protocol, first: string, second: string, port: number): [Pair, Pair] {
  return [
    { protocol, virtual: first, virtualPort: 80, server: second, serverPort: port },
    { protocol, virtual: second, virtualPort: port, server: first, serverPort: 80 },
  ]
}

/** Services at the addresses of 0 and up, of which each is the one before's server; the last has none. */
export function chain(count: number, protocol: Protocol = 'tcp', address = ipv4Address): Pair[] {
  return Array.from({ length: count }, (_, index) => ({
    protocol,
    virtual: address(index),
    virtualPort: 80,
    server: address(index + 1),
    serverPort: 80,
  }))
}

function ipv4Address(index: number): string {
  return `10.4.${index >> 8}.${index & 255}`
}

function ipv6Address(index: number): string {
  return `fd04::${index.toString(16)}`
}

/** Traffic of a kind, over services of its own. */
interface Kind {
  /** In front of the rows' names. */
  readonly name: string
  readonly client: string
  readonly protocol: Protocol
  readonly same: [Pair, Pair]
  readonly other: [Pair, Pair]
  readonly opening: readonly Pair[]
}

const TCP: Kind = {
  name: '',
  client: CLIENT,
  protocol: 'tcp',
  same: pingPong('tcp', '10.5.0.1', '10.5.0.2', 80),
  other: pingPong('tcp', '10.5.0.3', '10.5.0.4', 8080),
  opening: chain(REPEAT),
}
const UDP: Kind = {
  name: 'UDP, ',
  client: CLIENT,
  protocol: 'udp',
  same: pingPong('udp', '10.5.0.1', '10.5.0.2', 80),
  other: pingPong('udp', '10.5.0.3', '10.5.0.4', 8080),
  opening: chain(REPEAT, 'udp'),
}
const IPV6: Kind = {
  name: 'IPv6, ',
  client: CLIENT_IPV6,
  protocol: 'tcp',
  same: pingPong('tcp', 'fd05::1', 'fd05::2', 80),
  other: pingPong('tcp', 'fd05::3', 'fd05::4', 8080),
  opening: chain(REPEAT, 'tcp', ipv6Address),
}
const KINDS = [TCP, UDP, IPV6]

function pairsOf({ same, other, opening }: Kind): readonly Pair[] {
  return [...same, ...other, ...opening]
}

export function configure(director: LoadedDirector, pairs: readonly Pair[]): void {
  director.control.batch(() => {
    for (const { protocol, virtual, virtualPort, server, serverPort } of pairs) {
      const service = roundRobin({ address: virtual, port: virtualPort }, protocol)
      director.control.addService(service)
      director.control.addDest(service, serverOf({ address: server, port: serverPort }))
    }
  })
}

function toVirtual(
  { client, protocol }: Kind,
  { virtual, virtualPort }: Pair,
  flags: number,
  clientPort = CLIENT_PORT,
): Segment {
  const ends = { source: client, destination: virtual, sourcePort: clientPort, destinationPort: virtualPort }
  return { ...ends, flags: protocol === 'udp' ? null : flags }
}

function fromServer({ client, protocol }: Kind, { server, serverPort }: Pair): Segment {
  const ends = { source: server, destination: client, sourcePort: serverPort, destinationPort: CLIENT_PORT }
  return { ...ends, flags: protocol === 'udp' ? null : TcpFlag.Ack }
}

/** The same conversations on every contender: after it, packets of both directions are forwarded. */
function establish(runs: TestRuns, kind: Kind): void {
  for (const pair of [...kind.same, ...kind.other]) {
    runs.expect(toVirtual(kind, pair, TcpFlag.Syn), FORWARDED)
    runs.expect(fromServer(kind, pair), FORWARDED)
    runs.expect(toVirtual(kind, pair, TcpFlag.Ack), FORWARDED)
  }
}

async function measure(output: Output, device: TestDevice, weir: LoadedDirector, baseline: BpfObject): Promise<void> {
  for (const kind of KINDS) {
    configure(weir, pairsOf(kind))
    for (const pair of pairsOf(kind)) addBaselineService(baseline, pair)
  }
  const nothing = new TestRuns('nothing', baseline.programFd('nothing'), device)
  const runs = [
    new TestRuns('C floor', baseline.programFd('baseline'), device),
    new TestRuns('Weir', weir.programFd, device),
  ]
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
  for (const kind of KINDS) {
    for (const contender of runs) establish(contender, kind)
    const [same, other, opening] = [kind.same[0], kind.other[0], kind.opening[0] ?? kind.same[0]]
    const opens = kind.protocol === 'udp' ? 'a new conversation' : 'a new connection (SYN)'
    await row(`${kind.name}established, from the client, same port`, CALLS, () => toVirtual(kind, same, TcpFlag.Ack))
    await row(`${kind.name}established, from the client, other port`, CALLS, () => toVirtual(kind, other, TcpFlag.Ack))
    await row(`${kind.name}established, from the server, same port`, CALLS, () => fromServer(kind, same))
    await row(`${kind.name}established, from the server, other port`, CALLS, () => fromServer(kind, other))
    await row(`${kind.name}${opens}`, OPENING_CALLS, (call) => toVirtual(kind, opening, TcpFlag.Syn, 10_000 + call))
    const stranger = { ...toVirtual(kind, same, TcpFlag.Ack), destinationPort: 81 }
    for (const contender of runs) contender.expect(stranger, PASSED)
    await row(`${kind.name}of no service, passed on`, CALLS, () => stranger)
  }
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
