/** What can be said of a service or a real server before the tables are asked. Each check throws a `ControlError`. */
import { isIPv6 } from 'node:net'
import { describeService } from './codes.ts'
import {
  ControlError,
  type DestConfig,
  type MethodName,
  type ServiceConfig,
  type ServiceId,
  type Tunnel,
} from './model.ts'

const MAX_WEIGHT = 2 ** 31 - 1
export const MAX_MARK = 2 ** 32 - 1
const MAX_THRESHOLD = 2 ** 32 - 1
const MAX_PERSISTENCE_S = 2_678_400

export function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

export function checkService(config: ServiceConfig): void {
  const { persistence } = config
  if (config.protocol === 'fwm') {
    if (!isWhole(config.mark, 1, MAX_MARK)) {
      throw new ControlError('bad-mark', `${config.mark} is not a firewall mark: choose one from 1 to ${MAX_MARK}`)
    }
  } else if (!isWhole(config.port, persistence === null ? 1 : 0, 65535)) {
    throw new ControlError(
      'bad-port',
      `${config.port} is not a port: choose one from 1 to 65535, or 0 for all ports of a persistent service`,
    )
  }
  if (persistence !== null) checkPersistence(config, persistence.timeoutS, persistence.mask)
  checkParameter(config)
}

function isIpv6Service(config: ServiceConfig): boolean {
  return config.protocol === 'fwm' ? config.family === 6 : isIPv6(config.address)
}

function checkParameter(config: ServiceConfig): void {
  const { scheduler, parameter } = config
  if (parameter === 0) return
  if (scheduler === 'lc') {
    if (isWhole(parameter, 1, MAX_THRESHOLD)) return
    throw new ControlError('bad-parameter', `${parameter} is not a granularity: choose one from 1 to ${MAX_THRESHOLD}`)
  }
  const most = isIpv6Service(config) ? 128 : 32
  if (!['sh', 'mh', 'chi'].includes(scheduler)) {
    throw new ControlError('bad-parameter', `${scheduler} takes no number: leave ${parameter} out`)
  }
  if (isWhole(parameter, 1, most)) return
  throw new ControlError('bad-parameter', `${parameter} is not the length of a prefix: choose one from 1 to ${most}`)
}

function checkPersistence(config: ServiceConfig, timeoutS: number, mask: number): void {
  if (!isWhole(timeoutS, 1, MAX_PERSISTENCE_S)) {
    throw new ControlError(
      'bad-persistence',
      `${timeoutS} is not a timeout for persistence: choose seconds from 1 to ${MAX_PERSISTENCE_S}`,
    )
  }
  const isVersion6 = isIpv6Service(config)
  if (isVersion6 ? !isWhole(mask, 1, 128) : !isWhole(mask, 0, 0xffffffff)) {
    throw new ControlError(
      'bad-persistence',
      isVersion6
        ? `${mask} is not the length of an IPv6 prefix: choose one from 1 to 128`
        : `${mask} is not an IPv4 mask: choose one from 0.0.0.0 to 255.255.255.255`,
    )
  }
}

export function checkDest({ port, weight, upperThreshold, lowerThreshold, tunnel }: DestConfig): void {
  if (!isWhole(port, 0, 65535)) {
    throw new ControlError(
      'bad-port',
      `${port} is not a port of a real server: choose one from 1 to 65535, or 0 for the packet's own`,
    )
  }
  if (!isWhole(weight, 0, MAX_WEIGHT)) {
    throw new ControlError('bad-weight', `${weight} is not a weight: choose one from 0 to ${MAX_WEIGHT}`)
  }
  for (const threshold of [upperThreshold, lowerThreshold]) {
    if (!isWhole(threshold, 0, MAX_THRESHOLD)) {
      throw new ControlError('bad-threshold', `${threshold} is not a threshold: choose one from 0 to ${MAX_THRESHOLD}`)
    }
  }
  checkTunnel(tunnel)
  if (lowerThreshold > upperThreshold) {
    throw new ControlError(
      'bad-threshold',
      `the lower threshold ${lowerThreshold} is above the upper one ${upperThreshold}: choose a lower one`,
    )
  }
}

function checkTunnel({ type, port, checksum }: Tunnel): void {
  if (type === 'gue' ? !isWhole(port, 1, 65535) : port !== 0) {
    throw new ControlError(
      'bad-tunnel',
      type === 'gue'
        ? `${port} is not a port for GUE: choose the one that the server takes it at, from 1 to 65535`
        : `${type} has no ports: leave ${port} out`,
    )
  }
  if (checksum === 'none' || type === 'gue' || (type === 'gre' && checksum === 'full')) return
  throw new ControlError('bad-tunnel', `${type} has no such checksum: choose gue, or gre with a full one`)
}

/** Only a tunnel leads from a service to a server of the other family. */
export function checkFamilies(service: ServiceId, serviceFamily: number, destFamily: number, method: MethodName): void {
  if (serviceFamily === destFamily || method === 'tunneling') return
  throw new ControlError(
    'mixed-families',
    `${describeService(service)} can't have a real server of IPv${destFamily} but by tunneling: choose one of IPv${serviceFamily}`,
  )
}
