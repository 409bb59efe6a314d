/**
 * The network of the benchmarks with traffic, in namespaces of its own, and what forwards in it: plain routing, nftables, Weir.
 *
 *   client c0 10.71.0.2 ── 10.71.0.1 dc  director  d1 10.71.1.1 ── 10.71.1.2 s0 server1
 *                                                  d2 10.71.2.1 ── 10.71.2.2 s0 server2
 *
 * The virtual address is routed to the director. The servers' default route is the director.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { openDirector } from '../src/control/open-director.ts'
import type { MethodName } from '../src/control/model.ts'
import { attach, detach, unload } from '../src/kernel/commands.ts'
import { koffi, libc } from '../src/kernel/libc.ts'
import { onCleanUp } from './cleanup.ts'
import { roundRobin, server } from './services.ts'

export const HOSTS = ['client', 'director', 'server1', 'server2'] as const
export type HostName = (typeof HOSTS)[number]
export const CLIENT_ADDRESS = '10.71.0.2'
export const SERVER_ADDRESSES = ['10.71.1.2', '10.71.2.2'] as const
export const VIRTUAL_ADDRESS = '10.72.0.1'
/** The director's, for FullNAT. */
const LOCAL_ADDRESS = '10.71.1.1'
export const SERVERS = ['server1', 'server2'] as const

const LINKS = [
  { inside: 'dc', host: 'client', outside: 'c0', network: '10.71.0' },
  { inside: 'd1', host: 'server1', outside: 's0', network: '10.71.1' },
  { inside: 'd2', host: 'server2', outside: 's0', network: '10.71.2' },
] as const
const DIRECTOR_DEVICES = LINKS.map(({ inside }) => inside)
const TABLE = 'weir_bench'
const CLONE_NEWNET = 0x40000000

export function namespaceOf(host: HostName): string {
  return `weirbench-${process.pid}-${host}`
}

function run(command: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}

function ip(host: HostName, ...args: string[]): string {
  return run('ip', ['-n', namespaceOf(host), ...args])
}

/** Runs `work` with the main thread, and the processes that it starts, in a host's namespace. */
export function inside<T>(host: HostName, work: () => T): T {
  const home = openSync('/proc/self/ns/net', 'r')
  try {
    enter(openSync(`/run/netns/${namespaceOf(host)}`, 'r'))
    return work()
  } finally {
    enter(home)
  }
}

/** Closes the descriptor. */
function enter(namespaceFd: number): void {
  const result = libc('setns', 'int', ['int', 'int'])(namespaceFd, CLONE_NEWNET) as number
  closeSync(namespaceFd)
  if (result !== 0) throw new Error(`the network namespace can't be entered: errno ${koffi().errno()}`)
}

export function setting(host: HostName, name: string, value: string | number): void {
  inside(host, () => writeFileSync(`/proc/sys/net/${name}`, String(value)))
}

export interface Device {
  readonly index: number
  readonly mac: string
}

export function deviceOf(host: HostName, name: string): Device {
  const [device] = JSON.parse(ip(host, '-j', 'link', 'show', name)) as { ifindex: number; address: string }[]
  if (device === undefined) throw new Error(`${host} has no device ${name}`)
  return { index: device.ifindex, mac: device.address }
}

/** Makes the network; gone when the benchmark ends. */
export function makeNetwork(): void {
  for (const host of HOSTS) {
    run('ip', ['netns', 'add', namespaceOf(host)])
    onCleanUp(`the namespace ${namespaceOf(host)}`, () => run('ip', ['netns', 'del', namespaceOf(host)]))
    ip(host, 'link', 'set', 'lo', 'up')
  }
  for (const { inside: near, host, outside: far, network } of LINKS) {
    ip('director', 'link', 'add', near, 'type', 'veth', 'peer', 'name', far, 'netns', namespaceOf(host))
    ip('director', 'address', 'add', `${network}.1/24`, 'dev', near)
    ip(host, 'address', 'add', `${network}.2/24`, 'dev', far)
    ip('director', 'link', 'set', near, 'up')
    ip(host, 'link', 'set', far, 'up')
    ip(host, 'route', 'add', 'default', 'via', `${network}.1`)
    const [ours, theirs] = [deviceOf('director', near), deviceOf(host, far)]
    ip('director', 'neigh', 'replace', `${network}.2`, 'lladdr', theirs.mac, 'dev', near, 'nud', 'permanent')
    ip(host, 'neigh', 'replace', `${network}.1`, 'lladdr', ours.mac, 'dev', far, 'nud', 'permanent')
  }
  setting('director', 'ipv4/ip_forward', 1)
}

/** What forwards: `use` puts it in place, `leave` takes it away again. */
export interface Forwarder {
  readonly name: string
  /** Where clients send to reach a server: the virtual address, or the servers' own. */
  readonly addresses: readonly string[]
  readonly use: () => void
  readonly leave: () => void
}

export const ROUTING: Forwarder = {
  name: 'plain routing',
  addresses: SERVER_ADDRESSES,
  use: () => undefined,
  leave: () => undefined,
}

/** A port of the virtual address, and the servers that connections to it go to in turn, to the same port. */
export interface Service {
  readonly port: number
  readonly servers: readonly string[]
  /** How Weir forwards to them; default masquerading. */
  readonly method?: MethodName
}

export function nftables(services: readonly Service[]): Forwarder {
  const rules = services.map(({ port, servers }) => {
    const choices = servers.map((address, index) => `${index} : ${address}`).join(', ')
    return `ip daddr ${VIRTUAL_ADDRESS} tcp dport ${port} dnat to numgen inc mod ${servers.length} map { ${choices} }`
  })
  const hook = 'type nat hook prerouting priority dstnat;'
  const table = `table ip ${TABLE} {\n chain prerouting {\n ${[hook, ...rules].join('\n')}\n }\n}\n`
  return {
    name: 'nftables DNAT',
    addresses: [VIRTUAL_ADDRESS],
    use: () => inside('director', () => run('nft', ['-f', '-'], table)),
    leave: () => inside('director', () => run('nft', ['delete', 'table', 'ip', TABLE])),
  }
}

/** The same director with the clients' device at XDP; what it sends to the servers is redirected, because they receive by NAPI. */
export function atXdp(director: Forwarder): Forwarder {
  return {
    ...director,
    name: `${director.name} at XDP`,
    use: () =>
      inside('director', () => {
        attach(DIRECTOR_DEVICES)
        attach(['dc'], { xdp: true })
      }),
  }
}

/** A director that keeps its connections while others forward. */
export function weir(services: readonly Service[]): Forwarder {
  inside('director', () => {
    onCleanUp('the pins of a director', () => inside('director', unload))
    const director = openDirector({ write: true })
    for (const { port, servers, method } of services) {
      const service = roundRobin({ address: VIRTUAL_ADDRESS, port })
      director.addService(service)
      if (method === 'fullnat') director.addLocalAddress(service, LOCAL_ADDRESS)
      for (const address of servers) director.addDest(service, server({ address, port }, 1, method))
    }
    director.close()
    detach(DIRECTOR_DEVICES)
  })
  return {
    name: 'Weir',
    addresses: [VIRTUAL_ADDRESS],
    use: () => inside('director', () => attach(DIRECTOR_DEVICES)),
    leave: () => inside('director', () => detach(DIRECTOR_DEVICES)),
  }
}
