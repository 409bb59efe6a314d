/** Reads the table that `ipvsadm -L -n --stats` prints. */

/** A row of the table. Values are null where the table abbreviates them: 100M. */
export interface StatsRow {
  /** `192.0.2.1:80`. */
  readonly endpoint: string
  readonly connections: number | null
  readonly inPackets: number | null
  readonly outPackets: number | null
  readonly inBytes: number | null
  readonly outBytes: number | null
}

export interface ServiceRows {
  readonly service: StatsRow
  readonly servers: readonly StatsRow[]
}

const ROW = /^(TCP|UDP|SCTP| {2}->) +(\S+:\d+) +(\S+) +(\S+) +(\S+) +(\S+) +(\S+)$/

function count(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

/** The services of a table, in its order. */
export function parseStats(table: string): ServiceRows[] {
  const services: { service: StatsRow; servers: StatsRow[] }[] = []
  for (const line of table.split('\n')) {
    const [, kind, endpoint, ...values] = ROW.exec(line) ?? []
    if (kind === undefined || endpoint === undefined) continue
    const [connections = null, inPackets = null, outPackets = null, inBytes = null, outBytes = null] = values.map(count)
    const row = { endpoint, connections, inPackets, outPackets, inBytes, outBytes }
    if (kind.endsWith('->')) services.at(-1)?.servers.push(row)
    else services.push({ service: row, servers: [] })
  }
  return services
}
