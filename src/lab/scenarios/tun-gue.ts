/** Tunnels by generic UDP encapsulation: what is between carries it as it does any UDP. */
import type { Scenario } from '../scenario.ts'
import { LAN, lanTopology } from './lan-topology.ts'
import { tunnelling } from './tun.ts'

export const tunGue: Scenario = {
  name: 'tun-gue',
  title: 'TUN mode: GUE',
  shows: 'As tun, with UDP around, by whose ports networks spread packets over their links.',
  topology: lanTopology(LAN, { client: 'outside' }),
  steps: tunnelling(LAN, { type: 'gue', port: 6080 }),
}
