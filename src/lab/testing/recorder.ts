/** A terminal whose output a test reads. */
import type { Terminal } from '../narrator.ts'

export class Recorder implements Terminal {
  readonly colours = false
  text = ''
  /** Called after each piece of output. */
  onOutput: () => void = () => undefined

  readonly out = (text: string): void => {
    this.text += text
    this.onOutput()
  }
}
