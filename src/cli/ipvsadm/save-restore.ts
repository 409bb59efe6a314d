/**
 * `ipvsadm-save` and `ipvsadm-restore`: the two scripts that come with ipvsadm, as the arguments that they call it with.
 */
import { run, type IpvsadmIo, type Outcome } from './run.ts'

const SAVE_USAGE = `ipvsadm-save: Script to save the IPVS table to stdout.
   With the -n option, prints out the table in numeric format.
`

/** `ipvsadm-save [-n]`. */
export async function runSave(argv: readonly string[], io: IpvsadmIo): Promise<Outcome> {
  const [option] = argv
  if (option !== undefined && option !== '-n') return { stdout: '', stderr: SAVE_USAGE, status: 1 }
  return run(option === undefined ? ['-S'] : ['-S', '-n'], io)
}

/** `ipvsadm-restore`, which looks at no argument. */
export function runRestore(_argv: readonly string[], io: IpvsadmIo): Promise<Outcome> {
  return run(['-R'], io)
}
