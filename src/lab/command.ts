/**
 * Runs programs for the lab. Each is the leader of a process group of its own, so that Ctrl-C reaches the lab alone, which then takes
 * its world down in order; and each has a minimal environment, because proxies and options of the user's shell are not the scenario's.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { LabError } from './scenario.ts'
import type { CommandResult } from './world.ts'

const LIMIT_MS = 30_000

function environment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'], LC_ALL: 'C' }
}

/** Whether a program is found where a shell would find it. */
export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Starts a program that goes on by itself. `stdout`: a pipe or an open file. Whoever calls ends it. */
export function startProgram(
  [file = '', ...words]: readonly string[],
  { stdin = 'ignore', stdout = 'pipe' }: { stdin?: 'ignore' | 'pipe'; stdout?: 'pipe' | number } = {},
): ChildProcess {
  return spawn(file, words, { detached: true, env: environment(), stdio: [stdin, stdout, 'pipe'] })
}

/** Runs a program to its end. Throws a `LabError` if it can't be started, or hasn't ended in 30 s; the signal's reason once that aborts. */
export async function runProgram(words: readonly string[], signal?: AbortSignal): Promise<CommandResult> {
  signal?.throwIfAborted()
  const child = startProgram(words)
  const command = words.join(' ')
  const kill = (): void => void child.kill('SIGKILL')
  signal?.addEventListener('abort', kill)
  const limit = setTimeout(kill, LIMIT_MS)
  try {
    const [stdout, stderr, status] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      ended(child, command),
    ])
    signal?.throwIfAborted()
    if (status === null) throw new LabError(`"${command}" was killed, or did not end in ${LIMIT_MS / 1000} s`)
    return { stdout, stderr, status }
  } finally {
    clearTimeout(limit)
    signal?.removeEventListener('abort', kill)
  }
}

/** As `runProgram`; throws a `LabError` with the program's own words unless it succeeds. */
export async function mustRun(words: readonly string[], signal?: AbortSignal): Promise<string> {
  const { stdout, stderr, status } = await runProgram(words, signal)
  if (status !== 0) throw new LabError(`"${words.join(' ')}" failed with status ${status}: ${stderr.trim()}`)
  return stdout
}

/** The child's exit status once it has ended; null if a signal ended it. */
function ended(child: ChildProcess, command: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => reject(new LabError(`"${command}" can't be started: ${cause.message}`, { cause })))
    child.once('close', resolve)
  })
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of stream ?? []) pieces.push(Buffer.from(piece))
  return Buffer.concat(pieces).toString()
}

/**
 * Waits until a program has printed a line that contains `text`. Throws a `LabError` with all that it printed if it ends before, or
 * after 10 s.
 */
export function waitForLine(child: ChildProcess, stream: NodeJS.ReadableStream | null, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let printed = ''
    const fail = (what: string): void => {
      clearTimeout(limit)
      reject(new LabError(`"${child.spawnargs.join(' ')}" ${what}: ${printed.trim()}`))
    }
    const limit = setTimeout(() => fail(`did not say "${text}" in 10 s`), 10_000)
    child.once('error', ({ message }) => fail(`can't be started: ${message}`))
    child.once('close', () => fail('ended too early'))
    stream?.on('data', (piece: Buffer) => {
      printed += piece.toString()
      if (!printed.includes(text)) return
      clearTimeout(limit)
      resolve()
    })
  })
}
