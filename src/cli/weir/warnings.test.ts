import { describe, expect, it } from 'vitest'
import type { Way } from './routes.ts'
import { PLAIN_SERVICE, type MethodName } from '../../control/model.ts'
import type { LoadedSnapshot, Snapshot } from './snapshot.ts'
import { dest, device, healthy, service, serviceOf } from './testing/snapshots.ts'
import { redirectNotes, warningsOf } from './warnings.ts'

const MARK_6 = { ...PLAIN_SERVICE, protocol: 'fwm', mark: 7, family: 6, scheduler: 'wlc' } as const
const codes = (snapshot: Snapshot) => warningsOf(snapshot).map(({ code }) => code)
const codesOf = (changes: Partial<LoadedSnapshot>) => codes(healthy(changes))

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
      { code: 'device-not-attached', message: expect.stringMatching(/^eth1 /) as string, remedy: ['weir attach'] },
    ])
  })

  it('that are excluded are as the operator wants them, unless none is left', () => {
    expect(codes({ ...healthy(), devices: [device('eth0', 'attached'), device('eth1', 'excluded')] })).toEqual([])
    expect(warningsOf({ ...healthy(), devices: [device('eth1', 'excluded')] })).toMatchObject([
      { code: 'nothing-attached', remedy: ['weir attach eth1'] },
    ])
  })
})

describe('devices at XDP', () => {
  const front = device('eth0', 'attached', { mode: 'xdp', wantsXdp: true, redirects: 'direct' })
  const back = (redirects: 'direct' | 'through-tcx' | 'lost', driver = 'veth') =>
    device('eth1', 'attached', { redirects, driver })

  it('lose what leaves by a device that takes no redirected frames any more, which is a fault', () => {
    expect(codes({ ...healthy(), devices: [front, back('lost')] })).toEqual(['redirects-lost'])
    for (const redirects of ['direct', 'through-tcx'] as const)
      expect(codes({ ...healthy(), devices: [front, back(redirects)] })).toEqual([])
  })

  it('are told of devices that take no redirected frames, with what makes their driver take them', () => {
    expect(redirectNotes([front, back('direct')])).toEqual([])
    expect(redirectNotes([front, back('through-tcx')])).toEqual([
      expect.stringMatching(/^eth1 .*"ethtool -K PEER gro on"/) as string,
    ])
    expect(redirectNotes([front, back('through-tcx', 'ixgbe')])).toEqual([
      expect.stringMatching(/^eth1 .*"weir attach --xdp eth1"$/) as string,
    ])
  })

  it('that are at tcx against the will of the operator are named', () => {
    expect(codes({ ...healthy(), devices: [{ ...front, mode: 'tcx' }] })).toEqual(['not-at-xdp'])
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
    expect(warning?.remedy).toEqual(['sysctl -w net.ipv4.conf.eth0/7.forwarding=1'])
  })

  it('is reported once where it is off altogether', () => {
    expect(codesOf({ host: { ...partly, forwarding: false } })).toEqual(['forwarding-off'])
  })
})

describe('forwarding of IPv6', () => {
  const host = { ...healthy().director.host, forwarding6: false }
  const services = [serviceOf(MARK_6, [dest('2001:db8:1::1')])]

  it('is a fault only of services of IPv6, and the setting is its own', () => {
    expect(codesOf({ host })).toEqual([])
    const [warning] = warningsOf(healthy({ host, services }))
    expect(warning?.remedy).toEqual(['sysctl -w net.ipv6.conf.all.forwarding=1'])
    expect(codesOf({ host: { ...host, forwarding: false, forwarding6: true }, services })).toEqual([])
  })

  it('of a single device is named', () => {
    const one = { ...host, forwarding6: true, devicesNotForwarding6: ['eth0'] }
    expect(warningsOf(healthy({ host: one, services }))[0]?.remedy).toEqual([
      'sysctl -w net.ipv6.conf.eth0.forwarding=1',
    ])
  })
})

describe('the forwarding of lo', () => {
  const host = { ...healthy().director.host, forwarding: false, loopbackForwarding: false }
  const by = (method: MethodName) => [service('10.9.0.1', [dest('10.1.0.1', { method })])]

  it('is what servers by direct routing, tunnelling and FullNAT need, and no other forwarding', () => {
    for (const method of ['direct-routing', 'tunneling', 'fullnat'] as const)
      expect(warningsOf(healthy({ host, services: by(method) }))).toMatchObject([
        { code: 'loopback-forwarding-off', remedy: ['sysctl -w net.ipv4.conf.lo.forwarding=1'] },
      ])
  })

  it('is of no matter to a server that the director is itself, nor is any other', () => {
    for (const method of ['masquerading', 'direct-routing', 'tunneling', 'fullnat'] as const)
      expect(codesOf({ host, services: [service('10.9.0.1', [dest('10.1.0.1', { method, isLocal: true })])] })).toEqual(
        [],
      )
  })

  it('is of no matter to servers by masquerading', () => {
    expect(codesOf({ host, services: by('masquerading') })).toEqual(['forwarding-off'])
  })
})

describe('connections', () => {
  it('are nearly full from 90 %', () => {
    expect(codesOf({ connections: { inUse: 899, templates: 0, capacity: 1000 } })).toEqual([])
    expect(codesOf({ connections: { inUse: 900, templates: 900, capacity: 1000 } })).toEqual([
      'connections-nearly-full',
    ])
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

describe('a service whose servers have thresholds', () => {
  const limited = (active: number) => dest('10.1.0.1', { upperThreshold: 10, active, inactive: 0 })

  it('is named once all servers with a weight are full', () => {
    const services = (active: number) => [service('10.9.0.1', [limited(active), dest('10.1.0.2', { weight: 0 })])]
    expect(codesOf({ services: services(9) })).toEqual([])
    expect(warningsOf(healthy({ services: services(10) }))).toMatchObject([
      {
        message: expect.stringMatching(/no server below its upper threshold/) as string,
        remedy: ['ipvsadm -e -t 10.9.0.1:80 -r 10.1.0.1:8080 -m -w 1 -x N'],
      },
    ])
  })
})

describe('a service of a mark', () => {
  it('has no address that could be elsewhere, and is named by its mark', () => {
    const names = [MARK_6, { ...MARK_6, family: 4 } as const].map((mark) => serviceOf(mark, []))
    expect(warningsOf(healthy({ services: names })).map(({ message }) => message)).toEqual([
      expect.stringMatching(/^fwm 7 IPv6 has no server/),
      expect.stringMatching(/^fwm 7 has no server/),
    ])
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
  it('of IPv6 must be on the device of its network', () => {
    const address = '2001:db8::1'
    const of = (way: Way) => ({ ...healthy().director.host, ways: new Map([[address, way]]) })
    const six = [service(address, [dest('2001:db8:1::1')])]
    expect(codesOf({ services: six, host: of('local') })).toEqual([])
    expect(warningsOf(healthy({ services: six, host: of('link') }))).toMatchObject([
      {
        message: expect.stringContaining('neighbour solicitations') as string,
        remedy: ['ip address add 2001:db8::1/128 dev DEVICE'],
      },
    ])
  })
})
