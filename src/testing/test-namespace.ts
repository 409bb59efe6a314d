/**
 * The network namespace of this process's kernel benches: one device, up, with the routes and addresses of `routes.ts`. Made for the first
 * bench and removed with the last. The main thread is moved there and back by setns(2), which all later system calls follow; nothing else in the process
 * may rely on the network meanwhile.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { enableLoopback } from '../kernel/loopback.ts'
import { networkDevices } from '../kernel/network-devices.ts'
import { koffi, libc } from '../kernel/libc.ts'
import { Family } from '../engine/records.ts'
import { DEFAULT_MTU, HOST_ADDRESS, HOST_ADDRESS_IPV6, TEST_ROUTES } from './routes.ts'

const NAME = `weirbench-${process.pid}`
const DEVICE = 'bench0'
const MAC = Uint8Array.of(0x02, 0, 0, 0, 0x0b, 0x01)
const GATEWAYS: Readonly<Record<Family, string>> = { [Family.Ipv4]: '169.254.7.7', [Family.Ipv6]: 'fe80::7' }
const CLONE_NEWNET = 0x40000000

export interface TestDevice {
  readonly ifindex: number
  readonly mac: Uint8Array
}

interface OpenNamespace {
  readonly device: TestDevice
  /** The namespace to go back to. */
  readonly home: number
  users: number
}

let open: OpenNamespace | null = null

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`)
}

function enter(fd: number): void {
  if ((libc('setns', 'int', ['int', 'int'])(fd, CLONE_NEWNET) as number) !== 0)
    throw new Error(`the network namespace can't be entered: errno ${koffi().errno()}`)
}

function inside(...args: string[]): void {
  ip('-n', NAME, ...args)
}

function makeNamespace(): void {
  ip('netns', 'add', NAME)
  const mac = [...MAC].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
  inside(
    'link',
    'add',
    'name',
    DEVICE,
    'address',
    mac,
    'mtu',
    String(DEFAULT_MTU),
    'type',
    'veth',
    'peer',
    'name',
    'far0',
  )
  inside('link', 'set', 'far0', 'up')
  inside('link', 'set', DEVICE, 'up')
  inside('address', 'add', `${HOST_ADDRESS}/32`, 'dev', DEVICE)
  inside('address', 'add', `${HOST_ADDRESS_IPV6}/128`, 'dev', DEVICE, 'nodad')
  for (const { family, prefix, type, mtu } of TEST_ROUTES) {
    const of = `-${family}`
    if (type !== 'unicast') inside(of, 'route', 'add', type, prefix)
    else inside(of, 'route', 'add', prefix, ...hopOf(family, mtu), 'dev', DEVICE, 'mtu', 'lock', String(mtu))
  }
  // With our own address, so that a packet that was sent on to it can be run through again.
  for (const gateway of Object.values(GATEWAYS))
    inside('neighbour', 'add', gateway, 'lladdr', mac, 'dev', DEVICE, 'nud', 'permanent')
}

/** The next hop of a route: the default ones have a neighbour that is resolved, the narrow ones none that ever is. */
function hopOf(family: Family, mtu: number): readonly string[] {
  return mtu === DEFAULT_MTU ? ['via', GATEWAYS[family], 'onlink'] : []
}

/** Enters the namespace, made where it isn't there yet; to be undone by `leaveNamespace`. */
export function enterNamespace(): TestDevice {
  if (open !== null) {
    open.users += 1
    return open.device
  }
  const home = openSync('/proc/self/ns/net', 'r')
  try {
    makeNamespace()
    const fd = openSync(`/run/netns/${NAME}`, 'r')
    enter(fd)
    closeSync(fd)
  } catch (error) {
    closeSync(home)
    spawnSync('ip', ['netns', 'del', NAME])
    throw error
  }
  setForwarding(true)
  const ifindex = networkDevices().find(({ name }) => name === DEVICE)?.ifindex ?? 0
  open = { device: { ifindex, mac: MAC }, home, users: 1 }
  return open.device
}

export function leaveNamespace(): void {
  if (open === null || (open.users -= 1) > 0) return
  enter(open.home)
  closeSync(open.home)
  open = null
  ip('netns', 'del', NAME)
}

/** Switches forwarding of both families in the namespace that the main thread is in. */
export function setForwarding(on: boolean): void {
  writeFileSync('/proc/sys/net/ipv4/ip_forward', on ? '1' : '0')
  writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', on ? '1' : '0')
  enableLoopback()
}
