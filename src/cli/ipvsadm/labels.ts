/**
 * Endpoints as listings show them: `10.9.0.1:80` with `-n`, otherwise `vip1.test:http` as far as there are names.
 * All names of a listing are asked for at once, so that it takes as long as the slowest answer.
 */
import type { Endpoint, Protocol } from '../../control/model.ts'
import type { Label } from './listing.ts'
import type { Names } from './names.ts'

export const numericLabel: Label = ({ address, port }) => `${address}:${port}`

/** A label for each of the endpoints, and for no other. */
export async function nameLabels(endpoints: readonly (readonly [Endpoint, Protocol])[], names: Names): Promise<Label> {
  const key = (endpoint: Endpoint, protocol: Protocol): string => `${protocol} ${numericLabel(endpoint, protocol)}`
  const entries = endpoints.map(async ([endpoint, protocol]): Promise<[string, string]> => {
    const host = await names.hostName(endpoint.address)
    const service = names.serviceName(endpoint.port, protocol)
    return [key(endpoint, protocol), `${host ?? endpoint.address}:${service ?? endpoint.port}`]
  })
  const labels = new Map(await Promise.all(entries))
  return (endpoint, protocol) => labels.get(key(endpoint, protocol)) ?? numericLabel(endpoint, protocol)
}
