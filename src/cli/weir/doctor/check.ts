/** What a check of `weir doctor` is: a pure function from what is known to what is wrong. */
import type { DestStatus, ServiceStatus } from '../../../control/model.ts'
import type { Finding } from '../finding.ts'
import { destName } from '../services.ts'
import type { LoadedSnapshot, Snapshot } from '../snapshot.ts'
import type { HostFacts } from './facts.ts'

export const DOCTOR_CODES = [
  'not-loaded',
  'address-device-down',
  'entry-detached',
  'address-answered-elsewhere',
  'reverse-path-filter',
  'no-route-to-server',
  'route-refuses-server',
  'server-moved',
  'server-behind-router',
  'server-port-differs',
  'server-unresolved',
  'no-answers',
  'no-local-address',
  'local-address-missing',
  'proxy-header-missing',
  'local-ports-shared',
  'mtu-too-small',
  'neighbours-nearly-full',
  'packets-refused',
] as const

export type DoctorCode = (typeof DOCTOR_CODES)[number]

export interface Scene {
  readonly snapshot: Snapshot
  readonly director: LoadedSnapshot
  readonly facts: HostFacts
}

export type DoctorFinding = Finding<DoctorCode>
export type Check = (scene: Scene) => DoctorFinding[]

/** A dest in its service. */
export interface Placed {
  readonly service: ServiceStatus
  readonly dest: DestStatus
  /** `destName`. */
  readonly name: string
}

/** All dests but those of weight 0, which may be gone for maintenance. */
export function destsInUse({ services }: LoadedSnapshot): Placed[] {
  return services.flatMap((service) =>
    service.dests.filter(({ weight }) => weight > 0).map((dest) => ({ service, dest, name: destName(service, dest) })),
  )
}

/** The commonest remedies come once for an address, however many services it serves. */
export function oncePerAddress(placed: readonly Placed[]): Placed[] {
  const seen = new Set<string>()
  return placed.filter(({ dest: { address } }) => !seen.has(address) && seen.add(address))
}
