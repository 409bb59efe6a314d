import { describe, expect, it } from 'vitest'
import { REASONS } from '../../../engine/reasons.ts'
import { dest, device, healthy, service } from '../testing/snapshots.ts'
import { diagnose } from './diagnose.ts'
import { ADVICE } from './refusals.ts'
import { diagnosesJson, exitStatusOf, renderDiagnoses } from './render.ts'
import { by, codesOf, ETH0, found, ON_LINK } from './testing/scenes.ts'

it('nothing is found at a healthy director', () => {
  expect(found({})).toEqual([])
})

it('without a director there is one thing to do', () => {
  expect(diagnose({ ...healthy(), director: null }, null)).toMatchObject([
    { code: 'not-loaded', severity: 'problem', remedy: ['weir load'] },
  ])
})

describe('a virtual address on a device that is down', () => {
  const down = { devices: [{ ...ETH0, isUp: false }] }
  const director = { host: { ...healthy().director.host, ways: new Map([['10.9.0.1', 'none']] as const) } }

  it('is not reported as missing as well', () => {
    expect(codesOf({ devices: [] }, director)).toEqual(['address-elsewhere'])
    expect(found(down, director)).toMatchObject([{ code: 'address-device-down', remedy: ['ip link set dev eth0 up'] }])
  })

  it('is well if another device has it too', () => {
    expect(
      codesOf({
        devices: [
          { ...ETH0, isUp: false },
          { ...ETH0, name: 'eth1' },
        ],
      }),
    ).toEqual([])
  })
})

describe('devices by which packets come in', () => {
  const devices = [device('eth0', 'excluded'), device('eth1', 'attached')]

  it('are to be attached again if they were detached', () => {
    expect(found({}, {}, devices)).toMatchObject([{ code: 'entry-detached', remedy: ['weir attach eth0'] }])
  })

  it('that are not Ethernet have no remedy by a command', () => {
    const tunnel = [device('eth0', 'not-ethernet'), device('eth1', 'attached')]
    expect(found({}, {}, tunnel)).toMatchObject([{ code: 'entry-detached', remedy: [] }])
  })

  it('are those of answers only if these come back', () => {
    const routes = new Map([['10.1.0.1', { ...ON_LINK, device: 'back' }]])
    const back = [device('eth0', 'attached'), device('back', 'excluded')]
    expect(codesOf({ routes }, by('masquerading'), back)).toEqual(['entry-detached'])
    expect(codesOf({ routes }, by('direct-routing'), back)).toEqual([])
  })

  it('of an address on lo are those of its network, or of the default routes', () => {
    const lo = {
      ...ETH0,
      name: 'lo',
      isLoopback: true,
      addresses: [{ address: '10.9.0.1', prefixLength: 32, isDuplicate: false }],
    }
    const near = { ...ETH0, name: 'near', addresses: [{ address: '10.9.0.2', prefixLength: 24, isDuplicate: false }] }
    const far = { ...ETH0, name: 'far', addresses: [{ address: '192.0.2.2', prefixLength: 24, isDuplicate: false }] }
    const excluded = (name: string) => [device(name, 'excluded'), device('eth9', 'attached')]
    const defaultDevices = { 4: ['far'], 6: [] }
    expect(codesOf({ devices: [lo, near, far], defaultDevices }, {}, excluded('near'))).toEqual(['entry-detached'])
    expect(codesOf({ devices: [lo, near, far], defaultDevices }, {}, excluded('far'))).toEqual([])
    expect(codesOf({ devices: [lo, far], defaultDevices }, {}, excluded('far'))).toEqual(['entry-detached'])
  })
})

it('another machine that answers for a virtual address is named by its MAC address', () => {
  const [finding] = found({ answeredElsewhere: new Map([['10.9.0.1', '02:00:00:00:00:99']]) })
  expect(finding).toMatchObject({ code: 'address-answered-elsewhere', on: 'server', severity: 'problem' })
  expect(finding?.message).toContain('02:00:00:00:00:99')
})

it('an address that another machine had is to be added anew', () => {
  const addresses = [{ address: '2001:db8::1', prefixLength: 128, isDuplicate: true }]
  const services = [service('2001:db8::1', [dest('10.1.0.1')])]
  expect(found({ devices: [{ ...ETH0, addresses }] }, { services })).toMatchObject([
    {
      code: 'address-answered-elsewhere',
      remedy: ['ip address delete 2001:db8::1/128 dev eth0', 'ip address add 2001:db8::1/128 dev eth0'],
    },
  ])
})

describe('a strict rp_filter', () => {
  const local = { routes: new Map([['10.1.0.1', { ...ON_LINK, kind: 'local' as const, device: 'lo' }]]) }
  const elsewhere = { 4: ['eth1'], 6: [] }

  it('is in the way of clients beyond the device, where the director is a server itself', () => {
    expect(found({ ...local, defaultDevices: elsewhere }, by('masquerading', { isLocal: true }))).toMatchObject([
      { code: 'reverse-path-filter', severity: 'hint', remedy: ['sysctl -w net.ipv4.conf.eth0.rp_filter=2'] },
    ])
    expect(codesOf(local, by('masquerading', { isLocal: true }))).toEqual([])
    expect(codesOf({ defaultDevices: elsewhere }, by('masquerading'))).toEqual([])
  })

  it('is well if it is loose', () => {
    const loose = { ...local, defaultDevices: elsewhere, reversePathFilter: new Map([['eth0', 2]]) }
    expect(codesOf(loose, by('masquerading', { isLocal: true }))).toEqual([])
  })
})

it('a table of neighbours that is nearly full is to be four times as large', () => {
  expect(codesOf({ neighbourTables: [{ family: 6, entries: 921, most: 1024 }] })).toEqual([])
  expect(found({ neighbourTables: [{ family: 6, entries: 922, most: 1024 }] })[0]?.remedy).toEqual([
    'sysctl -w net.ipv6.neigh.default.gc_thresh3=4096',
    'sysctl -w net.ipv6.neigh.default.gc_thresh2=2048',
    'sysctl -w net.ipv6.neigh.default.gc_thresh1=1024',
  ])
})

describe('packets that are not forwarded', () => {
  it('while the doctor looks are hints, with their reason and a remedy', () => {
    const meanwhile = { refused: new Map([['not-a-syn', 12]]), traffic: new Map() }
    expect(found({ meanwhile })).toMatchObject([
      { code: 'packets-refused', severity: 'hint', remedy: ['weir set sloppy_tcp=1'] },
    ])
    expect(found({ meanwhile })[0]?.message).toMatch(/^12 packets in a second went on to the host, not-a-syn \(/)
  })

  it.each(REASONS.map(({ name }) => name))('for the reason %s have advice', (name) => {
    expect(ADVICE[name]).toBeDefined()
  })

  it('have advice for no reason that does not exist', () => {
    expect(Object.keys(ADVICE).filter((name) => REASONS.every((reason) => reason.name !== name))).toEqual([])
  })
})

describe('what is printed', () => {
  const services = [service('10.9.0.1', [dest('10.1.0.1', { weight: 0 })])]
  const host = { ...healthy().director.host, ways: new Map([['10.9.0.1', 'gateway']] as const) }
  const both = found({ devices: [] }, { services, host })

  it('has problems before hints, each with the lines to type', () => {
    expect(renderDiagnoses(both)).toBe(
      'PROBLEM no-usable-server: tcp 10.9.0.1:80 has only servers of weight 0, which take no new connections: give one a weight.\n' +
        '    ipvsadm -e -t 10.9.0.1:80 -r 10.1.0.1:8080 -m -w 1\n' +
        "HINT address-elsewhere: 10.9.0.1 is no address of this host's, which routes it to a gateway: clients reach it only if routers " +
        "send it here. If it should be this host's, give it to it.\n" +
        '    ip address add 10.9.0.1/32 dev lo\n',
    )
    expect(exitStatusOf(both)).toBe(1)
    expect(JSON.parse(diagnosesJson(both))).toEqual({ healthy: false, findings: both })
  })

  it('says of hints alone that no problem was found', () => {
    const hints = found({ devices: [] }, { host })
    expect(renderDiagnoses(hints)).toMatch(/^No problem was found\.\nHINT /)
    expect(exitStatusOf(hints)).toBe(0)
    expect(JSON.parse(diagnosesJson(hints))).toMatchObject({ healthy: true })
  })

  it('says where to type what is for a server', () => {
    expect(renderDiagnoses(found({ answeredElsewhere: new Map([['10.9.0.1', '02:00:00:00:00:99']]) }))).toMatch(
      /On the server:\n {4}sysctl -w net/,
    )
  })
})
