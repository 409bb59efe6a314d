/**
 * What ipvsadm 1.31 can do and this version of Weir can't yet. Such a command line is refused whole before the director is
 * asked, so that nothing is ever forwarded otherwise than was ordered.
 *
 * A feature that arrives takes its row with it.
 */
import { SCHEDULERS } from '../../control/model.ts'
import type { CommandLine } from './command-line.ts'
import { Exit, STATUS_USAGE } from './messages.ts'

/** The schedulers of IPVS in Linux 6.x. */
const IPVS_SCHEDULERS = 'rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos'.split(' ')

type Row = readonly [what: string | ((line: CommandLine) => string), asked: (line: CommandLine) => boolean]

const changesService = ({ command }: CommandLine): boolean => command === 'add-service' || command === 'edit-service'
const changesServer = ({ command }: CommandLine): boolean => command === 'add-server' || command === 'edit-server'
const missingScheduler = ({ scheduler }: CommandLine): boolean =>
  IPVS_SCHEDULERS.includes(scheduler) && !SCHEDULERS.some((name) => name === scheduler)

/** What to name in the refusal, and whether the line asks for it; the first row that matches is reported. */
const UNSUPPORTED: readonly Row[] = [
  ['timeouts other than the defaults (--set)', (line) => line.command === 'set'],
  ['synchronisation (--start-daemon)', (line) => line.command === 'start-daemon'],
  ['synchronisation (--stop-daemon)', (line) => line.command === 'stop-daemon'],
  ['UDP service (-u)', (line) => line.protocol === 'udp'],
  ['SCTP service (--sctp-service)', (line) => line.protocol === 'sctp'],
  ['service by firewall mark (-f)', (line) => line.fwmark !== null],
  [(line) => `IPv6 address ${line.address}`, (line) => line.family === 6],
  [(line) => `IPv6 address ${line.serverAddress}`, (line) => line.serverFamily === 6],
  ['persistence (-p)', (line) => line.given.has('persistent')],
  ['persistence granularity (-M)', (line) => line.given.has('netmask')],
  ['persistence engine (--pe)', (line) => line.given.has('pe')],
  ['one-packet scheduling (-o)', (line) => line.given.has('ops')],
  ['scheduler flags (-b)', (line) => line.given.has('sched-flags')],
  ['service on every port (port 0)', (line) => line.protocol !== null && line.port === 0],
  [(line) => `scheduler ${line.scheduler} (-s)`, (line) => changesService(line) && missingScheduler(line)],
  ['tunnelling (-i)', (line) => line.forwarding === 'ipip'],
  ['direct routing (-g, or none of -g, -i and -m)', (line) => changesServer(line) && line.forwarding === 'gatewaying'],
  ['server on every port (port 0)', (line) => line.given.has('real-server') && line.serverPort === 0],
  ['upper connection threshold (-x)', (line) => line.given.has('u-threshold')],
  ['lower connection threshold (-y)', (line) => line.given.has('l-threshold')],
  ['listing of tunnels (--tun-info)', (line) => line.given.has('tun-info')],
]

/** Throws where the line asks for something of the table. */
export function refuseUnsupported(line: CommandLine): void {
  for (const [what, asked] of UNSUPPORTED) {
    if (!asked(line)) continue
    const named = typeof what === 'string' ? what : what(line)
    throw new Exit(STATUS_USAGE, '', `ipvsadm: this version of Weir does not support: ${named}\n`)
  }
}
