import { describe, expect, it } from 'vitest'
import { readDevices, readRoute } from './host.ts'
import { RealServerError, type Request } from './model.ts'
import { planSteps } from './plan.ts'
import { commandsOf } from './steps.ts'
import { BARE, device, host, type HostSketch } from './testing/hosts.ts'

const ASKED: Request = {
  method: 'dr',
  vips: ['192.0.2.1'],
  device: null,
  gateways: [],
  tunnel: { type: 'ipip', port: 6080 },
}

function commands(request: Partial<Request>, sketch: HostSketch = BARE): string[] {
  const there = host(sketch)
  return planSteps({ ...ASKED, ...request }, there).flatMap((step) => commandsOf(step, there))
}

const ADDRESS = ['ip link set lo up', 'ip address add 192.0.2.1/32 dev lo']
const ARP = ['sysctl -w net.ipv4.conf.all.arp_ignore=1', 'sysctl -w net.ipv4.conf.all.arp_announce=2']

describe('a plan for direct routing', () => {
  it('silences ARP before the virtual address is there', () => {
    expect(commands({})).toEqual([...ARP, ...ADDRESS])
  })

  it('leaves ARP alone for IPv6', () => {
    expect(commands({ vips: ['2001:db8:f::1'] })).toEqual([
      'ip link set lo up',
      'ip address add 2001:db8:f::1/128 dev lo nodad',
    ])
  })

  it('loosens reverse path filtering where clients come in by another device than they are answered by', () => {
    const devices = [device('lo'), device('eth0', ['10.0.0.5/24']), device('eth1', ['10.1.0.5/24'])]
    const strict = { ...BARE, devices, settings: { 'net/ipv4/conf/all/rp_filter': '1' } }
    expect(commands({ device: 'eth1' }, strict)).toContain('sysctl -w net.ipv4.conf.eth1.rp_filter=2')
    expect(commands({ device: 'eth0' }, strict)).toEqual([...ARP, ...ADDRESS])
    const loose = { ...strict, settings: { ...strict.settings, 'net/ipv4/conf/eth1/rp_filter': '2' } }
    expect(commands({ device: 'eth1' }, loose)).toEqual([...ARP, ...ADDRESS])
  })
})

describe('a plan for tunnelling', () => {
  const tunnel = (request: Partial<Request>, sketch?: HostSketch) => commands({ method: 'tun', ...request }, sketch)

  it.each([
    ['ipip', 1420, 1400],
    ['gue', 1408, 1388],
    ['gre', 1412, 1392],
  ] as const)('leaves room in segments for outer headers of IPv6 and %s', (type, ipv4, ipv6) => {
    const both = tunnel({ vips: ['192.0.2.1', '2001:db8:f::1'], tunnel: { type, port: 6080 } })
    expect(both).toContain(`ip -4 route change default via 10.0.0.254 dev eth0 advmss ${ipv4}`)
    expect(both).toContain(
      `ip -6 route change default via 2001:db8::fe dev eth0 metric 1024 pref medium advmss ${ipv6}`,
    )
  })

  it('leaves room in segments for outer headers of IPv4 where this host has no IPv6 address', () => {
    const devices = [device('lo'), device('eth0', ['10.0.0.5/24'])]
    expect(tunnel({}, { ...BARE, devices })).toContain('ip -4 route change default via 10.0.0.254 dev eth0 advmss 1440')
  })

  it('takes off the headers of what is sent to any address of this host but the virtual ones', () => {
    const devices = [device('lo', ['127.0.0.1/8', '192.0.2.1/32', '10.0.0.9/32']), ...(BARE.devices ?? []).slice(1)]
    const steps = planSteps({ ...ASKED, method: 'tun' }, host({ ...BARE, devices }))
    expect(steps.at(-1)).toMatchObject({
      kind: 'decapsulator',
      device: 'eth0',
      vips: ['192.0.2.1'],
      own: ['10.0.0.5', '2001:db8::5', '10.0.0.9'],
    })
  })

  it("prints the kernel's tunnel devices", () => {
    expect(tunnel({ vips: ['192.0.2.1', '2001:db8:f::1'], tunnel: { type: 'gue', port: 7 } }).slice(-7)).toEqual([
      'ip fou add port 7 gue',
      'ip link add tunnel4 type ipip local 10.0.0.5',
      'ip link set tunnel4 up',
      'sysctl -w net.ipv4.conf.tunnel4.rp_filter=2',
      'ip -6 fou add port 7 gue',
      'ip link add tunnel6 type ip6tnl mode any local 2001:db8::5',
      'ip link set tunnel6 up',
    ])
    expect(tunnel({ vips: ['2001:db8:f::1'], tunnel: { type: 'gre', port: 7 } }).slice(-2)).toEqual([
      'ip link add tunnel6 type ip6gre local 2001:db8::5',
      'ip link set tunnel6 up',
    ])
  })

  it('asks for the device only where it can not be told', () => {
    const two = [device('eth0', ['10.0.0.5/24']), device('eth1', ['10.1.0.5/24'])]
    expect(() => tunnel({}, { devices: two })).toThrow(/eth0 or eth1: say --device/)
    expect(() => tunnel({ device: 'eth7' }, BARE)).toThrow(RealServerError)
    expect(tunnel({ device: 'eth1' }, { devices: two })).toContain('ip link add tunnel4 type ipip local 10.1.0.5')
    expect(() => tunnel({}, { devices: two.slice(1) })).not.toThrow()
  })
})

describe('a plan for NAT', () => {
  const nat = (routes: string[]) => commands({ method: 'nat', gateways: ['10.0.0.1'] }, { routes })

  it('makes the director the gateway, with the metric of the one before', () => {
    expect(nat([])).toEqual(['ip -4 route add default via 10.0.0.1'])
    expect(nat(['default via 10.0.0.254 dev eth0 proto dhcp src 10.0.0.5 metric 100'])).toEqual([
      'ip -4 route change default via 10.0.0.1 metric 100',
    ])
  })
})

describe('what ip prints', () => {
  it('is read as a route that ip takes back', () => {
    const line = 'default via fe80::1 dev eth0 proto ra metric 100 expires 1794sec hoplimit 64 pref medium linkdown '
    expect(readRoute(6, line)).toEqual({
      family: 6,
      words: 'default via fe80::1 dev eth0 proto ra metric 100 hoplimit 64 pref medium'.split(' '),
      device: 'eth0',
      gateway: 'fe80::1',
      advmss: null,
      mtu: null,
    })
    expect(readRoute(4, 'default via 10.0.0.1 dev eth0 mtu lock 1400 advmss 1300')).toMatchObject({ advmss: 1300 })
  })

  it('has several ways out in one route, which is left alone', () => {
    const line =
      'default proto static \\\tnexthop via 10.0.0.1 dev eth0 weight 1 \\\tnexthop via 10.1.0.1 dev eth1 weight 1 '
    const route = readRoute(4, line)
    expect(route).toMatchObject({ device: '', gateway: null })
    expect(route.words).not.toContain('\\')
    const devices = BARE.devices ?? []
    const sketch: HostSketch = { devices, routes: [line] }
    expect(commands({ method: 'tun' }, sketch).filter((command) => command.includes('route'))).toEqual([])
  })

  it('is read as devices', () => {
    const json = JSON.stringify([
      {},
      {
        ifname: 'dummy0',
        ifindex: 3,
        mtu: 1500,
        flags: ['BROADCAST', 'NOARP', 'UP'],
        link_type: 'ether',
        address: '02:00:00:00:00:01',
        linkinfo: { info_kind: 'dummy' },
      },
      {
        ...{
          ifname: 'eth0',
          ifindex: 4,
          mtu: 9000,
          flags: ['BROADCAST'],
          link_type: 'ether',
          address: '02:00:00:00:00:01',
        },
        addr_info: [{ family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' }],
      },
    ])
    const common = { isLoopback: false, mac: '02:00:00:00:00:01' }
    expect(readDevices(json)).toEqual([
      { ...common, name: 'dummy0', ifindex: 3, mtu: 1500, isUp: true, answers: false, kind: 'dummy', addresses: [] },
      {
        ...{ ...common, name: 'eth0', ifindex: 4, mtu: 9000, isUp: false, answers: true, kind: '' },
        addresses: [{ address: 'fe80::1', prefixLength: 64, scope: 'link' }],
      },
    ])
  })
})
