/**
 * NAT with wlc, weights 5 and 10. The clients open connections in the order in which the servers have their turns while their loads
 * keep the ratio, so that each client's lead to one server; when one client's are closed, its server is the less loaded until the
 * ratio is 5:10 again, and then both have their turns.
 */
import type { Scenario } from '../scenario.ts'
import { listed, natTopology, SERVICE, setUp } from './nat-topology.ts'

export const natWlc: Scenario = {
  name: 'nat-wlc',
  title: 'NAT mode with WLC method',
  shows:
    "A new connection goes to the real server that has fewest for its weight: connections keep the weights' ratio.",
  note: 'A table of weights of 1 would show lc: here they are 5 and 10, and so are the connections.',
  topology: natTopology({}),
  steps: [
    ...setUp(`
      -A -t ${SERVICE} -s wlc
      -a -t ${SERVICE} -r 22.22.22.23:80 -w 5 -m
      -a -t ${SERVICE} -r 22.22.22.24:80 -w 10 -m
    `),
    {
      do: 'hold',
      from: ['client1', 'client2', 'client1'],
      to: SERVICE,
      times: 15,
      expect: [{ expect: 'turns', servers: ['nginx2', 'nginx1', 'nginx2'] }],
    },
    listed('wlc', [
      [5, 5, 0],
      [10, 10, 0],
    ]),
    { do: 'close', from: 'client1' },
    listed('wlc', [
      [5, 5, 0],
      [10, 0, 10],
    ]),
    { do: 'hold', from: ['client1'], to: SERVICE, times: 6, expect: [{ expect: 'turns', servers: ['nginx2'] }] },
    listed('wlc', [
      [5, 5, 0],
      [10, 6, 10],
    ]),
    { do: 'hold', from: ['client1'], to: SERVICE, times: 4, expect: [{ expect: 'turns', servers: ['nginx2'] }] },
    {
      do: 'hold',
      from: ['client1'],
      to: SERVICE,
      times: 3,
      expect: [{ expect: 'shares', servers: { nginx1: 1, nginx2: 2 } }],
    },
    listed('wlc', [
      [5, 6, 0],
      [10, 12, 10],
    ]),
  ],
}
