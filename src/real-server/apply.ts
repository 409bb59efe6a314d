/**
 * Carries a plan out, and takes back what was carried out.
 *
 * What is done is first written to a record, with what was there before; so a process that is killed leaves nothing that `undo`
 * doesn't find. A step that fails takes back the steps of its own run. The record is below /run, like the state that it
 * describes: both end with the next boot, and each network namespace has its own.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { KernelError } from '../kernel/errors.ts'
import { lockFolder, removeFolder, stateFolder, type StateFolder } from '../kernel/state-folder.ts'
import { readHost } from './host.ts'
import { type Before, type Method, RealServerError, type Request, type Step } from './model.ts'
import { planSteps } from './plan.ts'
import { applyStep, beforeOf, isSo, revertStep } from './steps.ts'

export interface Change {
  readonly step: Step
  readonly before: Before
}

/** What Weir has changed in this network namespace, in the order in which it was done. */
export interface ServerRecord {
  readonly method: Method
  readonly vips: readonly string[]
  readonly device: string | null
  readonly gateways: readonly string[]
  readonly changes: readonly Change[]
}

export interface Done {
  readonly step: Step
  /** Whether this run did it, or found it so. */
  readonly changed: boolean
}

export interface Undone extends Change {
  /** False where it was not as Weir had left it, and was let be. */
  readonly reverted: boolean
}

/** Throws `not-root`: others can't even look. */
export function realServerFolder(): StateFolder {
  if (process.geteuid?.() !== 0) throw new KernelError('not-root', 'permission denied. Run as root')
  return stateFolder('real-server')
}

function recordFile(folder: StateFolder): string {
  return `${folder.files}/record.json`
}

/** Null where Weir has changed nothing. */
export function readRecord(folder: StateFolder): ServerRecord | null {
  try {
    return JSON.parse(readFileSync(recordFile(folder), 'utf8')) as ServerRecord
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/** By rename, so that a reader finds the old record or the new one. */
function writeRecord(folder: StateFolder, record: ServerRecord): void {
  const path = recordFile(folder)
  writeFileSync(`${path}.new`, JSON.stringify(record, null, 2) + '\n', { mode: 0o600 })
  renameSync(`${path}.new`, path)
}

/** Does what isn't so already. Throws `not-applied` where a step fails, after those of this run have been taken back. */
export function applyRequest(request: Request): Done[] {
  const folder = realServerFolder()
  const steps = planSteps(request, readHost())
  const lock = lockFolder(folder, { pins: steps.some(({ kind }) => kind === 'decapsulator') })
  try {
    const before = readRecord(folder)
    requireSame(before, request.method)
    try {
      return carryOut(request, steps, before, folder)
    } finally {
      if (readRecord(folder) === null) removeFolder(folder)
    }
  } finally {
    lock.release()
  }
}

function carryOut(request: Request, steps: readonly Step[], old: ServerRecord | null, folder: StateFolder): Done[] {
  const { method, device } = request
  const vips = [...new Set([...(old?.vips ?? []), ...request.vips])]
  const gateways = [...new Set([...(old?.gateways ?? []), ...request.gateways])]
  const changes: Change[] = [...(old?.changes ?? [])]
  const first = changes.length
  const record = (): void => writeRecord(folder, { method, vips, gateways, device, changes })
  try {
    record()
    return steps.map((step) => {
      const host = readHost()
      if (isSo(step, host, folder)) return { step, changed: false }
      // One decapsulator takes the place of the other: there is one to remove in the end.
      const other = step.kind === 'decapsulator' ? changes.findIndex((change) => change.step.kind === step.kind) : -1
      changes.splice(other < 0 ? changes.length : other, 1, { step, before: beforeOf(step, host) })
      record()
      applyStep(step, host, folder)
      return { step, changed: true }
    })
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause)
    takeBack(changes.slice(first), folder, `${what}; and `)
    if (old === null) rmSync(recordFile(folder))
    else writeRecord(folder, old)
    throw new RealServerError('not-applied', `${what}. All that was done before has been taken back`, { cause })
  }
}

/** In reverse order. Throws `not-undone` with all that could not be reverted, having reverted the others; `why` comes before that. */
function takeBack(changes: readonly Change[], folder: StateFolder, why = ''): Undone[] {
  const undone: Undone[] = []
  const failures: string[] = []
  for (const { step, before } of [...changes].reverse()) {
    try {
      undone.push({ step, before, reverted: revertStep(step, before, readHost(), folder) })
    } catch (cause) {
      failures.push(cause instanceof Error ? cause.message : String(cause))
    }
  }
  if (failures.length === 0) return undone
  throw new RealServerError(
    'not-undone',
    `${why}not all could be put back as it was: ${failures.join('; ')}. Mend that, and try --undo`,
  )
}

/**
 * Puts back what was there before Weir's first change in this network namespace; null where Weir has changed nothing. Throws
 * `applied-otherwise` where that was for another method, or for addresses that are not among those named, if any are.
 */
export function undo(method: Method | null, vips: readonly string[]): Undone[] | null {
  const folder = realServerFolder()
  if (!existsSync(folder.files)) return null
  const lock = lockFolder(folder, { pins: false })
  try {
    const record = readRecord(folder)
    if (record === null) {
      // Of a process that was killed before it changed anything.
      removeFolder(folder)
      return null
    }
    if (method !== null) requireSame(record, method)
    const others = record.vips.filter((vip) => !vips.includes(vip))
    if (vips.length > 0 && others.length > 0)
      throw new RealServerError(
        'applied-otherwise',
        `${others.join(', ')} was applied too, and would be undone as well: name all addresses, or none`,
      )
    const undone = takeBack(record.changes, folder)
    removeFolder(folder)
    return undone
  } finally {
    lock.release()
  }
}

function requireSame(record: ServerRecord | null, method: Method): void {
  if (record === null || record.method === method) return
  throw new RealServerError(
    'applied-otherwise',
    `this server was made one for ${record.method}: "weir real-server ${record.method} --undo" first`,
  )
}
