/**
 * Replays the recordings of ipvsadm 1.31 and compares standard output, standard error and exit status byte for byte.
 *
 * What can't be replayed is found by rule: a command that `unsupported.ts` refuses is skipped, so is every command about a service or
 * server that exists only in the recording, and their lines are taken out of listings. Everything else must be equal.
 */
import { afterAll, describe, expect, it } from 'vitest'
import { OptionProblem, parseCommandLine, type CommandLine } from './command-line.ts'
import { Exit } from './messages.ts'
import { run, type IpvsadmIo, type Outcome } from './run.ts'
import { runRestore, runSave } from './save-restore.ts'
import { recordedLabels, RECORDED_NAMES, RecordedDirector } from './testing/recorded-director.ts'
import { expirySeconds, readScenarios, withoutVolatile, type CommandStep, type Scenario } from './testing/recordings.ts'
import { UnsupportedObjects } from './testing/unsupported-objects.ts'
import { refuseUnsupported } from './unsupported.ts'
import { OURS } from './usage.ts'

interface Difference {
  readonly reason: string
  /** What is recorded, changed to what is answered instead; none: the step is skipped. */
  readonly adapt?: (step: CommandStep) => CommandStep
}

/** A rule of one dest with the thresholds that the original leaves out when it saves. */
function withThresholds(stdout: string, thresholds: Readonly<Record<string, string>>): string {
  return stdout.replace(/ -r (\S+):80 -m -w 1$/gm, (rule, address: string) => rule + (thresholds[address] ?? ''))
}

function withLimits(step: CommandStep): CommandStep {
  return { ...step, stdout: step.stdout.replace('-i -w 0 --tun-type ipip', '$& -x 10 -y 4') }
}

function withUnsignedMarks(step: CommandStep): CommandStep {
  return { ...step, stdout: step.stdout.replace('-f -1 ', '-f 4294967295 ') }
}

/** Steps that are answered otherwise than by ipvsadm 1.31, on purpose. */
const DIFFERENT: Readonly<Record<string, Difference>> = {
  'unprivileged 4': { reason: 'help needs no privilege' },
  'fwmark 14': { reason: 'saved rules have marks that can be restored', adapt: withUnsignedMarks },
  'fwmark 15': { reason: 'saved rules have marks that can be restored', adapt: withUnsignedMarks },
  'thresholds 17': {
    reason: 'saved rules keep thresholds',
    adapt: (step) => ({
      ...step,
      stdout: withThresholds(step.stdout, {
        '10.2.0.1': ' -x 100 -y 50',
        '10.2.0.2': ' -x 10 -y 0',
        '10.2.0.5': ' -x 5 -y 5',
        '10.2.0.6': ' -x 65535 -y 65535',
        '10.2.0.7': ' -x 65536 -y 0',
      }),
    }),
  },
  ...Object.fromEntries(
    [14, 15, 16, 17].map((step) => [`save-full ${step}`, { reason: 'saved rules keep thresholds', adapt: withLimits }]),
  ),
  'sched-flags 15': {
    reason: 'saved rules have flags that can be restored',
    adapt: (step) => ({ ...step, stdout: step.stdout.replace('-s sh -b \n', '-s sh -b flag-3\n') }),
  },
  'save-restore 9': { reason: 'a restore is done whole or not at all', adapt: (step) => ({ ...step, rc: 255 }) },
  'save-restore 11': { reason: 'a restore is done whole or not at all', adapt: (step) => ({ ...step, rc: 255 }) },
}

/** What a restore adds to the words of the original when a line is wrong. */
const WRONG_LINE = /^ipvsadm: nothing was restored: line [0-9]+ is wrong: .*\n$/m

const MINIMUM_REPLAYED = 699
const EXPIRY_TOLERANCE_SECONDS = 3

const skipped = new Map<string, number>()
let replayed = 0

function skip(reason: string): void {
  skipped.set(reason, (skipped.get(reason) ?? 0) + 1)
}

type Parsed = { line: CommandLine; refused: boolean } | null

/** The parsed line, and whether this version refuses it; null for a line that is wrong. */
async function parse(words: readonly string[]): Promise<Parsed> {
  try {
    const line = await parseCommandLine(words.length === 0 ? ['-L'] : words, RECORDED_NAMES)
    try {
      refuseUnsupported(line)
      return { line, refused: false }
    } catch {
      return { line, refused: true }
    }
  } catch (error) {
    if (error instanceof Exit || error instanceof OptionProblem) return null
    throw error
  }
}

class Replay {
  private readonly machine = new RecordedDirector()
  private readonly unsupported = new UnsupportedObjects(recordedLabels)
  /** Traffic that only the recording has: counts can't be compared any more. */
  private foreignTraffic = false
  /** Only the recording has a daemon. */
  private daemon = false

  constructor(private readonly scenario: Scenario) {}

  async step(index: number): Promise<void> {
    const step = this.scenario.steps[index]
    if (step === undefined) return
    if ('packet' in step) {
      if (this.unsupported.any) this.foreignTraffic = true
      else this.machine.send(step.packet)
    } else if ('shell' in step) await this.shell(step.shell)
    else await this.command(step)
  }

  /** The one set-up that the recordings have: a loop over numbers. */
  private async shell(text: string): Promise<void> {
    const [, count, body] = /^for i in \$\(seq 1 ([0-9]+)\); do (.*); done$/.exec(text) ?? []
    if (body === undefined) throw new Error(`unknown set-up: ${text}`)
    for (let i = 1; i <= Number(count); i++) {
      for (const command of body.replaceAll('$i', String(i)).split('; ')) {
        expect(await run(command.split(' ').slice(1), this.io(''))).toEqual({ stdout: '', stderr: '', status: 0 })
      }
    }
  }

  private io(stdin: string, privileged = true): IpvsadmIo {
    return {
      names: RECORDED_NAMES,
      stdin: () => stdin,
      openDirector: (options) => {
        if (!privileged) throw Object.assign(new Error('not root'), { code: 'not-root' })
        return this.machine.open(options)
      },
    }
  }

  private async command(step: CommandStep): Promise<void> {
    const at = step.argv.findIndex((word) => word.startsWith('ipvsadm'))
    if (at < 0) {
      skip('reads /proc/net/ip_vs*, which Weir does not have')
      return
    }
    const different = DIFFERENT[`${this.scenario.name} ${step.step}`]
    if (different?.adapt === undefined && different !== undefined) {
      skip(different.reason)
      return
    }
    this.machine.wait(step.waited_s ?? 0)
    const [program, ...words] = step.argv.slice(at)
    const parsed = program === 'ipvsadm' ? await parse(words) : null
    if (this.skips(step, parsed)) return
    const stdin = await this.restorable(step)
    const programs: Record<string, typeof run> = { 'ipvsadm-save': runSave, 'ipvsadm-restore': runRestore }
    const outcome = await (programs[program ?? ''] ?? run)(words, this.io(stdin, at === 0))
    this.compare(different?.adapt?.(step) ?? step, outcome)
    if (parsed !== null && outcome.status === 0) this.unsupported.forget(parsed.line)
    replayed++
  }

  private skips(step: CommandStep, parsed: Parsed): boolean {
    if (parsed === null) return false
    const { line, refused } = parsed
    if (refused || this.unsupported.concern(line)) {
      skip('asks for something that this version of Weir does not support')
      if (step.rc === 0) this.unsupported.forget(line)
      if (step.rc === 0 && refused) this.unsupported.add(line)
      if (step.rc === 0 && line.command === 'start-daemon') this.daemon = true
      return true
    }
    if (this.daemon && line.given.has('daemon')) {
      skip('lists something that this version of Weir does not support')
      return true
    }
    if (this.foreignTraffic && (line.command === 'list' || line.command === 'save')) {
      skip('shows traffic of a protocol or method that this version of Weir does not support')
      return true
    }
    return false
  }

  /** What to restore without the lines that this version refuses. Lines that only the original makes are its own. */
  private async restorable({ stdin = '', step }: CommandStep): Promise<string> {
    const isOthers = DIFFERENT[`${this.scenario.name} ${step}`] !== undefined
    const kept: string[] = []
    for (const text of stdin.split('\n')) {
      const words = text
        .trim()
        .replace(/^ipvsadm /, '')
        .split(/\s+/)
      const parsed = await parse(words)
      if (parsed?.refused !== true) kept.push(text)
      if (parsed !== null && (parsed.refused || isOthers)) this.unsupported.add(parsed.line)
      else if (parsed !== null) this.unsupported.forget(parsed.line)
    }
    return kept.join('\n')
  }

  private compare(step: CommandStep, { stdout, stderr, status }: Outcome): void {
    const even = (text: string): string => withoutVolatile(this.unsupported.filter(text), step.volatile)
    const context = `step ${step.step}: ${step.argv.join(' ')}`
    expect({ stdout: even(stdout.replace(OURS, '')), stderr: stderr.replace(WRONG_LINE, ''), status }, context).toEqual(
      {
        stdout: even(step.stdout),
        stderr: step.stderr,
        status: step.rc,
      },
    )
    if (step.volatile?.includes('expire') !== true) return
    const recorded = expirySeconds(step.stdout)
    for (const [i, seconds] of expirySeconds(stdout).entries()) {
      expect(Math.abs(seconds - (recorded[i] ?? 0)), `${context}: expiry`).toBeLessThanOrEqual(EXPIRY_TOLERANCE_SECONDS)
    }
  }
}

describe('ipvsadm answers as ipvsadm 1.31 was recorded to', () => {
  for (const scenario of readScenarios()) {
    it(scenario.name, async () => {
      const replay = new Replay(scenario)
      for (let index = 0; index < scenario.steps.length; index++) await replay.step(index)
    })
  }

  afterAll(() => {
    const reasons = [...skipped].map(([reason, count]) => `  ${count} skipped: ${reason}`)
    console.log(`${replayed} recorded commands replayed\n${reasons.join('\n')}`)
    expect(replayed, 'recorded commands replayed').toBeGreaterThanOrEqual(MINIMUM_REPLAYED)
  })
})
