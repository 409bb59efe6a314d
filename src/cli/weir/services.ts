/** What of a service depends on its kind, in the words of `weir status`. */
import { isIPv6 } from 'node:net'
import { formatEndpoint } from '../../control/address.ts'
import type { DestStatus, Endpoint, FamilyNumber, ServiceId } from '../../control/model.ts'

/** `tcp 10.9.0.1:80`, `udp [2001:db8::1]:53`, `fwm 7`, `fwm 7 IPv6`. */
export function serviceName(service: ServiceId): string {
  if (service.protocol === 'fwm') return `fwm ${service.mark}${service.family === 6 ? ' IPv6' : ''}`
  return `${service.protocol} ${formatEndpoint(service)}`
}

/** `10.1.0.1:80 of tcp 10.9.0.1:80`. */
export function destName(service: ServiceId, dest: Endpoint): string {
  return `${formatEndpoint(dest)} of ${serviceName(service)}`
}

export function familyOf(service: ServiceId): FamilyNumber {
  if (service.protocol === 'fwm') return service.family
  return isIPv6(service.address) ? 6 : 4
}

/** Each once. A service of a mark has none of its own. */
export function virtualAddresses(services: readonly ServiceId[]): string[] {
  return [...new Set(services.flatMap((service) => (service.protocol === 'fwm' ? [] : [service.address])))]
}

/** Whether the dest has as many connections as its thresholds allow. */
export function isFull({ upperThreshold, active, inactive }: DestStatus): boolean {
  return upperThreshold !== 0 && active + inactive >= upperThreshold
}
