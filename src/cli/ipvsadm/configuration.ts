/**
 * A director's services and servers as plain values, on which a restore tries its lines: it refuses what the director would
 * refuse for what is there or missing. Settings and counters are not kept: no change of them depends on an earlier one.
 */
import { formatEndpoint } from '../../control/address.ts'
import {
  ControlError,
  type DestConfig,
  type Endpoint,
  type ServiceConfig,
  type ServiceId,
  type ServiceStatus,
} from '../../control/model.ts'
import type { Changeable } from './change.ts'

interface ConfiguredService {
  config: ServiceConfig
  /** By address and port, the first added first. */
  readonly dests: Map<string, DestConfig>
  readonly localAddresses: Set<string>
}

/** A service as text, to find it by. Addresses are in their one form. */
function serviceName(id: ServiceId): string {
  return id.protocol === 'fwm' ? `fwm ${id.mark} ${id.family}` : `${id.protocol} ${formatEndpoint(id)}`
}

export class Configuration implements Changeable {
  readonly services: Map<string, ConfiguredService>

  constructor(services: readonly ServiceStatus[]) {
    this.services = new Map(
      services.map((service) => {
        const dests = [...service.dests].reverse().map((dest) => [formatEndpoint(dest), dest] as const)
        const localAddresses = new Set(service.localAddresses.map(({ address }) => address))
        return [serviceName(service), { config: service, dests: new Map(dests), localAddresses }]
      }),
    )
  }

  service(id: ServiceId): ConfiguredService | null {
    return this.services.get(serviceName(id)) ?? null
  }

  addService(config: ServiceConfig): void {
    const name = serviceName(config)
    if (this.services.has(name)) throw new ControlError('service-exists', `${name} is a service already`)
    this.services.set(name, { config, dests: new Map(), localAddresses: new Set() })
  }

  editService(config: ServiceConfig): void {
    this.find(config).config = config
  }

  removeService(id: ServiceId): void {
    this.find(id)
    this.services.delete(serviceName(id))
  }

  clear(): void {
    this.services.clear()
  }

  addDest(id: ServiceId, dest: DestConfig): void {
    const { dests } = this.find(id)
    checkThresholds(dest)
    const name = formatEndpoint(dest)
    if (dests.has(name)) throw new ControlError('dest-exists', `${name} is a real server already`)
    dests.set(name, dest)
  }

  editDest(id: ServiceId, dest: DestConfig): void {
    const { dests } = this.find(id)
    checkThresholds(dest)
    dests.set(this.destName(id, dest), dest)
  }

  removeDest(id: ServiceId, dest: Endpoint): void {
    const { dests } = this.find(id)
    dests.delete(this.destName(id, dest))
  }

  addLocalAddress(id: ServiceId, address: string): void {
    const { localAddresses } = this.find(id)
    if (localAddresses.has(address)) throw new ControlError('local-exists', `${address} is a local address already`)
    localAddresses.add(address)
  }

  removeLocalAddress(id: ServiceId, address: string): void {
    if (!this.find(id).localAddresses.delete(address))
      throw new ControlError('no-such-local', `${address} is not a local address`)
  }

  zero(id?: ServiceId): void {
    if (id !== undefined) this.find(id)
  }

  set(): void {}

  private find(id: ServiceId): ConfiguredService {
    const service = this.service(id)
    if (service === null) throw new ControlError('no-such-service', `${serviceName(id)} is not a service`)
    return service
  }

  private destName(id: ServiceId, dest: Endpoint): string {
    const name = formatEndpoint(dest)
    if (!this.find(id).dests.has(name)) throw new ControlError('no-such-dest', `${name} is not a real server`)
    return name
  }
}

function checkThresholds({ upperThreshold, lowerThreshold }: DestConfig): void {
  if (lowerThreshold > upperThreshold) {
    throw new ControlError('bad-threshold', `${lowerThreshold} is above the upper threshold ${upperThreshold}`)
  }
}
