/**
 * Facts by ip(8) of iproute2, whose `-json` output is an interface for programs; texts of its errors are those of strerror(3) in
 * the locale C.
 */
import { spawnSync } from 'node:child_process'
import { isIPv6 } from 'node:net'
import type { DeviceFacts, RouteFacts, RouteKind } from './facts.ts'

/** `ip` is missing, or says what it should not. */
export class IprouteError extends Error {
  readonly code = 'no-iproute'
  constructor(message: string) {
    super(`${message}: weir doctor needs iproute2 5.0 or newer: apt install iproute2`)
    this.name = 'KernelError'
  }
}

/** Runs `ip -json`, with a batch of command lines if given, some of which may fail. */
function ip(words: readonly string[], batch?: readonly string[]): { stdout: string; stderr: string } {
  const input = batch === undefined ? {} : { input: batch.map((line) => `${line}\n`).join('') }
  const env = { PATH: process.env['PATH'], LC_ALL: 'C' }
  const all = ['-json', ...(batch === undefined ? [] : ['-force', '-batch', '-']), ...words]
  const { error, status, stdout, stderr } = spawnSync('ip', all, {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    ...input,
  })
  if (error !== undefined) throw new IprouteError(`ip can't be run: ${error.message}`)
  if (batch === undefined && status !== 0) throw new IprouteError(`ip ${words.join(' ')} failed: ${stderr.trim()}`)
  return { stdout, stderr }
}

function parse(text: string): Record<string, unknown>[] {
  return text.trim() === '' ? [] : (JSON.parse(text) as Record<string, unknown>[])
}

export function devices(): DeviceFacts[] {
  return readDevices(ip(['address', 'show']).stdout)
}

interface AddressJson {
  readonly local?: string
  readonly prefixlen?: number
  readonly dadfailed?: boolean
}

/** Reads `ip -json address show`. */
export function readDevices(json: string): DeviceFacts[] {
  return parse(json).flatMap((device) => {
    // `ip` prints {} in the place of what its filters leave out.
    if (typeof device['ifname'] !== 'string') return []
    const flags = new Set(device['flags'] as string[])
    const addresses = (device['addr_info'] as AddressJson[] | undefined) ?? []
    return [
      {
        name: device['ifname'],
        ifindex: device['ifindex'] as number,
        mac: device['link_type'] === 'ether' ? (device['address'] as string) : null,
        isUp: flags.has('UP') && (flags.has('LOOPBACK') || flags.has('LOWER_UP')),
        isLoopback: flags.has('LOOPBACK'),
        resolves: !flags.has('NOARP') && !flags.has('LOOPBACK'),
        mtu: device['mtu'] as number,
        addresses: addresses.flatMap(({ local, prefixlen, dadfailed = false }) =>
          local === undefined
            ? []
            : [{ address: local, prefixLength: prefixlen ?? (isIPv6(local) ? 128 : 32), isDuplicate: dadfailed }],
        ),
      },
    ]
  })
}

/** The way to each of the addresses. */
export function routes(addresses: readonly string[]): Map<string, RouteFacts> {
  if (addresses.length === 0) return new Map()
  const { stdout, stderr } = ip(
    [],
    addresses.map((address) => `route get ${address}`),
  )
  const found = readRoutes(addresses, stdout, stderr)
  const refused = [...found].filter(([, { kind }]) => REFUSALS.has(kind))
  for (const [address, route] of refused) found.set(address, { ...route, refusing: refusingPrefix(address) })
  return found
}

const REFUSALS: ReadonlySet<RouteKind> = new Set(['blackhole', 'unreachable', 'prohibit'])

/** The most specific prefix of the main table that refuses an address. */
function refusingPrefix(address: string): string | null {
  const family = isIPv6(address) ? '-6' : '-4'
  const refusing = parse(ip([family, 'route', 'show', 'match', address]).stdout).filter(({ type }) =>
    REFUSALS.has(type as RouteKind),
  )
  return (refusing.at(-1)?.['dst'] as string | undefined) ?? null
}

const KINDS_OF_ERRORS: Readonly<Record<string, RouteKind>> = {
  'Invalid argument': 'blackhole',
  'No route to host': 'unreachable',
  'Permission denied': 'prohibit',
}
const NO_WAY = { device: null, gateway: null, source: null, mtu: null, refusing: null }

/** Reads what a batch of `route get` printed: a line for each way found, and for each refused its number in the batch. */
export function readRoutes(addresses: readonly string[], stdout: string, stderr: string): Map<string, RouteFacts> {
  const found = new Map<string, RouteFacts>(addresses.map((address) => [address, { kind: 'none', ...NO_WAY }]))
  for (const [, error = '', line] of stderr.matchAll(/^RTNETLINK answers: (.*)\nCommand failed -:(\d+)/gm)) {
    const address = addresses[Number(line) - 1]
    if (address !== undefined) found.set(address, { kind: KINDS_OF_ERRORS[error] ?? 'none', ...NO_WAY })
  }
  for (const line of stdout.split('\n'))
    for (const route of parse(line)) found.set(route['dst'] as string, readRoute(route))
  return found
}

function readRoute(route: Record<string, unknown>): RouteFacts {
  const type = (route['type'] as RouteKind | 'unicast' | undefined) ?? 'unicast'
  const via = route['via'] as { host?: string } | undefined
  const gateway = (route['gateway'] as string | undefined) ?? via?.host ?? null
  const [metrics] = (route['metrics'] as { mtu?: number }[] | undefined) ?? []
  return {
    kind: type !== 'unicast' ? type : gateway === null ? 'link' : 'gateway',
    device: (route['dev'] as string | undefined) ?? null,
    gateway,
    source: (route['prefsrc'] as string | undefined) ?? null,
    mtu: metrics?.mtu ?? null,
    refusing: null,
  }
}

/** Devices of the default routes of a family. */
export function defaultDevices(family: 4 | 6): string[] {
  const found = parse(ip([`-${family}`, 'route', 'show', 'default']).stdout)
  return found.flatMap((route) => {
    const hops = (route['nexthops'] as Record<string, unknown>[] | undefined) ?? [route]
    return hops.flatMap(({ dev }) => (typeof dev === 'string' ? [dev] : []))
  })
}

/** The key of a neighbour: an address is one of a device. */
export function neighbourKey(address: string, device: string): string {
  return `${address}%${device}`
}

/** `fixed`: nobody is asked. `answered`: once, and not asked anew. `asked`: no answer yet. `failed`: none came. */
export type NeighbourState = 'fixed' | 'answered' | 'asked' | 'failed'

export function neighbours(): Map<string, NeighbourState> {
  return readNeighbours(ip(['neighbour', 'show']).stdout)
}

/** Reads `ip -json neighbour show`: states by `neighbourKey`. */
export function readNeighbours(json: string): Map<string, NeighbourState> {
  return new Map(
    parse(json).map((entry) => [neighbourKey(entry['dst'] as string, entry['dev'] as string), stateOf(entry)]),
  )
}

function stateOf(entry: Record<string, unknown>): NeighbourState {
  const is = (...names: string[]) =>
    (entry['state'] as string[] | undefined)?.some((name) => names.includes(name)) === true
  if (is('PERMANENT', 'NOARP') || 'extern_learn' in entry) return 'fixed'
  if (is('FAILED')) return 'failed'
  return is('INCOMPLETE', 'PROBE') ? 'asked' : 'answered'
}

/** Makes the kernel ask these neighbours, which have answered before, anew: three times, a second apart. */
export function probe(neighbours: readonly { readonly address: string; readonly device: string }[]): void {
  if (neighbours.length === 0) return
  ip(
    [],
    neighbours.map(({ address, device }) => `neighbour change ${address} dev ${device} nud probe`),
  )
}
