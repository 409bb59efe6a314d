/**
 * NAT with lc: forty pages, so that both servers have connections that are over, then ten open connections a server. One client's are
 * closed; what it opens again goes to the server that they led to. Connections that are over count too, but little: 1 to an open one's 257.
 */
import type { Scenario } from '../scenario.ts'
import { listed, natTopology, SERVICE, setUp, VIP } from './nat-topology.ts'

const VIP2 = '11.11.11.13'

export const natLc: Scenario = {
  name: 'nat-lc',
  title: 'NAT mode with LC method',
  shows: 'A new connection goes to the real server that has fewest.',
  note: 'Clients hold connections as a telnet would, and close them as it does when it is killed.',
  topology: natTopology({ vips: [VIP, VIP2] }),
  steps: [
    ...setUp(`
      -A -t ${SERVICE} -s lc
      -a -t ${SERVICE} -r 22.22.22.23:80 -m
      -a -t ${SERVICE} -r 22.22.22.24:80 -m
      -A -t ${VIP2}:80 -s rr
      -a -t ${VIP2}:80 -r 22.22.22.23:80 -m
    `),
    {
      do: 'fetch',
      from: 'client1',
      url: `http://${VIP}/`,
      times: 40,
      expect: [{ expect: 'shares', servers: { nginx1: 20, nginx2: 20 } }],
    },
    {
      do: 'hold',
      from: ['client1', 'client2'],
      to: SERVICE,
      times: 20,
      expect: [{ expect: 'turns', servers: ['nginx2', 'nginx1'] }],
    },
    listed('lc', [
      [1, 10, 20],
      [1, 10, 20],
    ]),
    { do: 'close', from: 'client1' },
    listed('lc', [
      [1, 10, 20],
      [1, 0, 30],
    ]),
    { do: 'hold', from: ['client1'], to: SERVICE, times: 6, expect: [{ expect: 'turns', servers: ['nginx2'] }] },
    listed('lc', [
      [1, 10, 20],
      [1, 6, 30],
    ]),
  ],
}
