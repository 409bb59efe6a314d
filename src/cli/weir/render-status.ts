/**
 * A snapshot as `weir status` shows it. For a person: what is wrong first, then devices, services, connections, and packets
 * not forwarded. As JSON: the snapshot itself with its warnings, numbers unrounded; fields are only ever added.
 */
import { formatEndpoint } from '../../control/address.ts'
import type { DestStatus, ReasonStatus, ServiceStatus, Traffic } from '../../control/model.ts'
import { listedOptions } from '../ipvsadm/listing.ts'
import { deviceRows } from './devices.ts'
import { describeFinding } from './finding.ts'
import { isFull, serviceName } from './services.ts'
import type { LoadedSnapshot, Snapshot } from './snapshot.ts'
import { formatTable, type Alignment } from './table.ts'
import { humanBytes, humanCount, humanDuration } from './units.ts'
import { warningsOf } from './warnings.ts'

export interface StatusOptions {
  /** Also reasons that no packet had. */
  readonly all: boolean
}

const ANSWERS: Record<ReasonStatus['answer'], string> = {
  passed: 'passed to the host',
  dropped: 'dropped',
  icmp: 'answered by ICMP',
}

export function renderStatus(snapshot: Snapshot, options: StatusOptions): string {
  const { director, devices, namespace } = snapshot
  if (director === null)
    return (
      `No director is loaded in this network namespace (${namespace}).\n` +
      '"weir load" loads one; so does the first change with ipvsadm.\n'
    )
  const sections = [
    headline(snapshot, director),
    ...warningsOf(snapshot).map((warning) => `WARNING: ${describeFinding(warning)}\n`),
    `\n${formatTable(['left', 'left', 'left'], [['DEVICE', 'ATTACHED', 'WHY'], ...deviceRows(devices)])}`,
    `\n${renderServices(director.services)}`,
    `\n${renderCapacity(director)}`,
    `\n${renderReasons(director.reasons, options)}`,
  ]
  return sections.join('')
}

function headline({ takenAtMs, namespace }: Snapshot, { loadedAtMs, layoutVersion }: LoadedSnapshot): string {
  const since = new Date(loadedAtMs).toISOString().replace(/\.\d+Z$/, 'Z')
  const age = humanDuration(takenAtMs - loadedAtMs)
  return `Loaded for ${age} (since ${since}), table layout ${layoutVersion}, network namespace ${namespace}\n`
}

const SERVICE_COLUMNS: readonly Alignment[] = ['left', 'left', ...Array<Alignment>(9).fill('right')]
const SERVICE_HEADINGS = ['SERVICE', 'BY', 'WEIGHT', 'ACTIVE', 'INACTIVE', 'CONNS', 'CONNS/S', 'PKT/S IN', 'OUT']

function renderServices(services: readonly ServiceStatus[]): string {
  if (services.length === 0) return 'No services: "ipvsadm -A" adds one.\n'
  const rows = services.flatMap((service) => [serviceRow(service), ...service.dests.map(destRow)])
  return formatTable(SERVICE_COLUMNS, [[...SERVICE_HEADINGS, 'BIT/S IN', 'OUT'], ...rows])
}

function serviceRow(service: ServiceStatus): string[] {
  const total = (of: (dest: DestStatus) => number) => service.dests.reduce((sum, dest) => sum + of(dest), 0)
  const active = total((dest) => dest.active)
  const inactive = total((dest) => dest.inactive)
  return [
    serviceName(service),
    listedOptions(service),
    '',
    humanCount(active),
    humanCount(inactive),
    ...traffic(service),
  ]
}

function destRow(dest: DestStatus): string[] {
  const why = dest.weight === 0 ? ' (quiesced)' : isFull(dest) ? ' (full)' : ''
  const name = `  -> ${formatEndpoint(dest)}${why}`
  const { method, weight, active, inactive } = dest
  return [name, method, String(weight), humanCount(active), humanCount(inactive), ...traffic(dest)]
}

function traffic({ counters, rates }: { counters: Traffic; rates: Traffic }): string[] {
  return [
    counters.connections,
    rates.connections,
    rates.inPackets,
    rates.outPackets,
    8 * rates.inBytes,
    8 * rates.outBytes,
  ].map(humanCount)
}

function renderCapacity({ connections: { inUse, templates, capacity }, memory }: LoadedSnapshot): string {
  const share = ((100 * inUse) / capacity).toFixed(1)
  const size = `${humanBytes(memory.bytes)}, ${memory.bytesPerConnection} bytes of it for each connection of the capacity`
  const those = templates === 0 ? '' : `, ${templates} of them by templates of persistent clients`
  return `Connections: ${inUse} of ${capacity} in use (${share} %)${those}\nTables: ${size}\n`
}

function renderReasons(reasons: readonly ReasonStatus[], { all }: StatusOptions): string {
  const shown = reasons.filter(({ packets }) => all || packets > 0)
  if (shown.length === 0) return 'Every packet for a service was forwarded.\n'
  const rows = shown.map(({ name, packets, answer, meaning }) => [name, humanCount(packets), ANSWERS[answer], meaning])
  return formatTable(['left', 'right', 'left', 'left'], [['NOT FORWARDED', 'PACKETS', 'OUTCOME', 'MEANING'], ...rows])
}

/** One JSON object and a newline. */
export function statusJson(snapshot: Snapshot): string {
  const { director, devices, namespace, takenAtMs } = snapshot
  const described = director === null ? { loaded: false } : { loaded: true, ...loadedJson(director) }
  return `${JSON.stringify({ namespace, takenAtMs, ...described, devices, warnings: warningsOf(snapshot) }, null, 2)}\n`
}

function loadedJson({ host, ...director }: LoadedSnapshot) {
  return { ...director, host: { ...host, ways: Object.fromEntries(host.ways) } }
}
