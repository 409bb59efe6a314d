/**
 * The ways that a scenario's packets take: from its topology and the forwarding method in the words of `ipvsadm -a`, the legs of a request
 * and of its reply, each with the addresses that the packet carries on it.
 */
import { directorOf, type LabHost, type Scenario, type Step, type Topology } from '../scenario.ts'
import { pathBetween, type Path } from './path.ts'

/**
 * As `ipvsadm` says them: -m, -g, -i, --fullnat. Whatever was said: `local` where the server is the director itself, `astray` where the
 * scenario has clients send packets for the virtual address to another host.
 */
export type WayMethod = 'nat' | 'dr' | 'tun' | 'fullnat' | 'local' | 'astray'

export interface Leg extends Path {
  readonly direction: 'request' | 'reply'
  readonly source: string
  readonly destination: string
  /** The outer header of a packet in a tunnel. */
  readonly outer?: { readonly source: string; readonly destination: string }
  /** What the sender has done to the packet, or why it goes this way. */
  readonly note: string
}

export interface Way {
  readonly method: WayMethod
  readonly legs: readonly Leg[]
}

export const METHOD_NAMES: Readonly<Record<WayMethod, string>> = {
  nat: 'NAT (-m)',
  dr: 'direct routing (-g)',
  tun: 'IP tunnelling (-i)',
  fullnat: 'FullNAT (--fullnat)',
  local: 'the director itself (localnode)',
  astray: 'the host that is the first to answer ARP',
}

/** What the director puts around a packet, by `--tun-type`. */
const TUNNELS: Readonly<Record<string, string>> = {
  ipip: 'in another IP packet',
  gue: 'in a UDP packet (GUE)',
  gre: 'in a GRE packet',
}

/** The first of the dynamic ports (RFC 6335), and one of the director's own. */
const CLIENT_PORT = 49152
const LOCAL_PORT = 50000

/** One way for each method, to the server named first with it. Empty where no step adds a server that the topology has. */
export function forwardedWays({ topology, steps }: Scenario): Way[] {
  const ways = new Map<WayMethod, Way>()
  const lines = steps.flatMap((step) => (step.do === 'ipvsadm' ? [step.words.split(' ')] : []))
  const marked = steps.find((step) => step.do === 'mark')
  const local = lines.map((words) => valueOf(words, ['-z', '--local-address'])).find((value) => value !== null)
  for (const words of lines) {
    const real = isAddition(words) ? valueOf(words, ['-r', '--real-server']) : null
    if (real === null) continue
    const given = valueOf(words, ['-t', '-u', '--tcp-service', '--udp-service', '--sctp-service'])
    const virtual = given ?? (marked === undefined ? null : withPort(hostOf(marked.to), String(marked.port)))
    const way = virtual === null ? null : wayOf(topology, { words, real, virtual, local: local ?? null, steps })
    if (way !== null && !ways.has(way.method)) ways.set(way.method, way)
  }
  return [...ways.values()]
}

function isAddition(words: readonly string[]): boolean {
  return words.includes('-a') || words.includes('--add-server')
}

/** The word behind an option; null without it. */
function valueOf(words: readonly string[], options: readonly string[]): string | null {
  const at = words.findIndex((word) => options.includes(word))
  return at < 0 ? null : (words[at + 1] ?? null)
}

function methodOf(words: readonly string[]): WayMethod {
  const said = (...options: string[]) => options.some((option) => words.includes(option))
  if (said('-m', '--masquerading')) return 'nat'
  if (said('--fullnat')) return 'fullnat'
  return said('-i', '--ipip') ? 'tun' : 'dr'
}

/** The address of `192.0.2.1:80`, `[2001:db8::1]:80`, or of a prefix. */
function hostOf(endpoint: string): string {
  const [, bracketed] = /^\[(.*)\]/.exec(endpoint) ?? []
  return bracketed ?? endpoint.replace(/\/\d+$/, '').replace(/^([^:]*):\d+$/, '$1')
}

function portOf(endpoint: string): string {
  return /(?:^[^:]*|\]):(\d+)$/.exec(endpoint)?.[1] ?? ''
}

function withPort(address: string, port: string): string {
  if (port === '') return address
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function addressesOf({ interfaces }: LabHost): string[] {
  return interfaces.flatMap(({ address, more = [] }) => [address, ...more])
}

interface Said {
  readonly words: readonly string[]
  readonly real: string
  readonly virtual: string
  readonly local: string | null
  readonly steps: readonly Step[]
}

/** Null where no host has the server's address. */
function wayOf(topology: Topology, { words, real, virtual, local, steps }: Said): Way | null {
  const director = directorOf(topology)
  const client = topology.hosts.find(({ role }) => role === 'client')
  const address = hostOf(real)
  const isLocal = addressesOf(director).includes(address) || address.startsWith('127.') || address === '::1'
  const server = isLocal ? director : topology.hosts.find((host) => addressesOf(host).includes(address))
  if (client === undefined || server === undefined) return null
  const taker = takerOf(topology, client, hostOf(virtual), steps)
  const method = taker !== null ? 'astray' : isLocal ? 'local' : methodOf(words)
  const own = isVersion6(address)
  const clientAddress = addressesOf(client).find((each) => isVersion6(each) === isVersion6(hostOf(virtual)))
  if (clientAddress === undefined) return null
  const ends = {
    client: withPort(clientAddress, String(CLIENT_PORT)),
    virtual,
    server: withPort(address, portOf(real) || portOf(virtual)),
    director: ownAddress(topology, director, server, own),
    local: withPort(local ?? ownAddress(topology, director, server, own), String(LOCAL_PORT)),
  }
  const type = valueOf(words, ['--tun-type']) ?? 'ipip'
  const tunnel = { note: TUNNELS[type] ?? type, port: valueOf(words, ['--tun-port']) ?? '' }
  return { method, legs: legsOf(topology, { client, director, server: taker ?? server }, method, ends, tunnel) }
}

/** The host that gets a client's packets for an address in the director's stead, as a step expects it. */
function takerOf(topology: Topology, client: LabHost, address: string, steps: readonly Step[]): LabHost | null {
  const step = steps.find((each) => each.do === 'neighbour' && each.on === client.name && each.address === address)
  const taker = topology.hosts.find(({ name }) => step?.do === 'neighbour' && name === step.expect)
  return taker === undefined || taker.role === 'director' ? null : taker
}

function isVersion6(address: string): boolean {
  return address.includes(':')
}

/** The director's address in the segment by which it reaches a server: where it has others than virtual ones, the first of those. */
function ownAddress(topology: Topology, director: LabHost, server: LabHost, version6: boolean): string {
  const [segment] = server === director ? [] : pathBetween(topology, director, server).segments
  const near = director.interfaces.filter((each) => segment === undefined || each.segment === segment.name)
  const found = near.flatMap(({ address, more = [], labels = {} }) =>
    [address, ...more].map((each) => ({ address: each, isVirtual: labels[each] === 'VIP' })),
  )
  const fitting = found.filter(({ address }) => isVersion6(address) === version6)
  return (fitting.find(({ isVirtual }) => !isVirtual) ?? fitting[0])?.address ?? ''
}

interface Hosts {
  readonly client: LabHost
  readonly director: LabHost
  readonly server: LabHost
}

type Ends = Readonly<Record<'client' | 'virtual' | 'server' | 'director' | 'local', string>>

interface Around {
  readonly note: string
  /** Of GUE; empty otherwise. */
  readonly port: string
}

function legsOf(topology: Topology, hosts: Hosts, method: WayMethod, ends: Ends, tunnel: Around): Leg[] {
  const { client, director, server } = hosts
  const leg = (
    direction: Leg['direction'],
    from: LabHost,
    to: LabHost,
    source: string,
    destination: string,
    note: string,
  ): Leg => ({
    direction,
    ...pathBetween(topology, from, to),
    source,
    destination,
    note,
  })
  const arrives = leg(
    'request',
    client,
    director,
    ends.client,
    ends.virtual,
    'the client knows the virtual address only',
  )
  const past = (from: LabHost, note: string): Leg => leg('reply', from, client, ends.virtual, ends.client, note)
  switch (method) {
    case 'nat':
      return [
        arrives,
        leg('request', director, server, ends.client, ends.server, 'destination rewritten'),
        leg('reply', server, director, ends.server, ends.client, 'to the default gateway, the director'),
        past(director, 'source rewritten'),
      ]
    case 'fullnat':
      return [
        arrives,
        leg('request', director, server, ends.local, ends.server, 'source and destination rewritten'),
        leg('reply', server, director, ends.server, ends.local, 'to a local address of the director'),
        past(director, 'source and destination rewritten'),
      ]
    case 'dr':
      return [
        arrives,
        leg(
          'request',
          director,
          server,
          ends.client,
          ends.virtual,
          `unchanged; only the MAC address is that of ${server.name}`,
        ),
        past(server, 'straight to the client, past the director'),
      ]
    case 'tun': {
      const inner = leg('request', director, server, ends.client, ends.virtual, `unchanged, ${tunnel.note}`)
      const outer = { source: ends.director, destination: withPort(hostOf(ends.server), tunnel.port) }
      return [arrives, { ...inner, outer }, past(server, 'straight to the client, past the director')]
    }
    case 'local':
      return [
        { ...arrives, note: 'taken by the director, which is the server' },
        past(director, 'from the virtual address'),
      ]
    case 'astray':
      return [
        leg(
          'request',
          client,
          server,
          ends.client,
          ends.virtual,
          `${server.name} has the virtual address too, and says so`,
        ),
        past(server, 'the director has seen none of it'),
      ]
  }
}
