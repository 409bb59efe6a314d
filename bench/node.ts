/**
 * `node`: the same engine in Node. Packets a second through `MemoryHost.handle`, by what becomes of them, and through a simulated network
 * with a director beside one whose host only routes.
 */
import { Director } from '../src/control/director.ts'
import { Route } from '../src/engine/records.ts'
import { MemoryHost } from '../src/memory/memory-host.ts'
import { makeDirector } from '../src/simulator/director-host.ts'
import type { Host } from '../src/simulator/host.ts'
import { httpRequest, serveHttp } from '../src/simulator/http.ts'
import { Network } from '../src/simulator/network.ts'
import { buildTcp, TcpFlag } from '../src/simulator/packets.ts'
import type { TableStore } from '../src/engine/tables.ts'
import type { Benchmark, Output } from './benchmark.ts'
import { compare } from './samples.ts'
import { roundRobin, server } from './services.ts'

const ROUNDS = 9
const PACKETS = 100_000
const REQUESTS = 200
const PAGE = 'x'.repeat(20_000)
const SEED = 1
/** Simulated time in which every request is answered. */
const SIMULATED_MS = 60_000
const VIRTUAL = '192.0.2.100'
const SERVER = '10.0.0.11'
const SERVICE = roundRobin({ address: VIRTUAL, port: 80 })

function addService(tables: TableStore): void {
  const control = new Director(tables)
  control.addService(SERVICE)
  control.addDest(SERVICE, server({ address: SERVER, port: 80 }))
}

async function engine(output: Output): Promise<void> {
  const host = new MemoryHost({ route: () => ({ route: Route.Found, mtu: 1500 }) })
  addService(host.tables)
  host.tick(1000)
  const ends = { source: '192.0.2.10', destination: VIRTUAL, sourcePort: 4000, destinationPort: 80 }
  host.handle(buildTcp({ ...ends, flags: TcpFlag.Syn }))
  const rate = (packet: Uint8Array) => () => {
    const from = performance.now()
    for (let turn = 0; turn < PACKETS; turn++) host.handle(packet)
    return (PACKETS / (performance.now() - from)) * 1000
  }
  output.comparison(
    await compare('the engine, 40-byte packets', 'packets/s', ROUNDS, {
      'of no service': rate(buildTcp({ ...ends, destinationPort: 81, flags: TcpFlag.Ack })),
      established: rate(buildTcp({ ...ends, flags: TcpFlag.Ack })),
    }),
  )
}

/** A client, a host that forwards, a server behind it; `prepare` makes something of the host. */
function simulate(address: string, prepare: (middle: Host) => void): number {
  const network = new Network(SEED)
  const [client, middle, page] = [network.host('client'), network.host('middle'), network.host('server')]
  middle.forwarding = true
  const outer = middle.addInterface('eth0', { address: '192.0.2.1/24' })
  middle.addAddress('eth0', `${VIRTUAL}/32`)
  const inner = middle.addInterface('eth1', { address: '10.0.0.1/24' })
  network.link(client.addInterface('eth0', { address: '192.0.2.10/24' }), outer)
  network.link(page.addInterface('eth0', { address: `${SERVER}/24` }), inner)
  client.addRoute('0.0.0.0/0', { gateway: '192.0.2.1' })
  page.addRoute('0.0.0.0/0', { gateway: '10.0.0.1' })
  serveHttp(page, 80, () => PAGE)
  prepare(middle)
  const capture = network.capture(outer)
  const answers = Array.from({ length: REQUESTS }, () => httpRequest(client, address, 80))
  const from = performance.now()
  network.run(SIMULATED_MS)
  const seconds = (performance.now() - from) / 1000
  const failed = answers.filter(({ status, body }) => status !== 200 || body !== PAGE).length
  if (failed > 0) throw new Error(`${failed} of ${REQUESTS} simulated requests failed`)
  return capture.frames / seconds
}

export const node: Benchmark = {
  name: 'node',
  title: 'the engine in Node, alone and in the simulator',
  whyNot: () => null,
  async run(output) {
    await engine(output)
    output.comparison(
      await compare(`a simulated network, ${REQUESTS} pages of ${PAGE.length} bytes`, 'packets/s', ROUNDS, {
        'a router': () => simulate(SERVER, () => undefined),
        'a director': () => simulate(VIRTUAL, (middle) => addService(makeDirector(middle).tables)),
      }),
    )
  },
}
