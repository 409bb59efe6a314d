/**
 * How large a TCP segment may be so that it still fits with outer headers around it. The server says so to clients with the
 * MSS of its SYN-ACK, which comes from the route's advmss.
 */
import { type DefaultRoute, familyOf, type Host } from './host.ts'
import type { FamilyNumber, TunnelType } from './model.ts'

/** Bytes. */
const IP_HEADER: Record<FamilyNumber, number> = { 4: 20, 6: 40 }
const TCP_HEADER = 20
/** Bytes between the two IP headers: UDP and GUE, or GRE with its checksum. */
const BETWEEN: Record<TunnelType, number> = { ipip: 0, gue: 12, gre: 8 }

/**
 * Bytes of payload. `own` are the addresses to which the director may send: where one is of IPv6, so may be the outer header,
 * whatever is inside. Null where the route's device is not known.
 */
export function largestSegment(
  route: DefaultRoute,
  type: TunnelType,
  own: readonly string[],
  host: Host,
): number | null {
  const { family, device, mtu } = route
  const found = host.devices.find(({ name }) => name === device)
  if (found === undefined) return null
  const outer = IP_HEADER[own.some((address) => familyOf(address) === 6) ? 6 : 4]
  return (mtu ?? found.mtu) - outer - BETWEEN[type] - IP_HEADER[family] - TCP_HEADER
}
