/**
 * What is wrong with a real server: one function a mistake, over a `Situation` alone. Each finding says what was found, why it
 * matters, and the command that mends it.
 */
import { type Decapsulator } from './decapsulator.ts'
import { type Device, familyOf, type Host } from './host.ts'
import { type FamilyNumber, type Method, type Tunnel } from './model.ts'
import type { Martians } from './martians.ts'
import { effective, ownAddresses } from './plan.ts'
import { largestSegment } from './segment.ts'
import { settingCommand } from './tunnel-device.ts'
import { alone } from './usable-address.ts'
import { defaultRoute, tunnelDevicesOf, wayBackFindings } from './way-back.ts'

export const FINDING_CODES = [
  'address-missing',
  'prefix-too-short',
  'address-on-network',
  'loopback-down',
  'arp-answered',
  'arp-announced',
  'reverse-path',
  'own-source',
  'not-decapsulated',
  'decapsulator-stale',
  'tunnel-down',
  'segment-too-large',
  'gateway-missing',
  'gateway-wrong',
  'redirected',
] as const

export interface Finding {
  readonly code: (typeof FINDING_CODES)[number]
  readonly what: string
  readonly why: string
  /** A line for a shell. */
  readonly remedy: string
}

/** What the findings are drawn from. */
export interface Situation {
  readonly method: Method
  readonly vips: readonly string[]
  /** Where the director's packets arrive; null where it can't be told. */
  readonly device: string | null
  /** The director, of `nat`; empty where nobody has said. */
  readonly gateways: readonly string[]
  /** Null where nobody has said: any will do. */
  readonly tunnel: Tunnel | null
  readonly host: Host
  readonly decapsulator: Decapsulator | null
  readonly martians: Martians
  /** Routes that a redirect has changed, as `ip route show cache` prints them. */
  readonly redirects: readonly string[]
}

export function check(situation: Situation): Finding[] {
  const { method } = situation
  if (method === 'nat') return [...gatewayFindings(situation), ...redirected(situation), ...wayBackFindings(situation)]
  const findings = [
    ...situation.vips.flatMap((vip) => addressFindings(vip, situation)),
    ...loopbackDown(situation),
    ...arpFindings(situation),
    ...wayBackFindings(situation),
  ]
  return method === 'dr' ? findings : [...findings, ...tunnelFindings(situation), ...segmentFindings(situation)]
}

function addressFindings(vip: string, { host }: Situation): Finding[] {
  const holders = host.devices.flatMap((device) =>
    device.addresses.filter(({ address }) => address === vip).map(({ prefixLength }) => ({ device, prefixLength })),
  )
  const add = `ip address add ${alone(vip)} dev lo${familyOf(vip) === 6 ? ' nodad' : ''}`
  if (holders.length === 0)
    return [
      {
        code: 'address-missing',
        what: `${vip} is on no device`,
        why: 'packets to it are not for this host, which drops them or sends them on',
        remedy: add,
      },
    ]
  return holders.flatMap(({ device, prefixLength }): Finding[] => {
    const written = `${vip}/${prefixLength}`
    const move = `ip address del ${written} dev ${device.name} && ${add}`
    if (device.answers)
      return [
        {
          code: 'address-on-network',
          what: `${vip} is on ${device.name}, which answers for it`,
          why: 'neighbours send what is for the virtual address here, past the director',
          remedy: move,
        },
      ]
    if (written === alone(vip)) return []
    return [
      {
        code: 'prefix-too-short',
        what: `${written} is on ${device.name}`,
        why: 'the other addresses of that prefix seem to be here as well, clients among them',
        remedy: move,
      },
    ]
  })
}

function loopbackDown({ host }: Situation): Finding[] {
  if (host.devices.some(({ isLoopback, isUp }) => isLoopback && isUp)) return []
  return [
    { code: 'loopback-down', what: 'lo is down', why: 'addresses on it do not work', remedy: 'ip link set lo up' },
  ]
}

/** 8 answers for no address at all; 3 still answers for those on lo that `ip address add` makes. */
const QUIET = [1, 2, 8]

function arpFindings({ vips, host }: Situation): Finding[] {
  if (vips.every((vip) => familyOf(vip) === 6)) return []
  const devices = host.devices.filter(({ answers, isUp }) => answers && isUp)
  const names = (found: readonly Device[]): string => found.map(({ name }) => name).join(', ')
  const answering = devices.filter(({ name }) => !QUIET.includes(effective(host, name, 'arp_ignore')))
  const announcing = devices.filter(({ name }) => effective(host, name, 'arp_announce') < 2)
  const findings: Finding[] = []
  if (answering.length > 0)
    findings.push({
      code: 'arp-answered',
      what: `ARP for the virtual address is answered on ${names(answering)}`,
      why: 'neighbours send what is for the virtual address here, past the director',
      remedy: settingCommand('net/ipv4/conf/all/arp_ignore', '1'),
    })
  if (announcing.length > 0)
    findings.push({
      code: 'arp-announced',
      what: `ARP requests on ${names(announcing)} may carry the virtual address`,
      why: "neighbours learn from them that it is here, in the director's stead",
      remedy: settingCommand('net/ipv4/conf/all/arp_announce', '2'),
    })
  return findings
}

function familiesOf(vips: readonly string[]): FamilyNumber[] {
  return ([4, 6] as const).filter((family) => vips.some((vip) => familyOf(vip) === family))
}

function applyCommand({ vips, tunnel, decapsulator, device }: Situation): string {
  const { type, port } = tunnel ?? decapsulator?.tunnel ?? { type: 'ipip', port: 0 }
  const options = [
    ...vips.map((vip) => `--vip ${vip}`),
    `--type ${type}`,
    ...(type === 'gue' ? [`--port ${port}`] : []),
  ]
  return `weir real-server tun ${[...options, ...(device === null ? [] : [`--device ${device}`])].join(' ')} --apply`
}

function tunnelFindings(situation: Situation): Finding[] {
  const { decapsulator } = situation
  if (decapsulator !== null) return decapsulatorFindings(decapsulator, situation)
  return familiesOf(situation.vips).flatMap((family): Finding[] => {
    const devices = tunnelDevicesOf(situation, family)
    if (devices.some(({ isUp }) => isUp)) return []
    const [down] = devices
    if (down !== undefined)
      return [
        {
          code: 'tunnel-down',
          what: `the tunnel device ${down.name} is down`,
          why: 'what the director sends is dropped',
          remedy: `ip link set ${down.name} up`,
        },
      ]
    return [
      {
        code: 'not-decapsulated',
        what: `nothing takes the outer headers off packets for virtual addresses of IPv${family}`,
        why: 'what the director sends is dropped, or answered with ICMP protocol or port unreachable',
        remedy: applyCommand(situation),
      },
    ]
  })
}

function decapsulatorFindings(found: Decapsulator, situation: Situation): Finding[] {
  const { host, vips, tunnel, device } = situation
  const on = host.devices.find(({ ifindex }) => ifindex === found.ifindex)
  const missing = vips.filter((vip) => !found.vips.includes(vip))
  const unknown = ownAddresses(host, [...vips, ...found.vips], null).filter((address) => !found.own.includes(address))
  const wrong = [
    ...(on === undefined ? ['its device is gone'] : []),
    ...(on !== undefined && device !== null && on.name !== device ? [`it is on ${on.name}, not on ${device}`] : []),
    ...(on !== undefined && !on.isUp ? [`its device ${on.name} is down`] : []),
    ...(tunnel !== null &&
    (tunnel.type !== found.tunnel.type || (tunnel.type === 'gue' && tunnel.port !== found.tunnel.port))
      ? [`it takes off ${found.tunnel.type}${found.tunnel.type === 'gue' ? ` on port ${found.tunnel.port}` : ''}`]
      : []),
    ...(missing.length > 0 ? [`it does not know ${missing.join(', ')}`] : []),
    ...(unknown.length > 0 ? [`this host's ${unknown.join(', ')} has come since it was applied`] : []),
  ]
  if (wrong.length === 0) return []
  return [
    {
      code: 'decapsulator-stale',
      what: `the decapsulator is not as it should be: ${wrong.join('; ')}`,
      why: 'what the director sends is dropped',
      remedy: on?.isUp === false ? `ip link set ${on.name} up` : applyCommand(situation),
    },
  ]
}

function segmentFindings(situation: Situation): Finding[] {
  const { host, vips, tunnel, decapsulator } = situation
  const type = tunnel?.type ?? decapsulator?.tunnel.type ?? 'ipip'
  return familiesOf(vips).flatMap((family): Finding[] => {
    const route = defaultRoute(situation, family)
    const bytes = route === undefined ? null : largestSegment(route, type, ownAddresses(host, vips, null), host)
    if (route === undefined || bytes === null || (route.advmss !== null && route.advmss <= bytes)) return []
    return [
      {
        code: 'segment-too-large',
        what: `the IPv${family} default route has ${route.advmss === null ? 'no advmss' : `advmss ${route.advmss}`}, and ${bytes} would fit`,
        why: 'large packets of clients do not fit through the tunnel: uploads stall, or wait for ICMP fragmentation needed',
        remedy: applyCommand(situation),
      },
    ]
  })
}

function gatewayFindings(situation: Situation): Finding[] {
  const { gateways, host } = situation
  const why = 'replies must pass the director, which gives them back the virtual address: clients refuse them otherwise'
  if (gateways.length === 0) {
    if (host.defaultRoutes.some(({ gateway }) => gateway !== null)) return []
    const remedy = 'ip route add default via DIRECTOR'
    return [{ code: 'gateway-missing', what: 'there is no default route', why, remedy }]
  }
  return gateways.flatMap((gateway): Finding[] => {
    const family = familyOf(gateway)
    const route = defaultRoute(situation, family)
    const remedy = `weir real-server nat --gateway ${gateway} --apply`
    if (route === undefined)
      return [{ code: 'gateway-missing', what: `there is no IPv${family} default route`, why, remedy }]
    if (route.gateway === gateway) return []
    const what = `the IPv${family} default route is ${route.words.slice(1).join(' ')}, not via ${gateway}`
    return [{ code: 'gateway-wrong', what, why, remedy }]
  })
}

/** A client in the servers' own network makes the director send redirects, which lead past it. */
function redirected({ redirects }: Situation): Finding[] {
  if (redirects.length === 0) return []
  return [
    {
      code: 'redirected',
      what: `an ICMP redirect has changed the way to ${redirects.map((line) => line.split(' ')[0]).join(', ')}`,
      why: 'replies to there go past the director: clients refuse them',
      remedy: `${settingCommand('net/ipv4/conf/all/accept_redirects', '0')} && ip route flush cache`,
    },
  ]
}
