/** Whether packets come in where the director sees them, and its host can carry them. */
import { isIPv6 } from 'node:net'
import { METHODS } from '../methods.ts'
import { virtualAddresses } from '../services.ts'
import { destsInUse, type Check, type DoctorFinding, type Scene } from './check.ts'
import { entryDevices } from './entries.ts'
import type { DeviceFacts } from './facts.ts'

const NEARLY_FULL = 0.9

/** Virtual addresses that this host has, used or not, and the devices that have them. */
export function holdersOf({ director, facts }: Pick<Scene, 'director' | 'facts'>): Map<string, DeviceFacts[]> {
  return new Map(
    virtualAddresses(director.services).flatMap((address): [string, DeviceFacts[]][] => {
      const holders = facts.devices.filter(({ addresses }) => addresses.some((each) => each.address === address))
      return holders.length === 0 ? [] : [[address, holders]]
    }),
  )
}

const addressDeviceDown: Check = (scene) =>
  [...holdersOf(scene)]
    .filter(([, holders]) => holders.every(({ isUp }) => !isUp))
    .map(([address, holders]) => {
      const device = holders[0]?.name ?? ''
      const message = `${address} is an address of ${device}, which is down or without a carrier: nothing reaches it there`
      return { code: 'address-device-down', message, remedy: [`ip link set dev ${device} up`] }
    })

/** Devices by which packets come in that the director must see, and which those are. */
function entries({ director, facts }: Scene): Map<string, string> {
  const found = new Map<string, string>()
  for (const { dest } of destsInUse(director)) {
    const device = facts.routes.get(dest.address)?.device
    if (device !== null && device !== undefined && METHODS[dest.method].answersComeBack)
      found.set(device, `answers of ${dest.address}`)
  }
  for (const address of virtualAddresses(director.services))
    for (const device of entryDevices(address, facts)) found.set(device, `packets for ${address}`)
  return found
}

/** New devices, and the case that there is none, are for the warnings. */
const entryDetached: Check = (scene) => {
  const { devices } = scene.snapshot
  if (!devices.some(({ attached }) => attached)) return []
  return [...entries(scene)].flatMap(([device, what]) => {
    const reason = devices.find(({ name }) => name === device)?.reason
    if (reason !== 'excluded' && reason !== 'not-ethernet') return []
    const message = `${what} come in by ${device}, which does not carry the director's program`
    if (reason === 'excluded') return [{ code: 'entry-detached' as const, message, remedy: [`weir attach ${device}`] }]
    const why = `${message}, not being an Ethernet device: bring them in by one`
    return [{ code: 'entry-detached' as const, message: why, remedy: [] }]
  })
}

const QUIET = 'sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2'

const answeredElsewhere: Check = (scene) => [
  ...[...scene.facts.answeredElsewhere].map(([address, mac]): DoctorFinding => {
    const message =
      `the machine with the MAC address ${mac} answers ARP for ${address} as well, and takes clients from the director: a server of direct ` +
      'routing that must keep quiet about its loopback address, or another host of that address'
    return { code: 'address-answered-elsewhere', message, remedy: [QUIET], on: 'server' }
  }),
  ...[...holdersOf(scene)].flatMap(([address, holders]) =>
    holders.flatMap(({ name, addresses }): DoctorFinding[] => {
      if (!addresses.some((each) => each.address === address && each.isDuplicate)) return []
      const message =
        `another machine had ${address} when ${name} got it, so this host does not use it. Once it is gone from there, or on the server's ` +
        'loopback device, which answers no solicitations, give it to this host anew'
      const remedy = ['delete', 'add'].map((change) => `ip address ${change} ${address}/128 dev ${name}`)
      return [{ code: 'address-answered-elsewhere', message, remedy }]
    }),
  ),
]

/** Only what goes on to this host's own stack is filtered: packets for a server that it is itself. */
const reversePathFilter: Check = (scene) => {
  const { director, facts } = scene
  const services = director.services.filter(({ dests }) =>
    dests.some(({ address, weight }) => weight > 0 && facts.routes.get(address)?.kind === 'local'),
  )
  const devices = virtualAddresses(services)
    .filter((address) => !isIPv6(address))
    .flatMap((address) => entryDevices(address, facts))
  return [...new Set(devices)]
    .filter((device) => facts.reversePathFilter.get(device) === 1 && !facts.defaultDevices[4].includes(device))
    .filter(() => facts.defaultDevices[4].length > 0)
    .map((device) => ({
      code: 'reverse-path-filter',
      message:
        `rp_filter of ${device} is strict, and the way back to clients beyond its network is another: their packets for the server on ` +
        'this host are dropped. Let it be loose',
      remedy: [`sysctl -w net.ipv4.conf.${device.replaceAll('.', '/')}.rp_filter=2`],
    }))
}

const neighboursNearlyFull: Check = ({ facts }) =>
  facts.neighbourTables
    .filter(({ entries, most }) => entries >= NEARLY_FULL * most)
    .map(({ family, entries, most }) => ({
      code: 'neighbours-nearly-full',
      message: `${entries} of ${most} neighbours are in the table of IPv${family}: packets to further ones are dropped`,
      remedy: [2, 4, 8].map(
        (factor, index) => `sysctl -w net.ipv${family}.neigh.default.gc_thresh${3 - index}=${(8 * most) / factor}`,
      ),
    }))

export const hostChecks: readonly Check[] = [
  addressDeviceDown,
  entryDetached,
  answeredElsewhere,
  reversePathFilter,
  neighboursNearlyFull,
]
