/**
 * What the scenarios of direct routing, tunnels and FullNAT have in common: a director and its real servers in one network, each with its own
 * way to the clients. Over IPv4 and IPv6 they are the same but for addresses.
 */
import {
  type AnswerExpectation,
  bracketed,
  type Family,
  type LabHost,
  type Step,
  type TableExpectation,
  type Topology,
} from '../scenario.ts'

export interface Lan {
  readonly family: Family
  readonly network: string
  readonly director: string
  readonly vip: string
  /** Of `rs1` and `rs2`. */
  readonly servers: readonly [string, string]
  /** A client's, in the same network. */
  readonly neighbour: string
  /** The default gateway, and a network of clients behind it. */
  readonly gateway: string
  readonly outside: { readonly network: string; readonly gateway: string; readonly client: string }
}

export const LAN: Lan = {
  family: 'ipv4',
  network: '192.168.1.0/24',
  director: '192.168.1.2',
  vip: '192.168.1.3',
  servers: ['192.168.1.4', '192.168.1.5'],
  neighbour: '192.168.1.10',
  gateway: '192.168.1.1',
  outside: { network: '203.0.113.0/24', gateway: '203.0.113.1', client: '203.0.113.10' },
}

export const LAN_IPV6: Lan = {
  family: 'ipv6',
  network: '2001:db8:1::/64',
  director: '2001:db8:1::2',
  vip: '2001:db8:1::3',
  servers: ['2001:db8:1::4', '2001:db8:1::5'],
  neighbour: '2001:db8:1::10',
  gateway: '2001:db8:1::1',
  outside: { network: '2001:db8::/64', gateway: '2001:db8::1', client: '2001:db8::10' },
}

export function serviceOf({ vip }: Lan): string {
  return `${bracketed(vip)}:80`
}

/** A server as in ipvsadm's options and tables. */
export function endpointOf(address: string): string {
  return `${bracketed(address)}:80`
}

export function pageOf({ vip }: Lan): string {
  return `http://${bracketed(vip)}/`
}

interface Shape {
  /** Whether the client is in the servers' network, or beyond a router. */
  readonly client: 'neighbour' | 'outside'
  /** Addresses on the servers' lo from the start. */
  readonly loopback?: readonly string[]
  /** Whether a web server runs on the director itself. */
  readonly directorServes?: boolean
  /** Whether the servers expect a PROXY header. */
  readonly expectsProxy?: boolean
}

export function lanTopology(
  lan: Lan,
  { client, loopback = [], directorServes = false, expectsProxy = false }: Shape,
): Topology {
  const isOutside = client === 'outside'
  const gateway = isOutside ? { gateway: lan.gateway } : {}
  const servers = lan.servers.map((address, index): LabHost => ({
    name: `rs${index + 1}`,
    role: 'server',
    interfaces: [{ segment: 'lan', address }],
    loopback,
    httpPort: 80,
    ...(expectsProxy ? { expectsProxy } : {}),
    ...gateway,
  }))
  const director: LabHost = {
    name: 'director',
    role: 'director',
    interfaces: [{ segment: 'lan', address: lan.director, more: [lan.vip], labels: { [lan.vip]: 'VIP' } }],
    ...gateway,
    ...(directorServes ? { httpPort: 80 } : {}),
  }
  const { segments, hosts } = isOutside ? outside(lan) : { segments: [], hosts: [neighbour(lan)] }
  return {
    segments: [...segments, { name: 'lan', network: lan.network }],
    hosts: [...hosts, director, ...servers],
  }
}

function neighbour(lan: Lan): LabHost {
  return { name: 'client', role: 'client', interfaces: [{ segment: 'lan', address: lan.neighbour }] }
}

function outside({ gateway, outside: { network, gateway: router, client } }: Lan): Topology {
  return {
    segments: [{ name: 'outside', network }],
    hosts: [
      { name: 'client', role: 'client', interfaces: [{ segment: 'outside', address: client }], gateway: router },
      {
        name: 'router',
        role: 'router',
        interfaces: [
          { segment: 'outside', address: router },
          { segment: 'lan', address: gateway },
        ],
      },
    ],
  }
}

/** All services cleared, and then ipvsadm with the words of each line. */
export function ipvsadm(...lines: readonly string[]): Step[] {
  return ['-C', ...lines].map((words) => ({ do: 'ipvsadm', words }))
}

/** A service of round robin with both servers; `method` are the words for how it forwards to them, `more` lines between, `options` the service's others. */
export function roundRobin(lan: Lan, method: string, more: readonly string[] = [], options = ''): Step[] {
  const service = serviceOf(lan)
  const servers = lan.servers.map((address) => `-a -t ${service} -r ${endpointOf(address)} ${method}`)
  return ipvsadm(`-A -t ${service} -s rr${options}`, ...more, ...servers)
}

/** Twelve pages, by the servers in turn; `more` is what is expected of them besides. */
export function pages(lan: Lan, more: readonly AnswerExpectation[] = []): Step {
  const expect = [{ expect: 'turns', servers: ['rs2', 'rs1'] } as const, ...more]
  return { do: 'fetch', from: 'client', url: pageOf(lan), times: 12, expect }
}

/**
 * After `pages`: four connections that outlive the quiescing of the first server, which gets no new ones; and many bytes both ways through the
 * second.
 */
export function use(lan: Lan, method: string, ways: TrafficWays): Step[] {
  const service = serviceOf(lan)
  const [first, second] = lan.servers.map(endpointOf) as [string, string]
  const url = pageOf(lan)
  return [
    { do: 'hold', from: ['client'], to: service, times: 4, expect: [{ expect: 'turns', servers: ['rs2', 'rs1'] }] },
    { do: 'ipvsadm', words: `-e -t ${service} -r ${first} ${method} -w 0` },
    { do: 'reuse', from: ['client'], expect: [{ expect: 'turns', servers: ['rs2', 'rs1'] }] },
    { do: 'fetch', from: 'client', url, times: 4, expect: [{ expect: 'turns', servers: ['rs2'] }] },
    listed(service, { [first]: [0, 2, 6], [second]: [1, 2, 10] }),
    { do: 'transfer', from: 'client', url, bytes: TRANSFERRED },
    counted(service, { [first]: 8, [second]: 14 }, ways),
  ]
}

const TRANSFERRED = 20_000_000

type TrafficWays = Extract<TableExpectation, { expect: 'traffic' }>['ways']

/** `ipvsadm -L -n`, and what it shows of each server: weight, active and inactive connections. */
export function listed(
  service: string,
  loads: Readonly<Record<string, readonly [weight: number, active: number, inactive: number]>>,
): Step {
  const servers = Object.fromEntries(
    Object.entries(loads).map(([endpoint, [weight, active, inactive]]) => [endpoint, { weight, active, inactive }]),
  )
  return { do: 'ipvsadm', words: '-L -n', expect: [{ expect: 'rows', service, scheduler: 'rr', servers }] }
}

/** `ipvsadm -L -n --stats`, and what it shows of each server's connections. */
export function counted(service: string, servers: Readonly<Record<string, number>>, ways: TrafficWays): Step {
  const total = Object.values(servers).reduce((sum, count) => sum + count, 0)
  return {
    do: 'ipvsadm',
    words: '-L -n --stats',
    expect: [
      { expect: 'connections', service, total, servers },
      { expect: 'traffic', service, ways },
    ],
  }
}
