/**
 * sed, by NAT: weights 1, 2, 3. Six connections bring the servers to 1, 2, 3 by themselves; the next one would be the second of 1, the third of
 * 2, the fourth of 3, and (1+1)/1 > (1+2)/2 > (1+3)/3. To wlc the three would be equal, and it would take the one added last.
 */
import type { Scenario } from '../scenario.ts'
import { listed, natTopology, SERVICE, setUp } from './nat-topology.ts'

export const sed: Scenario = {
  name: 'sed',
  title: 'SED method',
  shows: 'A new connection goes to the real server where, counting itself, fewest share a unit of weight.',
  topology: natTopology({ servers: 3 }),
  steps: [
    ...setUp(`
      -A -t ${SERVICE} -s sed
      -a -t ${SERVICE} -r 22.22.22.23:80 -w 1 -m
      -a -t ${SERVICE} -r 22.22.22.24:80 -w 2 -m
      -a -t ${SERVICE} -r 22.22.22.25:80 -w 3 -m
    `),
    {
      do: 'hold',
      from: ['client1'],
      to: SERVICE,
      times: 6,
      expect: [{ expect: 'shares', servers: { nginx1: 1, nginx2: 2, nginx3: 3 } }],
    },
    listed('sed', [
      [1, 1, 0],
      [2, 2, 0],
      [3, 3, 0],
    ]),
    { do: 'hold', from: ['client2'], to: SERVICE, times: 1, expect: [{ expect: 'turns', servers: ['nginx3'] }] },
    listed('sed', [
      [1, 1, 0],
      [2, 2, 0],
      [3, 4, 0],
    ]),
  ],
}
