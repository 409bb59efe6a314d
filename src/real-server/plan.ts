/**
 * What a real server needs so that the director can forward to it, as an ordered list of steps. Pure: it looks at a `Host` and
 * changes nothing.
 *
 * ARP is silenced before a virtual address appears, so that no neighbour ever learns it. arp_ignore and arp_announce are set
 * for `all`: the kernel takes the larger of that and the device's own (ip-sysctl), so all devices are covered, later ones too,
 * and lo, which neither asks nor answers, needs nothing. IPv6 needs neither: Linux answers neighbour solicitations only for
 * addresses of the device that they come in on, so one on lo stays quiet.
 */
import { familyOf, type Host } from './host.ts'
import { type FamilyNumber, RealServerError, type Request, type Step } from './model.ts'
import { largestSegment } from './segment.ts'
import { requireOther, requireVirtual } from './usable-address.ts'

/** Throws `bad-address` where this host has one of the addresses in another way, `no-device` where a device is missing. */
export function planSteps(request: Request, host: Host): Step[] {
  requireVirtual(request.vips, host)
  requireOther(request.gateways, host)
  switch (request.method) {
    case 'dr':
      return [...addressSteps(request.vips), ...reversePathSteps(request, request.device, host)]
    case 'tun':
      return tunnelSteps(request, host)
    case 'nat':
      return request.gateways.map((gateway) => ({
        kind: 'gateway',
        gateway,
        reason: 'replies must pass the director, which gives them back the virtual address',
      }))
  }
}

function addressSteps(vips: readonly string[]): Step[] {
  return [
    ...(vips.some(isVersion4) ? ARP_STEPS : []),
    { kind: 'up', device: 'lo', reason: 'the virtual address is to be on it' },
    ...vips.map((address): Step => ({ kind: 'address', address, reason: 'packets to it are for this server' })),
  ]
}

const ARP_STEPS: readonly Step[] = [
  {
    kind: 'setting',
    key: 'net/ipv4/conf/all/arp_ignore',
    value: '1',
    enough: ['1', '2'],
    reason: 'the director alone answers ARP for the virtual address',
  },
  {
    kind: 'setting',
    key: 'net/ipv4/conf/all/arp_announce',
    value: '2',
    enough: ['2'],
    reason: 'ARP requests of this server do not carry the virtual address',
  },
]

function tunnelSteps(request: Request, host: Host): Step[] {
  const device = arrivalDevice(request, host)
  const { vips, tunnel } = request
  return [
    ...addressSteps(vips),
    ...reversePathSteps(request, device, host),
    ...([4, 6] as const).flatMap((family) =>
      vips.some((vip) => familyOf(vip) === family) ? segmentSteps(family, request, host) : [],
    ),
    // The last: once it is in another's place, no step after it can fail and want the other one back.
    {
      kind: 'decapsulator',
      device,
      tunnel,
      vips,
      own: ownAddresses(host, vips, device),
      reason: `takes the outer headers off what the director sends`,
    },
  ]
}

/** Where the director's packets come in. Throws `no-device` where it can't be told. */
export function arrivalDevice({ device, vips }: Pick<Request, 'device' | 'vips'>, host: Host): string {
  if (device !== null) {
    if (host.devices.some(({ name }) => name === device)) return device
    throw new RealServerError(
      'no-device',
      `there is no device "${device}" in this network namespace: "ip link" lists them`,
    )
  }
  const families = new Set(vips.map(familyOf))
  const routed = host.defaultRoutes.find(({ family, device: name }) => families.has(family) && name !== '')
  if (routed !== undefined) return routed.device
  const candidates = host.devices.filter(({ answers, isUp, addresses }) => answers && isUp && addresses.length > 0)
  const [only, ...others] = candidates
  if (only !== undefined && others.length === 0) return only.name
  const found =
    candidates.length === 0
      ? 'no device is up and has an address'
      : `it may be ${candidates.map(({ name }) => name).join(' or ')}`
  throw new RealServerError(
    'no-device',
    `on which device do the director's packets arrive? ${found}: say --device NAME`,
  )
}

/** The addresses to which a director can send, those of a device first. */
export function ownAddresses({ devices }: Host, vips: readonly string[], device: string | null): string[] {
  const first = devices.filter(({ name }) => name === device)
  const addresses = [...first, ...devices].flatMap(({ addresses: found }) => found)
  const global = addresses.flatMap(({ address, scope }) => (scope === 'global' ? [address] : []))
  return [...new Set(global)].filter((address) => !vips.includes(address))
}

/** Replies leave by the default route; where that is another device, strict filtering drops what the director sends. */
function reversePathSteps({ vips }: Request, device: string | null, host: Host): Step[] {
  if (device === null || !vips.some(isVersion4) || reversePath(host, device) !== STRICT) return []
  const [route] = host.defaultRoutes.filter(({ family }) => family === 4)
  if (route?.device === device) return []
  return [
    {
      kind: 'setting',
      key: `net/ipv4/conf/${device}/rp_filter`,
      value: '2',
      enough: ['2'],
      reason: 'clients come in here, and their replies leave by another device',
    },
  ]
}

export const STRICT = 1

/** The larger of what is set for all devices and for this one. */
export function effective(host: Host, device: string, name: string): number {
  return Math.max(...['all', device].map((of) => Number(host.setting(`net/ipv4/conf/${of}/${name}`) ?? 0)))
}

export function reversePath(host: Host, device: string): number {
  return effective(host, device, 'rp_filter')
}

function segmentSteps(family: FamilyNumber, { tunnel, vips }: Request, host: Host): Step[] {
  const route = host.defaultRoutes.find((candidate) => candidate.family === family)
  const bytes = route === undefined ? null : largestSegment(route, tunnel.type, ownAddresses(host, vips, null), host)
  if (bytes === null) return []
  return [{ kind: 'segment', family, bytes, reason: "clients' packets with the outer headers fit the device's MTU" }]
}

function isVersion4(address: string): boolean {
  return familyOf(address) === 4
}
