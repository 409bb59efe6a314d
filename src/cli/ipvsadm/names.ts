/**
 * Names of hosts and services. Hosts are asked of the system's resolver (/etc/hosts, DNS, whatever nsswitch.conf says);
 * services are looked up in /etc/services, which is read once, when the first name is needed.
 *
 * A host is asked once a run. Without an answer there is no name, never an error: a listing then shows numbers.
 */
import { readFileSync } from 'node:fs'
import type { FamilyNumber, Protocol } from '../../control/model.ts'

export interface Names {
  /** The first address of this family that a host has, or null. */
  hostAddress(host: string, family: FamilyNumber): Promise<string | null>
  /** The name of an address, or null. */
  hostName(address: string): Promise<string | null>
  /** The port of a service name or alias, or null. */
  servicePort(name: string, protocol: Protocol): number | null
  /** The first name that the port has, or null. */
  serviceName(port: number, protocol: Protocol): string | null
}

/** Both directions of services(5), keyed `http/tcp` and `80/tcp`. */
export interface ServiceTable {
  readonly ports: ReadonlyMap<string, number>
  readonly names: ReadonlyMap<string, string>
}

/** Reads services(5). The first line that mentions a name or a port wins. */
export function parseServices(text: string): ServiceTable {
  const ports = new Map<string, number>()
  const names = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [name, target, ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/)
    const [, port, protocol] = /^([0-9]+)\/([a-z]+)$/.exec(target ?? '') ?? []
    if (name === undefined || port === undefined || protocol === undefined) continue
    const byPort = `${Number(port)}/${protocol}`
    if (!names.has(byPort)) names.set(byPort, name)
    for (const each of [name, ...aliases]) {
      if (!ports.has(`${each}/${protocol}`)) ports.set(`${each}/${protocol}`, Number(port))
    }
  }
  return { ports, names }
}

function readServices(): ServiceTable {
  try {
    return parseServices(readFileSync('/etc/services', 'utf8'))
  } catch {
    return parseServices('')
  }
}

/** Names as this machine has them. */
export function systemNames(): Names {
  let table: ServiceTable | null = null
  const services = (): ServiceTable => (table ??= readServices())
  const hosts = new Map<string, Promise<string | null>>()

  async function lookUp(host: string, family: FamilyNumber): Promise<string | null> {
    if (host === '') return null
    const dns = await import('node:dns/promises')
    return dns.lookup(host, { family }).then(
      (answer) => answer.address,
      () => null,
    )
  }
  async function lookUpName(address: string): Promise<string | null> {
    const dns = await import('node:dns/promises')
    return dns.lookupService(address, 0).then(
      (answer) => (answer.hostname === address ? null : answer.hostname),
      () => null,
    )
  }
  function once(key: string, ask: () => Promise<string | null>): Promise<string | null> {
    const known = hosts.get(key) ?? ask()
    hosts.set(key, known)
    return known
  }
  return {
    hostAddress: (host, family) => once(`${family} ${host}`, () => lookUp(host, family)),
    hostName: (address) => once(address, () => lookUpName(address)),
    servicePort: (name, protocol) => services().ports.get(`${name}/${protocol}`) ?? null,
    serviceName: (port, protocol) => services().names.get(`${port}/${protocol}`) ?? null,
  }
}
