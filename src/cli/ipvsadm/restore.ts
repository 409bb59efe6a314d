/**
 * `-R`: every line of standard input is a command line, with or without `ipvsadm` in front. All lines are made or none.
 *
 * First every line is parsed, then all are tried on a copy of the configuration that exists, and only then made in order, in
 * one batch between two listings. What the copy can't foresee (a full table, an error of the kernel) puts back what was there.
 * Linear in the lines and in the services that exist. Packets meet the lines one by one, as in the original.
 */
import { ControlError, type DirectorControl, type ServiceStatus, type SettingValues } from '../../control/model.ts'
import { change, refusal } from './change.ts'
import { OptionProblem, parseCommandLine, type CommandLine } from './command-line.ts'
import { Configuration } from './configuration.ts'
import { Exit, refusalWords, STATUS_REFUSED, tryHelp } from './messages.ts'
import type { Names } from './names.ts'
import type { CommandName } from './options.ts'
import { refuseUnsupported } from './unsupported.ts'

interface RestoreLine {
  /** From 1, empty lines included. */
  readonly number: number
  readonly text: string
  readonly line: CommandLine
}

export interface RestoreScript {
  readonly lines: readonly RestoreLine[]
  /** The help or version that ends the script, with what it prints; nothing after it is looked at. */
  readonly ending: Exit | null
}

/** The original's words, and where. */
function located(status: number, words: string, number: number, text: string): Exit {
  return new Exit(status, '', `${words}ipvsadm: nothing was restored: line ${number} is wrong: ${text}\n`)
}

/** Parses all lines. Throws an `Exit` for the first that is wrong or that this version can't do. */
export async function parseScript(stdin: string, names: Names): Promise<RestoreScript> {
  const lines: RestoreLine[] = []
  for (const [index, raw] of stdin.split('\n').entries()) {
    const text = raw.trim()
    const words = text.split(/\s+/)
    if (words[0] === 'ipvsadm') words.shift()
    if (text === '' || words.length === 0) continue
    try {
      const line = await parseCommandLine(words, names)
      if (line.command === 'restore') throw tryHelp()
      refuseUnsupported(line)
      lines.push({ number: index + 1, text, line })
    } catch (error) {
      if (error instanceof OptionProblem) throw located(STATUS_REFUSED, `${error.message}\n`, index + 1, text)
      if (!(error instanceof Exit)) throw error
      if (error.status === 0) return { lines, ending: error }
      throw located(error.status, error.stderr, index + 1, text)
    }
  }
  return { lines, ending: null }
}

const LISTINGS: readonly CommandName[] = ['list', 'save', 'get-laddr']

const isListing = ({ line }: RestoreLine): boolean => LISTINGS.includes(line.command)

/** Makes one line. Throws an `Exit` where the director refuses it. */
function make({ line, number, text }: RestoreLine, director: Parameters<typeof change>[1]): void {
  try {
    change(line, director)
  } catch (error) {
    const words = refusal(line, error)
    throw words === null ? error : located(STATUS_REFUSED, `${words}\n`, number, text)
  }
}

/** What a listing prints. Throws an `Exit` where there is nothing of that name. */
async function show(
  { line, number, text }: RestoreLine,
  list: (line: CommandLine) => Promise<string>,
): Promise<string> {
  try {
    return await list(line)
  } catch (error) {
    throw error instanceof Exit ? located(error.status, error.stderr, number, text) : error
  }
}

/** Runs a script; `list` makes what a listing prints. Throws an `Exit` for the first line that the director refuses. */
export async function runScript(
  lines: readonly RestoreLine[],
  director: DirectorControl,
  list: (line: CommandLine) => Promise<string>,
): Promise<string> {
  const before = director.services()
  const settings = director.settings()
  const trial = new Configuration(before)
  for (const line of lines) if (!isListing(line)) make(line, trial)
  let stdout = ''
  try {
    for (let at = 0; at < lines.length;) {
      const line = lines[at]
      if (line !== undefined && isListing(line)) {
        stdout += await show(line, list)
        at += 1
        continue
      }
      const listing = lines.findIndex((candidate, i) => i > at && isListing(candidate))
      const end = listing < 0 ? lines.length : listing
      const changes = lines.slice(at, end)
      director.batch(() => changes.forEach((each) => make(each, director)))
      at = end
    }
  } catch (error) {
    director.batch(() => putBack(director, before, settings))
    if (!(error instanceof ControlError)) throw error
    // Found at the end of a batch, where it belongs to no line.
    const words = refusalWords('restore', error)
    throw new Exit(STATUS_REFUSED, '', `${words}\nipvsadm: nothing was restored: ${error.message}\n`)
  }
  return stdout
}

/** Makes the services, servers and settings what they were. Servers that had gone return as the first of their service. */
function putBack(director: DirectorControl, before: readonly ServiceStatus[], settings: SettingValues): void {
  const then = new Configuration(before)
  const now = new Configuration(director.services())
  for (const [name, { config }] of now.services) if (!then.services.has(name)) director.removeService(config)
  for (const [name, { config, dests, localAddresses }] of then.services) {
    const present = now.services.get(name)
    if (present === undefined) director.addService(config)
    else director.editService(config)
    for (const [at, dest] of present?.dests ?? []) if (!dests.has(at)) director.removeDest(config, dest)
    for (const address of present?.localAddresses ?? [])
      if (!localAddresses.has(address)) director.removeLocalAddress(config, address)
    for (const address of localAddresses)
      if (present?.localAddresses.has(address) !== true) director.addLocalAddress(config, address)
    for (const [at, dest] of dests) {
      if (present?.dests.has(at) === true) director.editDest(config, dest)
      else director.addDest(config, dest)
    }
  }
  director.set(settings)
}
