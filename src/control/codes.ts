/** Between an operator's words and the numbers in the tables. */
import { SCTP_STATE_NAMES } from '../engine/protocols/sctp.ts'
import { TCP_STATE_NAMES } from '../engine/protocols/tcp.ts'
import { UDP_STATE_NAMES } from '../engine/protocols/udp.ts'
import {
  type Address,
  type Dest,
  Family,
  ForwardingMethod,
  Scheduler,
  type Service,
  ServiceFlag,
  type ServiceKey,
  TunnelType,
} from '../engine/records.ts'
import { formatAddress, formatEndpoint, parseAddress } from './address.ts'
import type {
  Endpoint,
  FamilyNumber,
  MethodName,
  Persistence,
  Protocol,
  SchedulerName,
  ServiceId,
  ServiceOptions,
  Tunnel,
} from './model.ts'

const PROTOCOLS: Record<Protocol, number> = { tcp: 6, udp: 17, sctp: 132 }
const SCHEDULERS: Record<SchedulerName, number> = {
  rr: Scheduler.RoundRobin,
  wrr: Scheduler.WeightedRoundRobin,
  lc: Scheduler.LeastConnection,
  wlc: Scheduler.WeightedLeastConnection,
  lblc: Scheduler.LocalityBasedLeastConnection,
  lblcr: Scheduler.LocalityBasedWithReplication,
  dh: Scheduler.DestinationHashing,
  sh: Scheduler.SourceHashing,
  sed: Scheduler.ShortestExpectedDelay,
  nq: Scheduler.NeverQueue,
  fo: Scheduler.WeightedFailover,
  ovf: Scheduler.WeightedOverflow,
  mh: Scheduler.MaglevHashing,
  twos: Scheduler.PowerOfTwo,
  chi: Scheduler.ConsistentHashing,
}
const METHODS: Record<MethodName, number> = {
  masquerading: ForwardingMethod.Masquerading,
  'direct-routing': ForwardingMethod.DirectRouting,
  tunneling: ForwardingMethod.Tunneling,
  fullnat: ForwardingMethod.FullNat,
}
const TUNNEL_TYPES: Record<Tunnel['type'], number> = {
  ipip: TunnelType.Ipip,
  gue: TunnelType.Gue,
  gre: TunnelType.Gre,
}
const TUNNEL_CHECKSUMS: Record<Tunnel['checksum'], number> = { none: 0, full: 1, remote: 2 }

const ANY_IPV4 = 0xffffffff
const ANY_IPV6 = 128
const NO_ADDRESS: Address = { word0: 0, word1: 0, word2: 0, word3: 0 }

function nameOf<Name extends string>(numbers: Record<Name, number>, number: number): Name {
  for (const name in numbers) if (numbers[name] === number) return name
  throw new Error(`the tables hold ${number}, which is none of ${Object.keys(numbers).join(', ')}`)
}

export const protocolNumber = (name: Protocol): number => PROTOCOLS[name]
export const protocolName = (number: number): Protocol => nameOf(PROTOCOLS, number)
export const schedulerNumber = (name: SchedulerName): number => SCHEDULERS[name]
export const schedulerName = (number: number): SchedulerName => nameOf(SCHEDULERS, number)
export const methodNumber = (name: MethodName): number => METHODS[name]
export const methodName = (number: number): MethodName => nameOf(METHODS, number)

/** What of a dest's record its tunnel decides. */
export function tunnelRecord({
  type,
  port,
  checksum,
}: Tunnel): Pick<Dest, 'tunnelType' | 'tunnelPort' | 'tunnelChecksum'> {
  return { tunnelType: TUNNEL_TYPES[type], tunnelPort: port, tunnelChecksum: TUNNEL_CHECKSUMS[checksum] }
}

export function tunnelOf({ tunnelType, tunnelPort, tunnelChecksum }: Dest): Tunnel {
  const [type, checksum] = [nameOf(TUNNEL_TYPES, tunnelType), nameOf(TUNNEL_CHECKSUMS, tunnelChecksum)]
  return { type, port: tunnelPort, checksum }
}

export function endpointOf(address: Address, port: number, family: number): Endpoint {
  return { address: formatAddress(address, family), port }
}

/** Throws a `ControlError` where the address is none. */
export function keyOf(id: ServiceId): ServiceKey {
  if (id.protocol === 'fwm') return { address: NO_ADDRESS, port: 0, protocol: 0, family: id.family, mark: id.mark }
  const { address, family } = parseAddress(id.address)
  return { address, port: id.port, protocol: PROTOCOLS[id.protocol], family, mark: 0 }
}

export function idOf(key: ServiceKey): ServiceId {
  const family: FamilyNumber = key.family === Family.Ipv6 ? 6 : 4
  if (key.mark !== 0) return { protocol: 'fwm', mark: key.mark, family }
  return { protocol: protocolName(key.protocol), ...endpointOf(key.address, key.port, key.family) }
}

/** A service as messages name it. */
export function describeService(id: ServiceId): string {
  return id.protocol === 'fwm' ? `mark ${id.mark} (IPv${id.family})` : `${id.protocol} ${formatEndpoint(id)}`
}

/** What of a service's record its options decide. */
export function recordOf(
  options: ServiceOptions,
  family: number,
): Pick<Service, 'scheduler' | 'flags' | 'persistenceMs' | 'clientMask' | 'parameter'> {
  const { persistence } = options
  const flag = (on: boolean, bit: number): number => (on ? bit : 0)
  return {
    scheduler: schedulerNumber(options.scheduler),
    flags:
      flag(persistence !== null, ServiceFlag.Persistent) |
      flag(options.onePacket, ServiceFlag.OnePacket) |
      flag(options.fallback, ServiceFlag.Fallback) |
      flag(options.hashPort, ServiceFlag.HashPort) |
      flag(options.thirdFlag, ServiceFlag.Third) |
      flag(options.engine === 'sip', ServiceFlag.Sip) |
      flag(options.proxyProtocol, ServiceFlag.ProxyProtocol),
    persistenceMs: (persistence?.timeoutS ?? 0) * 1000,
    clientMask: persistence?.mask ?? (family === Family.Ipv4 ? ANY_IPV4 : ANY_IPV6),
    parameter: options.parameter,
  }
}

export function optionsOf(record: Service): ServiceOptions {
  const has = (bit: number): boolean => (record.flags & bit) !== 0
  const persistence: Persistence = { timeoutS: record.persistenceMs / 1000, mask: record.clientMask }
  return {
    scheduler: schedulerName(record.scheduler),
    persistence: has(ServiceFlag.Persistent) ? persistence : null,
    onePacket: has(ServiceFlag.OnePacket),
    fallback: has(ServiceFlag.Fallback),
    hashPort: has(ServiceFlag.HashPort),
    thirdFlag: has(ServiceFlag.Third),
    engine: has(ServiceFlag.Sip) ? 'sip' : null,
    proxyProtocol: has(ServiceFlag.ProxyProtocol),
    parameter: record.parameter,
  }
}

const STATE_NAMES: Record<Protocol, readonly string[]> = {
  tcp: TCP_STATE_NAMES,
  udp: UDP_STATE_NAMES,
  sctp: SCTP_STATE_NAMES,
}

export function stateName(protocol: Protocol, state: number): string {
  return STATE_NAMES[protocol][state] ?? 'NONE'
}
