/**
 * What a scenario of the lab is: hosts and the segments that join them, and steps: what an operator types, what clients do, and what has
 * to come of each. Plain data: each world (`world.ts`) carries out the same steps, and `expectations.ts` judges what was seen.
 *
 * Hosts, segments and servers are referred to by name; `scenarios.test.ts` holds every scenario to names that exist.
 */

export interface Scenario {
  /** As on the command line, in kebab case; not `all`. */
  readonly name: string
  /** What it is about, in a few words. */
  readonly title: string
  /** What it shows, in a sentence; title and this are a line of the list of scenarios. */
  readonly shows: string
  /** Where it does other than LVS's users may know it from descriptions of the method, and why. */
  readonly note?: string
  /** Why it runs in the simulator alone; such a scenario never asks for namespaces. */
  readonly simulatedOnly?: string
  /** Of a scenario that shows a mistake: what is behind what was seen, in lines, told at its end. */
  readonly explanation?: readonly string[]
  readonly topology: Topology
  readonly steps: readonly Step[]
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
  /** A prefix: `192.0.2.0/24`, `2001:db8::/64`. */
  readonly network: string
}

export interface LabHost {
  /** At most 10 characters, beginning with a letter: it becomes part of names of devices. */
  readonly name: string
  /** A router forwards from the start. */
  readonly role: 'client' | 'director' | 'server' | 'router'
  /** In order, `eth0` and up. */
  readonly interfaces: readonly Attachment[]
  /** Default gateway. */
  readonly gateway?: string
  /** Addresses on lo from the start, each alone. */
  readonly loopback?: readonly string[]
  /** TCP port of a web server that answers with the host's name (`page-server.ts`). */
  readonly httpPort?: number
  /** It expects a PROXY header in front of every connection's bytes, and its page says for which client it is. */
  readonly expectsProxy?: boolean
}

export interface Attachment {
  readonly segment: string
  /** An address in the segment's network. */
  readonly address: string
  /** Further addresses in it. */
  readonly more?: readonly string[]
  /** What addresses are called in the drawing, by address: `VIP`. */
  readonly labels?: Readonly<Record<string, string>>
}

export type Step =
  /** Switches IP forwarding on; default that of IPv4. */
  | { readonly do: 'forward'; readonly on: string; readonly family?: Family }
  /** Runs ipvsadm on the director. `words` follow its name, as typed: options and values, no quoting. */
  | { readonly do: 'ipvsadm'; readonly words: string; readonly expect?: readonly TableExpectation[] }
  /** Makes a server one for direct routing or at the end of a tunnel: `weir real-server`. */
  | {
      readonly do: 'real-server'
      readonly on: string
      readonly method: 'dr' | 'tun'
      readonly vip: string
      /** Of `tun`; default ipip. */
      readonly tunnel?: Tunnel
    }
  /** Gives TCP connections to a port of some addresses a firewall mark. */
  | { readonly do: 'mark'; readonly mark: number; readonly to: string; readonly port: number }
  /** Fetches a page, each time by a new connection, one after the other. */
  | {
      readonly do: 'fetch'
      readonly from: string
      readonly url: string
      readonly times: number
      readonly expect: readonly AnswerExpectation[]
    }
  /** Opens connections one after the other, by the clients in turn. Each asks for a page, as proof of where it leads, and stays open. */
  | {
      readonly do: 'hold'
      readonly from: readonly string[]
      /** `192.0.2.1:80`. */
      readonly to: string
      readonly times: number
      readonly expect: readonly AnswerExpectation[]
    }
  /** Asks for a page again by each of the connections that these clients hold. */
  | { readonly do: 'reuse'; readonly from: readonly string[]; readonly expect: readonly AnswerExpectation[] }
  /** Uploads so many bytes to a URL and downloads as many, which have to arrive as they were sent. */
  | { readonly do: 'transfer'; readonly from: string; readonly url: string; readonly bytes: number }
  /** Looks up whom a host sends its packets to a neighbour's address to: a host, known by its MAC address. */
  | { readonly do: 'neighbour'; readonly on: string; readonly address: string; readonly expect: string }
  /** Closes all connections that a client holds. */
  | { readonly do: 'close'; readonly from: string }

export type Family = 'ipv4' | 'ipv6'

export type Tunnel = { readonly type: 'ipip' | 'gre' } | { readonly type: 'gue'; readonly port: number }

/** Of the answers to a step's requests. */
export type AnswerExpectation =
  /** Every request is answered, by these servers in turn; by the same one where it is one. */
  | { readonly expect: 'turns'; readonly servers: readonly string[] }
  /** Every answer says that it is for this client. */
  | { readonly expect: 'client'; readonly address: string }
  /** Every request is answered, so many by each of these servers. */
  | { readonly expect: 'shares'; readonly servers: Readonly<Record<string, number>> }

/** Of a listing. A service is named as in it: `192.0.2.1:80`, `[2001:db8::1]:80`, or by its mark. */
export type TableExpectation =
  /** In `ipvsadm -L -n`: the service's scheduler, and all that is said of its servers. */
  | {
      readonly expect: 'rows'
      readonly service: string
      readonly scheduler: string
      readonly servers: Readonly<Record<string, Load>>
    }
  /** Connections in `ipvsadm -L -n --stats`: of a service, and of each of its servers. */
  | {
      readonly expect: 'connections'
      readonly service: string
      readonly total: number
      readonly servers: Readonly<Record<string, number>>
    }
  /** In the same table: packets and bytes for every server, and the service's row is the sum of its servers'. */
  | { readonly expect: 'traffic'; readonly service: string; readonly ways: 'both' | 'to the servers alone' }

export interface Load {
  readonly weight: number
  readonly active: number
  readonly inactive: number
}

export function directorOf(topology: Topology): LabHost {
  const director = topology.hosts.find(({ role }) => role === 'director')
  if (director === undefined) throw new Error('the topology has no director')
  return director
}

/** An interface's addresses with the length of its segment's prefix, `192.0.2.1/24`; further ones stand alone, `192.0.2.2/32`. */
export function addressesWithPrefix(topology: Topology, { segment, address, more = [] }: Attachment): string[] {
  const network = topology.segments.find(({ name }) => name === segment)?.network
  if (network === undefined) throw new Error(`the topology has no segment "${segment}"`)
  return [address + network.slice(network.indexOf('/')), ...more.map(alone)]
}

/** An address with a prefix that holds nothing else: `192.0.2.2/32`. */
export function alone(address: string): string {
  return `${address}/${familyOf(address) === 'ipv6' ? 128 : 32}`
}

export function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4'
}

/** Whether any segment is one of IPv6. */
export function hasIpv6({ segments }: Topology): boolean {
  return segments.some(({ network }) => familyOf(network) === 'ipv6')
}

/** An address as it stands before a port, and in a URL. */
export function bracketed(address: string): string {
  return familyOf(address) === 'ipv6' ? `[${address}]` : address
}

/** The address and port of `192.0.2.1:80` or `[2001:db8::1]:80`. */
export function parseEndpoint(endpoint: string): { address: string; port: number } {
  const colon = endpoint.lastIndexOf(':')
  return { address: endpoint.slice(0, colon).replace(/[[\]]/g, ''), port: Number(endpoint.slice(colon + 1)) }
}

/** Where an `http:` URL leads to. */
export function parseUrl(url: string): { address: string; port: number; path: string } {
  const { hostname, port, pathname } = new URL(url)
  return { address: hostname.replace(/[[\]]/g, ''), port: port === '' ? 80 : Number(port), path: pathname }
}

/** Why a scenario can't be run or carried on; the message says what to do about it. */
export class LabError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LabError'
  }
}
