/** Services and servers as the benchmarks configure them: without limits. */
import {
  IPIP,
  type DestConfig,
  type Endpoint,
  PLAIN_SERVICE,
  type Protocol,
  type ServiceConfig,
} from '../src/control/model.ts'

export function roundRobin(endpoint: Endpoint, protocol: Protocol = 'tcp'): ServiceConfig {
  return { ...PLAIN_SERVICE, ...endpoint, protocol, scheduler: 'rr' }
}

export function server(endpoint: Endpoint, weight = 1): DestConfig {
  return { ...endpoint, weight, method: 'masquerading', tunnel: IPIP, upperThreshold: 0, lowerThreshold: 0 }
}
