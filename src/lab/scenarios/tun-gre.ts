/** Tunnels by generic routing encapsulation. */
import type { Scenario } from '../scenario.ts'
import { LAN, lanTopology } from './lan-topology.ts'
import { tunnelling } from './tun.ts'

export const tunGre: Scenario = {
  name: 'tun-gre',
  title: 'TUN mode: GRE',
  shows: 'As tun, with GRE around.',
  topology: lanTopology(LAN, { client: 'outside' }),
  steps: tunnelling(LAN, { type: 'gre' }),
}
