/**
 * What is wrong with a director, or will be, and how to mend it: the rules of `weir status`, over a snapshot alone.
 *
 * Each rule is a function from the snapshot to its warnings; they are shown in the order of the list, the ones that stop
 * everything first. A warning's `code` is stable; docs/weir.8 explains it.
 */
import { isIPv6 } from 'node:net'
import type { DeviceStatus } from '../../kernel/attach.ts'
import type { FamilyNumber, ServiceStatus } from '../../control/model.ts'
import { numericLabel } from '../ipvsadm/labels.ts'
import { ruleDest, ruleService } from '../ipvsadm/listing.ts'
import type { Finding } from './finding.ts'
import { METHODS } from './methods.ts'
import { isFull, serviceName, virtualAddresses } from './services.ts'
import type { HostSnapshot, LoadedSnapshot, Snapshot } from './snapshot.ts'

export const WARNING_CODES = [
  'clock-stopped',
  'nothing-attached',
  'device-not-attached',
  'redirects-lost',
  'not-at-xdp',
  'forwarding-off',
  'loopback-forwarding-off',
  'connections-nearly-full',
  'no-usable-server',
  'address-unanswered',
  'address-elsewhere',
] as const

export type WarningCode = (typeof WARNING_CODES)[number]
export type Warning = Finding<WarningCode>

type Rule = (director: LoadedSnapshot, snapshot: Snapshot) => Warning[]

/** The ticker moves the clock every 100 ms; what is this far behind does not come back. */
const CLOCK_STOPPED_MS = 2000
const NEARLY_FULL = 0.9

/** Starts the director anew with its services; `load` may come in between. */
export function startAnew(...load: string[]): string[] {
  return ['ipvsadm -S -n >rules', 'weir unload', ...load, 'ipvsadm -R <rules']
}

const clockStopped: Rule = ({ clockBehindMs }) => {
  if (clockBehindMs <= CLOCK_STOPPED_MS) return []
  const message =
    `the director's clock stands still, ${(clockBehindMs / 1000).toFixed(1)} s behind: connections don't expire. ` +
    'Starting it anew loses open connections'
  return [{ code: 'clock-stopped', message, remedy: startAnew() }]
}

const nothingAttached: Rule = (_, { devices }) => {
  if (devices.some(({ attached, reason }) => attached || reason === 'new')) return []
  const excluded = devices.flatMap(({ name, reason }) => (reason === 'excluded' ? [name] : []))
  const message = "no device carries the director's program, so no packet is forwarded"
  const remedy = excluded.length === 0 ? 'weir devices' : `weir attach ${excluded.join(' ')}`
  return [{ code: 'nothing-attached', message, remedy: [remedy] }]
}

const deviceNotAttached: Rule = (_, { devices }) =>
  devices
    .filter(({ reason }) => reason === 'new')
    .map(({ name }) => ({
      code: 'device-not-attached',
      message: `${name} has appeared and is not attached: packets that come in there are not forwarded`,
      remedy: ['weir attach'],
    }))

const redirectsLost: Rule = (_, { devices }) =>
  devices
    .filter(({ redirects }) => redirects === 'lost')
    .map(({ name, driver }) => ({
      code: 'redirects-lost',
      message:
        `${name} takes no redirected frames any more: what devices at XDP forward by it is lost until the next command ` +
        `makes it leave through tcx. ${remedyOfRedirects(name, driver)}`,
      remedy: ['weir attach'],
    }))

/** What to know of devices that packets from devices at XDP leave by through tcx. */
export function redirectNotes(devices: readonly DeviceStatus[]): string[] {
  return devices
    .filter(({ redirects }) => redirects === 'through-tcx')
    .map(
      ({ name, driver }) =>
        `${name} takes no redirected frames: what devices at XDP forward by it leaves through tcx, no faster than before. ` +
        remedyOfRedirects(name, driver),
    )
}

/** What makes a driver take redirected frames. */
function remedyOfRedirects(name: string, driver: string | null): string {
  if (driver === 'veth')
    return `It takes them if its peer has GRO: run "ethtool -K PEER gro on" in the peer's network namespace, then "weir attach"`
  return `Many drivers take them from devices that are at XDP: "weir attach --xdp ${name}"`
}

const notAtXdp: Rule = (_, { devices }) =>
  devices
    .filter(({ mode, wantsXdp }) => wantsXdp && mode === 'tcx')
    .map(({ name }) => ({
      code: 'not-at-xdp',
      message: `${name} is to be at XDP and is at tcx: the first line tells why, "weir attach ${name}" leaves it there`,
      remedy: [`weir attach --xdp ${name}`],
    }))

/** Families of which there is a server to which packets leave as the director's own, or don't. None leave for one that it is itself. */
function familiesOf({ services }: LoadedSnapshot, asOwn: boolean): FamilyNumber[] {
  const dests = services
    .flatMap((service) => service.dests)
    .filter(({ method, isLocal }) => !isLocal && METHODS[method].leavesAsOwn === asOwn)
  return ([4, 6] as const).filter((family) => dests.some(({ address }) => isIPv6(address) === (family === 6)))
}

const forwardingOff: Rule = (director) =>
  familiesOf(director, false)
    .flatMap((family) => forwardingSettings(family, director.host))
    .map((setting) => ({
      code: 'forwarding-off',
      message: `${setting} is 0: packets of servers by masquerading (-m) are dropped`,
      remedy: [`sysctl -w ${setting}=1`],
    }))

/** The settings that are off and must not be. */
function forwardingSettings(family: FamilyNumber, host: HostSnapshot): string[] {
  const [setting, on, devices] =
    family === 4
      ? ['net.ipv4.ip_forward', host.forwarding, host.devicesNotForwarding]
      : ['net.ipv6.conf.all.forwarding', host.forwarding6, host.devicesNotForwarding6]
  if (!on) return [setting]
  return devices.map((device) => `net.ipv${family}.conf.${device.replaceAll('.', '/')}.forwarding`)
}

/** Ways of packets that leave as the director's own are looked up as for packets of lo, so that no other device need forward. */
const loopbackForwardingOff: Rule = (director) =>
  familiesOf(director, true)
    .filter((family) => !(family === 4 ? director.host.loopbackForwarding : director.host.loopbackForwarding6))
    .map((family) => ({
      code: 'loopback-forwarding-off',
      message:
        `net.ipv${family}.conf.lo.forwarding is 0: packets of servers by direct routing (-g), tunnelling (-i) or FullNAT are dropped. ` +
        'Loading the director had set it; writing 0 to ' +
        `${family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding'} clears it as well`,
      remedy: [`sysctl -w net.ipv${family}.conf.lo.forwarding=1`],
    }))

const connectionsNearlyFull: Rule = ({ connections: { inUse, capacity } }) => {
  if (inUse < NEARLY_FULL * capacity) return []
  const message =
    `${inUse} of ${capacity} connections are in use; when all are, new ones are dropped. ` +
    'Loading it with room for more loses open connections'
  return [{ code: 'connections-nearly-full', message, remedy: startAnew('weir load --connections N') }]
}

const noUsableServer: Rule = ({ services }) =>
  services
    .filter(({ dests }) => dests.every((dest) => dest.weight === 0 || isFull(dest)))
    .map((service) => {
      const [why, remedy] = whyUnusable(service)
      return { code: 'no-usable-server', message: `${serviceName(service)} ${why}`, remedy: [remedy] }
    })

function whyUnusable(service: ServiceStatus): [why: string, remedy: string] {
  const { dests } = service
  const [dest] = dests
  if (dest === undefined) return ['has no server', `ipvsadm -a ${ruleService(service, numericLabel)} -r SERVER -m`]
  if (dests.every(({ weight }) => weight === 0)) {
    const edit = `ipvsadm -e ${ruleDest(service, { ...dest, weight: 1 }, numericLabel)}`
    return ['has only servers of weight 0, which take no new connections: give one a weight', edit]
  }
  const full = { ...(dests.find(isFull) ?? dest), upperThreshold: 0 }
  const edit = `ipvsadm -e ${ruleDest(service, full, numericLabel)} -x N`
  return ['has no server below its upper threshold: raise one, or add servers', edit]
}

const addressNotHere: Rule = ({ services, host }) =>
  virtualAddresses(services).flatMap((address): Warning[] => {
    const isIpv6 = isIPv6(address)
    const onLoopback = `ip address add ${address}/${isIpv6 ? 128 : 32} dev lo`
    const way = host.ways.get(address)
    if (way === undefined || way === 'local') return []
    if (way === 'link')
      return [
        {
          code: 'address-unanswered',
          // For an address of lo, Linux answers ARP on any device, and neighbour solicitations on none.
          message:
            `${address} is in a network of this host's, but not its address: nobody answers ` +
            (isIpv6 ? "neighbour solicitations for it; it must be on that network's device" : 'ARP for it'),
          remedy: [isIpv6 ? `ip address add ${address}/128 dev DEVICE` : onLoopback],
        },
      ]
    return [
      {
        code: 'address-elsewhere',
        message:
          `${address} is no address of this host's, ${way === 'none' ? 'and it has no route there' : 'which routes it to a gateway'}: ` +
          "clients reach it only if routers send it here. If it should be this host's, give it to it",
        remedy: [onLoopback],
      },
    ]
  })

const RULES: readonly Rule[] = [
  clockStopped,
  nothingAttached,
  deviceNotAttached,
  redirectsLost,
  notAtXdp,
  forwardingOff,
  loopbackForwardingOff,
  connectionsNearlyFull,
  noUsableServer,
  addressNotHere,
]

/** Empty where no director is loaded. */
export function warningsOf(snapshot: Snapshot): Warning[] {
  const { director } = snapshot
  return director === null ? [] : RULES.flatMap((rule) => rule(director, snapshot))
}
