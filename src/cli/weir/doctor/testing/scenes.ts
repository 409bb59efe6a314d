/** A host at which nothing is wrong, around the director of `../../testing/snapshots.ts`, to be changed in what a test is about. */
import type { DestStatus, MethodName } from '../../../../control/model.ts'
import type { LoadedSnapshot, Snapshot } from '../../snapshot.ts'
import { dest, healthy, service } from '../../testing/snapshots.ts'
import { diagnose, type Diagnosis } from '../diagnose.ts'
import type { DeviceFacts, HostFacts, RouteFacts } from '../facts.ts'

export const ETH0: DeviceFacts = {
  name: 'eth0',
  ifindex: 2,
  mac: '02:00:00:00:00:02',
  isUp: true,
  isLoopback: false,
  resolves: true,
  mtu: 1500,
  addresses: [
    { address: '10.9.0.1', prefixLength: 24, isDuplicate: false },
    { address: '10.1.0.254', prefixLength: 24, isDuplicate: false },
  ],
}
const LO: DeviceFacts = {
  ...ETH0,
  name: 'lo',
  ifindex: 1,
  mac: null,
  isLoopback: true,
  resolves: false,
  mtu: 65536,
  addresses: [{ address: '127.0.0.1', prefixLength: 8, isDuplicate: false }],
}

export const ON_LINK: RouteFacts = {
  kind: 'link',
  device: 'eth0',
  gateway: null,
  source: '10.1.0.254',
  mtu: null,
  refusing: null,
}

/** To the servers, and to the host's own address. */
export const ROUTES: ReadonlyMap<string, RouteFacts> = new Map([
  ['10.1.0.1', ON_LINK],
  ['10.1.0.2', ON_LINK],
  ['10.1.0.254', { ...ON_LINK, kind: 'local', device: 'lo' }],
])

export function facts(changes: Partial<HostFacts> = {}): HostFacts {
  return {
    devices: [LO, ETH0],
    routes: ROUTES,
    defaultDevices: { 4: ['eth0'], 6: [] },
    unresolved: new Set(),
    neighbourTables: [{ family: 4, entries: 900, most: 1024 }],
    reversePathFilter: new Map([['eth0', 1]]),
    ownPorts: { range: [32768, 60999], reserved: [] },
    answeredElsewhere: new Map(),
    meanwhile: { refused: new Map(), traffic: new Map() },
    ...changes,
  }
}

/** One service, of one server with the method named; for FullNAT with a local address. */
export function by(method: MethodName, changes: Partial<DestStatus> = {}): Partial<LoadedSnapshot> {
  const localAddresses = method === 'fullnat' ? [{ address: '10.1.0.254', connections: 0, conflicts: 0 }] : []
  return {
    services: [{ ...service('10.9.0.1', [dest('10.1.0.1', { port: 80, method, ...changes })]), localAddresses }],
  }
}

export function found(
  changes: Partial<HostFacts>,
  director: Partial<LoadedSnapshot> = {},
  devices?: Snapshot['devices'],
): Diagnosis[] {
  const snapshot = healthy(director)
  return diagnose({ ...snapshot, devices: devices ?? snapshot.devices }, facts(changes))
}

export function codesOf(...of: Parameters<typeof found>): string[] {
  return found(...of).map(({ code }) => code)
}
