/**
 * `weir lab` as functions: lists the scenarios, runs one, or removes what one has left; `run-all.ts` runs all. The exit status says what came of it.
 *
 * A run that was asked for in namespaces falls back to the simulator where the machine lacks something, and says so.
 */
import { openSync } from 'node:fs'
import { hasProgram } from './command.ts'
import { findInstallation, type Installation, isInstallation, typed } from './installation.ts'
import { NamespaceWorld } from './namespace-world.ts'
import { keptPrefix, leftovers, namespacesOf, removeNamespaces, runPrefix } from './namespaces.ts'
import { Narrator, type Terminal } from './narrator.ts'
import { play } from './play.ts'
import { directorOf, LabError, type Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'
import { SimulatedWorld } from './simulated-world.ts'
import type { World } from './world.ts'

export const LabStatus = { met: 0, notMet: 1, couldNotRun: 2 } as const

export interface LabRequest {
  /** In the simulator, whatever the machine has. */
  readonly simulate?: boolean
  /** Of the simulator; default 1. */
  readonly seed?: number
  /** Leave the namespaces for exploring, if the run comes to its end. */
  readonly keep?: boolean
  /** A file for the packets at the director's interfaces. */
  readonly pcap?: string
}

/** Prints all scenarios, a line each. */
export function listScenarios(terminal: Terminal): void {
  const width = Math.max(...SCENARIOS.map(({ name }) => name.length))
  const lines = SCENARIOS.map(({ name, title, shows }) => `  ${name.padEnd(width)}  ${title}. ${shows}\n`)
  terminal.out(`Scenarios; "weir lab NAME" runs one, "weir lab all" all:\n\n${lines.join('')}`)
}

/** Throws a `LabError` that names all scenarios. */
export function findScenario(name: string): Scenario {
  const scenario = SCENARIOS.find((each) => each.name === name)
  if (scenario !== undefined) return scenario
  throw new LabError(`there is no scenario "${name}": choose from ${SCENARIOS.map((each) => each.name).join(', ')}`)
}

/** Runs a scenario and returns a `LabStatus`. When `signal` aborts, it takes down what it has built and throws the signal's reason. */
export async function runScenario(
  scenario: Scenario,
  request: LabRequest,
  terminal: Terminal,
  signal?: AbortSignal,
): Promise<number> {
  const narrator = new Narrator(terminal)
  const world = await openWorld(scenario, request, narrator, signal)
  let status: number
  try {
    narrator.begin(scenario, world)
    const findings = await play(scenario, world, narrator, signal)
    narrator.findings(findings)
    if (scenario.explanation !== undefined) narrator.explanation(scenario.explanation)
    status = findings.every(({ met }) => met) ? LabStatus.met : LabStatus.notMet
    if (request.keep === true && world instanceof NamespaceWorld) world.keep()
  } finally {
    await world.close()
  }
  if (request.pcap !== undefined) narrator.line(`The packets are in ${request.pcap}.`)
  if (world instanceof NamespaceWorld && request.keep === true) tellHowToExplore(scenario, world.installation, narrator)
  return status
}

/** Removes the namespaces that runs of scenarios have left. */
export async function removeLeftovers(scenarios: readonly Scenario[], terminal: Terminal): Promise<void> {
  const installation = requireInstallation(findInstallation())
  const found = scenarios.flatMap((scenario) => leftovers(scenario).map((prefix) => ({ scenario, prefix })))
  for (const { scenario, prefix } of found) {
    await removeNamespaces(prefix, scenario.topology, installation.weir)
    terminal.out(`Removed ${prefix}-*.\n`)
  }
  if (found.length === 0) terminal.out('There is nothing to remove.\n')
}

/** Refuses a seed where nothing is simulated. */
export function checkSeed({ simulate = false, seed }: LabRequest): void {
  if (!simulate && seed !== undefined) throw new LabError('a seed is for the simulator: add --simulate')
}

function requireInstallation(found: Installation | readonly string[]): Installation {
  if (isInstallation(found)) return found
  throw new LabError(`no network namespaces here: ${found.join('; ')}`)
}

async function openWorld(
  scenario: Scenario,
  request: LabRequest,
  narrator: Narrator,
  signal: AbortSignal | undefined,
): Promise<World> {
  const { simulate = false, seed, keep = false, pcap } = request
  const { simulatedOnly } = scenario
  if (simulate && keep) throw new LabError('a simulated network ends with its command: leave out --keep or --simulate')
  if (simulatedOnly !== undefined && keep)
    throw new LabError(`${scenario.name} has nothing to keep. ${simulatedOnly} Leave out --keep`)
  checkSeed(request)
  const installation = simulate || simulatedOnly !== undefined ? [] : findInstallation()
  if (!isInstallation(installation)) {
    if (keep) requireInstallation(installation)
    if (!simulate && simulatedOnly !== undefined) narrator.onlySimulated(simulatedOnly)
    else if (!simulate) narrator.fallBack(installation)
    const file = pcap === undefined ? {} : { pcap: openFile(pcap) }
    return new SimulatedWorld(scenario.topology, { seed: seed ?? 1, ...file })
  }
  if (pcap !== undefined && !hasProgram('tcpdump'))
    throw new LabError('--pcap needs tcpdump: apt install tcpdump, or add --simulate')
  const prefix = keep ? keptPrefix(scenario) : runPrefix(scenario)
  if (keep && namespacesOf(prefix, scenario.topology).length > 0)
    throw new LabError(`${prefix}-* have been kept already: remove them by "weir lab ${scenario.name} --remove"`)
  return NamespaceWorld.create(scenario.topology, {
    prefix,
    installation,
    ...(pcap === undefined ? {} : { pcap: openFile(pcap) }),
    ...(signal === undefined ? {} : { signal }),
  })
}

/** Opens the file for a capture before anything is started. */
function openFile(path: string): number {
  try {
    return openSync(path, 'w')
  } catch (error) {
    throw new LabError(`the capture can't be written: ${(error as Error).message}`, { cause: error })
  }
}

function tellHowToExplore(scenario: Scenario, { ipvsadm, weir }: Installation, narrator: Narrator): void {
  const on = (host: string, command: string): void =>
    narrator.line(`  ip netns exec ${keptPrefix(scenario)}-${host} ${command}`)
  const director = directorOf(scenario.topology).name
  narrator.line('\nIt goes on running. Look around:\n')
  on(director, `${typed(ipvsadm)} -Ln`)
  on(director, `${typed(ipvsadm)} -Lnc`)
  on(director, `${typed(weir)} status`)
  for (const step of scenario.steps) if (step.do === 'fetch') on(step.from, `curl ${step.url}`)
  narrator.line(`\nRemove all of it:\n\n  ${typed(weir)} lab ${scenario.name} --remove`)
}
