/**
 * Where a scenario happens: the interface that each world implements, and the steps as text. What a person is shown is the same in all of
 * them.
 */
import type { Content } from './content.ts'
import type { Family, Step } from './scenario.ts'

export interface CommandResult {
  readonly stdout: string
  readonly stderr: string
  readonly status: number
}

export type Fetched = { readonly body: string } | { readonly problem: string }

/** What was sent both ways, and what arrived. */
export type Transferred =
  { readonly sent: Content; readonly uploaded: Content; readonly downloaded: Content } | { readonly problem: string }

/** Whom packets to an address go to. */
export interface Neighbour {
  /** `02:00:00:00:00:01`. */
  readonly mac: string
  /** Null for a MAC address that is none of the scenario's. */
  readonly host: string | null
}

export type MarkStep = Extract<Step, { do: 'mark' }>
export type RealServerStep = Extract<Step, { do: 'real-server' }>

/** A topology that is up: hosts reach each other, web servers listen, no director is configured, nobody but routers forwards. */
export interface World {
  /** Where this is, to go after “it runs”: `in a simulated network, seed 1`. */
  readonly place: string
  /** The program that clients fetch pages with. */
  readonly downloader: Downloader
  enableForwarding(host: string, family: Family): Promise<void>
  /** Runs ipvsadm on the director, with the words after its name. */
  ipvsadm(words: readonly string[]): Promise<CommandResult>
  /** Runs `weir mark add` on the director. */
  mark(step: MarkStep): Promise<CommandResult>
  /** Runs `weir real-server` on the server. */
  makeRealServer(step: RealServerStep): Promise<CommandResult>
  /** Fetches a page by a connection of its own. */
  fetch(client: string, url: string): Promise<Fetched>
  /** Opens a connection to an `address:port`, fetches a page by it and keeps it open until `release` or the world's end. */
  hold(client: string, endpoint: string): Promise<Fetched>
  /** Fetches a page again by each of the connections that a client holds, in the order in which they were opened. */
  reuse(client: string): Promise<readonly Fetched[]>
  /** Uploads so many bytes to a URL and downloads as many, each by a connection of its own. */
  transfer(client: string, url: string, bytes: number): Promise<Transferred>
  /** Null where the host has not talked to the address, or nobody answers for it. */
  neighbour(host: string, address: string): Promise<Neighbour | null>
  /** Closes all connections that a client holds, and waits until both ends have closed. */
  release(client: string): Promise<void>
  /** Takes the world down, and completes the capture if there is one. */
  close(): Promise<void>
}

export type Downloader = 'curl' | 'wget'

/** How each downloader is told to print a page, not to ask proxies or files of the user, and to give up after 10 s. */
const DOWNLOAD: Record<Downloader, readonly string[]> = {
  curl: ['curl', '-q', '-g', '-sS', '--noproxy', '*', '--max-time', '10'],
  wget: ['wget', '-q', '-O', '-', '-T', '10', '-t', '1'],
}

export function downloadCommand(downloader: Downloader, url: string): readonly string[] {
  return [...DOWNLOAD[downloader], url]
}

/** The words after `weir` of a step that marks. */
export function markWords({ mark, to, port }: MarkStep): readonly string[] {
  return ['mark', 'add', String(mark), '--to', to, '--protocol', 'tcp', '--port', String(port)]
}

/** The words after `weir` of a step that makes a real server. */
export function realServerWords({ method, vip, tunnel }: RealServerStep): readonly string[] {
  const type = tunnel === undefined ? [] : ['--type', tunnel.type]
  const port = tunnel?.type === 'gue' ? ['--port', String(tunnel.port)] : []
  return ['real-server', method, '--vip', vip, ...type, ...port, '--apply']
}

const FORWARDING: Record<Family, string> = {
  ipv4: '/proc/sys/net/ipv4/ip_forward',
  ipv6: '/proc/sys/net/ipv6/conf/all/forwarding',
}

/** The shell command that switches forwarding on. */
export function forwardCommand(family: Family = 'ipv4'): string {
  return `echo 1 > ${FORWARDING[family]}`
}

/** What a step is to a person: a command typed on a host, or what clients do. */
export type StepText = { readonly host: string; readonly command: string } | { readonly action: string }

/** Commands are without the options that only keep the lab independent of its surroundings. */
export function describeStep(step: Step, director: string, downloader: Downloader): StepText {
  switch (step.do) {
    case 'forward':
      return { host: step.on, command: forwardCommand(step.family) }
    case 'real-server':
      return { host: step.on, command: `weir ${realServerWords(step).join(' ')}` }
    case 'ipvsadm':
      return { host: director, command: `ipvsadm ${step.words}` }
    case 'mark':
      return { host: director, command: `weir ${markWords(step).join(' ')}` }
    case 'fetch':
      return { host: step.from, command: `${downloader === 'wget' ? 'wget -O -' : 'curl'} ${step.url}` }
    case 'hold':
      return { action: describeHold(step) }
    case 'reuse':
      return { action: `${step.from.join(', ')}: every connection that is still open asks again` }
    case 'transfer':
      return { action: `${step.from} uploads ${step.bytes} bytes to ${step.url}, and downloads as many` }
    case 'neighbour':
      return { host: step.on, command: `ip neighbour show ${step.address}` }
    case 'close':
      return { action: `${step.from} closes its connections` }
  }
}

function describeHold({ from, to, times }: Extract<Step, { do: 'hold' }>): string {
  const [what, stay] = times === 1 ? ['a connection', 'stays'] : [`${times} connections`, 'stay']
  const who = from.length === 1 ? `${from.join()} opens` : `${from.join(', ')} in turn open`
  return `${who} ${what} to ${to}, which ${stay} open`
}
