/**
 * Random services with servers: every kind, every option that a director takes, from a few addresses, so that they are near.
 * Marks and addresses are such that a sorted listing has one order only (`order.ts`).
 */
import { formatEndpoint } from '../../../control/address.ts'
import {
  IPIP,
  SCHEDULERS,
  type DestConfig,
  type FamilyNumber,
  type ServiceConfig,
  type ServiceId,
} from '../../../control/model.ts'
import { Random } from '../../../simulator/random.ts'

export interface RandomService {
  readonly config: ServiceConfig
  readonly dests: readonly DestConfig[]
}

const PORTS = [1, 21, 53, 80, 443, 5060, 8080, 65535]
const WEIGHTS = [0, 1, 2, 100, 2 ** 31 - 1]

function pick<T>(random: Random, values: readonly T[]): T {
  const value = values[random.below(values.length)]
  if (value === undefined) throw new RangeError('nothing to pick from')
  return value
}

function address(random: Random, family: FamilyNumber, network: number): string {
  return family === 4
    ? `${network}.0.${random.below(4)}.${random.below(256)}`
    : `fd00:${network}::${1 + random.below(9)}`
}

function id(random: Random, family: FamilyNumber, persistent: boolean): ServiceId {
  if (random.chance(0.25)) return { protocol: 'fwm', mark: pick(random, [1, 7, 2 ** 30, 2 ** 32 - 1]), family }
  const port = persistent && random.chance(0.3) ? 0 : pick(random, PORTS)
  return { protocol: pick(random, ['tcp', 'udp', 'sctp'] as const), address: address(random, family, 20), port }
}

function dests(random: Random, family: FamilyNumber): DestConfig[] {
  const made = Array.from({ length: random.below(6) }, (): DestConfig => {
    const upperThreshold = random.chance(0.5) ? 0 : 1 + random.below(1000)
    return {
      address: address(random, family, 30),
      port: random.chance(0.1) ? 0 : pick(random, PORTS),
      weight: pick(random, WEIGHTS),
      method: 'masquerading',
      tunnel: IPIP,
      upperThreshold,
      lowerThreshold: random.below(upperThreshold + 1),
    }
  })
  return [...new Map(made.map((dest) => [formatEndpoint(dest), dest])).values()]
}

/** Schedulers with a flag that has a number. */
const NUMBERED: ReadonlySet<string> = new Set(['lc', 'sh', 'mh', 'chi'])

function service(random: Random): RandomService {
  const family = pick(random, [4, 6] as const)
  const persistent = random.chance(0.4)
  const named = id(random, family, persistent)
  const mask = family === 4 ? pick(random, [0xffffffff, 0xffffff00, 0]) : pick(random, [128, 64, 1])
  const scheduler = pick(random, SCHEDULERS)
  const config: ServiceConfig = {
    ...named,
    scheduler,
    persistence: persistent ? { timeoutS: pick(random, [1, 360, 2_678_400]), mask } : null,
    onePacket: (named.protocol === 'udp' || named.protocol === 'fwm') && random.chance(0.3),
    fallback: random.chance(0.3),
    hashPort: random.chance(0.3),
    thirdFlag: random.chance(0.1),
    proxyProtocol: named.protocol === 'tcp' && random.chance(0.2),
    engine: random.chance(0.2) ? 'sip' : null,
    parameter: NUMBERED.has(scheduler) && random.chance(0.3) ? 1 + random.below(32) : 0,
  }
  return { config, dests: dests(random, family) }
}

/** `count` services at most: those with the name of an earlier one are left out. */
export function randomServices(random: Random, count: number): RandomService[] {
  const name = ({ config }: RandomService): string =>
    config.protocol === 'fwm' ? `${config.mark} ${config.family}` : `${config.protocol} ${formatEndpoint(config)}`
  const made = Array.from({ length: count }, () => service(random))
  return [...new Map(made.map((each) => [name(each), each])).values()]
}
