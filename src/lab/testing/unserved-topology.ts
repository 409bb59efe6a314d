/** The topology of `nat-rr` without the lab's web servers, for tests whose servers are programs of their own. */
import type { Topology } from '../scenario.ts'
import { natRr } from '../scenarios/nat-rr.ts'

export const unservedTopology: Topology = {
  ...natRr.topology,
  hosts: natRr.topology.hosts.map(({ name, role, interfaces, gateway }) => ({
    name,
    role,
    interfaces,
    ...(gateway === undefined ? {} : { gateway }),
  })),
}
