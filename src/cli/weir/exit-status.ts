/** Ends a command with a status other than 0, everything having been said. */
export class ExitStatus extends Error {
  constructor(readonly status: number) {
    super(`exit status ${status}`)
    this.name = 'ExitStatus'
  }
}
