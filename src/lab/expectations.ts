/** Judges what a step showed against what is expected of it: one finding an expectation, in words. */
import { parseRows, parseStats, type ServiceStats, type StatsRow } from './listing.ts'
import type { AnswerExpectation, Load, TableExpectation } from './scenario.ts'

export interface Answer {
  /** Who answered; null where nobody did or the page was none of the scenario's servers. */
  readonly server: string | null
  /** Empty where a server answered. */
  readonly problem: string
}

export interface Finding {
  readonly met: boolean
  readonly expected: string
  readonly found: string
}

const TRAFFIC = ['inPackets', 'outPackets', 'inBytes', 'outBytes'] as const
const NO_SERVICE = 'no such service in the table'

/** `answers`: to all requests of the step, in order. */
export function judgeAnswers(expectation: AnswerExpectation, answers: readonly Answer[]): Finding {
  switch (expectation.expect) {
    case 'turns':
      return judgeTurns(expectation.servers, answers)
    case 'shares':
      return judgeShares(expectation.servers, answers)
  }
}

/** `table`: what the step's command printed. */
export function judgeTable(expectation: TableExpectation, table: string): Finding {
  switch (expectation.expect) {
    case 'rows':
      return judgeRows(expectation, table)
    case 'connections':
      return judgeConnections(expectation, statsOf(expectation.service, table))
    case 'traffic':
      return judgeTraffic(expectation.service, statsOf(expectation.service, table))
  }
}

function judgeTurns(servers: readonly string[], answers: readonly Answer[]): Finding {
  const wrong = answers.findIndex(({ server }, index) => server !== servers[index % servers.length])
  const isOne = new Set(servers).size === 1
  return {
    met: answers.length > 0 && wrong < 0,
    expected: isOne
      ? `${servers[0]} answers every request`
      : `every request is answered, by ${servers.join(', ')} in turn`,
    found:
      `of ${answers.length} requests: ${describeCounts(servers, answers)}` +
      (wrong >= 0 ? `; request ${wrong + 1} by ${answers[wrong]?.server ?? 'nobody'}` : isOne ? '' : ', in turn'),
  }
}

function judgeShares(servers: Readonly<Record<string, number>>, answers: readonly Answer[]): Finding {
  const wanted = Object.entries(servers)
  const total = wanted.reduce((sum, [, times]) => sum + times, 0)
  const unanswered = answers.findIndex(({ server }) => server === null)
  return {
    met: answers.length === total && wanted.every(([name, times]) => answersOf(name, answers) === times),
    expected: `of ${total} requests, ${wanted.map(([name, times]) => `${name} answers ${times}`).join(', ')}`,
    found:
      `of ${answers.length} requests: ${describeCounts(Object.keys(servers), answers)}` +
      (unanswered >= 0 ? `; request ${unanswered + 1} by nobody` : ''),
  }
}

function answersOf(name: string, answers: readonly Answer[]): number {
  return answers.filter(({ server }) => server === name).length
}

/** Of the servers that are expected, and of others that answered. */
function describeCounts(expected: readonly string[], answers: readonly Answer[]): string {
  const names = new Set([...expected, ...answers.flatMap(({ server }) => server ?? [])])
  return [...names].map((name) => `${name} ${answersOf(name, answers)}`).join(', ')
}

function judgeRows(
  { service, scheduler, servers }: Extract<TableExpectation, { expect: 'rows' }>,
  table: string,
): Finding {
  const rows = parseRows(table).find(({ endpoint }) => endpoint === service)
  const expected = `${service} ${scheduler}: ${describeLoads(Object.entries(servers))}`
  if (rows === undefined) return { met: false, expected, found: NO_SERVICE }
  const byEndpoint = [...rows.servers].sort((a, b) => a.endpoint.localeCompare(b.endpoint))
  const found = `${rows.endpoint} ${rows.scheduler}: ${describeLoads(byEndpoint.map((row) => [row.endpoint, row]))}`
  return { met: found === expected, expected, found }
}

function describeLoads(servers: readonly (readonly [string, Load])[]): string {
  return servers
    .map(
      ([endpoint, { weight, active, inactive }]) =>
        `${endpoint} of weight ${weight} with ${active} active, ${inactive} inactive`,
    )
    .join('; ')
}

function judgeConnections(
  { service, total, servers }: Extract<TableExpectation, { expect: 'connections' }>,
  stats: ServiceStats | undefined,
): Finding {
  const wanted = Object.entries(servers)
  const actual = new Map(stats?.servers.map(({ endpoint, connections }) => [endpoint, connections]))
  return {
    met:
      stats?.service.connections === total &&
      actual.size === wanted.length &&
      wanted.every(([endpoint, connections]) => actual.get(endpoint) === connections),
    expected: `${service} has had ${total} connections: ${shares(wanted)}`,
    found: stats === undefined ? NO_SERVICE : `${stats.service.connections}: ${shares([...actual])}`,
  }
}

function shares(servers: readonly (readonly [string, number | null])[]): string {
  return servers.map(([endpoint, connections]) => `${connections} to ${endpoint}`).join(', ')
}

function judgeTraffic(service: string, stats: ServiceStats | undefined): Finding {
  const expected = `${service} has packets and bytes both ways for every server, and their sums for itself`
  if (stats === undefined) return { met: false, expected, found: NO_SERVICE }
  const silent = stats.servers.find((row) => TRAFFIC.some((column) => !((row[column] ?? 0) > 0)))
  const off = TRAFFIC.find((column) => stats.service[column] !== sumOf(stats.servers, column))
  const found =
    silent !== undefined
      ? `${silent.endpoint} lacks some`
      : off !== undefined
        ? `the servers' ${off} add up to ${sumOf(stats.servers, off)}, the service has ${stats.service[off]}`
        : `${stats.service.inPackets} packets in, ${stats.service.outPackets} out`
  return { met: stats.servers.length > 0 && silent === undefined && off === undefined, expected, found }
}

function sumOf(rows: readonly StatsRow[], column: (typeof TRAFFIC)[number]): number {
  return rows.reduce((sum, row) => sum + (row[column] ?? NaN), 0)
}

function statsOf(service: string, table: string): ServiceStats | undefined {
  return parseStats(table).find((stats) => stats.service.endpoint === service)
}
