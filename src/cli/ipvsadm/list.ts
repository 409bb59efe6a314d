/**
 * `-L` and `-S`: reads the director's state once, in the order that the options ask for, and hands it to `listing.ts`.
 */
import type { DirectorControl, Endpoint, ServiceId, ServiceStatus } from '../../control/model.ts'
import { nameLabels, numericLabel } from './labels.ts'
import {
  formatBanner,
  formatConnections,
  formatLocalAddresses,
  formatServices,
  type Label,
  type LabelProtocol,
  type View,
} from './listing.ts'
import { Exit, NO_SUCH_SERVICE, STATUS_NOT_LISTED } from './messages.ts'
import type { Names } from './names.ts'
import type { Kind } from './options.ts'
import { sortEndpoints, sortServices } from './order.ts'

/** Of several views asked for, the first of these is shown. */
const VIEWS = ['stats', 'rate', 'thresholds', 'persistent-conn', 'tun-info'] as const

type Labelled = readonly [Endpoint, LabelProtocol]

function sorted(services: readonly ServiceStatus[]): ServiceStatus[] {
  return sortServices(services).map((service) => ({ ...service, dests: sortEndpoints(service.dests) }))
}

function labelsFor(endpoints: readonly Labelled[], given: ReadonlySet<Kind>, names: Names): Promise<Label> {
  return given.has('numeric') ? Promise.resolve(numericLabel) : nameLabels(endpoints, names)
}

async function formatAll(
  services: readonly ServiceStatus[],
  view: View,
  given: ReadonlySet<Kind>,
  names: Names,
): Promise<string> {
  const endpoints = services.flatMap((service): Labelled[] => [
    ...(service.protocol === 'fwm' ? [] : [[service, service.protocol] as const]),
    ...service.dests.map((dest) => [dest, service.protocol] as const),
  ])
  const label = await labelsFor(endpoints, given, names)
  return formatServices(services, { view, exact: given.has('exact'), label })
}

/** What `-S` prints. */
export function saveRules(director: DirectorControl, given: ReadonlySet<Kind>, names: Names): Promise<string> {
  return formatAll(sorted(director.services()), 'rules', given, names)
}

/** What `-L` prints of one service, or of all of them where `id` is null. Throws an `Exit` where there is no such service. */
export async function listServices(
  director: DirectorControl,
  id: ServiceId | null,
  given: ReadonlySet<Kind>,
  names: Names,
): Promise<string> {
  const view = VIEWS.find((candidate) => given.has(candidate)) ?? 'weights'
  const inOrder = given.has('nosort') ? (services: ServiceStatus[]) => services : sorted
  if (id === null) {
    const banner = formatBanner(director.connectionCapacity())
    return banner + (await formatAll(inOrder(director.services()), view, given, names))
  }
  const service = director.service(id)
  if (service === null) throw new Exit(STATUS_NOT_LISTED, '', `${NO_SUCH_SERVICE}\n`)
  return formatAll(inOrder([service]), view, given, names)
}

/** What `-L -c` prints. */
export async function listConnections(
  director: DirectorControl,
  given: ReadonlySet<Kind>,
  names: Names,
): Promise<string> {
  const connections = director.connections()
  const endpoints = connections.flatMap(({ protocol, client, virtual, dest }): Labelled[] =>
    [client, virtual, dest].map((endpoint): Labelled => [endpoint, protocol]),
  )
  return formatConnections(connections, given.has('persistent-conn'), await labelsFor(endpoints, given, names))
}

/** What `-G` prints. Throws an `Exit` where there is no such service. */
export function listLocalAddresses(director: DirectorControl, id: ServiceId | null): string {
  if (id === null) return formatLocalAddresses(sorted(director.services()))
  const service = director.service(id)
  if (service === null) throw new Exit(STATUS_NOT_LISTED, '', `${NO_SUCH_SERVICE}\n`)
  return formatLocalAddresses([service])
}

/** What `-L --timeout` prints. */
export function listTimeouts(director: DirectorControl): string {
  const { tcpTimeoutS, tcpFinTimeoutS, udpTimeoutS } = director.settings()
  return `Timeout (tcp tcpfin udp): ${tcpTimeoutS} ${tcpFinTimeoutS} ${udpTimeoutS}\n`
}
