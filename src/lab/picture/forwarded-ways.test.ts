import { describe, expect, it } from 'vitest'
import type { Attachment, LabHost, Scenario, Topology } from '../scenario.ts'
import { drArpFlux } from '../scenarios/dr-arp-flux.ts'
import { lblc } from '../scenarios/lblc.ts'
import { natRr } from '../scenarios/nat-rr.ts'
import { forwardedWays, type Leg } from './forwarded-ways.ts'
import { pathBetween } from './path.ts'

const on = (...addresses: [string, string][]): Attachment[] =>
  addresses.map(([segment, address]) => ({ segment, address }))

/** Clients behind a router; director and servers in one network, the router their gateway. */
const ROUTED: Topology = {
  segments: [
    { name: 'out', network: '198.51.100.0/24' },
    { name: 'in', network: '192.0.2.0/24' },
  ],
  hosts: [
    { name: 'client', role: 'client', interfaces: on(['out', '198.51.100.9']), gateway: '198.51.100.1' },
    { name: 'router', role: 'router', interfaces: on(['out', '198.51.100.1'], ['in', '192.0.2.254']) },
    {
      name: 'director',
      role: 'director',
      interfaces: [{ segment: 'in', address: '192.0.2.2', more: ['192.0.2.1'] }],
    },
    { name: 'rs1', role: 'server', interfaces: on(['in', '192.0.2.3']), gateway: '192.0.2.254' },
  ],
}

function scenario(topology: Topology, ...lines: string[]): Scenario {
  const steps = lines.map((words) => ({ do: 'ipvsadm', words }) as const)
  return { name: 'drawn', title: 'Drawn', shows: 'Nothing.', topology, steps }
}

function tell({ hosts, source, destination, outer, direction }: Leg): string {
  const inner = `${source} > ${destination}`
  const packet = outer === undefined ? inner : `${outer.source} > ${outer.destination} [${inner}]`
  return `${direction} ${hosts.map(({ name }) => name).join(' ')}: ${packet}`
}

function told(of: Scenario): string[][] {
  return forwardedWays(of).map(({ method, legs }) => [method, ...legs.map(tell)])
}

describe('the ways of a packet', () => {
  it('by NAT lead through the director both times, which rewrites one end of it', () => {
    expect(told(natRr)).toEqual([
      [
        'nat',
        'request client director: 11.11.11.11:49152 > 11.11.11.12:80',
        'request director nginx1: 11.11.11.11:49152 > 22.22.22.23:80',
        'reply nginx1 director: 22.22.22.23:80 > 11.11.11.11:49152',
        'reply director client: 11.11.11.12:80 > 11.11.11.11:49152',
      ],
    ])
  })

  it('by direct routing, the default, change no address, and the reply goes past the director', () => {
    const ways = [
      'dr',
      'request client router director: 198.51.100.9:49152 > 192.0.2.1:80',
      'request director rs1: 198.51.100.9:49152 > 192.0.2.1:80',
      'reply rs1 router client: 192.0.2.1:80 > 198.51.100.9:49152',
    ]
    expect(told(scenario(ROUTED, '-a -t 192.0.2.1:80 -r 192.0.2.3:80 -g'))).toEqual([ways])
    expect(told(scenario(ROUTED, '-a -t 192.0.2.1:80 -r 192.0.2.3'))).toEqual([ways])
  })

  it('by tunnelling have an outer header from the director to the server', () => {
    const [way] = told(scenario(ROUTED, '-a -t 192.0.2.1:80 -r 192.0.2.3:80 -i'))
    expect(way?.[2]).toBe('request director rs1: 192.0.2.2 > 192.0.2.3 [198.51.100.9:49152 > 192.0.2.1:80]')
    expect(way?.[3]).toBe('reply rs1 router client: 192.0.2.1:80 > 198.51.100.9:49152')
  })

  it('by GUE have a UDP port outside', () => {
    const [way] = told(scenario(ROUTED, '-a -t 192.0.2.1:80 -r 192.0.2.3:80 -i --tun-type gue --tun-port 6080'))
    expect(way?.[2]).toBe('request director rs1: 192.0.2.2 > 192.0.2.3:6080 [198.51.100.9:49152 > 192.0.2.1:80]')
  })

  it('lead past the director where another host answers ARP for the virtual address', () => {
    expect(told(drArpFlux)).toEqual([
      [
        'astray',
        'request client rs1: 192.168.1.10:49152 > 192.168.1.3:80',
        'reply rs1 client: 192.168.1.3:80 > 192.168.1.10:49152',
      ],
    ])
  })

  it('by FullNAT show the server a local address of the director only', () => {
    const [way] = told(scenario(ROUTED, '-a -t 192.0.2.1:80 -r 192.0.2.3:8080 --fullnat'))
    expect(way?.slice(2, 4)).toEqual([
      'request director rs1: 192.0.2.2:50000 > 192.0.2.3:8080',
      'reply rs1 director: 192.0.2.3:8080 > 192.0.2.2:50000',
    ])
  })

  it('end at the director where it is the server', () => {
    for (const address of ['192.0.2.2', '127.0.0.1'])
      expect(told(scenario(ROUTED, `-a -t 192.0.2.1:80 -r ${address}:80`))).toEqual([
        [
          'local',
          'request client router director: 198.51.100.9:49152 > 192.0.2.1:80',
          'reply director router client: 192.0.2.1:80 > 198.51.100.9:49152',
        ],
      ])
  })

  it('are told once for each method, by the server that is named first', () => {
    const lines = [
      '-a -t 192.0.2.1:80 -r 192.0.2.3:80 -i',
      '-a -t 192.0.2.1:80 -r 192.0.2.2:80',
      '-a -t 192.0.2.1:81 -r 192.0.2.3:81 -i',
    ]
    expect(told(scenario(ROUTED, ...lines)).map(([method]) => method)).toEqual(['tun', 'local'])
  })

  it('to a service by mark lead to the address that is marked', () => {
    expect(told(lblc)[0]?.[1]).toBe('request client1 director: 11.11.11.11:49152 > 11.11.11.12:80')
  })

  it('of IPv6 have addresses in brackets', () => {
    const topology = {
      segments: [{ name: 'lan', network: '2001:db8::/64' }],
      hosts: [
        { name: 'client', role: 'client', interfaces: on(['lan', '2001:db8::9']) },
        { name: 'director', role: 'director', interfaces: on(['lan', '2001:db8::2']) },
        { name: 'rs1', role: 'server', interfaces: on(['lan', '2001:db8::3']) },
      ] satisfies LabHost[],
    }
    const [way] = told(scenario(topology, '-a -t [2001:db8::1]:80 -r [2001:db8::3]:80 -i'))
    expect(way?.[2]).toBe('request director rs1: 2001:db8::2 > 2001:db8::3 [[2001:db8::9]:49152 > [2001:db8::1]:80]')
  })
})

it('hosts that are no router pass nothing on', () => {
  const hosts = ROUTED.hosts.map((host) => (host.role === 'router' ? { ...host, role: 'server' as const } : host))
  const [client, , , server] = hosts as [LabHost, LabHost, LabHost, LabHost]
  expect(() => pathBetween({ ...ROUTED, hosts }, client, server)).toThrow('there is no way from client to rs1')
})
