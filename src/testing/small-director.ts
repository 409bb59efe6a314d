/** A director in Node with one service, and its clients in a word each: for tests of one thing at a time. */
import {
  IPIP,
  type AddressedService,
  type ConnectionStatus,
  type DestConfig,
  type Endpoint,
  PLAIN_SERVICE,
  type ServiceConfig,
  type ServiceId,
} from '../control/model.ts'
import { type BenchResult, type DirectorBench, memoryBench } from './bench.ts'
import { segment } from './reach-state.ts'

export const WEB: AddressedService = { protocol: 'tcp', address: '10.9.0.1', port: 80 }

export function server(last: number, weight = 1): DestConfig {
  return plainDest({ address: `10.2.0.${last}`, port: 80 }, weight)
}

/** A real server without thresholds. */
export function plainDest({ address, port }: Endpoint, weight = 1): DestConfig {
  return { address, port, weight, method: 'masquerading', tunnel: IPIP, upperThreshold: 0, lowerThreshold: 0 }
}

/** A service of `rr` without any option. */
export function roundRobin(service: ServiceId): ServiceConfig {
  return { ...service, ...PLAIN_SERVICE, scheduler: 'rr' }
}

export class SmallDirector {
  readonly bench: DirectorBench

  /** Servers are 10.2.0.1 … added in that order, so the last of them heads the list. */
  constructor(servers: number, connections = 64) {
    this.bench = memoryBench({ connections })
    this.bench.setClock(1000)
    this.bench.control.addService(roundRobin(WEB))
    for (let last = 1; last <= servers; last++) this.bench.control.addDest(WEB, server(last))
  }

  /** A packet of a client of 10.1.0.0/16; `client` is the number of its port and of its address's end. */
  send(client: number, flags: string): BenchResult {
    return this.bench.handle(segment({ client: endpoint(client), virtual: WEB, server: WEB }, 'client', flags))
  }

  /** A packet of a connection's server. */
  answer(connection: ConnectionStatus, flags: string): BenchResult {
    return this.bench.handle(segment({ ...connection, server: connection.dest }, 'server', flags))
  }

  connection(client: number): ConnectionStatus | undefined {
    const { address, port } = endpoint(client)
    return this.bench.control.connections().find((one) => one.client.address === address && one.client.port === port)
  }

  /** The end of the address of the server that a new client comes to; null where it comes to none. */
  choice(client: number): number | null {
    this.send(client, 'S')
    const chosen = this.connection(client)?.dest.address.split('.')[3]
    return chosen === undefined ? null : Number(chosen)
  }

  reason(name: string): number {
    return this.bench.control.reasons().find((one) => one.name === name)?.packets ?? 0
  }
}

function endpoint(client: number): Endpoint {
  return { address: `10.1.${client >>> 8}.${client & 255}`, port: 1024 + client }
}
