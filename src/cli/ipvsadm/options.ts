/**
 * The commands and options of ipvsadm 1.31, and which option goes with which command: ipvsadm(8) and its usage text as tables.
 *
 * An option's `kind` is its name in messages; options of one kind exclude each other (`-t` and `-f`, `-m` and `-i`), and none
 * is given twice. Kinds are checked in the order of `KINDS`, and the first that is wrong is the one reported.
 */
import type { OptionSpec } from './popt.ts'
import { usageError } from './messages.ts'

export type CommandName =
  | 'add-service'
  | 'edit-service'
  | 'delete-service'
  | 'flush'
  | 'list'
  | 'add-server'
  | 'delete-server'
  | 'edit-server'
  | 'set'
  | 'start-daemon'
  | 'stop-daemon'
  | 'restore'
  | 'save'
  | 'zero'
  // Alibaba's and DPVS's.
  | 'add-laddr'
  | 'del-laddr'
  | 'get-laddr'

export const KINDS = [
  'numeric',
  'connection',
  'service-address',
  'scheduler',
  'persistent',
  'netmask',
  'real-server',
  'forwarding-method',
  'weight',
  'u-threshold',
  'l-threshold',
  'mcast-interface',
  'timeout',
  'daemon',
  'stats',
  'rate',
  'thresholds',
  'persistent-conn',
  'nosort',
  'syncid',
  'exact',
  'ops',
  'pe',
  'sched-flags',
  'sync-maxlen',
  'mcast-group',
  'mcast-port',
  'mcast-ttl',
  'tun-info',
  'tun-type',
  'tun-port',
  'tun-nocsum',
  'tun-csum',
  'tun-remcsum',
  'local-address',
  'proxy-protocol',
] as const
export type Kind = (typeof KINDS)[number]

export interface CommandSpec extends OptionSpec {
  readonly command: CommandName | 'help' | 'version'
}

export interface ModifierSpec extends OptionSpec {
  /** Undefined for an option that may be repeated and goes with every command. */
  readonly kind?: Kind
}

export type Spec = CommandSpec | ModifierSpec

export const COMMANDS: readonly CommandSpec[] = [
  { long: 'add-service', short: 'A', command: 'add-service' },
  { long: 'edit-service', short: 'E', command: 'edit-service' },
  { long: 'delete-service', short: 'D', command: 'delete-service' },
  { long: 'clear', short: 'C', command: 'flush' },
  { long: 'list', short: 'L', command: 'list' },
  { long: 'list', short: 'l', command: 'list' },
  { long: 'zero', short: 'Z', command: 'zero' },
  { long: 'add-server', short: 'a', command: 'add-server' },
  { long: 'edit-server', short: 'e', command: 'edit-server' },
  { long: 'delete-server', short: 'd', command: 'delete-server' },
  { long: 'set', command: 'set' },
  { long: 'start-daemon', argument: 'required', command: 'start-daemon' },
  { long: 'stop-daemon', argument: 'required', command: 'stop-daemon' },
  { long: 'restore', short: 'R', command: 'restore' },
  { long: 'save', short: 'S', command: 'save' },
  { long: 'add-laddr', short: 'P', command: 'add-laddr' },
  { long: 'del-laddr', short: 'Q', command: 'del-laddr' },
  { long: 'get-laddr', short: 'G', command: 'get-laddr' },
  { long: 'help', short: 'h', command: 'help' },
  { long: 'version', short: 'v', command: 'version' },
]

export const MODIFIERS: readonly ModifierSpec[] = [
  { long: 'tcp-service', short: 't', argument: 'required', kind: 'service-address' },
  { long: 'udp-service', short: 'u', argument: 'required', kind: 'service-address' },
  { long: 'sctp-service', argument: 'required', kind: 'service-address' },
  { long: 'fwmark-service', short: 'f', argument: 'required', kind: 'service-address' },
  { long: 'ipv6', short: '6' },
  { long: 'scheduler', short: 's', argument: 'required', kind: 'scheduler' },
  { long: 'sched-flags', short: 'b', argument: 'required', kind: 'sched-flags' },
  { long: 'persistent', short: 'p', argument: 'optional', kind: 'persistent' },
  { long: 'netmask', short: 'M', argument: 'required', kind: 'netmask' },
  { long: 'pe', argument: 'required', kind: 'pe' },
  { long: 'ops', short: 'o', kind: 'ops' },
  // DPVS's.
  { long: 'proxy-protocol', argument: 'required', kind: 'proxy-protocol' },
  { long: 'real-server', short: 'r', argument: 'required', kind: 'real-server' },
  { long: 'masquerading', short: 'm', kind: 'forwarding-method' },
  { long: 'ipip', short: 'i', kind: 'forwarding-method' },
  { long: 'gatewaying', short: 'g', kind: 'forwarding-method' },
  // Alibaba's and DPVS's `-b`, which means other things here.
  { long: 'fullnat', kind: 'forwarding-method' },
  { long: 'local-address', short: 'z', argument: 'required', kind: 'local-address' },
  { long: 'weight', short: 'w', argument: 'required', kind: 'weight' },
  { long: 'u-threshold', short: 'x', argument: 'required', kind: 'u-threshold' },
  { long: 'l-threshold', short: 'y', argument: 'required', kind: 'l-threshold' },
  { long: 'tun-type', argument: 'required', kind: 'tun-type' },
  { long: 'tun-port', argument: 'required', kind: 'tun-port' },
  { long: 'tun-nocsum', kind: 'tun-nocsum' },
  { long: 'tun-csum', kind: 'tun-csum' },
  { long: 'tun-remcsum', kind: 'tun-remcsum' },
  { long: 'numeric', short: 'n', kind: 'numeric' },
  { long: 'connection', short: 'c', kind: 'connection' },
  { long: 'timeout', kind: 'timeout' },
  { long: 'daemon', kind: 'daemon' },
  { long: 'stats', kind: 'stats' },
  { long: 'rate', kind: 'rate' },
  { long: 'exact', kind: 'exact' },
  { long: 'thresholds', kind: 'thresholds' },
  { long: 'persistent-conn', kind: 'persistent-conn' },
  { long: 'tun-info', kind: 'tun-info' },
  { long: 'nosort', kind: 'nosort' },
  { long: 'sort' },
  { long: 'mcast-interface', argument: 'required', kind: 'mcast-interface' },
  { long: 'syncid', argument: 'required', kind: 'syncid' },
  { long: 'sync-maxlen', argument: 'required', kind: 'sync-maxlen' },
  { long: 'mcast-group', argument: 'required', kind: 'mcast-group' },
  { long: 'mcast-port', argument: 'required', kind: 'mcast-port' },
  { long: 'mcast-ttl', argument: 'required', kind: 'mcast-ttl' },
]

interface Accepts {
  readonly required?: readonly Kind[]
  readonly allowed?: readonly Kind[]
  /** At most one of these. */
  readonly oneOf?: readonly Kind[]
}

const SERVICE: Accepts = {
  required: ['service-address'],
  allowed: ['scheduler', 'persistent', 'netmask', 'ops', 'pe', 'sched-flags', 'proxy-protocol'],
}
const SERVER: Accepts = {
  required: ['service-address', 'real-server'],
  allowed: [
    'forwarding-method',
    'weight',
    'u-threshold',
    'l-threshold',
    'tun-type',
    'tun-port',
    'tun-nocsum',
    'tun-csum',
    'tun-remcsum',
  ],
}

const ACCEPTS: Readonly<Record<CommandName, Accepts>> = {
  'add-service': SERVICE,
  'edit-service': SERVICE,
  'delete-service': { required: ['service-address'] },
  flush: {},
  list: {
    oneOf: ['connection', 'service-address', 'timeout', 'daemon'],
    // prettier-ignore
    allowed: ['numeric', 'stats', 'rate', 'thresholds', 'persistent-conn', 'nosort', 'syncid', 'exact', 'tun-info'],
  },
  'add-server': SERVER,
  'edit-server': SERVER,
  'delete-server': { required: ['service-address', 'real-server'] },
  set: {},
  'start-daemon': {
    allowed: ['mcast-interface', 'syncid', 'sync-maxlen', 'mcast-group', 'mcast-port', 'mcast-ttl'],
  },
  'stop-daemon': { allowed: ['syncid'] },
  restore: {},
  save: { allowed: ['numeric'] },
  zero: { allowed: ['service-address'] },
  'add-laddr': { required: ['service-address', 'local-address'] },
  'del-laddr': { required: ['service-address', 'local-address'] },
  'get-laddr': { allowed: ['service-address', 'numeric'] },
}

/** Throws unless the command takes every option given and has every option that it needs. */
export function checkOptions(command: CommandName, given: ReadonlySet<Kind>): void {
  const { required = [], allowed = [], oneOf = [] } = ACCEPTS[command]
  let chosen: Kind | null = null
  for (const kind of KINDS) {
    if (!given.has(kind)) {
      if (required.includes(kind)) {
        throw usageError(`You need to supply the '${kind}' option for the '${command}' command`)
      }
    } else if (oneOf.includes(kind)) {
      if (chosen !== null) {
        throw usageError(`The option '${kind}' conflicts with the '${chosen}' option in the '${command}' command`)
      }
      chosen = kind
    } else if (!required.includes(kind) && !allowed.includes(kind)) {
      throw usageError(`Illegal '${kind}' option with the '${command}' command`)
    }
  }
}
