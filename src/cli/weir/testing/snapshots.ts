/** Snapshots for tests: a director at which nothing is wrong, to be changed in what a test is about. */
import {
  IPIP,
  type DestStatus,
  PLAIN_SERVICE,
  type ServiceConfig,
  type ServiceStatus,
  type Traffic,
} from '../../../control/model.ts'
import { REASONS } from '../../../engine/reasons.ts'
import type { AttachmentReason, DeviceStatus } from '../../../kernel/attach.ts'
import type { LoadedSnapshot, Snapshot } from '../snapshot.ts'

/** At tcx if it is attached. */
export function device(name: string, reason: AttachmentReason, changes: Partial<DeviceStatus> = {}): DeviceStatus {
  const attached = reason === 'attached'
  const mode = attached ? 'tcx' : null
  return { name, ifindex: 1, attached, reason, mode, wantsXdp: false, driver: 'veth', redirects: null, ...changes }
}

export const LOADED_AT_MS = Date.UTC(2026, 0, 2, 3, 4, 5)

export function traffic(connections: number, packets: number, bytes: number): Traffic {
  return { connections, inPackets: packets, outPackets: 2 * packets, inBytes: bytes, outBytes: 10 * bytes }
}

export function dest(address: string, changes: Partial<DestStatus> = {}): DestStatus {
  const load = { active: 3, inactive: 12_345, persistent: 0 }
  const counted = { ...load, counters: traffic(20_000, 5, 500), rates: traffic(15, 800, 64_000) }
  const unlimited = { upperThreshold: 0, lowerThreshold: 0 }
  const config = { address, port: 8080, weight: 1, method: 'masquerading', tunnel: IPIP, ...unlimited } as const
  return { ...config, isLocal: false, ...counted, ...changes }
}

export function serviceOf(config: ServiceConfig, dests: readonly DestStatus[]): ServiceStatus {
  return {
    ...config,
    localAddresses: [],
    dests,
    counters: traffic(40_000, 10, 1000),
    rates: traffic(30, 1600, 128_000),
  }
}

export function service(address: string, dests: readonly DestStatus[]): ServiceStatus {
  return serviceOf({ ...PLAIN_SERVICE, protocol: 'tcp', address, port: 80, scheduler: 'rr' }, dests)
}

export function healthy(changes: Partial<LoadedSnapshot> = {}): Snapshot & { readonly director: LoadedSnapshot } {
  const director: LoadedSnapshot = {
    loadedAtMs: LOADED_AT_MS,
    layoutVersion: 1,
    clockBehindMs: 90,
    connections: { inUse: 24_696, templates: 0, capacity: 262_144 },
    memory: { bytes: 67_000_000, bytesPerConnection: 220 },
    services: [service('10.9.0.1', [dest('10.1.0.2'), dest('10.1.0.1')])],
    reasons: REASONS.map((reason) => ({ ...reason, packets: 0 })),
    host: {
      forwarding: true,
      devicesNotForwarding: [],
      forwarding6: true,
      devicesNotForwarding6: [],
      loopbackForwarding: true,
      loopbackForwarding6: true,
      ways: new Map([['10.9.0.1', 'local']]),
    },
    ...changes,
  }
  const devices: Snapshot['devices'] = [device('lo', 'loopback'), device('eth0', 'attached', { ifindex: 2 })]
  return { takenAtMs: LOADED_AT_MS + 7_500_000, namespace: '4133', devices, director }
}
