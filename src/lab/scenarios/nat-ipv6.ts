/** NAT over IPv6, on one segment: the servers' default gateway is the director, and the client is beyond a router. */
import type { Scenario } from '../scenario.ts'
import { LAN_IPV6, lanTopology, pages, roundRobin, use } from './lan-topology.ts'

const { segments, hosts } = lanTopology(LAN_IPV6, { client: 'outside' })

export const natIpv6: Scenario = {
  name: 'nat-ipv6',
  title: 'NAT mode over IPv6',
  shows: 'Requests and answers pass the director, which is the gateway of the servers beside it.',
  topology: {
    segments,
    hosts: hosts.map((host) => (host.role === 'server' ? { ...host, gateway: LAN_IPV6.director } : host)),
  },
  steps: [
    { do: 'forward', on: 'director', family: 'ipv6' },
    ...roundRobin(LAN_IPV6, '-m'),
    pages(LAN_IPV6),
    ...use(LAN_IPV6, '-m', 'both'),
  ],
}
