/**
 * Endpoints as listings show them: `10.9.0.1:80` with `-n`, otherwise `vip1.test:http` as far as there are names; an IPv6
 * address, and the name of one, stands in brackets. All names of a listing are asked for at once, so that it takes as long as
 * the slowest answer.
 */
import { isIPv6 } from 'node:net'
import { formatEndpoint } from '../../control/address.ts'
import type { Endpoint } from '../../control/model.ts'
import type { Label, LabelProtocol } from './listing.ts'
import type { Names } from './names.ts'

export const numericLabel: Label = formatEndpoint

/** A label for each of the endpoints, and for no other. */
export async function nameLabels(
  endpoints: readonly (readonly [Endpoint, LabelProtocol])[],
  names: Names,
): Promise<Label> {
  const key = (endpoint: Endpoint, protocol: LabelProtocol): string => `${protocol} ${formatEndpoint(endpoint)}`
  const entries = endpoints.map(async ([endpoint, protocol]): Promise<[string, string]> => {
    const { address, port } = endpoint
    const host = (await names.hostName(address)) ?? address
    // Marks cover every protocol, so their ports have no names.
    const service = protocol === 'fwm' || protocol === 'ip' ? null : names.serviceName(port, protocol)
    return [key(endpoint, protocol), `${isIPv6(address) ? `[${host}]` : host}:${service ?? port}`]
  })
  const labels = new Map(await Promise.all(entries))
  return (endpoint, protocol) => labels.get(key(endpoint, protocol)) ?? formatEndpoint(endpoint)
}
