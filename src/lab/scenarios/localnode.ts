/**
 * Local node: one of the real servers is the director itself. What is scheduled to it goes up to its own web server, whatever forwarding method
 * it was added with.
 */
import type { Scenario } from '../scenario.ts'
import { counted, endpointOf, ipvsadm, LAN, lanTopology, listed, pageOf, serviceOf } from './lan-topology.ts'

const service = serviceOf(LAN)
const local = endpointOf(LAN.director)
const server = endpointOf(LAN.servers[0])
const { segments, hosts } = lanTopology(LAN, { client: 'neighbour', directorServes: true })

export const localnode: Scenario = {
  name: 'localnode',
  title: 'Local node',
  shows: 'The director takes its turn as a real server: an address of its own as one goes to its own web server.',
  topology: { segments, hosts: hosts.filter(({ name }) => name !== 'rs2') },
  steps: [
    { do: 'real-server', on: 'rs1', method: 'dr', vip: LAN.vip },
    ...ipvsadm(`-A -t ${service} -s rr`, `-a -t ${service} -r ${server} -g`, `-a -t ${service} -r ${local} -g`),
    {
      do: 'fetch',
      from: 'client',
      url: pageOf(LAN),
      times: 8,
      expect: [{ expect: 'turns', servers: ['director', 'rs1'] }],
    },
    listed(service, { [local]: [1, 0, 4], [server]: [1, 0, 4] }),
    counted(service, { [local]: 4, [server]: 4 }, 'to the servers alone'),
  ],
}
