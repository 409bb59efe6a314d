/**
 * ipvsadm as a function: words in, output and exit status out. All that it touches comes in through `IpvsadmIo`.
 *
 * A line is parsed and its names are resolved before the director is opened. A restore takes its lines in turn, as separate
 * runs on one director: a line that the director refuses is reported and the next one follows, a wrong one ends the restore.
 */
import {
  ControlError,
  SCHEDULERS,
  type DirectorControl,
  type SchedulerName,
  type ServiceId,
} from '../../control/model.ts'
import { OptionProblem, parseCommandLine, type CommandLine } from './command-line.ts'
import { listConnections, listServices, listTimeouts, saveRules } from './list.ts'
import * as messages from './messages.ts'
import { Exit, STATUS_REFUSED, STATUS_USAGE } from './messages.ts'
import type { Names } from './names.ts'
import { refuseUnsupported } from './unsupported.ts'

export type OpenDirector = DirectorControl & { close(): void }

export interface IpvsadmIo {
  readonly names: Names
  /** All of standard input. Called once, and only for `-R`. */
  stdin(): string
  /** Called once, and only by commands that need the director. */
  openDirector(options: { write: boolean }): OpenDirector | Promise<OpenDirector>
}

export interface Outcome {
  readonly stdout: string
  readonly stderr: string
  /** 0 … 255. */
  readonly status: number
}

/** The director of a run, opened when it is first needed, and the output so far. */
class Session {
  stdout = ''
  stderr = ''
  private opened: OpenDirector | null = null

  constructor(
    readonly io: IpvsadmIo,
    /** Whether this is a restore: its lines share a director that is open for writing. */
    readonly restoring: boolean,
  ) {}

  async director(write: boolean): Promise<DirectorControl> {
    this.opened ??= await this.io.openDirector({ write: write || this.restoring })
    return this.opened
  }

  close(): void {
    this.opened?.close()
  }
}

/** A change refused here because the model has no name for the scheduler; the message is ipvsadm's. */
class Refused extends Error {}

function serviceId(line: CommandLine): ServiceId {
  return { protocol: 'tcp', address: line.address, port: line.port }
}

function scheduler(line: CommandLine): SchedulerName | null {
  return SCHEDULERS.find((name) => name === line.scheduler) ?? null
}

function addService(line: CommandLine, director: DirectorControl): void {
  const id = serviceId(line)
  const name = scheduler(line)
  if (name === null) {
    throw new Refused(director.service(id) === null ? messages.SCHEDULER_NOT_FOUND : messages.SERVICE_EXISTS)
  }
  director.addService({ ...id, scheduler: name })
}

function editService(line: CommandLine, director: DirectorControl): void {
  const id = serviceId(line)
  const name = scheduler(line)
  if (name === null) {
    throw new Refused(director.service(id) === null ? messages.NO_SUCH_SERVICE : messages.SCHEDULER_NOT_FOUND)
  }
  director.editService({ ...id, scheduler: name })
}

/** Makes the change that the line asks for. */
function change(line: CommandLine, director: DirectorControl): void {
  const id = serviceId(line)
  const server = { address: line.serverAddress, port: line.serverPort }
  switch (line.command) {
    case 'add-service':
      addService(line, director)
      break
    case 'edit-service':
      editService(line, director)
      break
    case 'delete-service':
      director.removeService(id)
      break
    case 'flush':
      director.clear()
      break
    case 'add-server':
      director.addDest(id, { ...server, weight: line.weight, method: 'masquerading' })
      break
    case 'edit-server':
      director.editDest(id, { ...server, weight: line.weight, method: 'masquerading' })
      break
    case 'delete-server':
      director.removeDest(id, server)
      break
    case 'zero':
      director.zero(...(line.given.has('service-address') ? [id] : []))
      break
    default:
      throw new Error(`no change: ${line.command}`)
  }
}

async function list(line: CommandLine, session: Session): Promise<string> {
  const { names } = session.io
  const { given } = line
  if (given.has('timeout')) return listTimeouts()
  // There is no synchronisation daemon to tell of.
  if (given.has('daemon')) return ''
  const director = await session.director(false)
  if (given.has('connection')) return listConnections(director, given, names)
  return listServices(director, given.has('service-address') ? serviceId(line) : null, given, names)
}

/** Runs a parsed line and returns its exit status. */
async function execute(line: CommandLine, session: Session): Promise<number> {
  switch (line.command) {
    case 'list':
      session.stdout += await list(line, session)
      return 0
    case 'save':
      session.stdout += await saveRules(await session.director(false), line.given, session.io.names)
      return 0
    case 'restore':
      return restore(session)
    default:
      return executeChange(line, await session.director(true), session)
  }
}

function executeChange(line: CommandLine, director: DirectorControl, session: Session): number {
  try {
    change(line, director)
    return 0
  } catch (error) {
    if (error instanceof Refused) session.stderr += `${error.message}\n`
    else if (error instanceof ControlError) session.stderr += `${messages.refusalWords(line.command, error)}\n`
    else throw error
    return STATUS_REFUSED
  }
}

async function runLine(words: readonly string[], session: Session): Promise<number> {
  try {
    const line = await parseCommandLine(words, session.io.names)
    if (line.command === 'restore' && session.restoring) throw messages.tryHelp()
    refuseUnsupported(line)
    return await execute(line, session)
  } catch (error) {
    if (!(error instanceof OptionProblem)) throw error
    session.stderr += `${error.message}\n`
    return STATUS_REFUSED
  }
}

/** `-R`: every line of standard input is a command line, with or without `ipvsadm` in front. */
async function restore(session: Session): Promise<number> {
  const lines = session.io.stdin().split('\n')
  const inner = new Session(session.io, true)
  let status = 0
  try {
    for (const text of lines) {
      const words = text.split(/\s+/).filter((word) => word !== '')
      if (words[0] === 'ipvsadm') words.shift()
      if (words.length > 0) status = await runLine(words, inner)
    }
    return status
  } finally {
    inner.close()
    session.stdout += inner.stdout
    session.stderr += inner.stderr
  }
}

/** An error that isn't ipvsadm's own, told in its place: of the kernel, of a file. Anything else is a defect and goes on. */
function explain(error: unknown): Exit {
  if (error instanceof Exit) return error
  if (!(error instanceof Error) || !('code' in error)) throw error
  if (error.code === 'not-root') return messages.notPermitted()
  return new Exit(STATUS_USAGE, '', `ipvsadm: ${error.message}\n`)
}

/** Runs ipvsadm with the words after its name. */
export async function run(argv: readonly string[], io: IpvsadmIo): Promise<Outcome> {
  const session = new Session(io, false)
  let status: number
  try {
    status = await runLine(argv.length === 0 ? ['-L'] : argv, session)
  } catch (error) {
    const exit = explain(error)
    session.stdout += exit.stdout
    session.stderr += exit.stderr
    status = exit.status
  } finally {
    session.close()
  }
  return { stdout: session.stdout, stderr: session.stderr, status }
}
