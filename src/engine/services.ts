/**
 * From a packet to its service, and from a service to the dest that is to serve it.
 *
 * A service is looked for by the packet's firewall mark, by protocol, address and port, by FTP's port for what may be an FTP data
 * connection, and by the address alone; the last two only find persistent services.
 */
import { copyAddress } from './address.ts'
import { markByRule } from './marks.ts'
import { addTemplate, findTemplate, nameTemplate } from './persistence.ts'
import { connectionAt, findService, type Packet, serviceStateAt } from './platform.ts'
import { PROTOCOL_TCP } from './protocols/protocols.ts'
import {
  type Address,
  type Choice,
  type FlowKey,
  FTP_PORT,
  type Heading,
  NONE,
  Scheduler,
  type Service,
  ServiceFlag,
  type ServiceKey,
  type Settings,
} from './records.ts'
import { chi } from './schedulers/chi.ts'
import { dh } from './schedulers/dh.ts'
import { fo } from './schedulers/fo.ts'
import { lblc } from './schedulers/lblc.ts'
import { lblcr } from './schedulers/lblcr.ts'
import { lc } from './schedulers/lc.ts'
import { mh } from './schedulers/mh.ts'
import { nq } from './schedulers/nq.ts'
import { ovf } from './schedulers/ovf.ts'
import { rr } from './schedulers/rr.ts'
import { sed } from './schedulers/sed.ts'
import { sh } from './schedulers/sh.ts'
import { twos } from './schedulers/twos.ts'
import { wlc } from './schedulers/wlc.ts'
import { wrr } from './schedulers/wrr.ts'

const FTP_DATA_PORT = 20
const FIRST_PASSIVE_PORT = 1024

/** The service that a packet is for, its key in `key`; null where it is for none. */
export function serviceOf(packet: Packet, heading: Heading, key: ServiceKey, set: Settings): Service | null {
  key.family = heading.family
  if (set.markServices !== 0) {
    key.mark = packet.mark === 0 ? markByRule(heading, set) : packet.mark
    if (key.mark !== 0) {
      const marked = findService(key)
      if (marked !== null) return marked
      key.mark = 0
    }
  }
  copyAddress(key.address, heading.destination)
  key.port = heading.destinationPort
  key.protocol = heading.protocol
  const exact = findService(key)
  if (exact !== null || set.wideServices === 0) return exact
  return wideServiceOf(heading, key)
}

function wideServiceOf(heading: Heading, key: ServiceKey): Service | null {
  const port = heading.destinationPort
  if (heading.protocol === PROTOCOL_TCP && (port === FTP_DATA_PORT || port >= FIRST_PASSIVE_PORT)) {
    key.port = FTP_PORT
    const ftp = findService(key)
    if (ftp !== null && isPersistent(ftp)) return ftp
  }
  key.port = 0
  const wide = findService(key)
  return wide !== null && isPersistent(wide) ? wide : null
}

function isPersistent(service: Service): boolean {
  return (service.flags & ServiceFlag.Persistent) !== 0
}

/**
 * The dest for a packet that begins a connection: the one of its client's template, or the scheduler's choice. `choice.dest` is `NONE`
 * where no dest is usable; `choice.template` is `NONE` with a dest where the service isn't persistent.
 */
export function choose(heading: Heading, key: ServiceKey, service: Service, set: Settings, choice: Choice): void {
  const persistent = isPersistent(service)
  choice.template = persistent ? templateOf(heading, key, service, set, choice.callId) : NONE
  if (choice.template !== NONE) {
    const template = connectionAt(choice.template)
    choice.dest = template === null ? NONE : template.dest
    return
  }
  choice.dest = schedule(heading, key, service, set)
  if (!persistent || choice.dest === NONE) return
  choice.template = makeTemplate(heading, key, service, choice.dest, choice.callId)
  // Without a template the next connection might go elsewhere.
  if (choice.template === NONE) choice.dest = NONE
}

/**
 * The slot of the template that leads the packet's client, or `NONE`.
 * @noinline
 */
function templateOf(heading: Heading, key: ServiceKey, service: Service, set: Settings, callId: number): number {
  const client: Address = { word0: 0, word1: 0, word2: 0, word3: 0 }
  const flow: FlowKey = {
    source: { low: 0, high: 0 },
    destination: { low: 0, high: 0 },
    sourcePort: 0,
    destinationPort: 0,
    protocol: 0,
    kind: 0,
    reserved: 0,
  }
  nameTemplate(flow, client, heading, key, service, callId)
  return findTemplate(flow, client, service, set, callId)
}

/**
 * The slot of a new template that leads the packet's client to a dest, or `NONE`.
 * @noinline
 */
function makeTemplate(heading: Heading, key: ServiceKey, service: Service, dest: number, callId: number): number {
  const client: Address = { word0: 0, word1: 0, word2: 0, word3: 0 }
  const flow: FlowKey = {
    source: { low: 0, high: 0 },
    destination: { low: 0, high: 0 },
    sourcePort: 0,
    destinationPort: 0,
    protocol: 0,
    kind: 0,
    reserved: 0,
  }
  nameTemplate(flow, client, heading, key, service, callId)
  return addTemplate(flow, client, heading, key, service, dest, callId)
}

/**
 * The scheduler's choice: an index in `dests`, or `NONE` where no dest is usable.
 * @noinline
 */
function schedule(heading: Heading, key: ServiceKey, service: Service, set: Settings): number {
  const state = serviceStateAt(service.index)
  if (state === null) return NONE
  switch (service.scheduler) {
    case Scheduler.RoundRobin:
      return rr(key, service, state)
    case Scheduler.WeightedRoundRobin:
      return wrr(key, service, state)
    case Scheduler.LeastConnection:
      return lc(key, service, state)
    case Scheduler.WeightedLeastConnection:
      return wlc(service.firstDest)
    case Scheduler.LocalityBasedLeastConnection:
      return lblc(heading, key, service, state)
    case Scheduler.LocalityBasedWithReplication:
      return lblcr(heading, key, service, state, set)
    case Scheduler.DestinationHashing:
      return dh(heading, key, service)
    case Scheduler.SourceHashing:
      return sh(heading, key, service)
    case Scheduler.ShortestExpectedDelay:
      return sed(service.firstDest)
    case Scheduler.NeverQueue:
      return nq(service.firstDest)
    case Scheduler.WeightedFailover:
      return fo(service.firstDest)
    case Scheduler.WeightedOverflow:
      return ovf(service.firstDest)
    case Scheduler.MaglevHashing:
      return mh(heading, key, service)
    case Scheduler.PowerOfTwo:
      return twos(service.firstDest)
    case Scheduler.ConsistentHashing:
      return chi(heading, key, service)
    default:
      return NONE
  }
}
