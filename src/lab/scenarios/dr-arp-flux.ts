/**
 * Direct routing as it goes wrong: the servers have the VIP on lo and nobody has set arp_ignore. All of them answer the client's request
 * for the VIP's MAC address, and the first to answer gets its connections.
 */
import type { Scenario } from '../scenario.ts'
import { endpointOf, LAN, lanTopology, pageOf, roundRobin, serviceOf } from './lan-topology.ts'

const [first, second] = LAN.servers.map(endpointOf) as [string, string]
const { segments, hosts } = lanTopology(LAN, { client: 'neighbour', loopback: [LAN.vip] })
const service = serviceOf(LAN)

export const drArpFlux: Scenario = {
  name: 'dr-arp-flux',
  title: 'DR mode without arp_ignore',
  shows: 'What is expected is the failure: a server answers for the VIP, and connections bypass the director.',
  simulatedOnly: 'It runs in the simulator: in namespaces it would be chance whose answer is the first.',
  explanation: [
    'Linux answers ARP requests for any address of the host, whatever interface it has it on, and so do servers',
    'with the VIP on lo. Whoever answers first, here rs1, gets all that the client sends to the VIP: nothing is',
    'balanced, and the director has seen no connection. When the client asks anew, another may be the first to',
    'answer, and open connections break.',
    '',
    'The remedy, on each server:  weir real-server dr --vip 192.168.1.3 --apply',
    'It sets arp_ignore to 1 and arp_announce to 2; "weir lab dr" shows the difference.',
  ],
  topology: {
    segments,
    // In a simulated network it is the order on the segment that decides who answers first.
    hosts: [...hosts].sort((a, b) => Number(a.role === 'director') - Number(b.role === 'director')),
  },
  steps: [
    ...roundRobin(LAN, '-g'),
    {
      do: 'fetch',
      from: 'client',
      url: pageOf(LAN),
      times: 6,
      expect: [{ expect: 'turns', servers: ['rs1'] }],
    },
    { do: 'neighbour', on: 'client', address: LAN.vip, expect: 'rs1' },
    {
      do: 'ipvsadm',
      words: '-L -n --stats',
      expect: [{ expect: 'connections', service, total: 0, servers: { [first]: 0, [second]: 0 } }],
    },
  ],
}
