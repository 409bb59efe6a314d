/**
 * Where a scenario happens: the interface that each world implements, and the steps as text. What a person is shown is the same in all of
 * them.
 */
import type { Step } from './scenario.ts'

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  readonly status: number
}

export type Fetched = { readonly body: string } | { readonly problem: string }

export type MarkStep = Extract<Step, { do: 'mark' }>

/** A topology that is up: hosts reach each other, web servers listen, no director is configured, nobody forwards. */
export interface World {
  /** Where this is, to go after “it runs”: `in a simulated network, seed 1`. */
  readonly place: string
  /** The program that clients fetch pages with. */
  readonly downloader: Downloader
  enableForwarding(host: string): Promise<void>
  /** Runs ipvsadm on the director, with the words after its name. */
  ipvsadm(words: readonly string[]): Promise<CommandResult>
  /** Runs `weir mark add` on the director. */
  mark(step: MarkStep): Promise<CommandResult>
  /** Fetches a page by a connection of its own. */
  fetch(client: string, url: string): Promise<Fetched>
  /** Opens a connection to an `address:port`, fetches a page by it and keeps it open until `release` or the world's end. */
  hold(client: string, endpoint: string): Promise<Fetched>
  /** Closes all connections that a client holds, and waits until both ends have closed. */
  release(client: string): Promise<void>
  /** Takes the world down, and completes the capture if there is one. */
  close(): Promise<void>
}

export type Downloader = 'curl' | 'wget'

/** How each downloader is told to print a page, not to ask proxies or files of the user, and to give up after 10 s. */
const DOWNLOAD: Record<Downloader, readonly string[]> = {
  curl: ['curl', '-q', '-sS', '--noproxy', '*', '--max-time', '10'],
  wget: ['wget', '-q', '-O', '-', '-T', '10', '-t', '1'],
}

export function downloadCommand(downloader: Downloader, url: string): readonly string[] {
  return [...DOWNLOAD[downloader], url]
}

/** The words after `weir` of a step that marks. */
export function markWords({ mark, to, port }: MarkStep): readonly string[] {
  return ['mark', 'add', String(mark), '--to', to, '--protocol', 'tcp', '--port', String(port)]
}

/** What a step is to a person: a command typed on a host, or what clients do. */
export type StepText = { readonly host: string; readonly command: string } | { readonly action: string }

/** Commands are without the options that only keep the lab independent of its surroundings. */
export function describeStep(step: Step, director: string, downloader: Downloader): StepText {
  switch (step.do) {
    case 'forward':
      return { host: step.on, command: 'echo 1 > /proc/sys/net/ipv4/ip_forward' }
    case 'ipvsadm':
      return { host: director, command: `ipvsadm ${step.words}` }
    case 'mark':
      return { host: director, command: `weir ${markWords(step).join(' ')}` }
    case 'fetch':
      return { host: step.from, command: `${downloader === 'wget' ? 'wget -O -' : 'curl'} ${step.url}` }
    case 'hold':
      return { action: describeHold(step) }
    case 'close':
      return { action: `${step.from} closes its connections` }
  }
}

function describeHold({ from, to, times }: Extract<Step, { do: 'hold' }>): string {
  const [what, stay] = times === 1 ? ['a connection', 'stays'] : [`${times} connections`, 'stay']
  const who = from.length === 1 ? `${from.join()} opens` : `${from.join(', ')} in turn open`
  return `${who} ${what} to ${to}, which ${stay} open`
}
