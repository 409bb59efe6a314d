/** Judges what a step showed against what is expected of it: one finding an expectation, in words. */
import type { Content } from './content.ts'
import { parseRows, parseStats, type ServiceStats, type StatsRow } from './listing.ts'
import type { AnswerExpectation, Load, Step, TableExpectation } from './scenario.ts'
import type { Neighbour, Transferred } from './world.ts'

export interface Answer {
  /** Who answered; null where nobody did or the page was none of the scenario's servers. */
  readonly server: string | null
  /** For whom, as the page says; null where it doesn't. */
  readonly client: string | null
  /** Empty where a server answered. */
  readonly problem: string
}

export interface Finding {
  readonly met: boolean
  readonly expected: string
  readonly found: string
}

const IN = ['inPackets', 'inBytes'] as const
const OUT = ['outPackets', 'outBytes'] as const
const TRAFFIC = [...IN, ...OUT] as const
const NO_SERVICE = 'no such service in the table'

/** `answers`: to all requests of the step, in order. */
export function judgeAnswers(expectation: AnswerExpectation, answers: readonly Answer[]): Finding {
  switch (expectation.expect) {
    case 'turns':
      return judgeTurns(expectation.servers, answers)
    case 'client':
      return judgeClient(expectation.address, answers)
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
      return judgeTraffic(expectation, statsOf(expectation.service, table))
  }
}

export function judgeTransfer(
  { from, url, bytes }: Extract<Step, { do: 'transfer' }>,
  transferred: Transferred,
): Finding {
  const expected = `${bytes} bytes from ${from} reach ${url} as they were sent, and as many come back`
  if ('problem' in transferred) return { met: false, expected, found: `the transfer failed: ${transferred.problem}` }
  const { sent, uploaded, downloaded } = transferred
  const arrived = ({ bytes: length, sha256 }: Content): string =>
    `${length} bytes, SHA-256 ${sha256.slice(0, 12)}…${sha256 === sent.sha256 ? '' : ', which are not those sent'}`
  return {
    met: [sent, uploaded, downloaded].every((each) => each.bytes === bytes && each.sha256 === sent.sha256),
    expected,
    found: `up: ${arrived(uploaded)}; down: ${arrived(downloaded)}`,
  }
}

export function judgeNeighbour(
  { on, address, expect }: Extract<Step, { do: 'neighbour' }>,
  neighbour: Neighbour | null,
): Finding {
  const sends = (host: string): string => `${on} sends what is for ${address} to ${host}`
  const found = neighbour === null ? 'nobody' : (neighbour.host ?? `the unknown ${neighbour.mac}`)
  return { met: found === expect, expected: sends(expect), found: sends(found) }
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

function judgeClient(address: string, answers: readonly Answer[]): Finding {
  const clients = new Set(answers.map(({ client }) => client ?? 'nobody'))
  return {
    met: clients.size === 1 && clients.has(address),
    expected: `every answer is for ${address}`,
    found: `of ${answers.length} answers: for ${[...clients].join(', ')}`,
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

function judgeTraffic(
  { service, ways }: Extract<TableExpectation, { expect: 'traffic' }>,
  stats: ServiceStats | undefined,
): Finding {
  const isBoth = ways === 'both'
  const expected =
    `${service} has packets and bytes ${isBoth ? 'both ways for every server' : 'to every server and none back'}, ` +
    'and their sums for itself'
  if (stats === undefined) return { met: false, expected, found: NO_SERVICE }
  const silent = stats.servers.find((row) => (isBoth ? TRAFFIC : IN).some((column) => !((row[column] ?? 0) > 0)))
  const back = isBoth ? undefined : stats.servers.find((row) => OUT.some((column) => row[column] !== 0))
  const off = TRAFFIC.find((column) => stats.service[column] !== sumOf(stats.servers, column))
  const found =
    silent !== undefined
      ? `${silent.endpoint} lacks some`
      : back !== undefined
        ? `${back.endpoint} has ${back.outPackets} packets back`
        : off !== undefined
          ? `the servers' ${off} add up to ${sumOf(stats.servers, off)}, the service has ${stats.service[off]}`
          : `${stats.service.inPackets} packets in, ${stats.service.outPackets} out`
  return { met: stats.servers.length > 0 && (silent ?? back ?? off) === undefined, expected, found }
}

function sumOf(rows: readonly StatsRow[], column: (typeof TRAFFIC)[number]): number {
  return rows.reduce((sum, row) => sum + (row[column] ?? NaN), 0)
}

function statsOf(service: string, table: string): ServiceStats | undefined {
  return parseStats(table).find((stats) => stats.service.endpoint === service)
}
