/**
 * A command line of ipvsadm, parsed and checked as ipvsadm 1.31 does it: the first option is the command, values are checked
 * as they come, then the combination. What this version of Weir can't do yet is not this file's business (`unsupported.ts`).
 */
import { tryHelp, usageError, Exit } from './messages.ts'
import type { Names } from './names.ts'
import { COMMANDS, MODIFIERS, checkOptions, type CommandName, type Kind, type Spec } from './options.ts'
import { OptionReader } from './popt.ts'
import { INT_MAX, isIpv6Address, parseHostPort, parseIpv4, parseNumber, type ServiceProtocol } from './values.ts'
import { USAGE, VERSION } from './usage.ts'

/** Seconds: 31 days. */
const MAX_TIMEOUT = 31 * 24 * 60 * 60
const SYNC_MAXLEN = 65535 - 20 - 8

export type ForwardingName = 'masquerading' | 'gatewaying' | 'ipip'

/** Values of the options given, and ipvsadm's defaults for those that were not. */
export interface CommandLine {
  readonly command: CommandName
  readonly given: Set<Kind>
  /** Null for a service by fwmark, and where no service was given. */
  protocol: ServiceProtocol | null
  fwmark: number | null
  family: 4 | 6
  address: string
  port: number
  scheduler: string
  schedFlags: string
  serverFamily: 4 | 6
  serverAddress: string
  serverPort: number
  forwarding: ForwardingName
  weight: number
}

/** The popt error of a line: ipvsadm reports it and, in a restore, goes on with the next line. */
export class OptionProblem extends Error {}

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
    schedFlags: '',
    serverFamily: 4,
    serverAddress: '0.0.0.0',
    serverPort: 0,
    forwarding: 'gatewaying',
    weight: 1,
  }
}

function numberOr(text: string, least: number, most: number, message: string): number {
  const value = parseNumber(text, least, most)
  if (value === null) throw usageError(message)
  return value
}

function timeout(text: string, least: number): number {
  return numberOr(text, least, MAX_TIMEOUT, `invalid timeout value \`${text}' specified`)
}

async function setService(line: CommandLine, text: string, protocol: ServiceProtocol, names: Names): Promise<void> {
  line.protocol = protocol
  const found = await parseHostPort(text, protocol, names)
  if (found === null) throw usageError('illegal virtual server address[:port] specified')
  line.family = found.family
  line.address = found.address
  line.port = found.port ?? 0
}

async function setServer(line: CommandLine, text: string, names: Names): Promise<void> {
  const found = await parseHostPort(text, line.protocol, names)
  if (found === null) throw usageError('illegal real server address[:port] specified')
  line.serverFamily = found.family
  line.serverAddress = found.address
  line.serverPort = found.port ?? line.port
}

function checkNetmask(line: CommandLine, text: string): void {
  if (line.family === 6) numberOr(text, 1, 128, 'illegal ipv6 netmask specified')
  else if (parseIpv4(text) === null) throw usageError('illegal virtual server persistent mask specified')
}

function checkMulticastGroup(text: string): void {
  if (isIpv6Address(text)) {
    if (!/^ff/i.test(text)) throw usageError(`invalid IPv6 mcast-group \`${text}'`)
    return
  }
  const first = Number(parseIpv4(text)?.split('.')[0] ?? 0)
  if (first < 224 || first > 239) throw usageError(`invalid IPv4 mcast-group \`${text}'`)
}

/** Takes one option into the line. */
async function apply(line: CommandLine, long: string, value: string | null, names: Names): Promise<void> {
  const text = value ?? ''
  switch (long) {
    case 'tcp-service':
    case 'udp-service':
    case 'sctp-service':
      return setService(line, text, long.slice(0, -'-service'.length) as ServiceProtocol, names)
    case 'fwmark-service':
      line.fwmark = numberOr(text, 1, 0xffffffff, `invalid fwmark value \`${text}' specified`)
      return
    case 'ipv6':
      if (line.fwmark === null) throw usageError('-6 used before -f\n')
      line.family = 6
      return
    case 'scheduler':
      line.scheduler = text
      return
    case 'sched-flags':
      line.schedFlags = text
      return
    case 'persistent':
      if (value !== null) timeout(value, 1)
      return
    case 'netmask':
      checkNetmask(line, text)
      return
    case 'real-server':
      return setServer(line, text, names)
    case 'masquerading':
    case 'gatewaying':
    case 'ipip':
      line.forwarding = long
      return
    case 'weight':
      line.weight = numberOr(text, 0, INT_MAX, 'illegal weight specified')
      return
    default:
      checkUnused(long, text)
  }
}

/** Checks values that nothing uses yet, so that a wrong one is answered as by ipvsadm. */
function checkUnused(long: string, text: string): void {
  switch (long) {
    case 'u-threshold':
    case 'l-threshold':
      numberOr(text, 0, INT_MAX, `illegal ${long.replace('-', '_')} specified`)
      break
    case 'syncid':
      numberOr(text, 0, 255, 'illegal syncid specified')
      break
    case 'sync-maxlen':
      numberOr(text, 1, SYNC_MAXLEN, 'illegal sync-maxlen specified')
      break
    case 'mcast-group':
      checkMulticastGroup(text)
      break
    case 'mcast-port':
      numberOr(text, 1, 65535, 'illegal mcast-port specified')
      break
    case 'mcast-ttl':
      numberOr(text, 1, 255, 'illegal mcast-ttl specified')
  }
}

function parseCommand(reader: OptionReader<Spec>): CommandName {
  const read = reader.next()
  if (read === null || typeof read === 'string' || !('command' in read.spec)) throw tryHelp()
  const { command } = read.spec
  if (command === 'help') throw new Exit(0, USAGE, '')
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
    await apply(line, long, read.value, names)
  }
}

function parseRest(line: CommandLine, rest: string[]): void {
  if (line.command === 'set') {
    for (let i = 0; i < 3; i++) {
      const value = rest.shift()
      if (value === undefined) throw usageError('--set option requires 3 timeout values')
      timeout(value, 0)
    }
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
  const misfit = line.schedFlags.split(',').find((flag) => /^(sh|mh)-/.test(flag) && !flag.startsWith(`${scheduler}-`))
  if (misfit !== undefined) throw usageError(`incompatible scheduler flag \`${misfit}'`)
  if (scheduler === '') line.scheduler = 'wlc'
}

function checkServer(line: CommandLine): void {
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
