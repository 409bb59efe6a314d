import { describe, expect, it } from 'vitest'
import { contentOf, describeContent } from './content.ts'
import { type Answer, judgeAnswers, judgeNeighbour, judgeTable, judgeTransfer } from './expectations.ts'
import type { TableExpectation } from './scenario.ts'

const SERVICE = '11.11.11.12:80'
const STATS = `IP Virtual Server version 1.2.1 (size=262144)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  11.11.11.12:80                     12       66       43     4799     5701
  -> 22.22.22.23:80                      6       33       23     2544     3086
  -> 22.22.22.24:80                      6       33       20     2255     2615
`
const ROWS = `IP Virtual Server version 1.2.1 (size=262144)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn
TCP  11.11.11.12:80 lc
  -> 22.22.22.24:80               Masq    1      0          30        
  -> 22.22.22.23:80               Masq    1      10         20        
FWM  7 wlc
  -> 22.22.22.23:80               Masq    3      0          0         
`

function answers(...servers: (string | null)[]): Answer[] {
  return servers.map((server) => ({ server, client: null, problem: server === null ? 'timeout' : '' }))
}

describe('answers for a client', () => {
  const judge = (...clients: (string | null)[]) =>
    judgeAnswers(
      { expect: 'client', address: '192.0.2.7' },
      clients.map((client) => ({ server: 'nginx1', client, problem: '' })),
    )

  it('are not where one is for another, for nobody, or there is none', () => {
    expect(judge('192.0.2.7', '192.0.2.7').met).toBe(true)
    expect(judge('192.0.2.7', '192.0.2.8')).toMatchObject({
      met: false,
      found: 'of 2 answers: for 192.0.2.7, 192.0.2.8',
    })
    expect(judge('192.0.2.7', null)).toMatchObject({ met: false, found: 'of 2 answers: for 192.0.2.7, nobody' })
    expect(judge().met).toBe(false)
  })
})

describe('answers in turn', () => {
  const judge = (...servers: (string | null)[]) =>
    judgeAnswers({ expect: 'turns', servers: ['nginx2', 'nginx1'] }, answers(...servers))

  it('are not where a server is asked twice running, the other one first, or nobody', () => {
    expect(judge('nginx2', 'nginx1', 'nginx2').met).toBe(true)
    expect(judge('nginx2', 'nginx2').met).toBe(false)
    expect(judge('nginx1', 'nginx2').met).toBe(false)
    expect(judge().met).toBe(false)
  })

  it('are not where a request has no answer, and it is said which', () => {
    expect(judge('nginx2', null)).toMatchObject({
      met: false,
      found: 'of 2 requests: nginx2 1, nginx1 0; request 2 by nobody',
    })
  })

  it('of a single server are all by that one', () => {
    const judgeOne = (server: string) => judgeAnswers({ expect: 'turns', servers: ['nginx2'] }, answers(server, server))
    expect(judgeOne('nginx2')).toEqual({
      met: true,
      expected: 'nginx2 answers every request',
      found: 'of 2 requests: nginx2 2',
    })
    expect(judgeOne('nginx1').found).toBe('of 2 requests: nginx2 0, nginx1 2; request 1 by nginx1')
  })
})

describe('shares of answers', () => {
  const judge = (...servers: (string | null)[]) =>
    judgeAnswers({ expect: 'shares', servers: { nginx1: 1, nginx2: 2 } }, answers(...servers))

  it('are as expected in any order', () => {
    expect(judge('nginx2', 'nginx1', 'nginx2').met).toBe(true)
    expect(judge('nginx1', 'nginx2', 'nginx2').met).toBe(true)
  })

  it('are not with one more, one less, another server or none', () => {
    expect(judge('nginx1', 'nginx2').met).toBe(false)
    expect(judge('nginx1', 'nginx2', 'nginx2', 'nginx2').met).toBe(false)
    expect(judge('nginx1', 'nginx2', 'nginx2', 'nginx3')).toMatchObject({
      met: false,
      found: 'of 4 requests: nginx1 1, nginx2 2, nginx3 1',
    })
    expect(judge('nginx1', 'nginx2', null)).toMatchObject({
      met: false,
      found: 'of 3 requests: nginx1 1, nginx2 1; request 3 by nobody',
    })
  })
})

describe('a transfer', () => {
  const step = { do: 'transfer', from: 'client', url: 'http://192.0.2.1/', bytes: 1000 } as const
  const sent = describeContent(contentOf(1000))

  it('is as expected where both ways arrive what was sent', () => {
    const finding = judgeTransfer(step, { sent, uploaded: { ...sent }, downloaded: { ...sent } })
    expect(finding.met).toBe(true)
    expect(finding.found).toMatch(/^up: 1000 bytes, SHA-256 [0-9a-f]{12}…; down: 1000 bytes, SHA-256 [0-9a-f]{12}…$/)
  })

  it('is not with a byte changed or missing on one way, or an error', () => {
    const changed = contentOf(1000)
    changed[999] = (changed[999] ?? 0) ^ 1
    for (const other of [describeContent(changed), describeContent(contentOf(999)), { ...sent, bytes: 999 }]) {
      expect(judgeTransfer(step, { sent, uploaded: other, downloaded: sent }).met).toBe(false)
      expect(judgeTransfer(step, { sent, uploaded: sent, downloaded: other }).met).toBe(false)
    }
    expect(judgeTransfer(step, { problem: 'reset' })).toMatchObject({ met: false, found: 'the transfer failed: reset' })
  })
})

describe('a neighbour', () => {
  const judge = (host: string | null) =>
    judgeNeighbour(
      { do: 'neighbour', on: 'client', address: '192.0.2.1', expect: 'director' },
      { mac: '02:00:00:00:00:07', host },
    )

  it('is the host that the packets go to', () => {
    expect(judge('director').met).toBe(true)
    expect(judge('rs1')).toEqual({
      met: false,
      expected: 'client sends what is for 192.0.2.1 to director',
      found: 'client sends what is for 192.0.2.1 to rs1',
    })
    expect(judge(null).found).toMatch(/ to the unknown 02:00:00:00:00:07$/)
  })
})

describe('rows of a listing', () => {
  const loads = {
    '22.22.22.23:80': { weight: 1, active: 10, inactive: 20 },
    '22.22.22.24:80': { weight: 1, active: 0, inactive: 30 },
  }
  const met = (changes: Partial<Extract<TableExpectation, { expect: 'rows' }>>, table = ROWS) =>
    judgeTable({ expect: 'rows', service: SERVICE, scheduler: 'lc', servers: loads, ...changes }, table).met

  it('are found by service or mark, in whatever order the servers stand', () => {
    expect(met({})).toBe(true)
    const servers = { '22.22.22.23:80': { weight: 3, active: 0, inactive: 0 } }
    expect(met({ service: '7', scheduler: 'wlc', servers })).toBe(true)
  })

  it('are not as expected with another scheduler, weight or count, or a server more or less', () => {
    expect(met({ scheduler: 'wlc' })).toBe(false)
    expect(met({}, ROWS.replace('Masq    1      10', 'Masq    2      10'))).toBe(false)
    expect(met({}, ROWS.replace('10         20', '11         20'))).toBe(false)
    expect(met({}, ROWS.replace('0          30', '0          29'))).toBe(false)
    expect(met({}, ROWS.replace(/ {2}-> 22.22.22.24.*\n/, ''))).toBe(false)
    expect(met({}, ROWS.replace('FWM  7 wlc\n', ''))).toBe(false)
    expect(met({}, '')).toBe(false)
  })
})

describe('statistics', () => {
  const servers = { '22.22.22.23:80': 6, '22.22.22.24:80': 6 }
  const connections = (table: string) =>
    judgeTable({ expect: 'connections', service: SERVICE, total: 12, servers }, table).met
  const traffic = (table: string) => judgeTable({ expect: 'traffic', service: SERVICE, ways: 'both' }, table).met

  it('of LVS itself are as expected', () => {
    expect(connections(STATS)).toBe(true)
    expect(traffic(STATS)).toBe(true)
  })

  it('are not with connections unevenly spread, or a server more or less', () => {
    expect(connections(STATS.replace('.23:80                      6', '.23:80                      5'))).toBe(false)
    expect(connections(STATS.replace(/.*22.24.*\n/, ''))).toBe(false)
    expect(
      connections(`${STATS}  -> 22.22.22.25:80                      0        0        0        0        0\n`),
    ).toBe(false)
  })

  it('are not with a server that never answers, or a service that is not the sum of its servers', () => {
    expect(traffic(STATS.replace('23     2544', ' 0     2544'))).toBe(false)
    expect(traffic(STATS.replace('66 ', '67 '))).toBe(false)
  })

  it('of servers that answer by themselves have nothing that comes back', () => {
    const oneWay = (table: string) =>
      judgeTable({ expect: 'traffic', service: SERVICE, ways: 'to the servers alone' }, table).met
    const silent = STATS.replace(/^((?:TCP| {2}->) +\S+ +\d+ +\d+) +\d+( +\d+) +\d+$/gm, '$1 0$2 0')
    expect(silent).not.toBe(STATS)
    expect(oneWay(silent)).toBe(true)
    expect(oneWay(STATS)).toBe(false)
    expect(traffic(silent)).toBe(false)
    expect(oneWay(silent.replace('66 ', '67 '))).toBe(false)
  })

  it('are not without a table', () => {
    expect(connections('')).toBe(false)
    expect(traffic('')).toBe(false)
  })
})
