/** Tunnels of IPv6 inside IPv6 (RFC 2473). */
import type { Scenario } from '../scenario.ts'
import { LAN_IPV6, lanTopology } from './lan-topology.ts'
import { tunnelling } from './tun.ts'

export const tunIpv6: Scenario = {
  name: 'tun-ipv6',
  title: 'TUN mode over IPv6',
  shows: 'As tun, IPv6 inside IPv6.',
  topology: lanTopology(LAN_IPV6, { client: 'outside' }),
  steps: tunnelling(LAN_IPV6, { type: 'ipip' }),
}
