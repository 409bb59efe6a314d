/** Reads the tables that `ipvsadm -L -n` and `ipvsadm -L -n --stats` print. */

/** A row of `--stats`. Values are null where the table abbreviates them: 100M. */
export interface StatsRow {
  /** `192.0.2.1:80`; of a service by firewall mark, the mark. */
  readonly endpoint: string
  readonly connections: number | null
  readonly inPackets: number | null
  readonly outPackets: number | null
  readonly inBytes: number | null
  readonly outBytes: number | null
}

export interface ServiceStats {
  readonly service: StatsRow
  readonly servers: readonly StatsRow[]
}

/** A service of the listing. */
export interface ServiceRows {
  readonly endpoint: string
  readonly scheduler: string
  readonly servers: readonly LoadRow[]
}

export interface LoadRow {
  readonly endpoint: string
  readonly weight: number
  readonly active: number
  readonly inactive: number
}

const STATS_ROW = /^(TCP|UDP|SCTP|FWM| {2}->) +(\S+) +(\d+[KMGT]?) +(\S+) +(\S+) +(\S+) +(\S+)$/
const SERVICE_ROW = /^(?:TCP|UDP|SCTP|FWM) +(\S+) (\S+)/
const LOAD_ROW = /^ {2}-> (\S+) +\S+ +(\d+) +(\d+) +(\d+) *$/

function count(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

/** The services of a table of `--stats`, in its order. */
export function parseStats(table: string): ServiceStats[] {
  const services: { service: StatsRow; servers: StatsRow[] }[] = []
  for (const line of table.split('\n')) {
    const [, kind, endpoint, ...values] = STATS_ROW.exec(line) ?? []
    if (kind === undefined || endpoint === undefined) continue
    const [connections = null, inPackets = null, outPackets = null, inBytes = null, outBytes = null] = values.map(count)
    const row = { endpoint, connections, inPackets, outPackets, inBytes, outBytes }
    if (kind.endsWith('->')) services.at(-1)?.servers.push(row)
    else services.push({ service: row, servers: [] })
  }
  return services
}

/** The services of a table, in its order. */
export function parseRows(table: string): ServiceRows[] {
  const services: { endpoint: string; scheduler: string; servers: LoadRow[] }[] = []
  for (const line of table.split('\n')) {
    const [, endpoint, scheduler] = SERVICE_ROW.exec(line) ?? []
    if (endpoint !== undefined && scheduler !== undefined) services.push({ endpoint, scheduler, servers: [] })
    const [, server, ...values] = LOAD_ROW.exec(line) ?? []
    const [weight = NaN, active = NaN, inactive = NaN] = values.map(Number)
    if (server !== undefined) services.at(-1)?.servers.push({ endpoint: server, weight, active, inactive })
  }
  return services
}
