/** Direct routing over IPv6: Linux answers solicitations for an interface's own addresses alone, so that a VIP on lo is hidden as it is. */
import type { Scenario } from '../scenario.ts'
import { directRouting } from './dr.ts'
import { LAN_IPV6, lanTopology } from './lan-topology.ts'

export const drIpv6: Scenario = {
  name: 'dr-ipv6',
  title: 'DR mode over IPv6',
  shows: 'As dr; what hides the VIP of the servers needs no setting.',
  topology: lanTopology(LAN_IPV6, { client: 'neighbour' }),
  steps: directRouting(LAN_IPV6),
}
