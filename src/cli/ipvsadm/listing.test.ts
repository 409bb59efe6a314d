import { describe, expect, it } from 'vitest'
import type { ServiceStatus, Traffic } from '../../control/model.ts'
import { formatCount, formatServices } from './listing.ts'

const NOTHING: Traffic = { connections: 0, inPackets: 0, outPackets: 0, inBytes: 0, outBytes: 0 }

describe('counts', () => {
  it.each([
    [0, '        0'],
    [99_999_999, ' 99999999'],
    [100_000_000, '  100000K'],
    [999_999_999, '  999999K'],
    [1_000_000_000, '    1000M'],
    [99_999_999_999, '   99999M'],
    [100_000_000_000, '     100G'],
    [100_000_000_000_000, '     100T'],
  ])('%j takes nine columns', (count, expected) => {
    expect(formatCount(count, false)).toBe(expected)
  })

  it('keep a space in front when they are exact and long', () => {
    expect(formatCount(123_456_789_012, true)).toBe(' 123456789012')
  })
})

describe('names of servers', () => {
  const service: ServiceStatus = {
    protocol: 'tcp',
    address: '10.9.0.1',
    port: 80,
    scheduler: 'rr',
    counters: NOTHING,
    rates: NOTHING,
    dests: [
      {
        address: '10.2.0.1',
        port: 80,
        weight: 1,
        method: 'masquerading',
        active: 0,
        inactive: 0,
        counters: NOTHING,
        rates: NOTHING,
      },
    ],
  }
  const label = () => 'a-rather-long-name.example.org:http'

  it('are cut to their column in a table', () => {
    const text = formatServices([service], { view: 'weights', exact: false, label })
    expect(text).toContain('  -> a-rather-long-name.example.o Masq    1 ')
  })

  it('are whole in a rule', () => {
    const text = formatServices([service], { view: 'rules', exact: false, label })
    expect(text).toContain(`-r ${label()} -m -w 1\n`)
  })
})
