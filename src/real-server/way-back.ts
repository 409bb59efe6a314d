/**
 * Mistakes in the way back to clients, for which the kernel drops their packets on arrival: they would be answered by another device
 * than they come in by, by none, or by this host to itself. IPv4 alone has these rules. Pure, like `check.ts`.
 */
import type { Finding, Situation } from './check.ts'
import { type DefaultRoute, type Device, familyOf } from './host.ts'
import type { Martian } from './martians.ts'
import type { FamilyNumber } from './model.ts'
import { ownAddresses, reversePath, STRICT } from './plan.ts'
import { settingCommand, tunnelDevices } from './tunnel-device.ts'

export function wayBackFindings(situation: Situation): Finding[] {
  const { method, vips } = situation
  if (method !== 'nat' && vips.every((vip) => familyOf(vip) === 6)) return []
  return [...noWayBack(situation), ...reversePathFindings(situation), ...ownSourceFindings(situation)]
}

export function defaultRoute({ host }: Situation, family: FamilyNumber): DefaultRoute | undefined {
  return host.defaultRoutes.find((route) => route.family === family)
}

export function tunnelDevicesOf({ host, tunnel }: Situation, family: FamilyNumber): Device[] {
  const types = tunnel === null ? (['ipip', 'gre'] as const) : [tunnel.type]
  return types.flatMap((type) => tunnelDevices(host.devices, type, family))
}

/** Clients in this server's own networks need no default route: that others do is seen by what has been dropped. */
function noWayBack(situation: Situation): Finding[] {
  const { method, martians } = situation
  const drops = martians.reversePathDrops
  if (method === 'nat' || drops === 0 || defaultRoute(situation, 4) !== undefined) return []
  return [
    {
      code: 'gateway-missing',
      what: 'there is no IPv4 default route',
      why: `where rp_filter is not 0, packets of clients without a route to them are dropped: ${drops} packets have been so far`,
      remedy: 'ip route add default via ROUTER',
    },
  ]
}

/** Strict filtering on a device that replies to some clients don't leave by. */
function reversePathFindings(situation: Situation): Finding[] {
  const { host, device, method, martians } = situation
  const drops = martians.reversePathDrops
  const tunnels = method === 'tun' ? tunnelDevicesOf(situation, 4) : []
  const suspects = host.devices.filter(
    (each) => each.name === device || tunnels.includes(each) || (drops > 0 && each.answers && each.isUp),
  )
  return suspects.flatMap((each): Finding[] => {
    const { name } = each
    const way = reversePath(host, name) === STRICT ? otherWay(each, situation) : null
    if (way === null) return []
    return [
      {
        code: 'reverse-path',
        what: `rp_filter is strict on ${name}, and replies to ${way}`,
        why: `clients' packets that come in there are dropped${drops > 0 ? `: ${drops} packets have been so far` : ''}`,
        remedy: settingCommand(`net/ipv4/conf/${name}/rp_filter`, '2'),
      },
    ]
  })
}

/** How replies leave to clients whose packets come in by a device, if by another; those in networks of others count once something was dropped. */
function otherWay({ name, answers }: Device, situation: Situation): string | null {
  const { host, device, martians } = situation
  const out = defaultRoute(situation, 4)?.device ?? ''
  if (out !== '' && out !== name) return `clients leave by ${out}`
  if (!answers) return 'clients leave by another device'
  if (name !== device) return null
  const others = host.devices.filter(
    (each) =>
      each.name !== name && each.answers && each.isUp && each.addresses.some(({ address }) => familyOf(address) === 4),
  )
  if (martians.reversePathDrops === 0 || others.length === 0) return null
  return `clients in other networks leave by ${others.map((each) => each.name).join(' or ')}`
}

/** The kernel takes no packet from outside that is from this host by its source; its replies would not leave. */
function ownSourceFindings(situation: Situation): Finding[] {
  const { method, vips, host, martians } = situation
  const own = method === 'nat' ? ownAddresses(host, [], null) : vips
  const concerned = martians.logged.filter(
    ({ source, destination }) => own.includes(source) && own.includes(destination),
  )
  return concerned.map((martian) => ({
    code: 'own-source',
    what: `packets to ${martian.destination} come in on ${martian.device} from ${martian.source}, this server's own address; the last ${martian.secondsAgo} s ago`,
    ...(method === 'nat' ? OF_THIS_SERVER : ofDirector(martian)),
  }))
}

type Reason = Pick<Finding, 'why' | 'remedy'>

/** On the director both are needed: what comes back from the virtual address is from an address of its own, too. */
function ofDirector({ source }: Martian): Reason {
  return {
    why: 'they are dropped as martians: a client on the director takes the virtual address for its own',
    remedy: `ip route replace local ${source} dev lo table local src ADDRESS && sysctl -w net.ipv4.conf.DEVICE.accept_local=1  # on the director; its own ADDRESS, on its DEVICE, in this network`,
  }
}

const OF_THIS_SERVER: Reason = {
  why: 'they are dropped as martians: a client on this server connects to the virtual address, and the director sends it back here',
  remedy: `${['arp_ignore=1', 'arp_announce=2'].map((setting) => `sysctl -w net.ipv4.conf.all.${setting}`).join(' && ')} && ip address add VIP/32 dev lo  # this server then answers its own clients`,
}
