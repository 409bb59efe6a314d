/** Servers and clients of other people's making, as processes in the network's hosts, ended by their ids. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onCleanUp } from './cleanup.ts'
import { type HostName, inside, setting } from './topology.ts'

/** In which a server must have become ready. */
export const READY_MS = 5000

/** Of a server that listens; connections that it can have. */
export const BACKLOG = 8192
export const MOST_CONNECTIONS = 4096

/** For servers on a host. */
export function acceptMany(host: HostName): void {
  setting(host, 'core/somaxconn', BACKLOG)
  setting(host, 'ipv4/tcp_max_syn_backlog', BACKLOG)
  // What a server remembers of a port must not depend on the way by which its last connection came.
  setting(host, 'ipv4/tcp_max_tw_buckets', 0)
}

/** For clients on a host. */
export function connectMany(host: HostName): void {
  setting(host, 'ipv4/ip_local_port_range', '1024 65535')
  setting(host, 'ipv4/tcp_tw_reuse', 1)
}

/** A folder for a server's files; gone when the benchmark ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  onCleanUp(folder, () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Between two looks at whether it is. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20))
}

/** Starts a server in a host's namespace and waits until it listens; ended with the benchmark. */
export async function serve(host: HostName, port: number, command: string, args: readonly string[]): Promise<void> {
  const child = inside(host, () => spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] }))
  onCleanUp(`${command}, process ${child.pid}`, () => child.kill('SIGTERM'))
  let complaints = ''
  child.stderr.on('data', (data: Buffer) => (complaints += data.toString()))
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('close', (status) => reject(new Error(`${command} ended with status ${status}: ${complaints}`)))
  })
  failed.catch(() => undefined)
  const listening = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} 0+:0000 0A `)
  for (const end = performance.now() + READY_MS; performance.now() < end;) {
    if (listening.test(inside(host, () => readFileSync('/proc/net/tcp', 'latin1')))) return
    await Promise.race([failed, pause()])
  }
  throw new Error(`${command} does not listen on port ${port} within ${READY_MS} ms`)
}

/** Runs a program to its end in a host's namespace and returns its output. */
export function outputOf(host: HostName, command: string, args: readonly string[]): Promise<string> {
  const child = inside(host, () => spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }))
  onCleanUp(`${command}, process ${child.pid}`, () => child.exitCode === null && child.kill('SIGKILL'))
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) =>
      status === 0 ? resolve(text) : reject(new Error(`${command} ${args.join(' ')}: ${text}`)),
    )
  })
}
