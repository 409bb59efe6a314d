/**
 * How large a TCP segment may be so that it still fits with outer headers around it. The server says so to clients with the
 * MSS of its SYN-ACK, which comes from the route's advmss.
 */
import type { DefaultRoute, Host } from './host.ts'
import type { FamilyNumber, TunnelType } from './model.ts'

/** Bytes. */
const IP_HEADER: Record<FamilyNumber, number> = { 4: 20, 6: 40 }
const TCP_HEADER = 20
/** Bytes between the two IP headers: UDP and GUE, or GRE with its checksum. */
const BETWEEN: Record<TunnelType, number> = { ipip: 0, gue: 12, gre: 8 }

/** Bytes of payload; the outer header is taken to be of the same family. Null where the route's device is not known. */
export function largestSegment({ family, device, mtu }: DefaultRoute, type: TunnelType, host: Host): number | null {
  const found = host.devices.find(({ name }) => name === device)
  if (found === undefined) return null
  return (mtu ?? found.mtu) - IP_HEADER[family] - BETWEEN[type] - IP_HEADER[family] - TCP_HEADER
}
