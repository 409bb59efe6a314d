/**
 * ipvsadm as a function: words in, output and exit status out. All that it touches comes in through `IpvsadmIo`.
 *
 * A line is parsed and its names are resolved before the director is opened, once, for reading or for changes.
 */
import type { DirectorControl } from '../../control/model.ts'
import { change, refusal, serviceId } from './change.ts'
import { OptionProblem, parseCommandLine, type CommandLine } from './command-line.ts'
import { listConnections, listLocalAddresses, listServices, listTimeouts, saveRules } from './list.ts'
import { Exit, notPermitted, STATUS_REFUSED, STATUS_USAGE } from './messages.ts'
import type { Names } from './names.ts'
import { parseScript, runScript } from './restore.ts'
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

async function list(line: CommandLine, director: DirectorControl, names: Names): Promise<string> {
  const { given } = line
  if (line.command === 'get-laddr') {
    return listLocalAddresses(director, given.has('service-address') ? serviceId(line) : null)
  }
  if (line.command === 'save') return saveRules(director, given, names)
  // There is no synchronisation daemon to tell of.
  if (given.has('daemon')) return ''
  if (given.has('timeout')) return listTimeouts(director)
  if (given.has('connection')) return listConnections(director, given, names)
  return listServices(director, given.has('service-address') ? serviceId(line) : null, given, names)
}

function makeChange(line: CommandLine, director: DirectorControl): void {
  try {
    change(line, director)
  } catch (error) {
    const words = refusal(line, error)
    throw words === null ? error : new Exit(STATUS_REFUSED, '', `${words}\n`)
  }
}

async function restore(io: IpvsadmIo): Promise<string> {
  const { lines, ending } = await parseScript(io.stdin(), io.names)
  let stdout = ''
  if (lines.length > 0) {
    stdout = await withDirector(io, { write: true }, (director) =>
      runScript(lines, director, (line) => list(line, director, io.names)),
    )
  }
  return stdout + (ending?.stdout ?? '')
}

async function withDirector<T>(
  io: IpvsadmIo,
  options: { write: boolean },
  use: (director: DirectorControl) => T | Promise<T>,
): Promise<T> {
  const director = await io.openDirector(options)
  try {
    return await use(director)
  } finally {
    director.close()
  }
}

/** Runs a line and returns what it prints. Throws an `Exit` where it ends otherwise than well. */
async function runLine(words: readonly string[], io: IpvsadmIo): Promise<string> {
  const line = await parseCommandLine(words, io.names)
  refuseUnsupported(line)
  switch (line.command) {
    case 'list':
    case 'get-laddr':
    case 'save':
      return withDirector(io, { write: false }, (director) => list(line, director, io.names))
    case 'restore':
      return restore(io)
    default:
      await withDirector(io, { write: true }, (director) => makeChange(line, director))
      return ''
  }
}

/** An error that isn't ipvsadm's own, told in its place: of the kernel, of a file. Anything else is a defect and goes on. */
function explain(error: unknown): Exit {
  if (error instanceof Exit) return error
  if (error instanceof OptionProblem) return new Exit(STATUS_REFUSED, '', `${error.message}\n`)
  if (!(error instanceof Error) || !('code' in error)) throw error
  if (error.code === 'not-root') return notPermitted()
  return new Exit(STATUS_USAGE, '', `ipvsadm: ${error.message}\n`)
}

/** Runs ipvsadm with the words after its name. */
export async function run(argv: readonly string[], io: IpvsadmIo): Promise<Outcome> {
  try {
    return { stdout: await runLine(argv.length === 0 ? ['-L'] : argv, io), stderr: '', status: 0 }
  } catch (error) {
    const { stdout, stderr, status } = explain(error)
    return { stdout, stderr, status }
  }
}
