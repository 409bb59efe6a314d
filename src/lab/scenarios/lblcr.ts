/**
 * lblcr, by NAT. As lblc, but a virtual address whose server is overloaded gets a second one beside it: the fourth connection adds it to
 * the address's set, and from then on the less loaded of both serves.
 */
import type { Scenario } from '../scenario.ts'
import { keepsPlaces, localityTopology, NOTE, SERVICE_NAME } from './locality.ts'
import { listed, SERVICE } from './nat-topology.ts'

export const lblcr: Scenario = {
  name: 'lblcr',
  title: 'LBLCR method',
  shows: 'A virtual address keeps its real server, and gets another beside it when that is overloaded.',
  note: NOTE,
  topology: localityTopology(),
  steps: [
    ...keepsPlaces('lblcr'),
    {
      do: 'hold',
      from: ['client1'],
      to: SERVICE,
      times: 10,
      expect: [{ expect: 'shares', servers: { nginx1: 5, nginx2: 5 } }],
    },
    listed(
      'lblcr',
      [
        [2, 5, 7],
        [2, 5, 18],
      ],
      SERVICE_NAME,
    ),
  ],
}
