/**
 * How the program ends early, and the words it ends with: those of ipvsadm 1.31.
 */
import type { ControlError } from '../../control/model.ts'
import type { CommandName } from './options.ts'

/** The exit status of a popt error or of a change that the director refused: −1, as a shell sees it. */
export const STATUS_REFUSED = 255
/** The exit status of a wrong command line, and of a director that can't be reached. */
export const STATUS_USAGE = 2
/** The exit status of listing a service that doesn't exist. */
export const STATUS_NOT_LISTED = 1

/** Ends the run, the other lines of a restore included. */
export class Exit extends Error {
  constructor(
    readonly status: number,
    readonly stdout: string,
    readonly stderr: string,
  ) {
    super(stderr)
    this.name = 'Exit'
  }
}

/** The command line is wrong; nothing has been changed by it. */
export function usageError(message: string): Exit {
  return new Exit(STATUS_USAGE, '', `${message}\n`)
}

export function tryHelp(): Exit {
  return new Exit(STATUS_REFUSED, '', "Try `ipvsadm -h' or 'ipvsadm --help' for more information.\n")
}

/** No right to see or change the director. */
export function notPermitted(): Exit {
  return new Exit(
    STATUS_USAGE,
    '',
    "Can't initialize ipvs: Permission denied (you must be root)\n" +
      'Are you sure that IP Virtual Server is built in the kernel or as module?\n',
  )
}

export const NO_SUCH_SERVICE = 'No such service'
export const SERVICE_EXISTS = 'Service already exists'
export const SCHEDULER_NOT_FOUND = 'Scheduler or persistence engine not found'

/** ipvsadm's words for a change that the director refused; the error's own where ipvsadm has none. */
export function refusalWords(command: CommandName, { code, message }: ControlError): string {
  switch (code) {
    case 'service-exists':
      return SERVICE_EXISTS
    case 'no-such-service':
      return command.endsWith('-server') ? 'Service not defined' : NO_SUCH_SERVICE
    case 'dest-exists':
      return 'Destination already exists'
    case 'no-such-dest':
      return 'No such destination'
    case 'local-exists':
      return 'Local address already exists'
    case 'no-such-local':
      return 'No such local address'
    case 'table-full':
      return 'Memory allocation problem'
    case 'bad-threshold':
      return 'Numerical result out of range'
    default:
      return message
  }
}
