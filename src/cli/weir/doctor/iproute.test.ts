import { describe, expect, it } from 'vitest'
import { readDevices, readNeighbours, readRoutes } from './iproute.ts'

// As iproute2 6.1 prints them.
const DEVICES = `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,"link_type":"loopback",
"address":"00:00:00:00:00:00","addr_info":[{"family":"inet","local":"10.9.9.9","prefixlen":32,"scope":"global"}]},
{"ifindex":3,"link":"b","ifname":"a","flags":["NO-CARRIER","BROADCAST","MULTICAST","UP"],"mtu":1500,"link_type":"ether",
"address":"02:00:00:00:00:01","addr_info":[{"family":"inet6","local":"2001:db8::1","prefixlen":64,"dadfailed":true,"tentative":true}]},
{"ifindex":4,"ifname":"w","flags":["POINTOPOINT","NOARP","UP","LOWER_UP"],"mtu":1420,"link_type":"none","addr_info":[{}]}]`

const STDOUT = `[{"dst":"10.1.0.7","dev":"a","prefsrc":"10.1.0.1","flags":[],"uid":0,"cache":[]}]
[{"dst":"10.6.0.1","gateway":"10.1.0.9","dev":"a","prefsrc":"10.1.0.1","flags":[],"cache":[],"metrics":[{"mtu":1400}]}]
[{"type":"local","dst":"10.1.0.1","dev":"lo","prefsrc":"10.1.0.1","flags":[],"cache":["local"]}]
[{"dst":"10.7.0.1","via":{"family":"inet6","host":"fe80::1"},"dev":"a","flags":[],"cache":[]}]
`
const STDERR = `RTNETLINK answers: Invalid argument
Command failed -:2
RTNETLINK answers: No route to host
Command failed -:3
RTNETLINK answers: Permission denied
Command failed -:5
RTNETLINK answers: Network is unreachable
Command failed -:6
`
const ASKED = ['10.1.0.7', '10.2.0.1', '10.3.0.1', '10.6.0.1', '10.4.0.1', '10.5.0.1', '10.1.0.1', '10.7.0.1']

describe('what ip(8) prints', () => {
  it('tells devices that receive from those without a carrier', () => {
    expect(readDevices(DEVICES)).toMatchObject([
      {
        name: 'lo',
        isUp: true,
        isLoopback: true,
        resolves: false,
        mac: null,
        addresses: [{ address: '10.9.9.9', isDuplicate: false }],
      },
      {
        name: 'a',
        ifindex: 3,
        isUp: false,
        resolves: true,
        mac: '02:00:00:00:00:01',
        mtu: 1500,
        addresses: [{ isDuplicate: true }],
      },
      { name: 'w', isUp: true, resolves: false, mac: null, addresses: [] },
    ])
  })

  it('tells each way asked for, found or refused', () => {
    const routes = readRoutes(ASKED, STDOUT, STDERR)
    expect([...routes].map(([address, { kind }]) => `${address} ${kind}`)).toEqual([
      '10.1.0.7 link',
      '10.2.0.1 blackhole',
      '10.3.0.1 unreachable',
      '10.6.0.1 gateway',
      '10.4.0.1 prohibit',
      '10.5.0.1 none',
      '10.1.0.1 local',
      '10.7.0.1 gateway',
    ])
    expect(routes.get('10.6.0.1')).toMatchObject({ gateway: '10.1.0.9', device: 'a', source: '10.1.0.1', mtu: 1400 })
    expect(routes.get('10.7.0.1')).toMatchObject({ gateway: 'fe80::1', source: null, mtu: null })
  })

  it('tells neighbours that have answered from those that are asked, have failed or are never asked', () => {
    const states = `[{"dst":"10.1.0.7","dev":"a","state":["INCOMPLETE"]},{"dst":"10.1.0.8","dev":"a","state":["FAILED"]},
      {"dst":"fe80::2","dev":"a","lladdr":"02:00:00:00:00:02","router":null,"state":["STALE"]},{"dst":"10.1.0.9","dev":"b",
      "lladdr":"02:00:00:00:00:09","state":["PERMANENT"]},{"dst":"10.1.0.6","dev":"a","lladdr":"02:00:00:00:00:06","state":["PROBE"]},
      {"dst":"10.1.0.5","dev":"a","lladdr":"02:00:00:00:00:05","extern_learn":null,"state":["REACHABLE"]}]`
    expect([...readNeighbours(states)]).toEqual([
      ['10.1.0.7%a', 'asked'],
      ['10.1.0.8%a', 'failed'],
      ['fe80::2%a', 'answered'],
      ['10.1.0.9%b', 'fixed'],
      ['10.1.0.6%a', 'asked'],
      ['10.1.0.5%a', 'fixed'],
    ])
    expect(readNeighbours('')).toEqual(new Map())
  })
})
