/**
 * What each kind of step means on this host: whether it is so already, how it is done, and how what was there before is put
 * back. Doing and reverting are idempotent; a revert leaves alone what somebody else has changed since.
 */
import type { StateFolder } from '../kernel/state-folder.ts'
import { loadDecapsulator, readDecapsulator, removeDecapsulator } from './decapsulator.ts'
import { settingCommand, tunnelCommands } from './tunnel-device.ts'
import { type DefaultRoute, familyOf, type Host, ip, writeSetting } from './host.ts'
import {
  type AddressStep,
  type Before,
  type DecapsulatorStep,
  type FamilyNumber,
  type GatewayStep,
  type SegmentStep,
  type SettingStep,
  type Step,
  type UpStep,
} from './model.ts'
import { alone } from './usable-address.ts'

interface StepKind<S> {
  isSo(step: S, host: Host, folder: StateFolder): boolean
  /** What `revert` will need, asked before `apply`. */
  before(step: S, host: Host): Before
  apply(step: S, host: Host, folder: StateFolder): void
  /** False where there is nothing of ours to revert any more. */
  revert(step: S, before: Before, host: Host, folder: StateFolder): boolean
}

const setting: StepKind<SettingStep> = {
  isSo: ({ key, enough }, host) => enough.includes(host.setting(key) ?? ''),
  before: ({ key }, host) => host.setting(key),
  apply: ({ key, value }) => writeSetting(key, value),
  revert: ({ key, value }, before, host) => {
    if (before === null || host.setting(key) !== value) return false
    writeSetting(key, before)
    return true
  },
}

/** What the kernel gives the loopback device when it comes up, and doesn't take back. */
const LOCALHOST = '127.0.0.1/8'

const up: StepKind<UpStep> = {
  isSo: ({ device }, { devices }) => devices.some(({ name, isUp }) => name === device && isUp),
  before: ({ device }, host) => (hasLocalhost(host, device) ? LOCALHOST : null),
  apply: ({ device }) => void ip(['link', 'set', device, 'up']),
  revert: (step, before, host, folder) => {
    if (!up.isSo(step, host, folder)) return false
    ip(['link', 'set', step.device, 'down'])
    if (before === null && hasLocalhost(host, step.device)) ip(['address', 'del', LOCALHOST, 'dev', step.device])
    return true
  },
}

function hasLocalhost({ devices }: Host, device: string): boolean {
  const addresses = devices.find(({ name }) => name === device)?.addresses ?? []
  return addresses.some(({ address: found, prefixLength }) => `${found}/${prefixLength}` === LOCALHOST)
}

const address: StepKind<AddressStep> = {
  isSo: (step, { devices }) =>
    devices.some(
      ({ isLoopback, addresses }) =>
        isLoopback && addresses.some((found) => `${found.address}/${found.prefixLength}` === alone(step.address)),
    ),
  before: () => null,
  apply: (step) => void ip(addressWords('add', step)),
  revert: (step, _, host, folder) => {
    if (!address.isSo(step, host, folder)) return false
    ip(addressWords('del', step))
    return true
  },
}

function addressWords(what: 'add' | 'del', step: AddressStep): string[] {
  const words = ['address', what, alone(step.address), 'dev', 'lo']
  return what === 'add' && familyOf(step.address) === 6 ? [...words, 'nodad'] : words
}

const decapsulator: StepKind<DecapsulatorStep> = {
  isSo: ({ device, tunnel, vips, own }, { devices }, folder) => {
    const found = readDecapsulator(folder)
    if (found === null || found.ifindex === null) return false
    return (
      devices.find(({ name }) => name === device)?.ifindex === found.ifindex &&
      found.tunnel.type === tunnel.type &&
      found.tunnel.port === tunnel.port &&
      vips.every((vip) => found.vips.includes(vip)) &&
      own.every((one) => found.own.includes(one))
    )
  },
  before: () => null,
  apply: (step, _, folder) => {
    const vips = [...new Set([...step.vips, ...(readDecapsulator(folder)?.vips ?? [])])]
    loadDecapsulator(folder, step.device, { ...step, vips, own: step.own.filter((one) => !vips.includes(one)) })
  },
  revert: (_step, _before, _host, folder) => removeDecapsulator(folder),
}

const segment: StepKind<SegmentStep> = {
  isSo: ({ family, bytes }, host) => {
    const route = defaultRoute(host, family)
    return route !== undefined && route.advmss !== null && route.advmss <= bytes
  },
  before: ({ family }, host) => defaultRoute(host, family)?.words.join(' ') ?? null,
  apply: (step, host) => {
    const route = defaultRoute(host, step.family)
    if (route !== undefined) ip(segmentWords(route, step))
  },
  revert: (step, before, host) => {
    const route = defaultRoute(host, step.family)
    if (before === null || route === undefined) return false
    // Still the route that was changed, and in the way that it was?
    if (withSegment(before.split(' '), step.bytes).join(' ') !== withSegment(route.words, route.advmss ?? 0).join(' '))
      return false
    if (route.words.join(' ') === before) return false
    ip([`-${step.family}`, 'route', 'change', ...before.split(' ')])
    return true
  },
}

function defaultRoute({ defaultRoutes }: Host, family: FamilyNumber): DefaultRoute | undefined {
  return defaultRoutes.find((route) => route.family === family)
}

/** The words of a route with another `advmss`. */
function withSegment(words: readonly string[], bytes: number): string[] {
  const at = words.indexOf('advmss')
  const others = at < 0 ? words : [...words.slice(0, at), ...words.slice(at + 2)]
  return [...others, 'advmss', String(bytes)]
}

function segmentWords({ words, family }: DefaultRoute, { bytes }: SegmentStep): string[] {
  return [`-${family}`, 'route', 'change', ...withSegment(words, bytes)]
}

const gateway: StepKind<GatewayStep> = {
  isSo: (step, host) => defaultRoute(host, familyOf(step.gateway))?.gateway === step.gateway,
  before: (step, host) => defaultRoute(host, familyOf(step.gateway))?.words.join(' ') ?? null,
  apply: (step, host) => void ip(gatewayWords(step, host)),
  revert: (step, before, host, folder) => {
    if (!gateway.isSo(step, host, folder)) return false
    const family = `-${familyOf(step.gateway)}`
    if (before === null) ip([family, 'route', 'del', 'default', 'via', step.gateway])
    else ip([family, 'route', 'change', ...before.split(' ')])
    return true
  },
}

/** In place of the default route that there is: with its metric, or another one would still be preferred. */
function gatewayWords(step: GatewayStep, host: Host): string[] {
  const family = familyOf(step.gateway)
  const old = defaultRoute(host, family)
  const metric = old?.words.indexOf('metric') ?? -1
  return [
    ...[`-${family}`, 'route', old === undefined ? 'add' : 'change', 'default', 'via', step.gateway],
    ...(metric < 0 ? [] : (old?.words.slice(metric, metric + 2) ?? [])),
  ]
}

const KINDS = { setting, up, address, decapsulator, segment, gateway }

/** The step's kind, for a step of just that kind. */
function kindOf(step: Step): StepKind<Step> {
  return KINDS[step.kind] as StepKind<Step>
}

export function isSo(step: Step, host: Host, folder: StateFolder): boolean {
  return kindOf(step).isSo(step, host, folder)
}

export function beforeOf(step: Step, host: Host): Before {
  return kindOf(step).before(step, host)
}

export function applyStep(step: Step, host: Host, folder: StateFolder): void {
  kindOf(step).apply(step, host, folder)
}

export function revertStep(step: Step, before: Before, host: Host, folder: StateFolder): boolean {
  return kindOf(step).revert(step, before, host, folder)
}

/** The step as lines for a shell, which need nothing of Weir. */
export function commandsOf(step: Step, host: Host): string[] {
  switch (step.kind) {
    case 'setting':
      return [settingCommand(step.key, step.value)]
    case 'up':
      return [`ip link set ${step.device} up`]
    case 'address':
      return [`ip ${addressWords('add', step).join(' ')}`]
    case 'decapsulator':
      return tunnelCommands(step)
    case 'segment': {
      const route = defaultRoute(host, step.family)
      return route === undefined ? [] : [`ip ${segmentWords(route, step).join(' ')}`]
    }
    case 'gateway':
      return [`ip ${gatewayWords(step, host).join(' ')}`]
  }
}
