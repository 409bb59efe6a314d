/** FullNAT over IPv6. */
import type { Scenario } from '../scenario.ts'
import { fullNat } from './fullnat.ts'
import { LAN_IPV6, lanTopology } from './lan-topology.ts'

export const fullnatIpv6: Scenario = {
  name: 'fullnat-ipv6',
  title: 'FullNAT mode over IPv6',
  shows: 'As fullnat.',
  topology: lanTopology(LAN_IPV6, { client: 'outside' }),
  steps: fullNat(LAN_IPV6),
}
