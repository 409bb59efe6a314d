/** nq, by NAT: five connections a server, then none at one of them, which gets the next one at once, and then by sed's rule. */
import type { Scenario } from '../scenario.ts'
import { listed, natTopology, SERVICE, setUp } from './nat-topology.ts'

export const nq: Scenario = {
  name: 'nq',
  title: 'NQ method',
  shows: 'A new connection goes to a real server that has none, if there is one; else as with SED.',
  topology: natTopology({}),
  steps: [
    ...setUp(`
      -A -t ${SERVICE} -s nq
      -a -t ${SERVICE} -r 22.22.22.23:80 -m
      -a -t ${SERVICE} -r 22.22.22.24:80 -m
    `),
    {
      do: 'hold',
      from: ['client1', 'client2'],
      to: SERVICE,
      times: 10,
      expect: [{ expect: 'turns', servers: ['nginx2', 'nginx1'] }],
    },
    listed('nq', [
      [1, 5, 0],
      [1, 5, 0],
    ]),
    { do: 'close', from: 'client1' },
    listed('nq', [
      [1, 5, 0],
      [1, 0, 5],
    ]),
    { do: 'hold', from: ['client1'], to: SERVICE, times: 2, expect: [{ expect: 'turns', servers: ['nginx2'] }] },
    listed('nq', [
      [1, 5, 0],
      [1, 2, 5],
    ]),
  ],
}
