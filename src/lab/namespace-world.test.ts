/** The lab in network namespaces: each test's scenario has a name of its own, so nothing that a person has kept is touched. */
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { LabStatus, removeLeftovers, runScenario } from './lab.ts'
import { leftovers, namespacesOf } from './namespaces.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'
import { lblcr } from './scenarios/lblcr.ts'
import { natRr } from './scenarios/nat-rr.ts'
import { nq } from './scenarios/nq.ts'
import { hasProgram } from './command.ts'
import { installationForTests } from './testing/installation-for-tests.ts'
import { Recorder } from './testing/recorder.ts'

const { installation, reason } = installationForTests()
const folder = mkdtempSync(join(tmpdir(), 'weir-lab-'))
const named = (scenario: Scenario): Scenario => ({ ...scenario, name: `test-${process.pid}-${scenario.name}` })
const scenario = named(natRr)

/** Namespaces of this file's runs, and folders of directors of theirs. */
function remains(): string[] {
  return readdirSync('/run/netns').filter((name) => name.startsWith(`weir-lab-test-${process.pid}-`))
}

describe.skipIf(installation === null)(`the lab in network namespaces${reason}`, () => {
  afterEach(async () => {
    await removeLeftovers([scenario], new Recorder())
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(SCENARIOS)('$name does what is expected, and leaves nothing', async (each) => {
    const terminal = new Recorder()
    expect(await runScenario(named(each), {}, terminal), terminal.text).toBe(LabStatus.met)
    expect(remains()).toEqual([])
  })

  it.each([natRr, lblcr])('of $name it says the same as the simulator, but for place and packets', async (each) => {
    const outputs = [new Recorder(), new Recorder()] as const
    await runScenario(named(each), {}, outputs[0])
    await runScenario(named(each), { simulate: true }, outputs[1])
    const [real, simulated] = outputs.map(({ text }) =>
      text
        .replace(/^It runs .*$/m, '')
        .replace(/^(\S+ +\S+ +\d+ )( +\d+){4}$/gm, '$1')
        .replace(/^( +-> \S+ +\d+ )( +\d+){4}$/gm, '$1')
        .replace(/^ +found: \d+ packets.*$/m, ''),
    )
    expect(real).toBe(simulated)
  })

  it.skipIf(!hasProgram('tcpdump'))(
    'a capture has the packets of both sides of the director (needs tcpdump)',
    async () => {
      const pcap = join(folder, 'run.pcap')
      await runScenario(scenario, { pcap }, new Recorder())
      const text = execFileSync('tcpdump', ['-n', '-r', pcap, 'tcp[tcpflags] & tcp-syn != 0'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      expect(text.match(/ 11\.11\.11\.11\.\d+ > 11\.11\.11\.12\.80: Flags \[S\]/g)).toHaveLength(12)
      expect(text.match(/ 11\.11\.11\.11\.\d+ > 22\.22\.22\.2[34]\.80: Flags \[S\]/g)).toHaveLength(12)
      expect(text.match(/ 11\.11\.11\.12\.80 > 11\.11\.11\.11\.\d+: Flags \[S\.\]/g)).toHaveLength(12)
    },
  )

  it.each([false, true])('a run that is interrupted takes its world down, kept or not (keep: %j)', async (keep) => {
    const terminal = new Recorder()
    const controller = new AbortController()
    terminal.onOutput = () => {
      if (terminal.text.includes('   3  nginx2')) controller.abort(new Error('enough'))
    }
    await expect(runScenario(scenario, { keep }, terminal, controller.signal)).rejects.toThrow('enough')
    expect(terminal.text).not.toContain('   5  nginx2')
    expect(remains()).toEqual([])
  })

  it('what is kept has its open connections until it is removed', async () => {
    const kept = named(nq)
    await runScenario(kept, { keep: true }, new Recorder())
    const words = ['netns', 'exec', `weir-lab-${kept.name}-director`, ...(installation?.ipvsadm ?? []), '-Lnc']
    const states = execFileSync('ip', words, { encoding: 'utf8' }).match(/ESTABLISHED/g)
    expect(states).toHaveLength(7)
    await removeLeftovers([kept], new Recorder())
    expect(remains()).toEqual([])
  })

  it('what is kept goes on forwarding, is not made twice, and is removed from its names alone', async () => {
    const terminal = new Recorder()
    await runScenario(scenario, { keep: true }, terminal)
    expect(terminal.text).toMatch(new RegExp(`weir(\\.js)? lab ${scenario.name} --remove\\n$`))
    const client = `weir-lab-${scenario.name}-client`
    expect(
      execFileSync('ip', ['netns', 'exec', client, 'curl', '-qsS', 'http://11.11.11.12/'], { encoding: 'utf8' }),
    ).toBe('nginx2\n')
    await expect(runScenario(scenario, { keep: true }, terminal)).rejects.toThrow('have been kept already')
    await removeLeftovers([scenario], terminal)
    expect(terminal.text).toMatch(/Removed weir-lab-test-\S+-nat-rr-\*\.\n$/)
    expect(remains()).toEqual([])
  })
})

describe.skipIf(installation === null)(`a lab that is a process${reason}`, () => {
  const weir = installation?.weir ?? []

  /** Runs nat-rr as a command and sends it a signal once the third request has been answered. */
  async function interrupted(signal: NodeJS.Signals) {
    const child = spawn(weir[0] ?? '', [...weir.slice(1), 'lab', 'nat-rr'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.on('data', (piece: Buffer) => {
      text += piece.toString()
      if (text.includes('   3  nginx2')) child.kill(signal)
    })
    const status = await new Promise((resolve) => child.once('close', (code, by) => resolve(code ?? by)))
    return { status, prefix: `weir-lab-nat-rr-${child.pid}` }
  }

  it('takes its world down on Ctrl-C and ends with status 130', async () => {
    const { status, prefix } = await interrupted('SIGINT')
    expect(status).toBe(130)
    expect(namespacesOf(prefix, natRr.topology)).toEqual([])
  })

  it('leaves what can be removed later when it is killed', async () => {
    const { status, prefix } = await interrupted('SIGKILL')
    expect(status).toBe('SIGKILL')
    expect(leftovers(natRr)).toContain(prefix)
    const { length } = namespacesOf(prefix, natRr.topology)
    expect(length).toBe(natRr.topology.hosts.length + 1)
    const terminal = new Recorder()
    // Only the killed run's: a person may have kept one.
    await removeLeftovers([{ ...natRr, name: prefix.slice('weir-lab-'.length) }], terminal)
    expect(terminal.text).toBe(`Removed ${prefix}-*.\n`)
    expect(namespacesOf(prefix, natRr.topology)).toEqual([])
  })
})
