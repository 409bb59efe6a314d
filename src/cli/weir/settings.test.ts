import { describe, expect, it } from 'vitest'
import { settingValues } from '../../control/settings.ts'
import { DEFAULT_SETTINGS } from '../../engine/settings.ts'
import { readAssignment, renderSettings } from './settings.ts'

const DEFAULTS = settingValues(DEFAULT_SETTINGS)

describe('the table of settings', () => {
  const lines = renderSettings({ ...DEFAULTS, tcpTimeoutS: 7 })
    .trimEnd()
    .split('\n')

  it('has the names of IPVS, values, defaults and meanings', () => {
    expect(lines[0]).toMatch(/^SETTING +VALUE +DEFAULT +MEANING$/)
    expect(lines).toContainEqual(expect.stringMatching(/^timeout_tcp +7 +900 {2}seconds until \S/))
    expect(lines.slice(1).map((line) => line.split(' ')[0])).toEqual([
      'timeout_tcp',
      'timeout_tcpfin',
      'timeout_udp',
      'conn_reuse_mode',
      'expire_nodest_conn',
      'expire_quiescent_template',
      'sloppy_tcp',
      'sloppy_sctp',
      'secure_tcp',
      'toa',
      'lblc_expiration',
      'lblcr_expiration',
    ])
  })
})

describe('an assignment', () => {
  it('adds to those before it', () => {
    expect(readAssignment('timeout_udp=30', readAssignment('sloppy_tcp=1'))).toEqual({ sloppyTcp: 1, udpTimeoutS: 30 })
  })

  it.each([
    ['sloppy_tcp', 'name=value'],
    ['sloppy_tcp=', 'name=value'],
    ['sloppy_tcp=yes', 'name=value'],
    ['sloppy_tcp=-1', 'name=value'],
    ['sloppyTcp=1', '"sloppyTcp"'],
    ['=1', '""'],
    ['timeout_tcp=1', 'twice'],
  ])('"%s" is refused, naming %s', (text, named) => {
    expect(() => readAssignment(text, { tcpTimeoutS: 2 })).toThrow(named)
  })
})
