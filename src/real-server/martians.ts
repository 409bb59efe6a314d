/**
 * Martians: packets of IPv4 that the kernel drops because of their source. It counts those that reverse path filtering drops, for each
 * network namespace; the others, whose source is an address of the host itself, only for the whole machine. It logs both
 * where `log_martians` is set (ip-sysctl). The log is the machine's too: which device a line is about, its Ethernet address tells.
 */
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs'
import type { Host } from './host.ts'
import { effective } from './plan.ts'

/** A packet that the kernel has logged. */
export interface Martian {
  readonly source: string
  readonly destination: string
  /** The name of the device that it came in on. */
  readonly device: string
  /** The Ethernet address that it was sent to, as `ip` writes it. */
  readonly mac: string
  readonly secondsAgo: number
}

export interface Martians {
  /** What reverse path filtering has dropped since the network namespace began. */
  readonly reversePathDrops: number
  /** On this namespace's Ethernet devices, in the last ten minutes; of equal ones, the last. */
  readonly logged: readonly Martian[]
  /** What the machine has dropped besides since it started, and this namespace would not have logged; 0 where it logs. */
  readonly unlogged: number
}

/** What was mended longer ago is no longer found. */
const RECENT_SECONDS = 600
/** The longest record of the kernel's log. */
const RECORD_BYTES = 8192

export function readMartians(host: Host, device: string | null): Martians {
  const reversePathDrops = parseReversePathDrops(readFileSync('/proc/net/netstat', 'latin1'))
  const dropped = parseMartianDrops(readFileSync('/proc/net/stat/rt_cache', 'latin1'))
  if (effective(host, device ?? 'all', 'log_martians') === 0)
    return { reversePathDrops, logged: [], unlogged: Math.max(0, dropped - reversePathDrops) }
  const logged = parseMartians(readKernelLog(), Number(process.hrtime.bigint() / 1000n))
  const isHere = (martian: Martian): boolean =>
    host.devices.some(({ name, mac }) => name === martian.device && mac === martian.mac)
  return { reversePathDrops, logged: logged.filter(isHere), unlogged: 0 }
}

/** `IPReversePathFilter` of /proc/net/netstat, whose lines come in pairs of names and numbers. */
export function parseReversePathDrops(netstat: string): number {
  const [names = [], numbers = []] = netstat
    .split('\n')
    .flatMap((line) => (line.startsWith('TcpExt:') ? [line.split(' ')] : []))
  return Number(numbers[names.indexOf('IPReversePathFilter')] ?? 0)
}

/** `in_martian_src` of /proc/net/stat/rt_cache: a line of names, and one of hexadecimal numbers for each processor. */
export function parseMartianDrops(statistics: string): number {
  const [names = [], ...processors] = statistics.split('\n').map((line) => line.trim().split(/\s+/))
  const column = names.indexOf('in_martian_src')
  return processors.reduce((sum, numbers) => sum + parseInt(numbers[column] ?? '0', 16), 0)
}

const RECORD = /^\d+,\d+,(\d+),[^;]*;IPv4: martian source (\S+) from (\S+), on dev (\S+)/
const ETHERNET_HEADER = /;ll header: 0+: ((?:[\da-f]{2} ){5}[\da-f]{2})/

/** Records as /dev/kmsg has them: level, number, microseconds since the machine started; a martian's is followed by its Ethernet header. */
export function parseMartians(records: readonly string[], nowMicroseconds: number): Martian[] {
  const found = new Map<string, Martian>()
  let martian: Omit<Martian, 'mac'> | null = null
  for (const record of records) {
    const [, when, destination = '', source = '', device = ''] = RECORD.exec(record) ?? []
    if (when !== undefined) {
      const secondsAgo = Math.max(0, Math.round((nowMicroseconds - Number(when)) / 1e6))
      martian = secondsAgo <= RECENT_SECONDS ? { source, destination, device, secondsAgo } : null
      continue
    }
    const mac = ETHERNET_HEADER.exec(record)?.[1]?.replaceAll(' ', ':')
    if (mac === undefined || martian === null) continue
    found.set(`${martian.destination} ${martian.source} ${martian.device} ${mac}`, { ...martian, mac })
    martian = null
  }
  return [...found.values()]
}

/** Nothing where it can't be read, as in many containers. */
function readKernelLog(): string[] {
  const records: string[] = []
  const buffer = Buffer.alloc(RECORD_BYTES)
  let log: number
  try {
    log = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK)
  } catch {
    return []
  }
  try {
    for (;;) records.push(buffer.toString('latin1', 0, readSync(log, buffer)))
  } catch {
    // EAGAIN at its end.
    return records
  } finally {
    closeSync(log)
  }
}
