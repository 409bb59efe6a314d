/** Judges what was seen in a run against what its scenario expects: one finding an expectation, in words. */
import { parseStats, type ServiceRows, type StatsRow } from './listing.ts'
import type { Expectation, Scenario } from './scenario.ts'

export interface Answer {
  /** Who answered; null where nobody did or the page was none of the scenario's servers. */
  readonly server: string | null
  /** Empty where a server answered. */
  readonly problem: string
}

export interface Observations {
  /** Of all requests, in order. */
  readonly answers: readonly Answer[]
  /** What the last `ipvsadm -L …` printed; empty if there was none. */
  readonly table: string
}

export interface Finding {
  readonly met: boolean
  readonly expected: string
  readonly found: string
}

const TRAFFIC = ['inPackets', 'outPackets', 'inBytes', 'outBytes'] as const

export function judge(scenario: Scenario, seen: Observations): Finding[] {
  return scenario.expectations.map((expectation) => judgeOne(expectation, seen))
}

function judgeOne(expectation: Expectation, seen: Observations): Finding {
  switch (expectation.expect) {
    case 'turns':
      return judgeTurns(expectation.servers, seen.answers)
    case 'connections':
      return judgeConnections(expectation, rowsOf(expectation.service, seen.table))
    case 'traffic':
      return judgeTraffic(expectation.service, rowsOf(expectation.service, seen.table))
  }
}

function judgeTurns(servers: readonly string[], answers: readonly Answer[]): Finding {
  const wrong = answers.findIndex(({ server }, index) => server !== servers[index % servers.length])
  const counts = servers.map((name) => `${name} ${answers.filter(({ server }) => server === name).length}`)
  return {
    met: answers.length > 0 && wrong < 0,
    expected: `every request is answered, by ${servers.join(', ')} in turn`,
    found:
      `of ${answers.length} requests: ${counts.join(', ')}` +
      (wrong < 0 ? ', in turn' : `; request ${wrong + 1} by ${answers[wrong]?.server ?? 'nobody'}`),
  }
}

function judgeConnections(
  { service, total, servers }: Extract<Expectation, { expect: 'connections' }>,
  rows: ServiceRows | undefined,
): Finding {
  const wanted = Object.entries(servers)
  const actual = new Map(rows?.servers.map(({ endpoint, connections }) => [endpoint, connections]))
  return {
    met:
      rows?.service.connections === total &&
      actual.size === wanted.length &&
      wanted.every(([endpoint, connections]) => actual.get(endpoint) === connections),
    expected: `${service} has had ${total} connections: ${shares(wanted)}`,
    found: rows === undefined ? 'no such service in the table' : `${rows.service.connections}: ${shares([...actual])}`,
  }
}

function shares(servers: readonly (readonly [string, number | null])[]): string {
  return servers.map(([endpoint, connections]) => `${connections} to ${endpoint}`).join(', ')
}

function judgeTraffic(service: string, rows: ServiceRows | undefined): Finding {
  const expected = `${service} has packets and bytes both ways for every server, and their sums for itself`
  if (rows === undefined) return { met: false, expected, found: 'no such service in the table' }
  const silent = rows.servers.find((row) => TRAFFIC.some((column) => !((row[column] ?? 0) > 0)))
  const off = TRAFFIC.find((column) => rows.service[column] !== sumOf(rows.servers, column))
  const found =
    silent !== undefined
      ? `${silent.endpoint} lacks some`
      : off !== undefined
        ? `the servers' ${off} add up to ${sumOf(rows.servers, off)}, the service has ${rows.service[off]}`
        : `${rows.service.inPackets} packets in, ${rows.service.outPackets} out`
  return { met: rows.servers.length > 0 && silent === undefined && off === undefined, expected, found }
}

function sumOf(rows: readonly StatsRow[], column: (typeof TRAFFIC)[number]): number {
  return rows.reduce((sum, row) => sum + (row[column] ?? NaN), 0)
}

function rowsOf(service: string, table: string): ServiceRows | undefined {
  return parseStats(table).find((rows) => rows.service.endpoint === service)
}
