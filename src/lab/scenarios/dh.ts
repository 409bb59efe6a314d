/**
 * dh, by NAT: it hashes the virtual address, so with a single one all connections go to a single server, whoever makes them. It is for
 * many addresses, as transparent caches have them; a second one shows that they are spread.
 */
import type { Scenario } from '../scenario.ts'
import { connections, natTopology, SERVICE, setUp, VIP } from './nat-topology.ts'

/** 11.11.11.13 has a row of the same server as 11.11.11.12. */
const OTHER_VIP = '11.11.11.14'

export const dh: Scenario = {
  name: 'dh',
  title: 'DH method',
  shows: 'All connections to a virtual address go to the same real server, from every client.',
  note:
    'A single virtual address would leave the other server idle, so there are two. Which server an address leads to follows from the ' +
    'hash that LVS has today; older kernels had another.',
  topology: natTopology({ vips: [VIP, OTHER_VIP] }),
  steps: [
    ...setUp(`
      -A -t ${SERVICE} -s dh
      -a -t ${SERVICE} -r 22.22.22.23:80 -m
      -a -t ${SERVICE} -r 22.22.22.24:80 -m
      -A -t ${OTHER_VIP}:80 -s dh
      -a -t ${OTHER_VIP}:80 -r 22.22.22.23:80 -m
      -a -t ${OTHER_VIP}:80 -r 22.22.22.24:80 -m
    `),
    {
      do: 'fetch',
      from: 'client1',
      url: `http://${VIP}/`,
      times: 16,
      expect: [{ expect: 'turns', servers: ['nginx1'] }],
    },
    { do: 'ipvsadm', words: '-L -n --stats', expect: [connections([16, 0])] },
    {
      do: 'fetch',
      from: 'client2',
      url: `http://${VIP}/`,
      times: 23,
      expect: [{ expect: 'turns', servers: ['nginx1'] }],
    },
    {
      do: 'fetch',
      from: 'client2',
      url: `http://${OTHER_VIP}/`,
      times: 5,
      expect: [{ expect: 'turns', servers: ['nginx2'] }],
    },
    { do: 'ipvsadm', words: '-L -n --stats', expect: [connections([39, 0]), connections([0, 5], `${OTHER_VIP}:80`)] },
  ],
}
