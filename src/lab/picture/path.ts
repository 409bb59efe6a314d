/** How packets get from host to host in a topology. */
import { directorOf, type LabHost, type Segment, type Topology } from '../scenario.ts'

/** Hosts from the sender to the receiver, routers in between, and the segments that join each to the next. */
export interface Path {
  readonly hosts: readonly LabHost[]
  readonly segments: readonly Segment[]
}

/** The shortest way from host to host: by routers, or else by the director. Throws where there is no way. */
export function pathBetween(topology: Topology, from: LabHost, to: LabHost): Path {
  const routers = topology.hosts.filter(({ role }) => role === 'router')
  const found = search(topology, from, to, routers) ?? search(topology, from, to, [...routers, directorOf(topology)])
  if (found === null) throw new Error(`there is no way from ${from.name} to ${to.name}`)
  return found
}

/** Breadth first, in the order of the topology. */
function search(topology: Topology, from: LabHost, to: LabHost, routers: readonly LabHost[]): Path | null {
  const queue: { hosts: LabHost[]; segments: Segment[] }[] = [{ hosts: [from], segments: [] }]
  for (const path of queue) {
    const last = path.hosts.at(-1)
    if (last === undefined || (last !== from && !routers.includes(last))) continue
    for (const segment of topology.segments.filter(({ name }) => isOn(last, name)))
      for (const host of topology.hosts.filter((each) => isOn(each, segment.name) && !path.hosts.includes(each))) {
        const longer = { hosts: [...path.hosts, host], segments: [...path.segments, segment] }
        if (host === to) return longer
        queue.push(longer)
      }
  }
  return null
}

function isOn({ interfaces }: LabHost, segment: string): boolean {
  return interfaces.some((each) => each.segment === segment)
}
