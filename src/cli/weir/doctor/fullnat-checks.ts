/** What FullNAT takes of the director's host: local addresses, and their ports. */
import { formatEndpoint } from '../../../control/address.ts'
import type { DestConfig } from '../../../control/model.ts'
import { FIRST_PORT, FIRST_UPPER_PORT, LOCAL_PORTS, LOWER_PORTS } from '../../../engine/local-addresses.ts'
import { numericLabel } from '../../ipvsadm/labels.ts'
import { ruleDest, ruleService } from '../../ipvsadm/listing.ts'
import { serviceName } from '../services.ts'
import { destsInUse, type Check, type DoctorFinding } from './check.ts'
import type { PortRange } from './facts.ts'
import { hostPrefix } from './server-checks.ts'

const FULLNAT_PORTS: readonly PortRange[] = [
  [FIRST_PORT, FIRST_PORT + LOWER_PORTS - 1],
  [FIRST_UPPER_PORT, FIRST_UPPER_PORT + LOCAL_PORTS - LOWER_PORTS - 1],
]
/** Those between, which are Linux's default. */
const OTHER_PORTS: PortRange = [FIRST_PORT + LOWER_PORTS, FIRST_UPPER_PORT - 1]

/** Servers' answers come to a local address, so that it must be this host's. */
const localAddresses: Check = (scene) =>
  scene.director.services.flatMap((service): DoctorFinding[] => {
    const dest = service.dests.find(({ method, weight, isLocal }) => method === 'fullnat' && weight > 0 && !isLocal)
    if (dest === undefined) return []
    const words = ruleService(service, numericLabel)
    if (service.localAddresses.length === 0) {
      const message = `${serviceName(service)} has servers by FullNAT and no local address: their connections are refused`
      return [{ code: 'no-local-address', message, remedy: [`ipvsadm -P ${words} -z ADDRESS`] }]
    }
    const device = scene.facts.routes.get(dest.address)?.device ?? 'DEVICE'
    return service.localAddresses
      .filter(({ address }) => scene.facts.routes.get(address)?.kind !== 'local')
      .map(({ address }) => ({
        code: 'local-address-missing',
        message: `${address}, a local address of ${serviceName(service)}, is not this host's: servers' answers to it do not come here`,
        remedy: [`ip address add ${hostPrefix(address)} dev ${device}`],
      }))
  })

/** A server that waits for a PROXY header takes its clients' first bytes for one. */
const headersMissing: Check = ({ director }) =>
  director.services
    .filter(({ proxyProtocol }) => proxyProtocol)
    .flatMap((service): DoctorFinding[] => {
      const dest = service.dests.find(({ method, weight, isLocal }) => weight > 0 && (method !== 'fullnat' || isLocal))
      if (dest === undefined) return []
      const reason = dest.isLocal ? 'is the director itself' : 'is not reached by FullNAT'
      const message =
        `${serviceName(service)} sends PROXY headers, and its server ${formatEndpoint(dest)} gets none, because it ${reason}: ` +
        'if it expects them, it refuses its clients'
      const mended: DestConfig = dest.isLocal ? { ...dest, weight: 0 } : { ...dest, method: 'fullnat' }
      const remedy = [`ipvsadm -e ${ruleDest(service, mended, numericLabel)}`]
      return [{ code: 'proxy-header-missing', message, remedy }]
    })

/** Two connections from one address and port to a server's can't be told apart. */
const localPortsShared: Check = ({ director, facts: { ownPorts } }) => {
  if (ownPorts === null || destsInUse(director).every(({ dest }) => dest.method !== 'fullnat')) return []
  const { range, reserved } = ownPorts
  if (!FULLNAT_PORTS.some((ports) => hasPortIn(range, ports, reserved))) return []
  const message =
    `net.ipv4.ip_local_port_range is ${range.join(' ')}, and FullNAT takes the ports ${FULLNAT_PORTS.map((ports) => ports.join(' to ')).join(' and ')} ` +
    "of its local addresses: where this host's own connections to a server, such as health checks, get the same, their answers go astray"
  const remedy = [`sysctl -w net.ipv4.ip_local_port_range="${OTHER_PORTS.join(' ')}"`]
  return [{ code: 'local-ports-shared', message, remedy }]
}

/** Whether a port is in both ranges and not reserved. */
function hasPortIn([first, last]: PortRange, [from, to]: PortRange, reserved: readonly PortRange[]): boolean {
  for (let port = Math.max(first, from); port <= Math.min(last, to); port++)
    if (!reserved.some(([low, high]) => low <= port && port <= high)) return true
  return false
}

export const fullnatChecks: readonly Check[] = [localAddresses, headersMissing, localPortsShared]
