import { expect, it } from 'vitest'
import { drawTopology } from './diagram.ts'
import { LAN, lanTopology } from './scenarios/lan-topology.ts'
import { natRr } from './scenarios/nat-rr.ts'
import { natTopology } from './scenarios/nat-topology.ts'

it('hosts stand where traffic meets them, with their addresses on the side of the segment', () => {
  expect(`\n${drawTopology(natRr.topology).join('\n')}\n`).toBe(`
                client
              11.11.11.11
                   │
───────────────────┼──────────────────  client-side, 11.11.11.0/24
                   │
            VIP 11.11.11.12
               director
              22.22.22.22
                   │
─────────┬─────────┴────────┬─────────  server-side, 22.22.22.0/24
         │                  │
    22.22.22.23        22.22.22.24
      nginx1             nginx2
`)
})

it('further addresses of a host stand below the first', () => {
  const lines = drawTopology(natTopology({ vips: ['11.11.11.12', '11.11.11.13'], servers: 3 }))
  expect(`\n${lines.join('\n')}\n`).toBe(`
           client1                     client2
         11.11.11.11                 11.11.11.2
              │                           │
──────────────┴─────────────┬─────────────┴──────────────  client-side, 11.11.11.0/24
                            │
                     VIP 11.11.11.12
                     VIP 11.11.11.13
                        director
                       22.22.22.22
                            │
─────────┬──────────────────┼──────────────────┬─────────  server-side, 22.22.22.0/24
         │                  │                  │
    22.22.22.23        22.22.22.24        22.22.22.25
      nginx1             nginx2             nginx3
`)
})

it('on a single segment, clients stand above it and all others below', () => {
  const on = (address: string) => [{ segment: 'lan', address }]
  const lines = drawTopology({
    segments: [{ name: 'lan', network: '192.0.2.0/24' }],
    hosts: [
      { name: 'client', role: 'client', interfaces: on('192.0.2.1') },
      { name: 'director', role: 'director', interfaces: on('192.0.2.2') },
      { name: 'rs1', role: 'server', interfaces: on('192.0.2.3') },
    ],
  })
  expect(`\n${lines.join('\n')}\n`).toBe(`
          client
         192.0.2.1
             │
──────┬──────┴─────┬──────  lan, 192.0.2.0/24
      │            │
  192.0.2.2    192.0.2.3
  director        rs1
`)
})

it('a router stands between its segments, and addresses on lo below their host', () => {
  const lines = drawTopology(lanTopology(LAN, { client: 'outside', loopback: [LAN.vip] }))
  expect(`\n${lines.join('\n')}\n`).toBe(`
                         client
                      203.0.113.10
                            │
────────────────────────────┼────────────────────────────  outside, 203.0.113.0/24
                            │
                       203.0.113.1
                         router
                       192.168.1.1
                            │
─────────┬──────────────────┼──────────────────┬─────────  lan, 192.168.1.0/24
         │                  │                  │
    192.168.1.2        192.168.1.4        192.168.1.5
  VIP 192.168.1.3
     director              rs1                rs2
                     lo 192.168.1.3     lo 192.168.1.3
`)
})
