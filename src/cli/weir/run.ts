/**
 * The command `weir` as a function: words in, text out through `WeirIo`, exit status returned. Nothing of the kernel is
 * loaded until a command asks for it, so help and mistakes answer at once.
 */
import { CommanderError } from 'commander'
import { describeError, Status } from './errors.ts'
import { weirCommand, type WeirIo } from './command.ts'
import { ExitStatus } from './exit-status.ts'

/** The exit status: 0 done, 1 failed, 2 wrong command line; `doctor` and `lab` have their own. Never throws. */
export async function run(words: readonly string[], io: WeirIo, debug = false): Promise<number> {
  try {
    await weirCommand(io).parseAsync(words, { from: 'user' })
    return Status.ok
  } catch (error) {
    // It has written its message or help already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? Status.ok : Status.usage
    if (error instanceof ExitStatus) return error.status
    io.err(describeError(error, debug))
    return Status.failed
  }
}
