/**
 * A client's part that no command does: connections that stay open, and transfers. A process in the client's namespace (`client-process.ts`)
 * carries it out; it ends with the namespace.
 */
import type { ChildProcess } from 'node:child_process'
import { createInterface, type Interface } from 'node:readline'
import { startProgram } from './command.ts'
import { LabError } from './scenario.ts'
import type { Fetched, Transferred } from './world.ts'

export class LabClient {
  private readonly process: ChildProcess
  private readonly answers: Interface
  private said = ''

  /** `words` start the process in the client's namespace. */
  constructor(words: readonly string[]) {
    this.process = startProgram(words, { stdin: 'pipe' })
    if (this.process.stdout === null) throw new Error('the client process has no standard output')
    this.answers = createInterface({ input: this.process.stdout })
    this.process.stderr?.on('data', (piece: Buffer) => (this.said += piece.toString()))
    // That it has ended shows at the next question.
    this.process.stdin?.on('error', () => undefined)
  }

  /** Opens a connection and fetches a page by it. */
  async open(endpoint: string): Promise<Fetched> {
    return JSON.parse(await this.ask(`open ${endpoint}`)) as Fetched
  }

  /** Fetches a page again by each connection, in the order in which they were opened. */
  async reuse(): Promise<readonly Fetched[]> {
    return JSON.parse(await this.ask('reuse')) as readonly Fetched[]
  }

  /** Uploads so many bytes to a URL and downloads as many. */
  async transfer(url: string, bytes: number): Promise<Transferred> {
    return JSON.parse(await this.ask(`transfer ${url} ${bytes}`)) as Transferred
  }

  /** Closes all that are open, and waits for the servers' side. */
  async closeAll(): Promise<void> {
    await this.ask('close')
  }

  /** Lets the process hold on to its connections without this one. */
  detach(): void {
    this.process.unref()
    for (const stream of [this.process.stdin, this.process.stdout, this.process.stderr]) stream?.destroy()
  }

  /** One question at a time. */
  private ask(line: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(new LabError(`the client process has ended: ${this.said.trim()}`))
      this.process.once('close', fail)
      this.answers.once('line', (answer) => {
        this.process.off('close', fail)
        resolve(answer)
      })
      this.process.stdin?.write(`${line}\n`)
      if (this.process.exitCode !== null || this.process.signalCode !== null) fail()
    })
  }
}
