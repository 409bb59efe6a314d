import { describe, expect, it } from 'vitest'
import { judge, type Observations } from './expectations.ts'
import { natRr } from './scenarios/nat-rr.ts'

const TABLE = `IP Virtual Server version 1.2.1 (size=262144)
Prot LocalAddress:Port               Conns   InPkts  OutPkts  InBytes OutBytes
  -> RemoteAddress:Port
TCP  11.11.11.12:80                     12       66       43     4799     5701
  -> 22.22.22.23:80                      6       33       23     2544     3086
  -> 22.22.22.24:80                      6       33       20     2255     2615
`

function turns(...servers: (string | null)[]): Observations['answers'] {
  return servers.map((server) => ({ server, problem: server === null ? 'timeout' : '' }))
}

function met(seen: Partial<Observations>): boolean[] {
  return judge(natRr, { answers: turns('nginx2', 'nginx1'), table: TABLE, ...seen }).map((finding) => finding.met)
}

describe('the expectations of nat-rr', () => {
  it('are met by the table of LVS itself and servers in turn', () => {
    expect(met({})).toEqual([true, true, true])
  })

  it('are not met where a server is asked twice running, the other one first, or nobody', () => {
    expect(met({ answers: turns('nginx2', 'nginx2') })[0]).toBe(false)
    expect(met({ answers: turns('nginx1', 'nginx2') })[0]).toBe(false)
    expect(met({ answers: [] })[0]).toBe(false)
  })

  it('are not met by a request without an answer, and say which', () => {
    const [finding] = judge(natRr, { answers: turns('nginx2', null), table: TABLE })
    expect(finding).toMatchObject({
      met: false,
      found: 'of 2 requests: nginx2 1, nginx1 0; request 2 by nobody',
    })
  })

  it('are not met by connections unevenly spread, or a server more or less', () => {
    expect(met({ table: TABLE.replace('.23:80                      6', '.23:80                      5') })[1]).toBe(
      false,
    )
    expect(met({ table: TABLE.replace(/.*22.24.*\n/, '') })[1]).toBe(false)
    expect(
      met({ table: `${TABLE}  -> 22.22.22.25:80                      0        0        0        0        0\n` })[1],
    ).toBe(false)
  })

  it('are not met by a server that never answers, or a service that is not the sum of its servers', () => {
    expect(met({ table: TABLE.replace('23     2544', ' 0     2544') })[2]).toBe(false)
    expect(met({ table: TABLE.replace('66 ', '67 ') })[2]).toBe(false)
  })

  it('are not met without a table', () => {
    expect(met({ table: '' })).toEqual([true, false, false])
  })
})
