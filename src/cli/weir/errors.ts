/**
 * What a person reads when a command fails. An error that one of Weir's layers foresaw has a stable `code` and a message with
 * the remedy, and that is all there is to say; any other is a mistake of ours, whose stack WEIR_DEBUG=1 shows.
 */

import { inspect } from 'node:util'

export const Status = { ok: 0, failed: 1, usage: 2 } as const

/** Told by name, so that failing does not load the layer that might have thrown. */
const FORESEEN = new Set(['KernelError', 'ControlError', 'StateError', 'RealServerError'])

/** Lines for standard error. */
export function describeError(error: unknown, debug: boolean): string {
  if (!(error instanceof Error)) return `weir: ${String(error)}\n`
  if (debug) return `weir: ${inspect(error)}\n`
  if (FORESEEN.has(error.name)) return `weir: ${error.message}\n`
  return `weir: unexpected error: ${error.message}\nRun it again with WEIR_DEBUG=1 for the stack, and report that.\n`
}
