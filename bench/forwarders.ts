/**
 * What forwards in the benchmarks' network: plain routing, nftables, Weir by each of its methods, or a program alone. One at a time is in
 * place; the director keeps its connections meanwhile.
 */
import { openDirector } from '../src/control/open-director.ts'
import { IPIP, type MethodName, type SettingValues, type Tunnel } from '../src/control/model.ts'
import { attach, detach, unload } from '../src/kernel/commands.ts'
import { attachTcxIngress } from '../src/kernel/libbpf.ts'
import { onCleanUp } from './cleanup.ts'
import { roundRobin, server } from './services.ts'
import { attachProgram, DIRECTOR_ADDRESS, DIRECTOR_DEVICES, inside, run, SERVER_ADDRESSES } from './topology.ts'

/** `use` puts it in place, `leave` takes it away again. */
export interface Forwarder {
  readonly name: string
  /** Where clients send to reach a server: a virtual address, or the servers' own. */
  readonly addresses: readonly string[]
  readonly use: () => void
  readonly leave: () => void
}

/** What `work` returns with `forwarder` in place. */
export async function through<T>(forwarder: Forwarder, work: () => T | Promise<T>): Promise<T> {
  forwarder.use()
  try {
    return await work()
  } finally {
    forwarder.leave()
  }
}

export const ROUTING: Forwarder = {
  name: 'plain routing',
  addresses: SERVER_ADDRESSES,
  use: () => undefined,
  leave: () => undefined,
}

/** A port of a virtual address, and the servers that connections to it go to in turn, to the same port. */
export interface Service {
  readonly port: number
  readonly servers: readonly string[]
}

/** Where others than Weir listen. Addresses of 10.72.0.0/16 are routed to the director. */
export const VIRTUAL_ADDRESS = '10.72.0.1'
const TABLE = 'weir_bench'

export function nftables(services: readonly Service[]): Forwarder {
  const rules = services.map(({ port, servers }) => {
    const choices = servers.map((address, index) => `${index} : ${address}`).join(', ')
    return `ip daddr ${VIRTUAL_ADDRESS} tcp dport ${port} dnat to numgen inc mod ${servers.length} map { ${choices} }`
  })
  const hook = 'type nat hook prerouting priority dstnat;'
  const table = `table ip ${TABLE} {\n chain prerouting {\n ${[hook, ...rules].join('\n')}\n }\n}\n`
  return {
    name: 'nftables DNAT',
    addresses: [VIRTUAL_ADDRESS],
    use: () => inside('director', () => run('nft', ['-f', '-'], table)),
    leave: () => inside('director', () => run('nft', ['delete', 'table', 'ip', TABLE])),
  }
}

/** Weir by one of its methods, at a virtual address of its own. All are one director's, which `loadWeir` makes. */
export interface WeirForwarder extends Forwarder {
  readonly method: MethodName
  /** Only of effect by tunneling. */
  readonly tunnel: Tunnel
}

function weirBy(name: string, virtual: string, method: MethodName, tunnel: Tunnel = IPIP): WeirForwarder {
  return {
    name: `Weir, ${name}`,
    addresses: [virtual],
    method,
    tunnel,
    use: () => inside('director', () => attach(DIRECTOR_DEVICES)),
    leave: () => inside('director', () => detach(DIRECTOR_DEVICES)),
  }
}

const GUE: Tunnel = { type: 'gue', port: 6080, checksum: 'none' }
const GRE: Tunnel = { type: 'gre', port: 0, checksum: 'none' }

export const NAT = weirBy('NAT', '10.72.1.1', 'masquerading')
export const DIRECT_ROUTING = weirBy('direct routing', '10.72.1.2', 'direct-routing')
export const TUNNELING = weirBy('ipip', '10.72.1.3', 'tunneling')
export const FULLNAT = weirBy('FullNAT', '10.72.1.6', 'fullnat')
export const METHODS: readonly WeirForwarder[] = [
  NAT,
  DIRECT_ROUTING,
  TUNNELING,
  weirBy('GUE', '10.72.1.4', 'tunneling', GUE),
  weirBy('GRE', '10.72.1.5', 'tunneling', GRE),
  FULLNAT,
]

/** A director with the services for each of `METHODS`; none of them is in place. */
export function loadWeir(services: readonly Service[], settings: Partial<SettingValues> = {}): void {
  inside('director', () => {
    onCleanUp('the pins of a director', () => inside('director', unload))
    const director = openDirector({ write: true })
    director.set(settings)
    for (const { addresses, method, tunnel } of METHODS)
      for (const { port, servers } of services) {
        const service = roundRobin({ address: addresses[0] ?? '', port })
        director.addService(service)
        if (method === 'fullnat') director.addLocalAddress(service, DIRECTOR_ADDRESS)
        for (const address of servers) director.addDest(service, { ...server({ address, port }), method, tunnel })
      }
    director.close()
    detach(DIRECTOR_DEVICES)
  })
}

/** The same director with the clients' device at XDP; what it sends to the servers is redirected, because they receive by NAPI. */
export function atXdp(director: Forwarder): Forwarder {
  return {
    ...director,
    name: `${director.name} at XDP`,
    use: () =>
      inside('director', () => {
        attach(DIRECTOR_DEVICES)
        attach(['dc'], { xdp: true })
      }),
  }
}

/** A program of the benchmarks' own where Weir's would be: at the device that clients' packets come in by. */
export function program(
  name: string,
  programFd: number,
  addresses: readonly string[],
  attachTo: typeof attachTcxIngress = attachTcxIngress,
): Forwarder {
  let attached = { close: (): void => undefined }
  return {
    name,
    addresses,
    use: () => (attached = attachProgram('director', 'dc', programFd, attachTo)),
    leave: () => attached.close(),
  }
}
