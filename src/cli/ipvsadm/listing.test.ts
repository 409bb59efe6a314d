import { numericLabel } from './labels.ts'
import { describe, expect, it } from 'vitest'
import { IPIP, type ServiceStatus, type Traffic } from '../../control/model.ts'
import { formatConnections, formatCount, formatServices } from './listing.ts'

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
    persistence: null,
    onePacket: false,
    fallback: false,
    hashPort: false,
    thirdFlag: false,
    proxyProtocol: false,
    engine: null,
    parameter: 0,
    counters: NOTHING,
    rates: NOTHING,
    localAddresses: [],
    dests: [
      {
        address: '10.2.0.1',
        port: 80,
        weight: 1,
        method: 'masquerading',
        tunnel: IPIP,
        upperThreshold: 0,
        lowerThreshold: 0,
        isLocal: false,
        persistent: 0,
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

describe('connections', () => {
  it('show protocols in three columns, brackets around IPv6, and what is over as 00:00', () => {
    const rest = { state: 'NONE', virtual: { address: '0.0.0.9', port: 0 }, dest: { address: '10.2.0.1', port: 0 } }
    const text = formatConnections(
      [
        { ...rest, protocol: 'ip', client: { address: '10.1.0.0', port: 0 }, remainingMs: 299_999 },
        { ...rest, protocol: 'sctp', client: { address: 'fd01::1', port: 1 }, remainingMs: -5 },
      ],
      true,
      numericLabel,
    )
    expect(text.split('\n')).toEqual([
      'IPVS connection entries',
      'pro expire state       source             virtual            destination        pe name          pe_data',
      'IP  04:59  NONE        10.1.0.0:0         0.0.0.9:0          10.2.0.1:0',
      'SCTP 00:00  NONE        [fd01::1]:1        0.0.0.9:0          10.2.0.1:0',
      '',
    ])
  })
})
