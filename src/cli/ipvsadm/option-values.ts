/**
 * What each option's value means: checked as ipvsadm 1.31 does it when it comes to the option, in the order of the words.
 */
import { parseAddress } from '../../control/address.ts'
import type { FamilyNumber, Protocol, Tunnel } from '../../control/model.ts'
import type { CommandLine } from './command-line.ts'
import { usageError } from './messages.ts'
import type { Names } from './names.ts'
import { splitSchedFlags } from './sched-flags.ts'
import { INT_MAX, isIpv6Address, parseHostPort, parseIpv4, parseNumber } from './values.ts'

/** 31 days. */
const MAX_TIMEOUT_S = 31 * 24 * 60 * 60
const SYNC_MAXLEN = 65535 - 20 - 8

function numberOr(text: string, least: number, most: number, message: string): number {
  const value = parseNumber(text, least, most)
  if (value === null) throw usageError(message)
  return value
}

/** A timeout in seconds. Throws an `Exit` where it is below `least` or above 31 days. */
export function timeoutSeconds(text: string, least: number): number {
  return numberOr(text, least, MAX_TIMEOUT_S, `invalid timeout value \`${text}' specified`)
}

async function setService(line: CommandLine, text: string, protocol: Protocol, names: Names): Promise<void> {
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

async function setLocalAddress(line: CommandLine, text: string, names: Names): Promise<void> {
  const found = await parseHostPort(text, line.protocol, names)
  if (found === null || found.port !== null) throw usageError('illegal local address specified')
  line.localAddress = found.address
}

function netmask(family: FamilyNumber, text: string): number {
  if (family === 6) return numberOr(text, 1, 128, 'illegal ipv6 netmask specified')
  const mask = parseIpv4(text)
  if (mask === null) throw usageError('illegal virtual server persistent mask specified')
  return parseAddress(mask).address.word0
}

function checkMulticastGroup(text: string): void {
  if (isIpv6Address(text)) {
    if (!/^ff/i.test(text)) throw usageError(`invalid IPv6 mcast-group \`${text}'`)
    return
  }
  const first = Number(parseIpv4(text)?.split('.')[0] ?? 0)
  if (first < 224 || first > 239) throw usageError(`invalid IPv4 mcast-group \`${text}'`)
}

function tunnelType(text: string): Tunnel['type'] {
  if (text === 'ipip' || text === 'gue' || text === 'gre') return text
  throw usageError('illegal tunnel type specified')
}

function proxyProtocol(text: string): boolean {
  if (text === 'v2' || text === 'disable') return text === 'v2'
  throw usageError(`illegal proxy-protocol \`${text}' specified: choose v2 or disable`)
}

/** Takes one option into the line. Throws an `Exit` where its value is wrong. */
export async function applyOption(line: CommandLine, long: string, value: string | null, names: Names): Promise<void> {
  const text = value ?? ''
  switch (long) {
    case 'tcp-service':
    case 'udp-service':
    case 'sctp-service':
      return setService(line, text, long.slice(0, -'-service'.length) as Protocol, names)
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
      line.schedFlags = splitSchedFlags(text)
      return
    case 'persistent':
      if (value !== null) line.persistenceS = timeoutSeconds(value, 1)
      return
    case 'netmask':
      line.netmask = netmask(line.family, text)
      return
    case 'pe':
      line.engine = text
      return
    case 'proxy-protocol':
      line.proxyProtocol = proxyProtocol(text)
      return
    case 'real-server':
      return setServer(line, text, names)
    case 'masquerading':
    case 'gatewaying':
    case 'ipip':
    case 'fullnat':
      line.forwarding = long
      return
    case 'local-address':
      return setLocalAddress(line, text, names)
    case 'tun-type':
      line.tunnelType = tunnelType(text)
      return
    case 'tun-port':
      line.tunnelPort = numberOr(text, 1, 65535, 'illegal tunnel port specified')
      return
    case 'weight':
      line.weight = numberOr(text, 0, INT_MAX, 'illegal weight specified')
      return
    case 'u-threshold':
      line.upperThreshold = numberOr(text, 0, INT_MAX, 'illegal u_threshold specified')
      return
    case 'l-threshold':
      line.lowerThreshold = numberOr(text, 0, INT_MAX, 'illegal l_threshold specified')
      return
    default:
      checkDaemonOption(long, text)
  }
}

/** Checks what only the synchronisation daemon would use, so that a wrong value is answered as by ipvsadm. */
function checkDaemonOption(long: string, text: string): void {
  switch (long) {
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
