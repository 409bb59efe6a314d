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

export class Narrator {
  constructor(private readonly terminal: Terminal) {}

  /** Says why there can be no namespaces. */
  fallBack(missing: readonly string[]): void {
    for (const each of missing) this.line(this.styled('yellow', `No network namespaces here: ${each}.`))
    this.line(this.styled('yellow', 'So it runs in the simulator.\n'))
  }

  begin({ name, title, shows, topology }: Scenario, { place }: World): void {
    this.line(`${this.styled('bold', title)} (${name})`)
    this.line(shows)
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

  /** What the step's command printed. */
  output(text: string): void {
    this.terminal.out(text)
  }

  answer(number: number, text: string, isGood: boolean): void {
    this.line(`${String(number).padStart(4)}  ${isGood ? text : this.styled('red', text)}`)
  }

  findings(findings: readonly Finding[]): void {
    this.line()
    for (const { met, expected, found } of findings) {
      this.line(`${met ? this.styled('green', '✓') : this.styled('red', '✗')} ${expected}`)
      this.line(this.styled('dim', `    found: ${found}`))
    }
    const failed = findings.filter(({ met }) => !met).length
    this.line()
    if (failed === 0) this.line(this.styled('green', `As expected: ${findings.length} of ${findings.length}.`))
    else this.line(this.styled('red', `Not as expected: ${failed} of ${findings.length}.`))
  }

  line(text = ''): void {
    this.terminal.out(`${text}\n`)
  }

  private styled(style: Style, text: string): string {
    return this.terminal.colours ? styleText(style, text) : text
  }
}
