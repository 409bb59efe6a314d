/**
 * The network of the benchmarks with traffic, in namespaces of its own.
 *
 *   client c0 10.71.0.2 ── 10.71.0.1 dc  director  d1 10.71.1.1 ── 10.71.1.2 s0 server1
 *                                                  d2 10.71.2.1 ── 10.71.2.2 s0 server2
 *          c1 10.71.3.1 ── 10.71.3.2 s1  server1
 *
 * The default route of the client and the servers is the director. The link past it is for replies by direct routing and tunneling.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { attachTcxIngress, closeFd, detachLink } from '../src/kernel/libbpf.ts'
import { koffi, libc } from '../src/kernel/libc.ts'
import { onCleanUp } from './cleanup.ts'

export const HOSTS = ['client', 'director', 'server1', 'server2'] as const
export type HostName = (typeof HOSTS)[number]
export const CLIENT_ADDRESS = '10.71.0.2'
export const SERVER_ADDRESSES = ['10.71.1.2', '10.71.2.2'] as const
export const SERVERS = ['server1', 'server2'] as const

/** The first server's gateway, and its gateway past the director: the client itself. */
export const DIRECTOR_ADDRESS = '10.71.1.1'
export const PAST_DIRECTOR = '10.71.3.1'

interface End {
  readonly host: HostName
  readonly device: string
}

/** The first end has the network's address 1, the second 2. */
interface Link {
  readonly network: string
  readonly ends: readonly [End, End]
}

const LINKS: readonly Link[] = [
  link('10.71.0', 'director', 'dc', 'client', 'c0'),
  link('10.71.1', 'director', 'd1', 'server1', 's0'),
  link('10.71.2', 'director', 'd2', 'server2', 's0'),
  link('10.71.3', 'client', 'c1', 'server1', 's1'),
]
export const DIRECTOR_DEVICES = ['dc', 'd1', 'd2']
const CLONE_NEWNET = 0x40000000

export function namespaceOf(host: HostName): string {
  return `weirbench-${process.pid}-${host}`
}

function link(network: string, host: HostName, device: string, otherHost: HostName, otherDevice: string): Link {
  return {
    network,
    ends: [
      { host, device },
      { host: otherHost, device: otherDevice },
    ],
  }
}

export function run(command: string, args: readonly string[], input = ''): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', input })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`)
  return stdout
}

export function ip(host: HostName, ...args: string[]): string {
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
  for (const { ends, network } of LINKS) {
    const [near, far] = ends
    const peer = ['peer', 'name', far.device, 'netns', namespaceOf(far.host)]
    ip(near.host, 'link', 'add', near.device, 'type', 'veth', ...peer)
    const addresses = [`${network}.1`, `${network}.2`] as const
    for (const [index, { host, device }] of ends.entries()) {
      ip(host, 'address', 'add', `${addresses[index]}/24`, 'dev', device)
      ip(host, 'link', 'set', device, 'up')
    }
    know(near, far, addresses[1])
    know(far, near, addresses[0])
    if (near.host === 'director') setGateway(far.host, addresses[0])
  }
  setting('director', 'ipv4/ip_forward', 1)
}

/** A neighbour that need not be asked for. */
function know(end: End, neighbour: End, address: string): void {
  const { mac } = deviceOf(neighbour.host, neighbour.device)
  ip(end.host, 'neigh', 'replace', address, 'lladdr', mac, 'dev', end.device, 'nud', 'permanent')
}

export function setGateway(host: HostName, address: string): void {
  ip(host, 'route', 'replace', 'default', 'via', address)
}

/** Attaches a program to a device, until `close` or the benchmark's end. */
export function attachProgram(
  host: HostName,
  device: string,
  programFd: number,
  attachTo = attachTcxIngress,
): { close(): void } {
  const attached = inside(host, () => attachTo(programFd, deviceOf(host, device).index))
  let open = true
  const close = (): void => {
    if (!open) return
    open = false
    // At once: a link that is only closed goes a moment later.
    detachLink(attached)
    closeFd(attached)
  }
  onCleanUp(`a program on ${device}`, close)
  return { close }
}
