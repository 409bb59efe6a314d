/**
 * A command line of ipvsadm, parsed and checked as ipvsadm 1.31 does it: the first option is the command, values are checked
 * as they come, then the combination. What this version of Weir can't do yet is not this file's business (`unsupported.ts`).
 */
import type { FamilyNumber, Protocol, Tunnel } from '../../control/model.ts'
import { tryHelp, usageError, Exit } from './messages.ts'
import type { Names } from './names.ts'
import { applyOption, timeoutSeconds } from './option-values.ts'
import { COMMANDS, MODIFIERS, checkOptions, type CommandName, type Kind, type Spec } from './options.ts'
import { OptionReader } from './popt.ts'
import { misfit } from './sched-flags.ts'
import { OURS, USAGE, VERSION } from './usage.ts'

export type ForwardingName = 'masquerading' | 'gatewaying' | 'ipip' | 'fullnat'

/** Values of the options given, and ipvsadm's defaults for those that were not. */
export interface CommandLine {
  readonly command: CommandName
  readonly given: Set<Kind>
  /** Null for a service by fwmark, and where no service was given. */
  protocol: Protocol | null
  fwmark: number | null
  family: FamilyNumber
  address: string
  port: number
  scheduler: string
  schedFlags: readonly string[]
  persistenceS: number
  /** An IPv4 mask in host order or the length of an IPv6 prefix; null: the whole address. */
  netmask: number | null
  /** The persistence engine; empty: none. */
  engine: string
  proxyProtocol: boolean
  localAddress: string
  serverFamily: FamilyNumber
  serverAddress: string
  serverPort: number
  forwarding: ForwardingName
  tunnelType: Tunnel['type']
  tunnelPort: number
  weight: number
  upperThreshold: number
  lowerThreshold: number
  /** Of `--set`, in seconds: tcp, tcpfin, udp. 0 leaves one as it is. */
  timeoutsS: readonly number[]
}

/** The popt error of a line: ipvsadm reports it and, in a restore, goes on with the next line. */
export class OptionProblem extends Error {}

/** What `-p` alone means, in seconds. */
const DEFAULT_PERSISTENCE_S = 360

function emptyLine(command: CommandName): CommandLine {
  return {
    command,
    given: new Set(),
    protocol: null,
    fwmark: null,
    family: 4,
    address: '0.0.0.0',
    port: 0,
    scheduler: '',
    schedFlags: [],
    persistenceS: DEFAULT_PERSISTENCE_S,
    netmask: null,
    engine: '',
    proxyProtocol: false,
    localAddress: '',
    serverFamily: 4,
    serverAddress: '0.0.0.0',
    serverPort: 0,
    forwarding: 'gatewaying',
    tunnelType: 'ipip',
    tunnelPort: 0,
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    timeoutsS: [],
  }
}

function parseCommand(reader: OptionReader<Spec>): CommandName {
  const read = reader.next()
  if (read === null || typeof read === 'string' || !('command' in read.spec)) throw tryHelp()
  const { command } = read.spec
  if (command === 'help') throw new Exit(0, USAGE + OURS, '')
  if (command === 'version') throw new Exit(0, VERSION, '')
  if (command.endsWith('-daemon') && read.value !== 'master' && read.value !== 'backup') {
    const parameter = command === 'start-daemon' ? 'start-daemon parameter' : 'start_daemon'
    throw usageError(`illegal ${parameter} specified`)
  }
  return command
}

async function parseModifiers(line: CommandLine, reader: OptionReader<Spec>, names: Names): Promise<void> {
  for (let read = reader.next(); read !== null; read = reader.next()) {
    if (typeof read === 'string') throw new OptionProblem(`${reader.lastWord}: ${read}`)
    if ('command' in read.spec) throw usageError(`invalid option \`${reader.lastWord}'`)
    const { kind, long } = read.spec
    if (kind !== undefined) {
      if (line.given.has(kind)) throw usageError(`multiple '${kind}' options specified`)
      line.given.add(kind)
    }
    await applyOption(line, long, read.value, names)
  }
}

function parseRest(line: CommandLine, rest: string[]): void {
  if (line.command === 'set') {
    line.timeoutsS = [1, 2, 3].map(() => {
      const value = rest.shift()
      if (value === undefined) throw usageError('--set option requires 3 timeout values')
      return timeoutSeconds(value, 0)
    })
  }
  const [unexpected] = rest
  if (unexpected !== undefined) throw usageError(`unexpected argument ${unexpected}`)
}

function checkService(line: CommandLine): void {
  const { given, scheduler } = line
  if (line.fwmark === null) {
    if (line.port === 0 && !given.has('persistent')) throw usageError('Zero port specified for non-persistent service')
    if (given.has('ops') && line.protocol !== 'udp') {
      throw usageError('One-Packet Scheduling is only for UDP virtual services')
    }
  }
  if (line.proxyProtocol && line.protocol !== 'tcp' && line.protocol !== null) {
    throw usageError('PROXY protocol is only for TCP virtual services')
  }
  const flag = misfit(line.schedFlags, scheduler)
  if (flag !== null) throw usageError(`incompatible scheduler flag \`${flag}'`)
  if (scheduler === '') line.scheduler = 'wlc'
}

function checkServer(line: CommandLine): void {
  // A server that has the virtual address itself has the service's port as well.
  const keepsPort = line.forwarding === 'gatewaying' || line.forwarding === 'ipip'
  if (keepsPort && line.fwmark === null) line.serverPort = line.port
  if (line.forwarding === 'ipip') return
  if (line.serverFamily !== line.family) {
    throw usageError('Different address family is allowed only for tunneling servers')
  }
  if ([...line.given].some((kind) => kind.startsWith('tun-'))) {
    throw usageError('Tunnel options conflict with forward method')
  }
}

function checkList({ given }: CommandLine): void {
  const instead = given.has('connection') || given.has('timeout') || given.has('daemon')
  if (instead && (given.has('stats') || given.has('rate') || given.has('thresholds'))) {
    throw usageError('options conflicts in the list command')
  }
}

/** Parses the words after the program's name. Throws an `Exit`, or an `OptionProblem` for what popt doesn't understand. */
export async function parseCommandLine(words: readonly string[], names: Names): Promise<CommandLine> {
  const reader = new OptionReader<Spec>(words, [...COMMANDS, ...MODIFIERS])
  const line = emptyLine(parseCommand(reader))
  await parseModifiers(line, reader, names)
  parseRest(line, reader.rest)
  checkOptions(line.command, line.given)
  switch (line.command) {
    case 'add-service':
    case 'edit-service':
      checkService(line)
      break
    case 'add-server':
    case 'edit-server':
      checkServer(line)
      break
    case 'list':
      checkList(line)
  }
  return line
}
