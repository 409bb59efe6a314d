/** Runs of ipvsadm one after the other on one director of the memory host, and how each of them opened it. */
import type { DirectorControl } from '../../../control/model.ts'
import { run, type IpvsadmIo, type Outcome } from '../run.ts'
import { RECORDED_NAMES, RecordedDirector } from './recorded-director.ts'

export class Terminal {
  /** Whether each run that opened the director could write. */
  readonly opened: boolean[] = []
  closed = 0
  private readonly machine = new RecordedDirector()

  /** The director itself. */
  director(): DirectorControl {
    return this.machine.open({ write: true })
  }

  /** Runs a line of words without quotes; `changed` stands in for the director where it is to do otherwise than it would. */
  run(line: string, stdin = '', changed: (director: DirectorControl) => void = () => {}): Promise<Outcome> {
    const io: IpvsadmIo = {
      names: RECORDED_NAMES,
      stdin: () => stdin,
      openDirector: (options) => {
        const director = this.machine.open(options)
        changed(director)
        this.opened.push(options.write)
        return Object.assign(director, { close: () => this.closed++ })
      },
    }
    const words = line.split(' ').filter((word) => word !== '')
    return run(words, io)
  }
}
