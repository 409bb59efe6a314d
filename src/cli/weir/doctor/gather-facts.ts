/** Takes the facts of this host: `ip -json`, /proc, questions to neighbours, and a second look at the counters. */
import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { readSnapshot } from '../read-snapshot.ts'
import { destName, virtualAddresses } from '../services.ts'
import type { LoadedSnapshot } from '../snapshot.ts'
import { foreignHolders } from './ask-for-addresses.ts'
import { unresolvedOf } from './ask-neighbours.ts'
import { entryDevices } from './entries.ts'
import type { DeviceFacts, HostFacts, Meanwhile, NeighbourTable, OwnPorts, PortRange } from './facts.ts'
import { defaultDevices, devices, routes } from './iproute.ts'

/** How long packets that are not forwarded are counted. */
const LOOK_MS = 1000

/** Cost: a second, and up to 3.5 where servers don't answer; five processes. Throws an `IprouteError`, or as `readSnapshot`. */
export async function gatherFacts(director: LoadedSnapshot): Promise<HostFacts> {
  const found = devices()
  const dests = director.services.flatMap((service) => service.dests)
  const pools = director.services.flatMap(({ localAddresses }) => localAddresses)
  const ways = routes([...new Set([...dests, ...pools].map(({ address }) => address))])
  const asked = new Set(dests.flatMap(({ address, weight }) => (weight > 0 ? [address] : [])))
  const host = { devices: found, defaultDevices: { 4: defaultDevices(4), 6: defaultDevices(6) } }
  const askedFor = virtualAddresses(director.services).flatMap((address) =>
    isIPv4(address) ? entryDevices(address, host).map((device) => ({ address, device })) : [],
  )
  const [unresolved, answeredElsewhere, meanwhile] = await Promise.all([
    unresolvedOf(new Map([...ways].filter(([address]) => asked.has(address))), found),
    foreignHolders(askedFor, found),
    lookAgain(director),
  ])
  return {
    ...host,
    routes: ways,
    unresolved,
    answeredElsewhere,
    meanwhile,
    neighbourTables: neighbourTables(),
    reversePathFilter: reversePathFilter(found),
    ownPorts: readOwnPorts(
      read('/proc/sys/net/ipv4/ip_local_port_range'),
      read('/proc/sys/net/ipv4/ip_local_reserved_ports'),
    ),
  }
}

/** What has changed between the snapshot and a second from now. */
async function lookAgain(before: LoadedSnapshot): Promise<Meanwhile> {
  await wait(LOOK_MS)
  const after = readSnapshot().director ?? before
  return { refused: refusedSince(before, after), traffic: trafficSince(before, after) }
}

/** From one snapshot to a later one. */
export function refusedSince(before: LoadedSnapshot, after: LoadedSnapshot): Map<string, number> {
  const earlier = new Map(before.reasons.map(({ name, packets }) => [name, packets]))
  const more = after.reasons.map(({ name, packets }): [string, number] => [name, packets - (earlier.get(name) ?? 0)])
  return new Map(more.filter(([, packets]) => packets > 0))
}

/** From one snapshot to a later one; dests that were not there before are left out. Counters set to zero meanwhile make negative numbers. */
export function trafficSince(before: LoadedSnapshot, after: LoadedSnapshot): Meanwhile['traffic'] {
  const counters = ({ services }: LoadedSnapshot) =>
    new Map(
      services.flatMap((service) => service.dests.map((dest) => [destName(service, dest), dest.counters] as const)),
    )
  const earlier = counters(before)
  return new Map(
    [...counters(after)].flatMap(([name, { inPackets, outPackets }]) => {
      const was = earlier.get(name)
      if (was === undefined) return []
      return [[name, { inPackets: inPackets - was.inPackets, outPackets: outPackets - was.outPackets }]]
    }),
  )
}

/** The tables are those of the whole machine, and only its first network namespace shows them. */
function neighbourTables(): NeighbourTable[] {
  return ([4, 6] as const).flatMap((family) => {
    const statistics = read(`/proc/net/stat/${family === 4 ? 'arp' : 'ndisc'}_cache`)
    const most = read(`/proc/sys/net/ipv${family}/neigh/default/gc_thresh3`)
    // A line of headings, then one a processor; the first column, hexadecimal, is the same in each.
    const entries = /\n([0-9a-f]+)/.exec(statistics ?? '')?.[1]
    return entries === undefined || most === null
      ? []
      : [{ family, entries: parseInt(entries, 16), most: Number(most) }]
  })
}

function reversePathFilter(found: readonly DeviceFacts[]): Map<string, number> {
  const filterOf = (name: string) => Number(read(`/proc/sys/net/ipv4/conf/${name}/rp_filter`) ?? 0)
  const all = filterOf('all')
  return new Map(found.map(({ name }) => [name, Math.max(all, filterOf(name))]))
}

/** Reads the settings as /proc shows them: `32768\t60999`, and `8080,9000-9010`. */
export function readOwnPorts(range: string | null, reserved: string | null): OwnPorts | null {
  const [first, last] = (range ?? '').trim().split(/\s+/).map(Number)
  if (first === undefined || last === undefined) return null
  const ranges = (reserved ?? '').trim().split(',').filter(Boolean)
  return {
    range: [first, last],
    reserved: ranges.map((each): PortRange => {
      const [low = '', high = low] = each.split('-')
      return [Number(low), Number(high)]
    }),
  }
}

/** Null for what is not there. */
function read(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}
