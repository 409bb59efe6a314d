/**
 * What is wrong with a director, or will be, and how to mend it: the rules of `weir status`, over a snapshot alone.
 *
 * Each rule is a function from the snapshot to its warnings; they are shown in the order of the list, the ones that stop
 * everything first. A warning's `code` is stable; docs/weir.8 explains it.
 */
import { isIPv6 } from 'node:net'
import type { DestStatus, FamilyNumber } from '../../control/model.ts'
import { familyOf, isFull, serviceName, virtualAddresses } from './services.ts'
import type { HostSnapshot, LoadedSnapshot, Snapshot } from './snapshot.ts'

export const WARNING_CODES = [
  'clock-stopped',
  'nothing-attached',
  'device-not-attached',
  'forwarding-off',
  'connections-nearly-full',
  'no-usable-server',
  'address-unanswered',
  'address-elsewhere',
] as const

export type WarningCode = (typeof WARNING_CODES)[number]

export interface Warning {
  readonly code: WarningCode
  readonly message: string
}

type Rule = (director: LoadedSnapshot, snapshot: Snapshot) => Warning[]

/** The ticker moves the clock every 100 ms; what is this far behind does not come back. */
const CLOCK_STOPPED_MS = 2000
const NEARLY_FULL = 0.9

const clockStopped: Rule = ({ clockBehindMs }) => {
  if (clockBehindMs <= CLOCK_STOPPED_MS) return []
  const message =
    `the director's clock stands still, ${(clockBehindMs / 1000).toFixed(1)} s behind: connections don't expire. ` +
    'Start it anew: "ipvsadm -S -n >rules", "weir unload", "ipvsadm -R <rules"; open connections are lost'
  return [{ code: 'clock-stopped', message }]
}

const nothingAttached: Rule = (_, { devices }) => {
  if (devices.some(({ attached, reason }) => attached || reason === 'new')) return []
  return [
    {
      code: 'nothing-attached',
      message: 'no device carries the director\'s program, so no packet is forwarded: see "weir devices"',
    },
  ]
}

const deviceNotAttached: Rule = (_, { devices }) =>
  devices
    .filter(({ reason }) => reason === 'new')
    .map(({ name }) => ({
      code: 'device-not-attached',
      message: `${name} has appeared and is not attached: packets that come in there are not forwarded. Run "weir attach"`,
    }))

const forwardingOff: Rule = ({ services, host }) =>
  ([4, 6] as const)
    .filter((family) => services.some((service) => familyOf(service) === family && service.dests.length > 0))
    .flatMap((family) => forwardingSettings(family, host))
    .map((setting) => ({
      code: 'forwarding-off',
      message: `${setting} is 0: packets for servers by masquerading (-m) are dropped. Run "sysctl -w ${setting}=1"`,
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

const connectionsNearlyFull: Rule = ({ connections: { inUse, capacity } }) => {
  if (inUse < NEARLY_FULL * capacity) return []
  const message =
    `${inUse} of ${capacity} connections are in use; when all are, new ones are dropped. ` +
    'Load with more: "ipvsadm -S -n >rules", "weir unload", "weir load --connections N", "ipvsadm -R <rules"'
  return [{ code: 'connections-nearly-full', message }]
}

const noUsableServer: Rule = ({ services }) =>
  services
    .filter(({ dests }) => dests.every((dest) => dest.weight === 0 || isFull(dest)))
    .map((service) => ({
      code: 'no-usable-server',
      message: `${serviceName(service)} ${whyUnusable(service.dests)}`,
    }))

function whyUnusable(dests: readonly DestStatus[]): string {
  if (dests.length === 0) return 'has no server: add one with "ipvsadm -a"'
  if (dests.every(({ weight }) => weight === 0))
    return 'has only servers of weight 0, which take no new connections: give one a weight with "ipvsadm -e"'
  return 'has no server below its upper threshold: raise it with "ipvsadm -e … -x", or add servers'
}

const addressNotHere: Rule = ({ services, host }) =>
  virtualAddresses(services).flatMap((address): Warning[] => {
    const isIpv6 = isIPv6(address)
    const add = `"ip address add ${address}/${isIpv6 ? 128 : 32} dev lo"`
    const way = host.ways.get(address)
    if (way === undefined || way === 'local') return []
    if (way === 'link')
      return [
        {
          code: 'address-unanswered',
          // For an address of lo, Linux answers ARP on any device, and neighbour solicitations on none.
          message:
            `${address} is in a network of this host's, but not its address: nobody answers ` +
            (isIpv6
              ? `neighbour solicitations for it. Run "ip address add ${address}/128 dev DEVICE" with that network's device`
              : `ARP for it. Run ${add}`),
        },
      ]
    return [
      {
        code: 'address-elsewhere',
        message:
          `${address} is no address of this host's, ${way === 'none' ? 'and it has no route there' : 'which routes it to a gateway'}: ` +
          `clients reach it only if routers send it here. Run ${add} if it should be this host's`,
      },
    ]
  })

const RULES: readonly Rule[] = [
  clockStopped,
  nothingAttached,
  deviceNotAttached,
  forwardingOff,
  connectionsNearlyFull,
  noUsableServer,
  addressNotHere,
]

/** Empty where no director is loaded. */
export function warningsOf(snapshot: Snapshot): Warning[] {
  const { director } = snapshot
  return director === null ? [] : RULES.flatMap((rule) => rule(director, snapshot))
}
