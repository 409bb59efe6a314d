/** Rules for firewall marks: which packets they fit, on the engine as Node runs it. */
import { expect, it } from 'vitest'
import { IPIP, type MarkRule, PLAIN_SERVICE } from '../control/model.ts'
import { MemoryHost } from '../memory/memory-host.ts'
import { buildTcp, buildUdp } from '../simulator/packets.ts'
import { freshDirector } from '../testing/bench.ts'
import { Route, Verdict } from './records.ts'

const ANY: Omit<MarkRule, 'mark' | 'family'> = { protocol: null, source: null, destination: null, ports: null }
const SYN = 2

/** Which of the servers of marks 1, 2 and 3 a packet goes to; 0 where it goes to none. */
function marker(rules: readonly MarkRule[], family: 4 | 6): (packet: Uint8Array, mark?: number) => number {
  const host = new MemoryHost({ connections: 100, route: () => ({ route: Route.Found, mtu: 1500 }) })
  const control = freshDirector(host.tables)
  host.tick(1000)
  const prefix = family === 4 ? '10.2.0.' : 'fd02::'
  for (const mark of [1, 2, 3]) {
    const service = { protocol: 'fwm', mark, family } as const
    control.addService({ ...service, ...PLAIN_SERVICE, scheduler: 'rr' })
    const limits = { upperThreshold: 0, lowerThreshold: 0, weight: 1, method: 'masquerading', tunnel: IPIP } as const
    control.addDest(service, { address: `${prefix}${mark}`, port: 0, ...limits })
  }
  control.setMarkRules(rules)
  return (packet, mark = 0) => {
    const { verdict, packet: sent } = host.handle(packet, mark)
    return verdict === Verdict.Forward ? (sent[family === 4 ? 19 : 39] ?? 0) : 0
  }
}

it('give the mark of the first rule that fits, and leave a mark that is there', () => {
  const markOf = marker(
    [
      { ...ANY, mark: 1, family: 4, protocol: 'tcp', destination: '192.0.2.0/28', ports: [80, 443] },
      { ...ANY, mark: 2, family: 4, source: '10.1.0.0/16' },
      { ...ANY, mark: 3, family: 6 },
    ],
    4,
  )
  let port = 1000
  const tcp = (source: string, destination: string, destinationPort: number): Uint8Array =>
    buildTcp({ source, destination, sourcePort: port++, destinationPort, flags: SYN })
  expect([
    markOf(tcp('10.9.0.1', '192.0.2.15', 80)),
    markOf(tcp('10.9.0.1', '192.0.2.15', 443)),
    markOf(tcp('10.9.0.1', '192.0.2.16', 80)),
    markOf(tcp('10.9.0.1', '192.0.2.1', 79)),
    markOf(tcp('10.9.0.1', '192.0.2.1', 444)),
    markOf(tcp('10.1.255.1', '192.0.2.1', 444)),
    markOf(tcp('10.2.0.1', '192.0.2.1', 444)),
    markOf(buildUdp({ source: '10.9.0.1', destination: '192.0.2.1', sourcePort: 5, destinationPort: 80 })),
    markOf(tcp('10.1.0.1', '192.0.2.1', 80), 3),
    markOf(tcp('10.9.0.1', '203.0.113.1', 80), 2),
    markOf(tcp('10.1.0.1', '203.0.113.1', 80), 9),
  ]).toEqual([1, 1, 0, 0, 0, 2, 0, 0, 3, 2, 0])
})

it('fit prefixes of IPv6 to the bit', () => {
  const markOf = marker(
    [
      { ...ANY, mark: 1, family: 6, destination: '2001:db8:0:1::/65' },
      { ...ANY, mark: 2, family: 6, destination: '2001:db8::/33' },
      { ...ANY, mark: 3, family: 4 },
    ],
    6,
  )
  let port = 1000
  const to = (destination: string): number =>
    markOf(buildTcp({ source: 'fd01::1', destination, sourcePort: port++, destinationPort: 80, flags: SYN }))
  expect([
    to('2001:db8:0:1:7fff:ffff:ffff:ffff'),
    to('2001:db8:0:1:8000::'),
    to('2001:db8:7fff::1'),
    to('2001:db8:8000::1'),
  ]).toEqual([1, 2, 2, 0])
})
