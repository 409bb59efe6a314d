/**
 * NAT with wrr. With equal weights it is rr, and that is all that a table of equal shares can show; so the weights are changed to 1:2 then,
 * and the counters set to zero.
 */
import type { Scenario } from '../scenario.ts'
import { connections, natTopology, SERVICE, setUp, VIP } from './nat-topology.ts'

export const natWrr: Scenario = {
  name: 'nat-wrr',
  title: 'NAT mode with WRR method',
  shows: 'Real servers are sent connections in proportion to their weights, interleaved.',
  note: 'Equal weights give equal shares, as rr does. What wrr is for shows with other weights: here 1:2, from the second part on.',
  topology: natTopology({ clients: ['11.11.11.11'] }),
  steps: [
    ...setUp(`
      -A -t ${SERVICE} -s wrr
      -a -t ${SERVICE} -r 22.22.22.23:80 -m
      -a -t ${SERVICE} -r 22.22.22.24:80 -m
    `),
    {
      do: 'fetch',
      from: 'client',
      url: `http://${VIP}/`,
      times: 12,
      expect: [{ expect: 'turns', servers: ['nginx2', 'nginx1'] }],
    },
    {
      do: 'ipvsadm',
      words: '-L -n --stats',
      expect: [connections([6, 6])],
    },
    { do: 'ipvsadm', words: `-e -t ${SERVICE} -r 22.22.22.24:80 -m -w 2` },
    { do: 'ipvsadm', words: '-Z' },
    {
      do: 'fetch',
      from: 'client',
      url: `http://${VIP}/`,
      times: 12,
      expect: [{ expect: 'shares', servers: { nginx1: 4, nginx2: 8 } }],
    },
    {
      do: 'ipvsadm',
      words: '-L -n --stats',
      expect: [connections([4, 8]), { expect: 'traffic', service: SERVICE, ways: 'both' }],
    },
  ],
}
