/**
 * What a scenario of the lab is: hosts and the segments that join them, what an operator types, and what has to come of it. Plain data:
 * each world (`world.ts`) carries out the same steps, and `expectations.ts` judges what was seen.
 *
 * Hosts, segments and servers are referred to by name; `scenarios.test.ts` holds every scenario to names that exist.
 */

export interface Scenario {
  /** As on the command line, in kebab case. */
  readonly name: string
  /** One line for the list of scenarios. */
  readonly title: string
  /** What the scenario shows, in a sentence. */
  readonly shows: string
  readonly topology: Topology
  readonly steps: readonly Step[]
  readonly expectations: readonly Expectation[]
}

export interface Topology {
  /** From the clients' side to the servers'. */
  readonly segments: readonly Segment[]
  /** Exactly one of them is the director. */
  readonly hosts: readonly LabHost[]
}

/** A network that all its hosts reach each other in directly. */
export interface Segment {
  /** At most 15 characters: Linux's limit for the name of a device. */
  readonly name: string
  /** An IPv4 prefix: `192.0.2.0/24`. */
  readonly network: string
}

export interface LabHost {
  /** At most 10 characters, beginning with a letter: it becomes part of names of devices. */
  readonly name: string
  readonly role: 'client' | 'director' | 'server'
  /** In order, `eth0` and up. */
  readonly interfaces: readonly Attachment[]
  /** Default gateway. */
  readonly gateway?: string
  /** TCP port of a web server that answers every request with the host's name. */
  readonly httpPort?: number
}

export interface Attachment {
  readonly segment: string
  /** An IPv4 address in the segment's network. */
  readonly address: string
  /** What the address is called in the drawing: `VIP`. */
  readonly label?: string
}

export type Step =
  /** Switches IP forwarding on. */
  | { readonly do: 'forward'; readonly on: string }
  /** Runs ipvsadm on the director. `words` follow its name, as typed: options and values, no quoting. */
  | { readonly do: 'ipvsadm'; readonly words: string }
  /** Fetches a page, each time by a new connection, one after the other. */
  | { readonly do: 'fetch'; readonly from: string; readonly url: string; readonly times: number }

export type Expectation =
  /** Every request is answered, by these servers in turn. */
  | { readonly expect: 'turns'; readonly servers: readonly string[] }
  /** Connections in the last `ipvsadm -L -n --stats`: of a service, and of each of its servers. */
  | {
      readonly expect: 'connections'
      readonly service: string
      readonly total: number
      readonly servers: Readonly<Record<string, number>>
    }
  /** In the same table: packets and bytes both ways for every server, and the service's row is the sum of its servers'. */
  | { readonly expect: 'traffic'; readonly service: string }

export function directorOf(topology: Topology): LabHost {
  const director = topology.hosts.find(({ role }) => role === 'director')
  if (director === undefined) throw new Error('the topology has no director')
  return director
}

export function hostOf(topology: Topology, name: string): LabHost {
  const host = topology.hosts.find((each) => each.name === name)
  if (host === undefined) throw new Error(`the topology has no host "${name}"`)
  return host
}

/** An interface's address with the length of its segment's prefix: `192.0.2.1/24`. */
export function addressWithPrefix(topology: Topology, { segment, address }: Attachment): string {
  const network = topology.segments.find(({ name }) => name === segment)?.network
  if (network === undefined) throw new Error(`the topology has no segment "${segment}"`)
  return address + network.slice(network.indexOf('/'))
}

/** Why a scenario can't be run or carried on; the message says what to do about it. */
export class LabError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LabError'
  }
}
