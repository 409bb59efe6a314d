import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findScenario, LabStatus, listScenarios, runScenario } from './lab.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'
import { drArpFlux } from './scenarios/dr-arp-flux.ts'
import { natRr } from './scenarios/nat-rr.ts'
import { runAll } from './run-all.ts'
import { Recorder } from './testing/recorder.ts'

const folder = mkdtempSync(join(tmpdir(), 'weir-lab-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function simulate(scenario: Scenario, request: { seed?: number; pcap?: string } = {}) {
  const terminal = new Recorder()
  const status = await runScenario(scenario, { simulate: true, ...request }, terminal)
  return { status, text: terminal.text }
}

/** `nat-rr`, of which another server is expected. */
const FAILING: Scenario = {
  ...natRr,
  steps: natRr.steps.map((step) =>
    step.do === 'fetch' ? { ...step, expect: [{ expect: 'turns', servers: ['nginx1'] }] } : step,
  ),
}

describe('scenarios in the simulator', () => {
  it.each(SCENARIOS)('$name does what is expected', async (scenario) => {
    const { status, text } = await simulate(scenario)
    expect(status, text).toBe(LabStatus.met)
  })

  it('the same seed gives the same output and capture, another seed another capture', async () => {
    const pcap = join(folder, 'run.pcap')
    const runs = []
    for (const seed of [1, 1, 2]) runs.push({ ...(await simulate(natRr, { seed, pcap })), capture: readFileSync(pcap) })
    const [first, second, other] = runs
    expect(second).toEqual(first)
    expect(other?.capture).not.toEqual(first?.capture)
    expect(first?.capture.readUInt32LE(0)).toBe(0xa1b2c3d4)
  })

  it('a person sees each command, who answered, the table and each finding', async () => {
    const { text } = await simulate(natRr)
    expect(text).toContain('director# ipvsadm -a -t 11.11.11.12:80 -r 22.22.22.24:80 -m\n')
    expect(text).toContain('client# curl http://11.11.11.12/   (12 times)\n   1  nginx2\n   2  nginx1\n')
    expect(text).toMatch(/^TCP {2}11\.11\.11\.12:80 {21}12 .*\n {2}-> 22\.22\.22\.23:80 {22}6 /m)
    expect(text.match(/^✓ /gm)).toHaveLength(3)
    expect(text).toMatch(/\nAs expected: 3 of 3\.\n$/)
  })

  it('an expectation that is not met gives status 1 and says what was found', async () => {
    const { status, text } = await simulate(FAILING)
    expect(status).toBe(LabStatus.notMet)
    expect(text).toContain(
      '✗ nginx1 answers every request\n    found: of 12 requests: nginx1 6, nginx2 6; request 1 by nginx2\n',
    )
  })

  it('a server that does not forward makes requests fail, and they are told', async () => {
    const steps = natRr.steps.filter((step) => step.do !== 'forward')
    const { status, text } = await simulate({ ...natRr, steps })
    expect(status).toBe(LabStatus.notMet)
    expect(text).toContain('   1  no answer: ')
  })
})

describe('a scenario for the simulator alone', () => {
  it('runs there without being told to, says why, and what is behind what it shows', async () => {
    const terminal = new Recorder()
    expect(await runScenario(drArpFlux, {}, terminal)).toBe(LabStatus.met)
    expect(terminal.text).toMatch(/^It runs in the simulator: in namespaces it would be chance/)
    expect(terminal.text).toMatch(/client sends what is for 192\.168\.1\.3 to rs1\n[^]*\nThe remedy, on each server: /)
  })

  it('can not be kept', async () => {
    await expect(runScenario(drArpFlux, { keep: true }, new Recorder())).rejects.toThrow('has nothing to keep')
  })
})

describe('what can not be run', () => {
  it.each([
    [{ simulate: true, keep: true }, 'a simulated network ends with its command'],
    [{ seed: 3 }, 'a seed is for the simulator'],
    [{ simulate: true, pcap: '/nowhere/at/all' }, "the capture can't be written: ENOENT"],
  ])('%j is refused', async (request, words) => {
    const terminal = new Recorder()
    await expect(runScenario(natRr, request, terminal)).rejects.toThrow(words)
    expect(terminal.text).toBe('')
  })

  it('a command of the scenario that fails ends the run, in its own words', async () => {
    const steps = [{ do: 'ipvsadm', words: '-a -t 11.11.11.12:80 -r 22.22.22.23:80 -m' } as const]
    await expect(simulate({ ...natRr, steps })).rejects.toThrow(
      /"ipvsadm -a .*" failed with status \d+: Service not defined/,
    )
  })

  it('an unknown name is answered with all that there are', () => {
    expect(() => findScenario('nat-xx')).toThrow('there is no scenario "nat-xx": choose from nat-rr, nat-wrr')
  })
})

describe('all scenarios', () => {
  const broken: Scenario = { ...natRr, steps: [{ do: 'ipvsadm', words: '-D -t 11.11.11.12:80' }] }
  const run = async (...scenarios: Scenario[]) => {
    const terminal = new Recorder()
    const status = await runAll({ simulate: true }, terminal, undefined, scenarios)
    return { status, text: terminal.text.replace(/ +[\d.]+ s /g, ' 0.1 s ') }
  }

  it('have a line each, and the status of the worst', async () => {
    expect(await run(natRr, natRr)).toEqual({
      status: LabStatus.met,
      text:
        '✓ nat-rr 0.1 s  NAT mode with RR method\n✓ nat-rr 0.1 s  NAT mode with RR method\n\n' +
        '2 of 2 scenarios as expected, in the simulator.\n',
    })
    expect((await run(FAILING, natRr)).status).toBe(LabStatus.notMet)
    expect((await run(broken, FAILING)).status).toBe(LabStatus.couldNotRun)
  })

  it('go on after one that fails or can not be run, and say all that it said', async () => {
    const { text } = await run(FAILING, broken, natRr)
    expect(text).toContain('✗ nginx1 answers every request\n')
    expect(text).toContain('It could not run: "ipvsadm -D -t 11.11.11.12:80" failed with status')
    expect(text).toMatch(/^✓ nat-rr /m)
    expect(text).toContain('\n1 of 3 scenarios as expected')
  })
})

it('the list of scenarios has each with its title', () => {
  const terminal = new Recorder()
  listScenarios(terminal)
  for (const { name, title } of SCENARIOS) expect(terminal.text).toMatch(new RegExp(`^  ${name} +${title}\\. `, 'm'))
})
