/** NAT with rr: the director rewrites both ways, and takes its servers in turn, the one added last first. */
import type { Scenario } from '../scenario.ts'
import { connections, natTopology, SERVICE, setUp, VIP } from './nat-topology.ts'

export const natRr: Scenario = {
  name: 'nat-rr',
  title: 'NAT mode with RR method',
  shows: 'Every real server is sent the same number of connections, in turn.',
  topology: natTopology({ clients: ['11.11.11.11'] }),
  steps: [
    ...setUp(`
      -A -t ${SERVICE} -s rr
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
      expect: [connections([6, 6]), { expect: 'traffic', service: SERVICE, ways: 'both' }],
    },
  ],
}
