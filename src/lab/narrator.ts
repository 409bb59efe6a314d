/** What a person sees of a run: plain text, with colours only where the caller says that they are understood. */
import { styleText } from 'node:util'
import { drawTopology } from './diagram.ts'
import type { Finding } from './expectations.ts'
import type { Scenario } from './scenario.ts'
import type { World } from './world.ts'

export interface Terminal {
  /** Takes text for standard output. */
  readonly out: (text: string) => void
  readonly colours: boolean
}

type Style = Parameters<typeof styleText>[0]

/** So many answers have a line each; more are told in rows of ten. */
const MOST_LINES = 12
const ROW = 10

export class Narrator {
  constructor(private readonly terminal: Terminal) {}

  /** Says why there can be no namespaces. */
  fallBack(missing: readonly string[]): void {
    for (const each of missing) this.line(this.styled('yellow', `No network namespaces here: ${each}.`))
    this.line(this.styled('yellow', 'So it runs in the simulator.\n'))
  }

  /** Says why a scenario isn't run in namespaces, although the machine has all that they need. */
  onlySimulated(why: string): void {
    this.line(`${why}\n`)
  }

  begin({ name, title, shows, note, topology }: Scenario, { place }: World): void {
    this.line(`${this.styled('bold', title)} (${name})`)
    this.line(shows)
    if (note !== undefined) this.line(note)
    this.line(`It runs ${place}.\n`)
    for (const line of drawTopology(topology)) this.line(`  ${line}`)
    this.line()
  }

  /** Called before a step is carried out. */
  command(host: string, command: string, times: number): void {
    this.line(
      `${this.styled('cyan', `${host}#`)} ${command}${times === 1 ? '' : this.styled('dim', `   (${times} times)`)}`,
    )
  }

  /** As `command`, for what is no command. */
  action(text: string): void {
    this.line(this.styled('cyan', text))
  }

  /** What the step's command printed. */
  output(text: string): void {
    this.terminal.out(text)
  }

  /** Returns what tells of each of a step's answers in turn. */
  answers(times: number): (text: string, isGood: boolean) => void {
    const perRow = times > MOST_LINES ? ROW : 1
    let told = 0
    return (text, isGood) => {
      if (told % perRow === 0) this.terminal.out(String(told + 1).padStart(4))
      told += 1
      const ends = told % perRow === 0 || told === times
      this.terminal.out(`  ${isGood ? text : this.styled('red', text)}${ends ? '\n' : ''}`)
    }
  }

  /** Tells at the end what is behind what was seen. */
  explanation(lines: readonly string[]): void {
    this.line(`\n${lines.join('\n')}`)
  }

  findings(findings: readonly Finding[]): void {
    this.line()
    for (const { met, expected, found } of findings) {
      this.line(`${this.tick(met)} ${expected}`)
      if (found !== expected) this.line(this.styled('dim', `    found: ${found}`))
    }
    const failed = findings.filter(({ met }) => !met).length
    this.line()
    if (failed === 0) this.line(this.styled('green', `As expected: ${findings.length} of ${findings.length}.`))
    else this.line(this.styled('red', `Not as expected: ${failed} of ${findings.length}.`))
  }

  /** A line of the table of many runs. */
  result(met: boolean, text: string): void {
    this.line(`${this.tick(met)} ${text}`)
  }

  line(text = ''): void {
    this.terminal.out(`${text}\n`)
  }

  private tick(met: boolean): string {
    return met ? this.styled('green', '✓') : this.styled('red', '✗')
  }

  private styled(style: Style, text: string): string {
    return this.terminal.colours ? styleText(style, text) : text
  }
}
