/**
 * Every way of forwarding, by the engine, between hosts whose stacks check each packet: over both families, over links that are good and
 * ones that lose, reorder and duplicate on the clients' side and on the servers', and with nothing of it left in the tables in the end.
 */
import { describe, expect, it } from 'vitest'
import { Director } from '../control/director.ts'
import { type AddressedService, type DestConfig, IPIP, type Tunnel } from '../control/model.ts'
import { NONE } from '../engine/records.ts'
import { brokenInvariants } from '../testing/invariants.ts'
import { plainDest, roundRobin } from '../testing/small-director.ts'
import { type Address, toAddress } from './addresses.ts'
import { Capture } from './capture.ts'
import { makeDirector } from './director-host.ts'
import { frameDestination, FRAME_HEADER, frameSource } from './ethernet.ts'
import type { Host } from './host.ts'
import { type HttpAnswer, type HttpOptions, httpRequest, serveHttp } from './http.ts'
import type { LinkConditions } from './link.ts'
import { Network } from './network.ts'
import { parseIp, parseTcp, TcpFlag, tcpOption } from './packets.ts'
import { Random } from './random.ts'

type FamilyName = 'IPv4' | 'IPv6'

const NETS = {
  IPv4: { outside: '198.51.100.', inside: '192.168.1.', bits: 24, anywhere: '0.0.0.0/0', alone: 32 },
  IPv6: { outside: 'fd01::', inside: 'fd02::', bits: 64, anywhere: '::/0', alone: 128 },
} as const
const FAMILIES = ['IPv4', 'IPv6'] as const
/** Ends of the hosts' addresses, and of the virtual address. */
const LAST = { router: 1, director: 2, vip: 3, rs1: 4, rs2: 5 }
/** Connections that the director has room for, all of a run's at once and few more. */
const CONNECTIONS = 64

interface Way {
  readonly name: string
  readonly dest: Partial<DestConfig>
  /** The servers' family; default the service's. */
  readonly to?: FamilyName
  /** The director is one of its own two servers. */
  readonly isLocal?: boolean
  /** FullNAT: the servers are told their clients' addresses. */
  readonly toa?: boolean
  /** FullNAT: the same by a PROXY header, which they insist on. */
  readonly proxyProtocol?: boolean
}

const TUNNELS: readonly Tunnel[] = [
  IPIP,
  { type: 'gue', port: 6080, checksum: 'none' },
  { type: 'gue', port: 6080, checksum: 'full' },
  { type: 'gue', port: 6080, checksum: 'remote' },
  { type: 'gre', port: 0, checksum: 'none' },
  { type: 'gre', port: 0, checksum: 'full' },
]

const WAYS: readonly Way[] = [
  { name: 'masquerading, to servers that answer by way of it', dest: {} },
  { name: 'masquerading, to a server and to itself', dest: {}, isLocal: true },
  {
    name: 'direct routing, without IP forwarding, to servers with the address on lo',
    dest: { method: 'direct-routing' },
  },
  { name: 'direct routing, to a server and to itself', dest: { method: 'direct-routing' }, isLocal: true },
  ...TUNNELS.flatMap((tunnel) =>
    FAMILIES.map((to): Way => {
      const name = `${tunnel.type} (checksum: ${tunnel.checksum}) over ${to}`
      return { name, dest: { method: 'tunneling', tunnel }, to }
    }),
  ),
  { name: 'FullNAT, without IP forwarding, to servers that know nothing of it', dest: { method: 'fullnat' } },
  { name: 'FullNAT, to a server and to itself', dest: { method: 'fullnat' }, isLocal: true },
  { name: 'FullNAT, with the TOA option', dest: { method: 'fullnat' }, toa: true },
  { name: 'FullNAT, with a PROXY header', dest: { method: 'fullnat' }, proxyProtocol: true },
]

const BAD: Partial<LinkConditions> = {
  delayUs: 500,
  loss: 0.02,
  reordering: 0.1,
  duplication: 0.03,
  reorderingDelayUs: 3000,
}
const LINKS: readonly { links: string; seed: number; conditions: Partial<LinkConditions> }[] = [
  { links: 'good', seed: 1, conditions: {} },
  ...[1, 2, 3].map((seed) => ({ links: 'bad', seed, conditions: BAD })),
]

/** client — router — segment with director and servers; all speak both families. The servers have the way to the client by the router. */
function topology(seed: number, conditions: Partial<LinkConditions>) {
  const network = new Network(seed)
  const lan = network.switch()
  const [client, router] = [network.host('client'), network.host('router')]
  network.link(client.addInterface('eth0'), router.addInterface('eth0'), conditions)
  const join = (name: string, port: string, host = network.host(name)): Host => {
    network.plug(lan, host.addInterface(port), conditions)
    const last = LAST[name as keyof typeof LAST]
    for (const family of FAMILIES) host.addAddress(port, `${NETS[family].inside}${last}/${NETS[family].bits}`)
    return host
  }
  join('router', 'eth1', router).forwarding = true
  const director = join('director', 'eth0')
  const servers = [join('rs1', 'eth0'), join('rs2', 'eth0')]
  for (const server of servers) server.addInterface('lo')
  for (const family of FAMILIES) {
    const { outside, inside, bits, anywhere, alone } = NETS[family]
    client.addAddress('eth0', `${outside}2/${bits}`)
    router.addAddress('eth0', `${outside}1/${bits}`)
    client.addRoute(anywhere, { gateway: `${outside}1` })
    for (const host of [director, ...servers]) host.addRoute(anywhere, { gateway: `${inside}${LAST.router}` })
    director.addAddress('eth0', `${inside}${LAST.vip}/${alone}`)
  }
  return { network, client, director, servers, engine: makeDirector(director, { connections: CONNECTIONS }) }
}

/** What the servers of a way, and the director for it, need. */
function prepare({ director, servers }: ReturnType<typeof topology>, { dest, proxyProtocol = false }: Way): void {
  const { method, tunnel } = dest
  for (const host of [director, ...servers]) serveHttp(host, 80, ({ body }) => body, { expectsProxy: proxyProtocol })
  if (method === 'fullnat') return
  director.forwarding = method === undefined
  for (const server of servers) {
    for (const { inside, anywhere, alone } of Object.values(NETS)) {
      if (method !== undefined) server.addAddress('lo', `${inside}${LAST.vip}/${alone}`)
      else {
        server.removeRoute(anywhere)
        server.addRoute(anywhere, { gateway: `${inside}${LAST.director}` })
      }
    }
    if (method !== undefined) Object.assign(server.arp, { arpIgnore: 1, arpAnnounce: 2 })
    if (tunnel !== undefined) server.addTunnel(tunnel.type)
  }
}

/** The kind of the option by which FullNAT tells a server its client. */
const TOA = 254

/** Counts what comes to a director for a virtual address, and what it sends from it, by reading the frames. */
class Tally extends Capture {
  readonly traffic = { inPackets: 0, inBytes: 0, outPackets: 0, outBytes: 0 }
  /** Ports and addresses: of clients, and as servers are told them. */
  readonly clients = new Set<string>()
  readonly told = new Set<string>()
  /** Those that came. */
  syns = 0

  constructor(
    private readonly mac: number,
    private readonly vip: Address,
  ) {
    super()
  }

  override add(frame: Uint8Array): void {
    const ip = parseIp(frame.subarray(FRAME_HEADER))
    const tcp = ip && parseTcp(ip)
    if (!ip || !tcp) return
    if (frameDestination(frame) === this.mac && ip.destination === this.vip) {
      const address = ip.family === 4 ? ip.bytes.subarray(12, 16) : ip.bytes.subarray(8, 24)
      this.clients.add(Buffer.concat([ip.payload.subarray(0, 2), address]).toString('hex'))
      if ((tcp.flags & TcpFlag.Syn) !== 0) this.syns += 1
      this.traffic.inPackets += 1
      this.traffic.inBytes += ip.totalLength
    }
    if (frameSource(frame) !== this.mac) return
    const toa = tcpOption(tcp.options, TOA)
    if (toa !== null) this.told.add(Buffer.from(toa).toString('hex'))
    if (ip.source !== this.vip) return
    this.traffic.outPackets += 1
    this.traffic.outBytes += ip.totalLength
  }
}

/** Few long transfers up and down, many short ones beside them, and some that the client aborts. */
const REQUESTS: readonly { readonly atMs: number; readonly bytes: number; readonly timeoutMs?: number }[] = [
  ...[0, 1, 2].map((n) => ({ atMs: n, bytes: 300_000 })),
  ...Array.from({ length: 40 }, (_, n) => ({ atMs: n * 20, bytes: n * 50 })),
  ...Array.from({ length: 8 }, (_, n) => ({ atMs: n * 10, bytes: 300_000, timeoutMs: 1 + n * 20 })),
]

const CONTENT = new Random(7).bytes(400_000)

/** Each request has another part of the content for its body, and is answered with it. */
function begin(client: Host, vip: string) {
  return REQUESTS.map(({ atMs, bytes, timeoutMs }, index) => {
    const body = CONTENT.subarray(index * 1000, index * 1000 + bytes)
    const options: HttpOptions = { body, timeoutMs: timeoutMs ?? 600_000 }
    const request = { body, isAborted: timeoutMs !== undefined, answer: null as HttpAnswer | null, isDone: false }
    client.clock.after(atMs * 1000, () => {
      request.answer = httpRequest(client, vip, 80, options, () => (request.isDone = true))
    })
    return request
  })
}

describe.each(FAMILIES)('the engine among hosts forwards %s', (family) => {
  describe.each(LINKS)('over $links links (seed $seed)', ({ seed, conditions }) => {
    it.each(WAYS)('by $name', (way) => {
      const { dest, to = family, isLocal = false, toa = false, proxyProtocol = false } = way
      const lab = topology(seed, conditions)
      const { network, client, director, engine } = lab
      prepare(lab, way)
      const control = new Director(engine.tables, (address) => director.owns(address))
      const service: AddressedService = { protocol: 'tcp', address: `${NETS[family].inside}${LAST.vip}`, port: 80 }
      control.set({ toa: toa ? 1 : 0 })
      control.addService({ ...roundRobin(service), proxyProtocol })
      if (dest.method === 'fullnat') control.addLocalAddress(service, `${NETS[family].inside}${LAST.director}`)
      for (const last of [isLocal ? LAST.director : LAST.rs2, LAST.rs1])
        control.addDest(service, { ...plainDest({ address: `${NETS[to].inside}${last}`, port: 80 }), ...dest })
      const eth0 = director.interface('eth0')
      const tally = new Tally(eth0.mac, toAddress(service.address))
      eth0.captureTo(tally)

      const requests = begin(client, service.address)
      for (let second = 0; second < 600 && requests.some(({ isDone }) => !isDone); second++) {
        network.run(1000)
        expect(brokenInvariants(engine.tables)).toEqual([])
      }
      for (const { body, isAborted, answer } of requests) {
        if (isAborted) continue
        expect([answer?.failure, answer?.content.length]).toEqual([null, body.length])
        expect(Buffer.compare(answer?.content ?? body, body)).toBe(0)
      }
      for (const host of network.hosts) expect(host.drops['bad-checksum'], host.name).toBeUndefined()
      network.run(1_000_000)
      expectCounted(control, tally)
      expect(tally.told).toEqual(toa ? tally.clients : new Set())
      expectNothingLeft(lab, control)
    })
  })
})

function expectCounted(control: Director, { traffic, clients, syns }: Tally): void {
  const [service] = control.services()
  const methods = new Set(service?.dests.map(({ method }) => method))
  // What a tunnel leaves no room for, the client is told, as often as ICMP errors may be sent.
  const expectable = methods.has('tunneling') ? ['too-big', 'icmp-limited'] : []
  const reasons = control.reasons().filter(({ name, packets }) => packets > 0 && !expectable.includes(name))
  expect(reasons).toEqual([])
  const { connections = 0, ...counted } = service?.counters ?? {}
  const isAnswered = methods.has('masquerading') || methods.has('fullnat')
  expect(counted).toEqual(isAnswered ? traffic : { ...traffic, outPackets: 0, outBytes: 0 })
  // A SYN that comes late begins another connection where its own has ended.
  expect(connections).toBeGreaterThanOrEqual(clients.size)
  expect(connections).toBeLessThanOrEqual(syns)
}

/** Once all has expired: no connection, count, local port or slot is. */
function expectNothingLeft({ engine }: ReturnType<typeof topology>, control: Director): void {
  expect(control.connections()).toEqual([])
  expect(brokenInvariants(engine.tables)).toEqual([])
  expect(engine.tables.entries('flows')).toEqual([])
  for (const { dests, localAddresses } of control.services()) {
    for (const each of dests) expect(each).toMatchObject({ active: 0, inactive: 0, persistent: 0 })
    for (const each of localAddresses) expect(each).toMatchObject({ connections: 0, conflicts: 0 })
  }
  let slots = 0
  while (engine.takeConnection() !== NONE) slots += 1
  expect(slots).toBe(CONNECTIONS - 1)
}
