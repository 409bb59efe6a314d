/**
 * What ipvsadm 1.31 can do and this version of Weir can't yet. Such a command line is refused whole before the director is
 * asked, so that nothing is ever forwarded otherwise than was ordered.
 *
 * A feature that arrives takes its row with it.
 */
import type { CommandLine } from './command-line.ts'
import { Exit, STATUS_USAGE } from './messages.ts'

type Row = readonly [what: string, asked: (line: CommandLine) => boolean]

/** What to name in the refusal, and whether the line asks for it; the first row that matches is reported. */
const UNSUPPORTED: readonly Row[] = [
  ['synchronisation (--start-daemon)', (line) => line.command === 'start-daemon'],
  ['synchronisation (--stop-daemon)', (line) => line.command === 'stop-daemon'],
]

/** Throws where the line asks for something of the table. */
export function refuseUnsupported(line: CommandLine): void {
  for (const [what, asked] of UNSUPPORTED) {
    if (asked(line)) throw new Exit(STATUS_USAGE, '', `ipvsadm: this version of Weir does not support: ${what}\n`)
  }
}
