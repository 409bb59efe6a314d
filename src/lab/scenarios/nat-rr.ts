/** NAT with rr: the director rewrites both ways, and takes its servers in turn, the one added last first. */
import type { Scenario } from '../scenario.ts'

const SERVICE = '11.11.11.12:80'

export const natRr: Scenario = {
  name: 'nat-rr',
  title: 'NAT mode with RR method',
  shows: 'Every real server is sent the same number of connections, in turn.',
  topology: {
    segments: [
      { name: 'client-side', network: '11.11.11.0/24' },
      { name: 'server-side', network: '22.22.22.0/24' },
    ],
    hosts: [
      { name: 'client', role: 'client', interfaces: [{ segment: 'client-side', address: '11.11.11.11' }] },
      {
        name: 'director',
        role: 'director',
        interfaces: [
          { segment: 'client-side', address: '11.11.11.12', label: 'VIP' },
          { segment: 'server-side', address: '22.22.22.22' },
        ],
      },
      {
        name: 'nginx1',
        role: 'server',
        interfaces: [{ segment: 'server-side', address: '22.22.22.23' }],
        gateway: '22.22.22.22',
        httpPort: 80,
      },
      {
        name: 'nginx2',
        role: 'server',
        interfaces: [{ segment: 'server-side', address: '22.22.22.24' }],
        gateway: '22.22.22.22',
        httpPort: 80,
      },
    ],
  },
  steps: [
    { do: 'forward', on: 'director' },
    { do: 'ipvsadm', words: '-C' },
    { do: 'ipvsadm', words: `-A -t ${SERVICE} -s rr` },
    { do: 'ipvsadm', words: `-a -t ${SERVICE} -r 22.22.22.23:80 -m` },
    { do: 'ipvsadm', words: `-a -t ${SERVICE} -r 22.22.22.24:80 -m` },
    { do: 'fetch', from: 'client', url: 'http://11.11.11.12/', times: 12 },
    { do: 'ipvsadm', words: '-L -n --stats' },
  ],
  expectations: [
    { expect: 'turns', servers: ['nginx2', 'nginx1'] },
    { expect: 'connections', service: SERVICE, total: 12, servers: { '22.22.22.23:80': 6, '22.22.22.24:80': 6 } },
    { expect: 'traffic', service: SERVICE },
  ],
}
