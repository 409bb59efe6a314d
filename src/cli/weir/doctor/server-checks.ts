/** Whether each server can be reached in the way that its forwarding method needs, and answers. */
import { isIPv6 } from 'node:net'
import { numericLabel } from '../../ipvsadm/labels.ts'
import { ruleDest, ruleService } from '../../ipvsadm/listing.ts'
import { METHODS } from '../methods.ts'
import { familyOf } from '../services.ts'
import { formatEndpoint } from '../../../control/address.ts'
import { destsInUse, oncePerAddress, type Check, type DoctorFinding, type Placed, type Scene } from './check.ts'
import { contains } from './entries.ts'
import type { RouteFacts } from './facts.ts'

/** Bytes of an Ethernet client's packets. */
const CLIENT_MTU = 1500
/** Bytes between the outer IP header and the packet inside, checksums included. */
const TUNNEL_HEADERS = { ipip: 0, gue: 12, gre: 8 } as const
/** So many unanswered packets are no chance: a SYN is sent three times in seven seconds. */
const UNANSWERED = 3

function routeTo({ facts }: Scene, { dest }: Placed): RouteFacts | undefined {
  return facts.routes.get(dest.address)
}

export function hostPrefix(address: string): string {
  return `${address}/${isIPv6(address) ? 128 : 32}`
}

/** Takes no new connections until it is well. */
function quiesce({ service, dest }: Placed): string {
  return `ipvsadm -e ${ruleDest(service, { ...dest, weight: 0 }, numericLabel)}`
}

function hasWay(route: RouteFacts | undefined): boolean {
  return route !== undefined && ['link', 'gateway', 'local'].includes(route.kind)
}

export const noRoute: Check = (scene) =>
  oncePerAddress(destsInUse(scene.director)).flatMap((placed): DoctorFinding[] => {
    const route = routeTo(scene, placed)
    if (route === undefined || hasWay(route)) return []
    const { address } = placed.dest
    if (route.kind === 'none') {
      const message = `there is no route to ${placed.name}: its packets are dropped`
      const remedy = [`ip route add ${hostPrefix(address)} dev DEVICE`]
      return [{ code: 'no-route-to-server', message, remedy }]
    }
    const by = `a route of type ${route.kind}${route.refusing === null ? '' : `, ${route.refusing}`}`
    const message = `the way to ${placed.name} is refused by ${by}: its packets are dropped`
    const find = `ip route show table all match ${address}`
    const remedy = [route.refusing === null ? find : `ip route delete ${route.kind} ${route.refusing}`]
    return [{ code: 'route-refuses-server', message, remedy }]
  })

/** Whether a server is the director itself is looked up by every command that changes something. */
export const moved: Check = (scene) =>
  destsInUse(scene.director).flatMap((placed): DoctorFinding[] => {
    const { service, dest, name } = placed
    const route = routeTo(scene, placed)
    if (!hasWay(route) || (route?.kind === 'local') === dest.isLocal) return []
    const what = dest.isLocal ? 'has left this host for another' : 'is an address of this host now'
    const message = `${name} ${what}, which the director does not know yet: packets still go where it was`
    return [{ code: 'server-moved', message, remedy: [`ipvsadm -e ${ruleDest(service, dest, numericLabel)}`] }]
  })

export const behindRouter: Check = (scene) =>
  destsInUse(scene.director).flatMap((placed): DoctorFinding[] => {
    const route = routeTo(scene, placed)
    const { service, dest, name } = placed
    if (!METHODS[dest.method].onLinkOnly || route?.kind !== 'gateway') return []
    const tunnel = `ipvsadm -e ${ruleDest(service, { ...dest, method: 'tunneling' }, numericLabel)}`
    return [
      {
        code: 'server-behind-router',
        message:
          `${name} is behind the router ${route.gateway}: direct routing leaves the virtual address in the packet, which the ` +
          'router sends anywhere but there. Use tunnelling, for which the server needs the tunnel, or bring it into a network of the director',
        remedy: [tunnel],
      },
    ]
  })

export const portDiffers: Check = ({ director }) =>
  destsInUse(director).flatMap(({ service, dest, name }) => {
    if (!METHODS[dest.method].keepsPort || service.protocol === 'fwm' || service.port === 0) return []
    if (dest.port === service.port) return []
    const right = ruleDest(service, { ...dest, port: service.port }, numericLabel)
    return [
      {
        code: 'server-port-differs',
        message: `${name} has port ${dest.port}, but packets come to it with port ${service.port}: its method rewrites no port`,
        remedy: [`ipvsadm -a ${right}`, `ipvsadm -d ${ruleService(service, numericLabel)} -r ${formatEndpoint(dest)}`],
      },
    ]
  })

export const unresolved: Check = (scene) =>
  destsInUse(scene.director)
    .filter(({ dest }) => scene.facts.unresolved.has(dest.address))
    .map((placed) => {
      const route = routeTo(scene, placed)
      const hop = route?.gateway ?? null
      const asks = isIPv6(placed.dest.address) ? 'neighbour solicitations' : 'ARP'
      const who = hop === null ? `${placed.name} does` : `the router ${hop}, on the way to ${placed.name}, does`
      return {
        code: 'server-unresolved',
        message:
          `${who} not answer ${asks} on ${route?.device ?? 'its device'}: it is down, not cabled, in another segment or VLAN, or has ` +
          'another address. Until it is back, give it no new connections',
        remedy: [quiesce(placed)],
      }
    })

/** Packets go to the server and none comes back, not since its counters were zero or not while the doctor looked. UDP need not be answered; what does not answer ARP is reported for that. */
export const noAnswers: Check = (scene) =>
  destsInUse(scene.director)
    .filter(({ service, dest }) => METHODS[dest.method].answersComeBack && service.protocol !== 'udp')
    .filter((placed) => hasWay(routeTo(scene, placed)) && !scene.facts.unresolved.has(placed.dest.address))
    .filter(({ dest: { counters }, name }) =>
      [counters, scene.facts.meanwhile.traffic.get(name)].some(
        (traffic) => traffic !== undefined && traffic.inPackets >= UNANSWERED && traffic.outPackets === 0,
      ),
    )
    .map((placed) => {
      const { dest, name } = placed
      const { keepsClient } = METHODS[dest.method]
      const route = routeTo(scene, placed)
      const router = route?.kind === 'gateway'
      const gateway = router ? 'ROUTER' : ownAddressTowards(dest.address, route, scene)
      const why = !keepsClient
        ? 'it has no route to the local address, or a packet filter'
        : `it does not answer by way of the director: its default gateway${router ? ", or a router's on its way," : ''} is another, or it ` +
          'is in a network with the client, or a packet filter is in between'
      const family = isIPv6(dest.address) ? '-6 ' : ''
      return {
        code: 'no-answers',
        message: `${name} gets packets, and no answer comes back through the director: ${why}`,
        remedy: !keepsClient ? [] : [`ip ${family}route replace default via ${gateway}`],
        on: 'server',
      }
    })

/** The director's address that a server in its network would have for a gateway. */
function ownAddressTowards(address: string, route: RouteFacts | undefined, { facts }: Scene): string {
  if (route?.source !== undefined && route.source !== null) return route.source
  const device = facts.devices.find(({ name }) => name === route?.device)
  const own = device?.addresses.find((each) => contains(each, address))
  return own?.address ?? 'DIRECTOR'
}

/** The command that makes the server one for this tunnel. */
function realServer({ service, dest: { tunnel } }: Placed): string {
  const port = tunnel.type === 'gue' ? ` --port ${tunnel.port}` : ''
  return `weir real-server tun --vip ${service.protocol === 'fwm' ? 'ADDRESS' : service.address} --type ${tunnel.type}${port}`
}

export const mtuTooSmall: Check = (scene) =>
  oncePerAddress(destsInUse(scene.director).filter(({ dest }) => METHODS[dest.method].encapsulates)).flatMap(
    (placed) => {
      const route = routeTo(scene, placed)
      const device = scene.facts.devices.find(({ name }) => name === route?.device)
      if (route === undefined || device === undefined || route.kind === 'local') return []
      const isVersion6 = isIPv6(placed.dest.address)
      const outer = (isVersion6 ? 40 : 20) + TUNNEL_HEADERS[placed.dest.tunnel.type]
      const mtu = Math.min(route.mtu ?? device.mtu, device.mtu)
      if (mtu - outer >= CLIENT_MTU) return []
      // What is left inside for TCP: the IP header that it has there, and its own.
      const advmss = mtu - outer - (familyOf(placed.service) === 6 ? 40 : 20) - 20
      return [
        {
          code: 'mtu-too-small',
          message:
            `the way to ${placed.name} takes packets of ${mtu} bytes, ${mtu - outer} inside the tunnel: clients' of ${CLIENT_MTU} are too big, ` +
            'and uploads stall until ICMP tells them so. Let the segment, its switches and servers take more, or the server ask for less: advmss ' +
            `${advmss} on its default route, as "${realServer(placed)}" has it`,
          remedy:
            device.mtu - outer >= CLIENT_MTU
              ? [`ip route show match ${placed.dest.address}`]
              : [`ip link set dev ${device.name} mtu 1600`],
        },
      ]
    },
  )

export const serverChecks: readonly Check[] = [
  noRoute,
  moved,
  behindRouter,
  portDiffers,
  unresolved,
  noAnswers,
  mtuTooSmall,
]
