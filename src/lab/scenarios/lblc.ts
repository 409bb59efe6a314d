/**
 * lblc, by NAT. When a virtual address's server has more open connections than its weight while another is half idle, the address moves there:
 * the third connection overloads the first server, the fourth and all later ones go to the second, because the first isn't idle.
 */
import type { Scenario } from '../scenario.ts'
import { keepsPlaces, localityTopology, NOTE, SERVICE_NAME } from './locality.ts'
import { listed, SERVICE } from './nat-topology.ts'

export const lblc: Scenario = {
  name: 'lblc',
  title: 'LBLC method',
  shows: 'A virtual address keeps its real server, and moves to another when that is overloaded.',
  note: NOTE,
  topology: localityTopology(),
  steps: [
    ...keepsPlaces('lblc'),
    {
      do: 'hold',
      from: ['client1'],
      to: SERVICE,
      times: 10,
      expect: [{ expect: 'shares', servers: { nginx1: 7, nginx2: 3 } }],
    },
    listed(
      'lblc',
      [
        [2, 7, 7],
        [2, 3, 18],
      ],
      SERVICE_NAME,
    ),
  ],
}
