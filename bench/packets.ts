/**
 * `packets`: packets a second that arrive at the servers from a generator in the kernel, through plain routing, nftables and Weir in
 * turns. A packet's whole way runs on one processor, generator and sink included; `no forwarding` is that part alone.
 */
import { TcpFlag } from '../src/simulator/packets.ts'
import { type Benchmark, hasTool, type Output } from './benchmark.ts'
import { LiveFrames, type Order } from './live-frames.ts'
import { whyNoKernel } from './requirements.ts'
import { breathe, compare, type Sampler } from './samples.ts'
import { atXdp, type Forwarder, makeNetwork, nftables, ROUTING, SERVER_ADDRESSES, setting, weir } from './topology.ts'

const ROUNDS = 25
const PACKETS = 100_000
const WARM_UP = 20_000
const FLOWS = 1000
const PORT = 8080
const SERVICES = [{ port: PORT, servers: SERVER_ADDRESSES }]
/** Weir's other methods, each at a port of its own. */
const METHODS = [
  { name: 'Weir, direct routing', port: 8081, method: 'direct-routing' },
  { name: 'Weir, ipip', port: 8082, method: 'tunneling' },
  { name: 'Weir, FullNAT', port: 8083, method: 'fullnat' },
] as const
/** Share of the packets that may get lost before the figure means something else. */
const TOLERATED_LOSS = 0.001
const ATTEMPTS = 10

/** Packets a second; null where some were lost, because another process held up what receives them. */
function attempt(frames: LiveFrames, order: Order): number | null {
  frames.send({ ...order, packets: WARM_UP })
  const before = frames.received()
  const seconds = frames.send(order)
  const received = frames.received() - before
  return received < order.packets * (1 - TOLERATED_LOSS) ? null : received / seconds
}

function sampler(frames: LiveFrames, { name, addresses, use, leave }: Forwarder, port = PORT): Sampler {
  const order = { packets: PACKETS, flows: FLOWS, destinations: addresses, port, flags: TcpFlag.Ack }
  return async () => {
    use()
    try {
      for (let turn = 0; turn < ATTEMPTS; turn++) {
        const rate = attempt(frames, order)
        if (rate !== null) return rate
        await breathe()
      }
      throw new Error(`${name}: packets were lost in ${ATTEMPTS} attempts; is the machine busy?`)
    } finally {
      leave()
    }
  }
}

/** Packets that end where the director would receive them. */
function withoutForwarding(frames: LiveFrames): Forwarder {
  let sink = { close: (): void => undefined }
  return {
    name: 'no forwarding',
    addresses: ROUTING.addresses,
    use: () => (sink = frames.attachSink('director', 'dc')),
    leave: () => sink.close(),
  }
}

async function measure(output: Output): Promise<void> {
  makeNetwork()
  const director = weir([
    ...SERVICES,
    ...METHODS.map(({ port, method }) => ({ port, method, servers: SERVER_ADDRESSES })),
  ])
  const frames = LiveFrames.prepare()
  director.use()
  const opening = { packets: FLOWS, flows: FLOWS, destinations: director.addresses, flags: TcpFlag.Syn }
  for (const port of [PORT, ...METHODS.map((each) => each.port)]) frames.send({ ...opening, port })
  director.leave()
  const contenders = [ROUTING, director, atXdp(director), withoutForwarding(frames)]
  if (hasTool('nft')) {
    const nft = nftables(SERVICES)
    contenders.push(nft)
    nft.use()
    // As if a network card had verified them.
    setting('director', 'netfilter/nf_conntrack_checksum', 0)
    nft.leave()
  } else output.note('without nftables: apt install nftables')
  const samplers = Object.fromEntries(contenders.map((contender) => [contender.name, sampler(frames, contender)]))
  for (const { name, port } of METHODS) samplers[name] = sampler(frames, { ...director, name }, port)
  output.comparison(await compare(`forwarded, ${FLOWS} connections, one sender`, 'packets/s', ROUNDS, samplers))
}

export const packets: Benchmark = {
  name: 'packets',
  title: 'packets forwarded a second, beside plain routing',
  whyNot: whyNoKernel,
  run: measure,
}
