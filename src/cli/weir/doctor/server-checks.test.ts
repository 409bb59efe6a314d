import { describe, expect, it } from 'vitest'
import type { DestStatus } from '../../../control/model.ts'
import { dest, service, traffic } from '../testing/snapshots.ts'
import { by, codesOf, ETH0, found, ON_LINK, ROUTES } from './testing/scenes.ts'

const routed = (changes: Partial<typeof ON_LINK>) => ({
  routes: new Map([...ROUTES, ['10.1.0.1', { ...ON_LINK, ...changes }]]),
})
const behind = (gateway: string) => routed({ kind: 'gateway', gateway })
const saying = (pattern: RegExp) => expect.stringMatching(pattern) as string

describe('the way to a server', () => {
  it('that does not exist is to be added', () => {
    expect(found(routed({ kind: 'none', device: null }), by('masquerading'))).toMatchObject([
      {
        code: 'no-route-to-server',
        severity: 'problem',
        message: saying(/^there is no route to 10\.1\.0\.1:80 of tcp 10\.9\.0\.1:80/),
        remedy: ['ip route add 10.1.0.1/32 dev DEVICE'],
      },
    ])
  })

  it('that refuses is to be deleted by its prefix, or looked for in other tables', () => {
    const refusing = (refusing: string | null) =>
      found(routed({ kind: 'blackhole', device: null, refusing }), by('masquerading'))[0]
    expect(refusing('10.1.0.0/24')).toMatchObject({
      code: 'route-refuses-server',
      remedy: ['ip route delete blackhole 10.1.0.0/24'],
    })
    expect(refusing(null)?.remedy).toEqual(['ip route show table all match 10.1.0.1'])
  })

  it('is told of once for a server of many services, and not at all for one of weight 0', () => {
    const services = [80, 81].map((port) => service('10.9.0.1', [dest('10.1.0.1', { port })]))
    expect(codesOf(routed({ kind: 'none' }), { services })).toEqual(['no-route-to-server'])
    expect(codesOf(routed({ kind: 'none' }), by('masquerading', { weight: 0 }))).toEqual(['no-usable-server'])
  })

  it('may lead by a router, but for direct routing', () => {
    for (const method of ['masquerading', 'fullnat'] as const)
      expect(codesOf(behind('10.1.0.9'), by(method))).toEqual([])
    expect(found(behind('10.1.0.9'), by('direct-routing', { weight: 3 }))).toMatchObject([
      {
        code: 'server-behind-router',
        message: saying(/behind the router 10\.1\.0\.9/),
        remedy: ['ipvsadm -e -t 10.9.0.1:80 -r 10.1.0.1:80 -i -w 3 --tun-type ipip'],
      },
    ])
    expect(codesOf(routed({}), by('direct-routing'))).toEqual([])
  })
})

describe("a server whose address has become the director's own", () => {
  it('is to be added as it is once more, and so is one whose address has left', () => {
    const remedy = ['ipvsadm -e -t 10.9.0.1:80 -r 10.1.0.1:80 -g -w 1']
    expect(found(routed({ kind: 'local' }), by('direct-routing'))).toMatchObject([{ code: 'server-moved', remedy }])
    expect(found(routed({}), by('direct-routing', { isLocal: true }))).toMatchObject([{ code: 'server-moved', remedy }])
  })

  it('is well once the director knows it, by every method', () => {
    for (const method of ['masquerading', 'direct-routing', 'tunneling', 'fullnat'] as const)
      expect(codesOf(routed({ kind: 'local' }), by(method, { isLocal: true }))).toEqual([])
  })
})

describe("a server's port", () => {
  it('is its own where ports are rewritten', () => {
    for (const method of ['masquerading', 'fullnat'] as const)
      expect(codesOf({}, by(method, { port: 8080 }))).toEqual([])
  })

  it("must be the service's where they are not", () => {
    expect(found({}, by('direct-routing', { port: 8080, weight: 2 }))).toMatchObject([
      {
        code: 'server-port-differs',
        remedy: ['ipvsadm -a -t 10.9.0.1:80 -r 10.1.0.1:80 -g -w 2', 'ipvsadm -d -t 10.9.0.1:80 -r 10.1.0.1:8080'],
      },
    ])
  })
})

describe('a neighbour that does not answer', () => {
  const unresolved = { unresolved: new Set(['10.1.0.1']) }

  it('is the server, which gets no new connections meanwhile, by its own method', () => {
    expect(found({ ...routed({}), ...unresolved }, by('direct-routing'))).toMatchObject([
      {
        code: 'server-unresolved',
        message: saying(/^10\.1\.0\.1:80 of tcp 10\.9\.0\.1:80 does not answer ARP on eth0/),
        remedy: ['ipvsadm -e -t 10.9.0.1:80 -r 10.1.0.1:80 -g -w 0'],
      },
    ])
  })

  it('keeps its thresholds and its tunnel', () => {
    const gue = { type: 'gue', port: 6080, checksum: 'full' } as const
    const dest = { tunnel: gue, upperThreshold: 100_000, lowerThreshold: 50_000 }
    const [finding] = found({ ...routed({}), ...unresolved, devices: [{ ...ETH0, mtu: 9000 }] }, by('tunneling', dest))
    expect(finding?.remedy).toEqual([
      'ipvsadm -e -t 10.9.0.1:80 -r 10.1.0.1:80 -i -w 0 --tun-type gue --tun-port 6080 --tun-csum -x 100000 -y 50000',
    ])
  })

  it('is the router where one is on the way', () => {
    expect(found({ ...behind('10.1.0.9'), ...unresolved }, by('masquerading'))[0]?.message).toMatch(
      /^the router 10\.1\.0\.9, on the way to 10\.1\.0\.1:80 .* does not answer ARP/,
    )
  })

  it('is all that is said of a server without answers', () => {
    const counters = { ...traffic(9, 9, 900), outPackets: 0 }
    expect(codesOf({ ...routed({}), ...unresolved }, by('masquerading', { counters }))).toEqual(['server-unresolved'])
  })
})

describe('a server without answers', () => {
  const counted = (inPackets: number, outPackets: number) => ({
    counters: { ...traffic(1, 1, 100), inPackets, outPackets },
  })
  const meanwhile = (inPackets: number, outPackets: number) => ({
    meanwhile: {
      refused: new Map(),
      traffic: new Map([['10.1.0.1:80 of tcp 10.9.0.1:80', { inPackets, outPackets }]]),
    },
  })

  it('has had three packets and has never answered', () => {
    expect(codesOf({}, by('masquerading', counted(2, 0)))).toEqual([])
    expect(codesOf({}, by('masquerading', counted(1000, 1)))).toEqual([])
    expect(found({}, by('masquerading', counted(3, 0)))).toMatchObject([
      { code: 'no-answers', on: 'server', remedy: ['ip route replace default via 10.1.0.254'] },
    ])
  })

  it('has answered once, but not while the doctor looked', () => {
    expect(codesOf(meanwhile(3, 0), by('masquerading'))).toEqual(['no-answers'])
    expect(codesOf(meanwhile(3, 1), by('masquerading'))).toEqual([])
  })

  it('behind a router has that of its own network for a gateway', () => {
    expect(found(behind('10.1.0.9'), by('masquerading', counted(3, 0)))[0]?.remedy).toEqual([
      'ip route replace default via ROUTER',
    ])
  })

  it('by FullNAT needs no default route', () => {
    expect(found({}, by('fullnat', counted(3, 0)))).toMatchObject([{ code: 'no-answers', remedy: [] }])
  })

  it('is as it should be with methods whose answers go straight to clients', () => {
    expect(codesOf({}, by('direct-routing', counted(1000, 0)))).toEqual([])
  })
})

describe('the MTU on the way to a server by tunnelling', () => {
  const mtu = (device: number, route: number | null = null) => ({
    ...routed({ mtu: route }),
    devices: [{ ...ETH0, mtu: device }],
  })

  it('has room for the outer header around packets of 1500 bytes', () => {
    expect(codesOf(mtu(1520), by('tunneling'))).toEqual([])
    expect(found(mtu(1519), by('tunneling'))).toMatchObject([
      {
        code: 'mtu-too-small',
        severity: 'hint',
        message: saying(/takes packets of 1519 bytes, 1499 inside the tunnel.* advmss 1459 on/),
        remedy: ['ip link set dev eth0 mtu 1600'],
      },
    ])
  })

  it('leaves a segment of 1440 bytes at an MTU of 1500, which a command on the server sets', () => {
    expect(found(mtu(1500), by('tunneling'))[0]?.message).toMatch(
      /advmss 1440 .*"weir real-server tun --vip 10\.9\.0\.1 --type ipip"/,
    )
  })

  it("may be smaller by the route than the device's", () => {
    expect(found(mtu(1600, 1500), by('tunneling'))[0]?.remedy).toEqual(['ip route show match 10.1.0.1'])
  })

  it('counts the headers of GUE and GRE, and that of the family in which the tunnel is', () => {
    const inside = (of: Partial<DestStatus>, way = mtu(1600)) => found(way, by('tunneling', of))[0]?.message
    const gue = { tunnel: { type: 'gue', port: 6080, checksum: 'full' } } as const
    expect(inside(gue, mtu(1531))).toContain('1499 inside the tunnel')
    expect(inside(gue, mtu(1532))).toBeUndefined()
    expect(inside({ tunnel: { type: 'gre', port: 0, checksum: 'none' } }, mtu(1527))).toContain('1499 inside')
    const way = { ...mtu(1539), routes: new Map([['2001:db8:1::1', ON_LINK]]) }
    // An IPv4 packet in an IPv6 tunnel.
    expect(inside({ address: '2001:db8:1::1' }, way)).toContain('advmss 1459')
  })

  it('is no matter of other methods', () => {
    expect(codesOf(mtu(1500), by('direct-routing'))).toEqual([])
  })
})
