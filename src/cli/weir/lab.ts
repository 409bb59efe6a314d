/**
 * `weir lab`: its options, and what a Ctrl-C does. The lab takes its world down first, then the command ends with 128 + the signal's
 * number.
 */
import { writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import type { Command } from 'commander'
import type { LabRequest } from '../../lab/lab.ts'
import { LabError, type Scenario } from '../../lab/scenario.ts'
import { ExitStatus } from './exit-status.ts'

/** In place of a scenario's name. */
const ALL = 'all'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

interface LabIo {
  out(text: string): void
  err(text: string): void
}

interface LabOptions {
  readonly simulate?: boolean
  readonly seed?: string
  readonly keep?: boolean
  readonly remove?: boolean
  readonly pcap?: string
  /** True: on standard output. */
  readonly draw?: string | true
}

/** Adds `lab` to the command `weir`. Its action throws an `ExitStatus` unless the expectation was met. */
export function addLab(weir: Command, io: LabIo): void {
  weir
    .command('lab')
    .description('run a scenario, in network namespaces or simulated, and see whether it does what it should')
    .argument('[scenario]', 'its name, or "all"; without one, all are listed')
    .option('--simulate', 'in a simulated network, which needs no privileges')
    .option('--seed <n>', 'of the simulated network (default 1)')
    .option('--keep', 'leave the network namespaces for exploring')
    .option('--remove', 'remove what --keep, or a run that was killed, has left')
    .option('--pcap <file>', "write the packets at all of the director's interfaces to one file")
    .option('--draw [file]', 'run nothing: draw its hosts, and the ways of request and reply, as SVG')
    .addHelpText(
      'after',
      '\nWithout root, a kernel since 6.6, ip, or curl or wget, it says what is missing and runs simulated.\n' +
        '\nExit status: 0 as expected, 1 not as expected, 2 it could not run.',
    )
    .action(async (name: string | undefined, options: LabOptions) => {
      const status = await lab(name, options, io)
      if (status !== 0) throw new ExitStatus(status)
    })
}

/** Does what the command line asks for and returns the exit status. */
export async function lab(name: string | undefined, options: LabOptions, io: LabIo): Promise<number> {
  const { findScenario, LabStatus, listScenarios, removeLeftovers, runScenario } = await import('../../lab/lab.ts')
  const { runAll } = await import('../../lab/run-all.ts')
  const { SCENARIOS } = await import('../../lab/scenarios.ts')
  const terminal = { ...io, colours: process.stdout.isTTY && process.stdout.hasColors() }
  const interrupt = new Interrupt()
  try {
    checkOptions(name, options)
    if (name === undefined) listScenarios(terminal)
    else if (options.draw !== undefined) await draw(findScenario(name), options.draw, io)
    else if (options.remove === true) await removeLeftovers(name === ALL ? SCENARIOS : [findScenario(name)], terminal)
    else if (name === ALL) return await runAll(requestOf(options), terminal, interrupt.signal)
    else return await runScenario(findScenario(name), requestOf(options), terminal, interrupt.signal)
    return LabStatus.met
  } catch (error) {
    if (error instanceof Interrupted) return 128 + constants.signals[error.by]
    if (!(error instanceof LabError)) throw error
    io.err(`weir: ${error.message}\n`)
    return LabStatus.couldNotRun
  } finally {
    interrupt.end()
  }
}

async function draw(scenario: Scenario, file: string | true, io: LabIo): Promise<void> {
  const { drawPicture } = await import('../../lab/picture/picture.ts')
  const picture = drawPicture(scenario)
  if (file === true) {
    io.out(picture)
    return
  }
  try {
    writeFileSync(file, picture)
  } catch (error) {
    throw new LabError(`the picture can't be written: ${(error as Error).message}`, { cause: error })
  }
}

/** Refuses options that would have no effect. */
function checkOptions(name: string | undefined, { remove, draw, ...others }: LabOptions): void {
  const hasOthers = Object.keys(others).length > 0
  if (name === undefined && (remove === true || draw !== undefined || hasOthers))
    throw new LabError('options are for a scenario: name one, "weir lab" lists them')
  if (name === ALL && (others.keep === true || others.pcap !== undefined))
    throw new LabError('--keep and --pcap are for a single scenario: name one')
  if (draw !== undefined && (name === ALL || remove === true || hasOthers))
    throw new LabError('--draw is for a single scenario, and runs nothing: leave out the other options')
  if (remove === true && hasOthers) throw new LabError('--remove runs nothing: leave out the other options')
}

function requestOf({ simulate, seed, keep, pcap }: LabOptions): LabRequest {
  if (seed !== undefined && !Number.isSafeInteger(/^\d+$/.test(seed) ? Number(seed) : NaN))
    throw new LabError(`"${seed}" is no seed: give a whole number from 0 to 2^53 − 1`)
  return {
    ...(simulate === undefined ? {} : { simulate }),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(keep === undefined ? {} : { keep }),
    ...(pcap === undefined ? {} : { pcap }),
  }
}

class Interrupted extends Error {
  constructor(readonly by: (typeof SIGNALS)[number]) {
    super(`interrupted by ${by}`)
    this.name = 'Interrupted'
  }
}

/** Turns the signals that end a process into an `AbortSignal`, until `end`. A second one changes nothing: the world is being taken down. */
class Interrupt {
  private readonly controller = new AbortController()
  readonly signal = this.controller.signal
  private readonly onSignal = (by: NodeJS.Signals): void => {
    const known = SIGNALS.find((name) => name === by)
    if (known !== undefined) this.controller.abort(new Interrupted(known))
  }

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.onSignal)
  }

  end(): void {
    for (const signal of SIGNALS) process.off(signal, this.onSignal)
  }
}
