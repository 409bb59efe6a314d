import { describe, expect, it } from 'vitest'
import { check, type Finding, type Situation } from './check.ts'
import type { Device } from './host.ts'
import type { Martian, Martians } from './martians.ts'
import { device, host, type HostSketch } from './testing/hosts.ts'

const ETH0 = device('eth0', ['10.0.0.5/24', '2001:db8::5/64'])
const LO = device('lo', ['127.0.0.1/8', '192.0.2.1/32', '2001:db8:f::1/128'])
const QUIET = { 'net/ipv4/conf/all/arp_ignore': '1', 'net/ipv4/conf/all/arp_announce': '2' }

const WELL: HostSketch = {
  devices: [LO, ETH0],
  routes: ['default via 10.0.0.254 dev eth0 advmss 1420'],
  routes6: ['default via 2001:db8::fe dev eth0 advmss 1400'],
  settings: QUIET,
}

function found(sketch: HostSketch, situation: Partial<Situation> = {}): Finding[] {
  return check({
    method: 'dr',
    vips: ['192.0.2.1', '2001:db8:f::1'],
    device: 'eth0',
    gateways: [],
    tunnel: null,
    decapsulator: null,
    martians: martians({}),
    redirects: [],
    ...situation,
    host: host({ ...WELL, ...sketch }),
  })
}

function martians(given: Partial<Martians>): Martians {
  return { reversePathDrops: 0, logged: [], unlogged: 0, ...given }
}

/** What is found, as code and remedy. */
const remedies = (findings: readonly Finding[]): string[][] => findings.map(({ code, remedy }) => [code, remedy])

describe('the check of a server for direct routing', () => {
  it('finds nothing wrong where nothing is', () => {
    expect(found({})).toEqual([])
  })

  it('finds a virtual address that is missing', () => {
    expect(remedies(found({ devices: [device('lo'), ETH0] }))).toEqual([
      ['address-missing', 'ip address add 192.0.2.1/32 dev lo'],
      ['address-missing', 'ip address add 2001:db8:f::1/128 dev lo nodad'],
    ])
  })

  it('finds a virtual address with others in its prefix', () => {
    const lo = device('lo', ['192.0.2.1/24', '2001:db8:f::1/64'])
    expect(remedies(found({ devices: [lo, ETH0] }))).toEqual([
      ['prefix-too-short', 'ip address del 192.0.2.1/24 dev lo && ip address add 192.0.2.1/32 dev lo'],
      ['prefix-too-short', 'ip address del 2001:db8:f::1/64 dev lo && ip address add 2001:db8:f::1/128 dev lo nodad'],
    ])
  })

  it('finds a virtual address on a device that answers for it, but lets it be on a dummy', () => {
    const addresses = ['192.0.2.1/32', '2001:db8:f::1/128']
    const on = (other: Device): Finding[] => found({ devices: [device('lo'), other] })
    expect(on(device('eth0', addresses)).map(({ code }) => code)).toEqual(['address-on-network', 'address-on-network'])
    expect(on(device('dummy0', addresses, { answers: false }))).toEqual([])
  })

  it('finds lo down', () => {
    expect(remedies(found({ devices: [{ ...LO, isUp: false }, ETH0] }))).toEqual([
      ['loopback-down', 'ip link set lo up'],
    ])
  })

  it.each<[string, Record<string, string>, string[]]>([
    ['by default', {}, ['arp-answered', 'arp-announced']],
    ['with arp_announce 1', { 'all/arp_ignore': '1', 'all/arp_announce': '1' }, ['arp-announced']],
    ['with both set on lo only', { 'lo/arp_ignore': '1', 'lo/arp_announce': '2' }, ['arp-answered', 'arp-announced']],
    ['with both set on the device only', { 'eth0/arp_ignore': '1', 'eth0/arp_announce': '2' }, []],
    ['with arp_ignore 3', { 'all/arp_ignore': '3', 'all/arp_announce': '2' }, ['arp-answered']],
    [
      'with arp_ignore 1 for all and 3 for the device',
      { 'all/arp_ignore': '1', 'eth0/arp_ignore': '3', 'all/arp_announce': '2' },
      ['arp-answered'],
    ],
  ])('knows which ARP gives a virtual address away: %s', (_, given, codes) => {
    const settings = Object.fromEntries(Object.entries(given).map(([key, value]) => [`net/ipv4/conf/${key}`, value]))
    expect(found({ settings }).map(({ code }) => code)).toEqual(codes)
    expect(found({ settings }, { vips: ['2001:db8:f::1'] })).toEqual([])
  })

  it('finds strict filtering where clients come in by another device than their replies leave by', () => {
    const eth1 = device('eth1', ['10.1.0.5/24'])
    const settings = { ...QUIET, 'net/ipv4/conf/eth1/rp_filter': '1' }
    const sketch: HostSketch = { devices: [LO, ETH0, eth1], settings }
    expect(remedies(found(sketch, { device: 'eth1' }))).toEqual([
      ['reverse-path', 'sysctl -w net.ipv4.conf.eth1.rp_filter=2'],
    ])
    expect(found(sketch)).toEqual([])
    expect(found(sketch, { martians: martians({ reversePathDrops: 7 }) })[0]?.why).toMatch(/7 packets/)
    const loose = { ...settings, 'net/ipv4/conf/all/rp_filter': '2' }
    expect(found({ ...sketch, settings: loose }, { device: 'eth1' })).toEqual([])
  })

  it('finds strict filtering on the way of most replies where packets were dropped and there is another way', () => {
    const eth1 = device('eth1', ['10.1.0.5/24'])
    const sketch: HostSketch = {
      devices: [LO, ETH0, eth1],
      settings: { ...QUIET, 'net/ipv4/conf/eth0/rp_filter': '1' },
    }
    const dropped = { martians: martians({ reversePathDrops: 7 }) }
    expect(found(sketch)).toEqual([])
    expect(found({ ...sketch, devices: [LO, ETH0] }, dropped)).toEqual([])
    expect(found({ ...sketch, devices: [LO, ETH0, { ...eth1, isUp: false }] }, dropped)).toEqual([])
    expect(found(sketch, dropped)).toMatchObject([
      {
        code: 'reverse-path',
        what: 'rp_filter is strict on eth0, and replies to clients in other networks leave by eth1',
        remedy: 'sysctl -w net.ipv4.conf.eth0.rp_filter=2',
      },
    ])
  })

  it('finds that there is no default route where packets were dropped, and does not ask for looser filtering then', () => {
    const sketch: HostSketch = { routes: [], settings: { ...QUIET, 'net/ipv4/conf/all/rp_filter': '1' } }
    expect(found(sketch)).toEqual([])
    expect(remedies(found(sketch, { martians: martians({ reversePathDrops: 7 }) }))).toEqual([
      ['gateway-missing', 'ip route add default via ROUTER'],
    ])
  })

  it("finds a client on the director that takes the virtual address for its own, in the kernel's log", () => {
    const logged: Martian = { source: '192.0.2.1', destination: '192.0.2.1', device: 'eth0', mac: '', secondsAgo: 4 }
    const [finding, ...others] = found({}, { martians: martians({ logged: [logged] }) })
    expect(others).toEqual([])
    expect(finding).toMatchObject({
      code: 'own-source',
      what: "packets to 192.0.2.1 come in on eth0 from 192.0.2.1, this server's own address; the last 4 s ago",
      why: expect.stringMatching(/a client on the director/) as string,
    })
    expect(finding?.remedy).toMatch(/^ip route replace local 192\.0\.2\.1 .*accept_local=1 {2}# on the director/)
    for (const other of [
      { ...logged, source: '10.1.0.9' },
      { ...logged, destination: '10.9.9.9', source: '10.9.9.9' },
    ])
      expect(found({}, { martians: martians({ logged: [other] }) })).toEqual([])
  })
})

describe('the check of a server for tunnelling', () => {
  const tunnel = { type: 'gue', port: 6080 } as const
  const decapsulator = {
    ifindex: ETH0.ifindex,
    tunnel,
    vips: ['192.0.2.1', '2001:db8:f::1'],
    own: ['10.0.0.5', '2001:db8::5'],
  }
  const tun = (sketch: HostSketch, situation: Partial<Situation> = {}): Finding[] =>
    found(sketch, { method: 'tun', decapsulator, ...situation })
  const ROOM: HostSketch = {
    routes: ['default via 10.0.0.254 dev eth0 advmss 1408'],
    routes6: ['default via 2001:db8::fe dev eth0 advmss 1388'],
  }

  it('finds nothing wrong where nothing is', () => {
    expect(tun(ROOM, { tunnel })).toEqual([])
    expect(tun(ROOM)).toEqual([])
  })

  it.each<[string, Partial<Situation>, RegExp]>([
    ['of a device that is gone', { decapsulator: { ...decapsulator, ifindex: null } }, /device is gone/],
    ['on another device', { device: 'eth7' }, /on eth0, not on eth7/],
    ['for another type', { tunnel: { type: 'ipip', port: 6080 } }, /takes off gue on port 6080/],
    ['for another port', { tunnel: { type: 'gue', port: 7 } }, /takes off gue on port 6080/],
    ['without a virtual address', { decapsulator: { ...decapsulator, vips: ['192.0.2.1'] } }, /not know 2001:db8:f::1/],
    [
      'without an address of this host',
      { decapsulator: { ...decapsulator, own: ['10.0.0.5'] } },
      /2001:db8::5 has come/,
    ],
  ])('finds a decapsulator %s', (_, situation, what) => {
    const [finding, ...others] = tun(ROOM, situation).filter(({ code }) => code !== 'segment-too-large')
    expect(others).toEqual([])
    expect(finding).toMatchObject({ code: 'decapsulator-stale', what: expect.stringMatching(what) as string })
    expect(finding?.remedy).toMatch(/^weir real-server tun --vip 192\.0\.2\.1 --vip 2001:db8:f::1 --type .* --apply$/)
  })

  it('finds that nothing takes off outer headers, and a tunnel device that is down', () => {
    const bare = { decapsulator: null, vips: ['192.0.2.1'] }
    expect(tun({}, bare).map(({ code }) => code)).toEqual(['not-decapsulated'])
    const tunl0 = device('tunl0', [], { kind: 'ipip', answers: false, isUp: false })
    expect(remedies(tun({ devices: [LO, ETH0, tunl0] }, bare))).toEqual([['tunnel-down', 'ip link set tunl0 up']])
    const up = [LO, ETH0, { ...tunl0, isUp: true }]
    expect(tun({ devices: up }, bare)).toEqual([])
    expect(tun({ devices: up }, { ...bare, tunnel: { type: 'gre', port: 0 } }).map(({ code }) => code)).toContain(
      'not-decapsulated',
    )
    const settings = { ...QUIET, 'net/ipv4/conf/all/rp_filter': '1' }
    expect(remedies(tun({ devices: up, settings }, bare))).toEqual([
      ['reverse-path', 'sysctl -w net.ipv4.conf.tunl0.rp_filter=2'],
    ])
  })

  it('finds segments for which the tunnel has no room', () => {
    const [first, second] = tun({ ...ROOM, routes: ['default via 10.0.0.254 dev eth0'] }, { tunnel })
    expect(first).toMatchObject({
      code: 'segment-too-large',
      what: expect.stringMatching(/no advmss, and 1408/) as string,
    })
    expect(second).toBeUndefined()
    expect(tun({}, { tunnel }).map(({ what }) => what)).toEqual([
      'the IPv4 default route has advmss 1420, and 1408 would fit',
      'the IPv6 default route has advmss 1400, and 1388 would fit',
    ])
  })
})

describe('the check of a server for NAT', () => {
  const nat = (sketch: HostSketch, situation: Partial<Situation> = {}): Finding[] =>
    found({ settings: {}, ...sketch }, { method: 'nat', vips: [], gateways: ['10.0.0.254'], ...situation })

  it('finds nothing wrong where the director is the gateway', () => {
    expect(nat({})).toEqual([])
    expect(nat({}, { gateways: [] })).toEqual([])
  })

  it('finds another gateway, or none', () => {
    expect(remedies(nat({}, { gateways: ['10.0.0.1'] }))).toEqual([
      ['gateway-wrong', 'weir real-server nat --gateway 10.0.0.1 --apply'],
    ])
    expect(remedies(nat({ routes: [] }))).toEqual([
      ['gateway-missing', 'weir real-server nat --gateway 10.0.0.254 --apply'],
    ])
    expect(nat({ routes: [], routes6: [] }, { gateways: [] }).map(({ code }) => code)).toEqual(['gateway-missing'])
  })

  it("finds a client on this server that the director has sent back to it, in the kernel's log", () => {
    const logged: Martian = { source: '10.0.0.5', destination: '10.0.0.5', device: 'eth0', mac: '', secondsAgo: 4 }
    expect(nat({}, { martians: martians({ logged: [logged] }) })).toMatchObject([
      { code: 'own-source', why: expect.stringMatching(/a client on this server/) as string },
    ])
    const strange = { ...logged, source: '10.0.0.6' }
    expect(nat({}, { martians: martians({ logged: [strange] }) })).toEqual([])
  })

  it('finds a redirect past the director', () => {
    const redirects = ['10.0.0.9 via 10.0.0.9 dev eth0 cache <redirected> expires 280sec']
    expect(nat({}, { redirects })[0]).toMatchObject({
      code: 'redirected',
      what: expect.stringMatching(/to 10\.0\.0\.9$/) as string,
    })
  })
})
