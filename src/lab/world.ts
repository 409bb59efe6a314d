/**
 * Where a scenario happens: the interface that each world implements, and the commands of an operator as text. What a person is shown
 * is the same in all of them.
 */
import type { Step } from './scenario.ts'

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  readonly status: number
}

export type Fetched = { readonly body: string } | { readonly problem: string }

/** A topology that is up: hosts reach each other, web servers listen, no director is configured, nobody forwards. */
export interface World {
  /** Where this is, to go after “it runs”: `in a simulated network, seed 1`. */
  readonly place: string
  /** The program that clients fetch pages with. */
  readonly downloader: Downloader
  enableForwarding(host: string): Promise<void>
  /** Runs ipvsadm on the director, with the words after its name. */
  ipvsadm(words: readonly string[]): Promise<CommandResult>
  /** Fetches a page by a connection of its own. */
  fetch(client: string, url: string): Promise<Fetched>
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

/** Where a step's command is typed and what it is, without the options that only keep the lab independent of its surroundings. */
export function commandOf(step: Step, director: string, downloader: Downloader): { host: string; command: string } {
  switch (step.do) {
    case 'forward':
      return { host: step.on, command: 'echo 1 > /proc/sys/net/ipv4/ip_forward' }
    case 'ipvsadm':
      return { host: director, command: `ipvsadm ${step.words}` }
    case 'fetch':
      return { host: step.from, command: `${downloader === 'wget' ? 'wget -O -' : 'curl'} ${step.url}` }
  }
}
