import { describe, expect, it } from 'vitest'
import type { Way } from './routes.ts'
import type { LoadedSnapshot, Snapshot } from './snapshot.ts'
import { dest, healthy, service } from './testing/snapshots.ts'
import { warningsOf } from './warnings.ts'

const codes = (snapshot: Snapshot) => warningsOf(snapshot).map(({ code }) => code)
const codesOf = (changes: Partial<LoadedSnapshot>) => codes(healthy(changes))
const device = (name: string, reason: Snapshot['devices'][number]['reason']) => ({
  name,
  ifindex: 7,
  attached: reason === 'attached',
  reason,
})

it('nothing is wrong with a healthy director', () => {
  expect(warningsOf(healthy())).toEqual([])
})

it('nothing is said of a director that is not loaded', () => {
  expect(warningsOf({ ...healthy(), director: null })).toEqual([])
})

describe('the clock', () => {
  it('may be 2 s behind and no more', () => {
    expect(codesOf({ clockBehindMs: 2000 })).toEqual([])
    expect(codesOf({ clockBehindMs: 2001 })).toEqual(['clock-stopped'])
  })
})

describe('devices', () => {
  it('that have appeared are named', () => {
    const snapshot = { ...healthy(), devices: [device('eth0', 'attached'), device('eth1', 'new')] }
    expect(warningsOf(snapshot)).toMatchObject([
      { code: 'device-not-attached', message: expect.stringMatching(/^eth1 .*"weir attach"$/) as string },
    ])
  })

  it('that are excluded are as the operator wants them, unless none is left', () => {
    expect(codes({ ...healthy(), devices: [device('eth0', 'attached'), device('eth1', 'excluded')] })).toEqual([])
    expect(codes({ ...healthy(), devices: [device('eth1', 'excluded')] })).toEqual(['nothing-attached'])
  })
})

describe('forwarding', () => {
  const off = { ...healthy().director.host, forwarding: false }
  const partly = { ...healthy().director.host, devicesNotForwarding: ['eth0.7'] }

  it('that is off is a fault once there is a server by masquerading', () => {
    expect(codesOf({ host: off })).toEqual(['forwarding-off'])
    expect(codesOf({ host: off, services: [] })).toEqual([])
  })

  it('of a single device is named as sysctl(8) wants it, dots in the device as slashes', () => {
    const [warning] = warningsOf(healthy({ host: partly }))
    expect(warning?.message).toContain('"sysctl -w net.ipv4.conf.eth0/7.forwarding=1"')
  })

  it('is reported once where it is off altogether', () => {
    expect(codesOf({ host: { ...partly, forwarding: false } })).toEqual(['forwarding-off'])
  })
})

describe('connections', () => {
  it('are nearly full from 90 %', () => {
    expect(codesOf({ connections: { inUse: 899, capacity: 1000 } })).toEqual([])
    expect(codesOf({ connections: { inUse: 900, capacity: 1000 } })).toEqual(['connections-nearly-full'])
  })
})

describe('a service', () => {
  it('without servers, or with none that takes connections, is named', () => {
    const idle = service('10.9.0.1', [dest('10.1.0.1', { weight: 0 })])
    expect(warningsOf(healthy({ services: [service('10.9.0.1', [])] }))[0]?.message).toMatch(/^tcp 10.9.0.1:80 has no/)
    expect(warningsOf(healthy({ services: [idle] }))[0]?.message).toMatch(/^tcp 10.9.0.1:80 has only servers of weight/)
  })

  it('with one server that takes connections is well', () => {
    const services = [service('10.9.0.1', [dest('10.1.0.1', { weight: 0 }), dest('10.1.0.2')])]
    expect(codesOf({ services })).toEqual([])
  })
})

describe('a virtual address', () => {
  const services = [service('10.9.0.1', [dest('10.1.0.1')]), service('10.9.0.1', [dest('10.1.0.2')])]
  const host = (way: Way) => ({ ...healthy().director.host, ways: new Map([['10.9.0.1', way]]) })

  it.each([
    ['local', []],
    ['link', ['address-unanswered']],
    ['gateway', ['address-elsewhere']],
    ['none', ['address-elsewhere']],
  ] as const)('to which the way is "%s" is reported once for all its services', (way, expected) => {
    expect(codesOf({ services, host: host(way) })).toEqual(expected)
  })
})
