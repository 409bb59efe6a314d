/**
 * A checked command line as a change of the director. Restores try it on a `Configuration` first, so nothing is asked of
 * the director here but what both have.
 */
import {
  ControlError,
  SCHEDULERS,
  type DestConfig,
  type DirectorControl,
  type MethodName,
  type ServiceId,
  type ServiceOptions,
  type SettingValues,
  type Tunnel,
} from '../../control/model.ts'
import type { CommandLine, ForwardingName } from './command-line.ts'
import * as messages from './messages.ts'
import { readSchedFlags } from './sched-flags.ts'

/** What command lines change. */
export type Changeable = Pick<
  DirectorControl,
  | 'addService'
  | 'editService'
  | 'removeService'
  | 'clear'
  | 'addDest'
  | 'editDest'
  | 'removeDest'
  | 'addLocalAddress'
  | 'removeLocalAddress'
  | 'zero'
  | 'set'
> & {
  service(id: ServiceId): object | null
}

/** A change refused here because the model has no name for the scheduler; the message is ipvsadm's. */
export class Refused extends Error {}

/** The service that the line names. */
export function serviceId({ protocol, fwmark, family, address, port }: CommandLine): ServiceId {
  if (fwmark !== null) return { protocol: 'fwm', mark: fwmark, family }
  return { protocol: protocol ?? 'tcp', address, port }
}

/** The scheduler and the persistence engine that the line names; null where one of them is unknown. */
function kinds(line: CommandLine): Pick<ServiceOptions, 'scheduler' | 'engine'> | null {
  const scheduler = SCHEDULERS.find((name) => name === line.scheduler)
  const engine = line.engine === '' ? null : line.engine
  return scheduler === undefined || (engine !== null && engine !== 'sip') ? null : { scheduler, engine }
}

function options(
  line: CommandLine,
  { scheduler, engine }: Pick<ServiceOptions, 'scheduler' | 'engine'>,
): ServiceOptions {
  const { given, family, netmask, persistenceS } = line
  const mask = netmask ?? (family === 6 ? 128 : 0xffffffff)
  return {
    scheduler,
    engine,
    persistence: given.has('persistent') ? { timeoutS: persistenceS, mask } : null,
    onePacket: given.has('ops'),
    proxyProtocol: line.proxyProtocol,
    ...readSchedFlags(line.schedFlags, scheduler),
  }
}

function addService(line: CommandLine, director: Changeable): void {
  const id = serviceId(line)
  const named = kinds(line)
  if (named === null) {
    throw new Refused(director.service(id) === null ? messages.SCHEDULER_NOT_FOUND : messages.SERVICE_EXISTS)
  }
  director.addService({ ...id, ...options(line, named) })
}

function editService(line: CommandLine, director: Changeable): void {
  const id = serviceId(line)
  const named = kinds(line)
  if (named === null) {
    throw new Refused(director.service(id) === null ? messages.NO_SUCH_SERVICE : messages.SCHEDULER_NOT_FOUND)
  }
  director.editService({ ...id, ...options(line, named) })
}

const METHODS: Readonly<Record<ForwardingName, MethodName>> = {
  masquerading: 'masquerading',
  gatewaying: 'direct-routing',
  ipip: 'tunneling',
  fullnat: 'fullnat',
}

function tunnel({ given, tunnelType, tunnelPort }: CommandLine): Tunnel {
  const checksum = given.has('tun-remcsum') ? 'remote' : given.has('tun-csum') ? 'full' : 'none'
  return { type: tunnelType, port: tunnelPort, checksum }
}

function dest(line: CommandLine): DestConfig {
  const { serverAddress, serverPort, weight, upperThreshold, lowerThreshold } = line
  return {
    address: serverAddress,
    port: serverPort,
    weight,
    method: METHODS[line.forwarding],
    tunnel: tunnel(line),
    upperThreshold,
    lowerThreshold,
  }
}

/** The timeouts of `--set` that are to change. */
function timeouts({ timeoutsS }: CommandLine): Partial<SettingValues> {
  const [tcpTimeoutS = 0, tcpFinTimeoutS = 0, udpTimeoutS = 0] = timeoutsS
  return {
    ...(tcpTimeoutS === 0 ? {} : { tcpTimeoutS }),
    ...(tcpFinTimeoutS === 0 ? {} : { tcpFinTimeoutS }),
    ...(udpTimeoutS === 0 ? {} : { udpTimeoutS }),
  }
}

/** Makes the change that the line asks for. Throws a `ControlError` or a `Refused`, and has then changed nothing. */
export function change(line: CommandLine, director: Changeable): void {
  switch (line.command) {
    case 'add-service':
      addService(line, director)
      break
    case 'edit-service':
      editService(line, director)
      break
    case 'delete-service':
      director.removeService(serviceId(line))
      break
    case 'flush':
      director.clear()
      break
    case 'add-server':
      director.addDest(serviceId(line), dest(line))
      break
    case 'edit-server':
      director.editDest(serviceId(line), dest(line))
      break
    case 'delete-server':
      director.removeDest(serviceId(line), dest(line))
      break
    case 'add-laddr':
      director.addLocalAddress(serviceId(line), line.localAddress)
      break
    case 'del-laddr':
      director.removeLocalAddress(serviceId(line), line.localAddress)
      break
    case 'zero':
      director.zero(...(line.given.has('service-address') ? [serviceId(line)] : []))
      break
    case 'set':
      director.set(timeouts(line))
      break
    default:
      throw new Error(`no change: ${line.command}`)
  }
}

/** ipvsadm's words for an error of `change`; null for an error of another kind. */
export function refusal(line: CommandLine, error: unknown): string | null {
  if (error instanceof Refused) return error.message
  return error instanceof ControlError ? messages.refusalWords(line.command, error) : null
}
