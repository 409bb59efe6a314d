/** Changes of a director's configuration as plain values, to be made on several directors alike, and a source of random ones. */
import type { Director } from '../control/director.ts'
import {
  IPIP,
  type MethodName,
  type Tunnel,
  ControlError,
  type DestConfig,
  type Endpoint,
  type FamilyNumber,
  PLAIN_SERVICE,
  type SchedulerName,
  SCHEDULERS,
  type ServiceConfig,
  type ServiceId,
  type ServiceOptions,
  type SettingValues,
} from '../control/model.ts'
import type { Random } from '../simulator/random.ts'

export type Change =
  | { readonly what: 'add-service' | 'edit-service'; readonly service: ServiceConfig }
  | { readonly what: 'remove-service'; readonly service: ServiceId }
  | { readonly what: 'add-dest' | 'edit-dest' | 'remove-dest'; readonly service: ServiceId; readonly dest: DestConfig }
  | { readonly what: 'add-local' | 'remove-local'; readonly service: ServiceId; readonly address: string }
  | { readonly what: 'zero'; readonly service: ServiceId | null }
  | { readonly what: 'set'; readonly values: Partial<SettingValues> }
  | { readonly what: 'clear' | 'repair' }

function make(director: Director, change: Change): void {
  switch (change.what) {
    case 'add-service': {
      director.addService(change.service)
      return
    }
    case 'edit-service': {
      director.editService(change.service)
      return
    }
    case 'remove-service': {
      director.removeService(change.service)
      return
    }
    case 'add-dest': {
      director.addDest(change.service, change.dest)
      return
    }
    case 'edit-dest': {
      director.editDest(change.service, change.dest)
      return
    }
    case 'remove-dest': {
      director.removeDest(change.service, change.dest)
      return
    }
    case 'add-local': {
      director.addLocalAddress(change.service, change.address)
      return
    }
    case 'remove-local': {
      director.removeLocalAddress(change.service, change.address)
      return
    }
    case 'zero': {
      director.zero(...(change.service === null ? [] : [change.service]))
      return
    }
    case 'set': {
      director.set(change.values)
      return
    }
    case 'clear': {
      director.clear()
      return
    }
    case 'repair': {
      director.repair()
      return
    }
  }
}

/** Makes the change; returns the code of the director's refusal, or null. */
export function applyChange(director: Director, change: Change): string | null {
  try {
    make(director, change)
    return null
  } catch (error) {
    if (error instanceof ControlError) return error.code
    throw error
  }
}

/** Services of every kind, both families and all protocols; a port of 0 or 21 makes a service of other ports, too. */
export const SERVICES: readonly ServiceId[] = [
  { protocol: 'tcp', address: '10.9.0.1', port: 80 },
  { protocol: 'tcp', address: '10.9.0.1', port: 443 },
  { protocol: 'tcp', address: '10.9.0.2', port: 80 },
  { protocol: 'tcp', address: '10.9.0.3', port: 65535 },
  { protocol: 'tcp', address: '10.9.100.215', port: 21 },
  { protocol: 'tcp', address: '10.9.0.6', port: 0 },
  { protocol: 'udp', address: '10.9.0.1', port: 80 },
  { protocol: 'udp', address: '10.9.0.2', port: 53 },
  { protocol: 'udp', address: '10.9.0.6', port: 0 },
  { protocol: 'sctp', address: '10.9.0.1', port: 80 },
  { protocol: 'fwm', mark: 1, family: 4 },
  { protocol: 'fwm', mark: 0xffffffff, family: 4 },
  { protocol: 'tcp', address: 'fd09::1', port: 80 },
  { protocol: 'tcp', address: 'fd09::5', port: 21 },
  { protocol: 'tcp', address: 'fd09::6', port: 0 },
  { protocol: 'udp', address: 'fd09::1', port: 53 },
  { protocol: 'sctp', address: 'fd09::1', port: 80 },
  { protocol: 'fwm', mark: 1, family: 6 },
]

/** Never have a server: their clients are all refused. */
export const EMPTY_SERVICES: readonly ServiceId[] = [
  { protocol: 'tcp', address: '10.9.0.4', port: 80 },
  { protocol: 'udp', address: '10.9.0.4', port: 53 },
  { protocol: 'udp', address: 'fd09::4', port: 53 },
]

/** Some on a narrow way, some on none (`routes.ts`); one is the client's neighbour, one shares its address with another. */
const SERVERS: Readonly<Record<FamilyNumber, readonly Endpoint[]>> = {
  4: [
    { address: '10.2.0.1', port: 80 },
    { address: '10.2.0.1', port: 8080 },
    { address: '10.2.0.2', port: 80 },
    { address: '10.2.0.3', port: 1 },
    { address: '10.2.0.4', port: 0 },
    { address: '10.1.0.200', port: 65535 },
    { address: '10.3.0.1', port: 80 },
    { address: '10.66.0.1', port: 80 },
    { address: '10.69.0.1', port: 80 },
  ],
  6: [
    { address: 'fd02::1', port: 80 },
    { address: 'fd02::1', port: 8080 },
    { address: 'fd02::2', port: 80 },
    { address: 'fd02:0:0:1::ffff:3', port: 1 },
    { address: 'fd02::4', port: 0 },
    { address: 'fd01::200', port: 65535 },
    { address: 'fd03::1', port: 80 },
    { address: 'fd66::1', port: 80 },
    { address: 'ff02::1', port: 80 },
  ],
}

const WEIGHTS = [0, 0, 1, 1, 1, 2, 3, 100, 2 ** 31 - 1]
const UPPER_THRESHOLDS = [0, 0, 0, 1, 2, 5, 20, 2 ** 32 - 1]
const TIMEOUTS_S = [1, 3, 60, 300]
const MASKS: Readonly<Record<FamilyNumber, readonly number[]>> = {
  4: [0xffffffff, 0xffffffff, 0xffffff00, 0x80000000, 0xff00ff01, 0],
  6: [128, 128, 127, 96, 64, 33, 1],
}
/** Of the director's schedulers all but the one whose choices are random. */
const COMPARABLE: readonly SchedulerName[] = SCHEDULERS.filter((name) => name !== 'twos')

const HASHED_BITS = [1, 8, 24, 31, 32]
const PARAMETERS: Partial<Record<SchedulerName, readonly number[]>> = {
  lc: [1, 5, 2 ** 32 - 1],
  sh: HASHED_BITS,
  mh: HASHED_BITS,
  // Too long for IPv4.
  chi: [...HASHED_BITS, 64],
}

const SETTINGS: readonly Partial<SettingValues>[] = [
  { tcpTimeoutS: 900, tcpFinTimeoutS: 120, udpTimeoutS: 300 },
  { tcpTimeoutS: 10, tcpFinTimeoutS: 1, udpTimeoutS: 2 },
  { tcpTimeoutS: 2_678_400 },
  ...[0, 1].flatMap((value): Partial<SettingValues>[] => [
    { connReuseMode: value },
    { expireNodestConn: value },
    { expireQuiescentTemplate: value },
    { sloppyTcp: value },
    { sloppySctp: value },
    { toa: value },
  ]),
  { secureTcp: 0 },
  { secureTcp: 1 },
  { secureTcp: 3 },
]

type Kind = Change['what']
const OFTEN: readonly Kind[] = [
  'add-dest',
  'add-dest',
  'add-dest',
  'edit-dest',
  'edit-dest',
  'remove-dest',
  'remove-dest',
  'add-local',
  'remove-local',
]
const SELDOM: readonly Kind[] = [
  'add-service',
  'add-service',
  'edit-service',
  'edit-service',
  'remove-service',
  'zero',
  'set',
  'set',
  'repair',
  'repair',
]
const KINDS: readonly Kind[] = [...OFTEN, ...OFTEN, ...SELDOM]

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}

export function familyOf(service: ServiceId): FamilyNumber {
  if (service.protocol === 'fwm') return service.family
  return service.address.includes(':') ? 6 : 4
}

function randomOptions(service: ServiceId, random: Random): ServiceOptions {
  const needsPersistence = service.protocol !== 'fwm' && service.port === 0
  const isFtp = service.protocol !== 'fwm' && service.port === 21
  const isPersistent = needsPersistence || random.chance(isFtp ? 0.8 : 0.25)
  const persistence = { timeoutS: pick(random, TIMEOUTS_S), mask: pick(random, MASKS[familyOf(service)]) }
  const scheduler = random.chance(0.2) ? 'rr' : pick(random, COMPARABLE)
  return {
    scheduler,
    persistence: isPersistent ? persistence : null,
    onePacket: (service.protocol === 'udp' || service.protocol === 'fwm') && random.chance(0.2),
    fallback: random.chance(0.5),
    hashPort: random.chance(0.5),
    thirdFlag: random.chance(0.1),
    proxyProtocol: random.chance(0.4),
    // Other protocols than UDP get nowhere with it.
    engine: random.chance(service.protocol === 'udp' ? 0.4 : 0.03) ? 'sip' : null,
    parameter: random.chance(0.5) ? 0 : pick(random, PARAMETERS[scheduler] ?? [0]),
  }
}

const LOCAL_ADDRESSES: Readonly<Record<FamilyNumber, readonly string[]>> = {
  4: ['192.168.2.1', '192.168.2.2', '192.168.2.3'],
  6: ['fdaa:2::1', 'fdaa:2::2', 'fdaa:2::3'],
}
const METHODS: readonly MethodName[] = ['masquerading', 'masquerading', 'direct-routing', 'tunneling', 'fullnat']
const TUNNELS: readonly Tunnel[] = [
  IPIP,
  { type: 'gue', port: 6080, checksum: 'none' },
  { type: 'gue', port: 65535, checksum: 'full' },
  { type: 'gue', port: 1, checksum: 'remote' },
  { type: 'gre', port: 0, checksum: 'none' },
  { type: 'gre', port: 0, checksum: 'full' },
  // Not to be had.
  { type: 'ipip', port: 0, checksum: 'full' },
]

/** The family of a server: the service's, unless there is a tunnel, or a mistake. */
function serverFamily(service: ServiceId, method: MethodName, random: Random): FamilyNumber {
  return random.chance(method === 'tunneling' ? 0.3 : 0.01) ? pick(random, [4, 6] as const) : familyOf(service)
}

function randomDest(service: ServiceId, random: Random): DestConfig {
  const upperThreshold = pick(random, UPPER_THRESHOLDS)
  const method = pick(random, METHODS)
  return {
    ...pick(random, SERVERS[serverFamily(service, method, random)]),
    weight: pick(random, WEIGHTS),
    method,
    tunnel: pick(random, TUNNELS),
    upperThreshold,
    lowerThreshold: random.chance(0.5) ? 0 : random.below(Math.min(upperThreshold + 1, 2 ** 31)),
  }
}

/** A change that often makes sense: many add what isn't there or edit what is. */
export function randomChange(random: Random): Change {
  const service = pick(random, SERVICES)
  const what = random.chance(0.01) ? 'clear' : pick(random, KINDS)
  switch (what) {
    case 'add-service':
    case 'edit-service':
      return { what, service: { ...service, ...randomOptions(service, random) } }
    case 'remove-service':
      return { what, service }
    case 'add-dest':
    case 'edit-dest':
    case 'remove-dest':
      return { what, service, dest: randomDest(service, random) }
    case 'add-local':
    case 'remove-local':
      return { what, service, address: pick(random, LOCAL_ADDRESSES[random.chance(0.01) ? 4 : familyOf(service)]) }
    case 'zero':
      return { what, service: random.chance(0.5) ? service : null }
    case 'set':
      return { what, values: pick(random, SETTINGS) }
    default:
      return { what }
  }
}

/** A director at work: every service with three servers, the services' other options at random, and the empty ones. */
export function startingChanges(random: Random): Change[] {
  const served = SERVICES.flatMap((service): Change[] => [
    { what: 'add-service', service: { ...service, ...randomOptions(service, random) } },
    { what: 'add-local', service, address: LOCAL_ADDRESSES[familyOf(service)][0] as string },
    ...[0, 2, 4].map((server): Change => {
      const method = pick(random, METHODS)
      return {
        what: 'add-dest',
        service,
        dest: {
          ...(SERVERS[serverFamily(service, method, random)][server] as Endpoint),
          weight: 1,
          method,
          tunnel: pick(random, TUNNELS),
          upperThreshold: 0,
          lowerThreshold: 0,
        },
      }
    }),
  ])
  const empty = EMPTY_SERVICES.map((service): Change => ({
    what: 'add-service',
    service: { ...service, ...PLAIN_SERVICE, scheduler: 'rr' },
  }))
  return [...served, ...empty]
}
