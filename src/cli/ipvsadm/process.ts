/**
 * Runs one of the programs in this process: the system's names, standard input and output, the kernel's director.
 * The kernel host is loaded only by a command that needs it, so that `-h` and mistakes answer at once.
 */
import { readFileSync } from 'node:fs'
import { systemNames } from './names.ts'
import type { IpvsadmIo, Outcome } from './run.ts'

const STDIN = 0

/** Runs `program` with this process's arguments and sets the exit status. */
export async function runProcess(program: (argv: readonly string[], io: IpvsadmIo) => Promise<Outcome>): Promise<void> {
  const { stdout, stderr, status } = await program(process.argv.slice(2), {
    names: systemNames(),
    stdin: () => readFileSync(STDIN, 'utf8'),
    openDirector: async (options) => (await import('../../control/open-director.ts')).openDirector(options),
  })
  // `ipvsadm -L | head` closes the pipe early, and that is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  process.exitCode = status
  process.stderr.write(stderr)
  process.stdout.write(stdout)
}
