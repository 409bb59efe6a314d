/**
 * `weir lab all`: every scenario, one after the other, and a line for each: whether it went as expected, and how long it took. What a run
 * that did not had to say follows its line.
 */
import { findInstallation, isInstallation } from './installation.ts'
import { checkSeed, type LabRequest, LabStatus, runScenario } from './lab.ts'
import { Narrator, type Terminal } from './narrator.ts'
import { LabError, type Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

/** Returns the worst `LabStatus`. Throws the signal's reason once that aborts. */
export async function runAll(
  request: Pick<LabRequest, 'simulate' | 'seed'>,
  terminal: Terminal,
  signal?: AbortSignal,
  scenarios: readonly Scenario[] = SCENARIOS,
): Promise<number> {
  checkSeed(request)
  const narrator = new Narrator(terminal)
  const installation = request.simulate === true ? [] : findInstallation()
  const isSimulated = !isInstallation(installation)
  if (isSimulated && installation.length > 0) narrator.fallBack(installation)
  const width = Math.max(...scenarios.map(({ name }) => name.length))
  const statuses: number[] = []
  for (const scenario of scenarios) {
    let text = ''
    const out = (piece: string): void => void (text += piece)
    const from = performance.now()
    const status = await attempt(scenario, { ...request, simulate: isSimulated }, { ...terminal, out }, signal)
    const seconds = ((performance.now() - from) / 1000).toFixed(1).padStart(5)
    narrator.result(status === LabStatus.met, `${scenario.name.padEnd(width)} ${seconds} s  ${scenario.title}`)
    if (status !== LabStatus.met) narrator.line(`\n${text}`)
    statuses.push(status)
  }
  const good = statuses.filter((status) => status === LabStatus.met).length
  const where = isSimulated ? 'in the simulator' : 'in network namespaces'
  narrator.line(`\n${good} of ${statuses.length} scenarios as expected, ${where}.`)
  return Math.max(...statuses)
}

/** A scenario that can't be run does not keep the others from it. */
async function attempt(
  scenario: Scenario,
  request: LabRequest,
  terminal: Terminal,
  signal: AbortSignal | undefined,
): Promise<number> {
  try {
    return await runScenario(scenario, request, terminal, signal)
  } catch (error) {
    if (!(error instanceof LabError)) throw error
    terminal.out(`It could not run: ${error.message}\n`)
    return LabStatus.couldNotRun
  }
}
