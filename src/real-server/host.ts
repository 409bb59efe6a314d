/**
 * What this host is at one moment, as `ip` and /proc/sys tell it: devices with their addresses, default routes, settings. Both
 * show the network namespace of the process that asks.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { formatAddress, parseAddress } from '../control/address.ts'
import { Family } from '../engine/records.ts'
import { type FamilyNumber, RealServerError } from './model.ts'

export interface HostAddress {
  /** As `readAddress` writes it. */
  readonly address: string
  readonly prefixLength: number
  /** As `ip` names it: `global`, `link`, `host`. */
  readonly scope: string
}

export interface Device {
  readonly name: string
  readonly ifindex: number
  /** Bytes. */
  readonly mtu: number
  readonly isUp: boolean
  readonly isLoopback: boolean
  /** Whether it answers ARP or neighbour solicitations for its addresses: Ethernet without NOARP. */
  readonly answers: boolean
  /** Its Ethernet address, as `ip` writes it; of a tunnel device, what that has instead. */
  readonly mac: string
  /** `veth`, `ipip` …; '' for hardware. */
  readonly kind: string
  readonly addresses: readonly HostAddress[]
}

/** A default route of the main table. */
export interface DefaultRoute {
  readonly family: FamilyNumber
  /** As `ip route` takes it back: `default via 192.0.2.1 dev eth0`. */
  readonly words: readonly string[]
  /** '' where it has several. */
  readonly device: string
  readonly gateway: string | null
  /** Bytes, where the route sets it. */
  readonly advmss: number | null
  readonly mtu: number | null
}

export interface Host {
  readonly devices: readonly Device[]
  /** The one that is used comes first in its family. */
  readonly defaultRoutes: readonly DefaultRoute[]
  /** A setting by its path below /proc/sys; null where there is none. */
  setting(key: string): string | null
}

/** The address as the kernel writes it. Throws `bad-address`. */
export function readAddress(text: string): string {
  try {
    const { address, family } = parseAddress(text)
    return formatAddress(address, family)
  } catch (cause) {
    throw new RealServerError('bad-address', cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

export function familyOf(address: string): FamilyNumber {
  return parseAddress(address).family === Family.Ipv4 ? 4 : 6
}

/** Runs `ip` and returns what it prints. Throws `command-failed` with ip's own words. */
export function ip(words: readonly string[]): string {
  const { error, status, stdout, stderr } = spawnSync('ip', words, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  })
  if (error !== undefined)
    throw new RealServerError('command-failed', `ip can't be run (${error.message}): install iproute2`, {
      cause: error,
    })
  if (status === 0) return stdout
  const remedy = /not permitted/.test(stderr) ? '. Run as root' : ''
  // Some of its messages end in a full stop.
  const [message = ''] = stderr.trim().split(/\.?(?:\n|$)/)
  throw new RealServerError('command-failed', `"ip ${words.join(' ')}": ${message}${remedy}`)
}

function pathOf(key: string): string {
  return `/proc/sys/${key}`
}

export function readSetting(key: string): string | null {
  return existsSync(pathOf(key)) ? readFileSync(pathOf(key), 'utf8').trim() : null
}

/** Throws `command-failed`. */
export function writeSetting(key: string, value: string): void {
  try {
    writeFileSync(pathOf(key), value)
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    const remedy =
      code === 'EACCES' || code === 'EPERM' || code === 'EROFS' ? '. Run as root, in a namespace that may' : ''
    throw new RealServerError('command-failed', `${pathOf(key)} can't be set to ${value}: ${code}${remedy}`, { cause })
  }
}

export function readHost(): Host {
  return {
    devices: readDevices(ip(['-j', '-d', 'address', 'show'])),
    defaultRoutes: ([4, 6] as const).flatMap((family) => readDefaultRoutes(family)),
    setting: readSetting,
  }
}

interface IpDevice {
  readonly ifname?: string
  readonly ifindex?: number
  readonly mtu?: number
  readonly flags?: readonly string[]
  readonly link_type?: string
  readonly address?: string
  readonly linkinfo?: { readonly info_kind?: string }
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number; readonly scope?: string }[]
}

/** Reads what `ip -j -d address show` prints. */
export function readDevices(json: string): Device[] {
  return (JSON.parse(json) as IpDevice[]).flatMap((device) => {
    // ip prints empty objects for what it filters out.
    if (device.ifname === undefined) return []
    const flags = new Set(device.flags)
    const addresses = (device.addr_info ?? []).flatMap(({ local, prefixlen = 0, scope = '' }) =>
      local === undefined ? [] : [{ address: readAddress(local), prefixLength: prefixlen, scope }],
    )
    return [
      {
        name: device.ifname,
        ifindex: device.ifindex ?? 0,
        mtu: device.mtu ?? 0,
        isUp: flags.has('UP'),
        isLoopback: flags.has('LOOPBACK'),
        answers: device.link_type === 'ether' && !flags.has('NOARP'),
        mac: device.address ?? '',
        kind: device.linkinfo?.info_kind ?? '',
        addresses,
      },
    ]
  })
}

function readDefaultRoutes(family: FamilyNumber): DefaultRoute[] {
  return ip([`-${family}`, '-o', 'route', 'show', 'default'])
    .split('\n')
    .flatMap((line) => (line.trim() === '' ? [] : [readRoute(family, line)]))
    .sort((a, b) => metricOf(a) - metricOf(b))
}

function metricOf({ words }: DefaultRoute): number {
  return Number(valueOf(words, 'metric') ?? 0)
}

function valueOf(words: readonly string[], name: string): string | null {
  const at = words.indexOf(name)
  return at < 0 ? null : (words[at + 1] ?? null)
}

/** What `ip route show` adds and doesn't take back; `expires` with its value, a route's that a router has advertised. */
const STATES = new Set(['linkdown', 'dead', 'offload', 'trap', '\\'])

/** Reads a line of `ip route show default`. */
export function readRoute(family: FamilyNumber, line: string): DefaultRoute {
  const words = line
    .trim()
    .replace(/ expires \S+/, '')
    .split(/\s+/)
    .filter((word) => !STATES.has(word))
  const number = (name: string): number | null => {
    const value = valueOf(words, name)
    return value === null || value === 'lock' ? null : Number(value)
  }
  return {
    family,
    words,
    device: words.includes('nexthop') ? '' : (valueOf(words, 'dev') ?? ''),
    gateway: words.includes('nexthop') ? null : valueOf(words, 'via'),
    advmss: number('advmss'),
    mtu: number('mtu'),
  }
}
