/** NAT with sh, which hashes the client's address. */
import type { Scenario } from '../scenario.ts'
import { connections, natTopology, SERVICE, setUp, VIP } from './nat-topology.ts'

export const natSh: Scenario = {
  name: 'nat-sh',
  title: 'NAT mode with SH method',
  shows: 'All connections of a client go to the same real server.',
  note:
    'Which server a client leads to follows from the hash that LVS has today. 11.11.11.2, which older kernels sent to the other server, ' +
    'would come to the same as 11.11.11.11, so the second client is 11.11.11.4.',
  topology: natTopology({ clients: ['11.11.11.11', '11.11.11.4'] }),
  steps: [
    ...setUp(`
      -A -t ${SERVICE} -s sh
      -a -t ${SERVICE} -r 22.22.22.23:80 -m
      -a -t ${SERVICE} -r 22.22.22.24:80 -m
    `),
    {
      do: 'fetch',
      from: 'client1',
      url: `http://${VIP}/`,
      times: 8,
      expect: [{ expect: 'turns', servers: ['nginx1'] }],
    },
    { do: 'ipvsadm', words: '-L -n --stats', expect: [connections([8, 0])] },
    {
      do: 'fetch',
      from: 'client2',
      url: `http://${VIP}/`,
      times: 10,
      expect: [{ expect: 'turns', servers: ['nginx2'] }],
    },
    {
      do: 'ipvsadm',
      words: '-L -n --stats',
      expect: [connections([8, 10]), { expect: 'traffic', service: SERVICE, ways: 'both' }],
    },
  ],
}
