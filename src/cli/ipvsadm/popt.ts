/**
 * Command-line words read as popt 1.19 reads them, because ipvsadm is built with popt and its error messages show it.
 *
 * Short options bundle (`-Ln`), a value follows in the same word (`-w5`, `-w=5`, `--weight=5`) or the next one, long
 * options are not abbreviated, words that are no options may stand anywhere, `--` ends the options.
 * Linear in the number of words.
 */

export interface OptionSpec {
  /** Without the dashes. */
  readonly long: string
  readonly short?: string
  /** `optional`: a next word that begins with `-` is not taken as the value. Default `none`. */
  readonly argument?: 'required' | 'optional'
}

export type OptionError = 'unknown option' | 'missing argument' | 'option does not take an argument'

export interface OptionRead<Spec> {
  readonly spec: Spec
  /** Null without a value. */
  readonly value: string | null
}

export class OptionReader<Spec extends OptionSpec> {
  /** Words that are neither options nor values of options, in order; complete once `next` has returned null. */
  readonly rest: string[] = []
  private position = 0
  private bundle = ''
  private optionsEnded = false

  constructor(
    private readonly words: readonly string[],
    private readonly specs: readonly Spec[],
  ) {}

  /** The word read last: the one that popt blames for an error. */
  get lastWord(): string {
    return this.words[this.position - 1] ?? ''
  }

  /** The next option; null after the last one; or what is wrong with the word read last. */
  next(): OptionRead<Spec> | OptionError | null {
    if (this.bundle !== '') return this.nextOfBundle()
    while (this.position < this.words.length) {
      const word = this.words[this.position++] ?? ''
      if (this.optionsEnded || !word.startsWith('-') || word === '-') this.rest.push(word)
      else if (word === '--') this.optionsEnded = true
      else if (word.startsWith('--')) return this.long(word.slice(2))
      else {
        this.bundle = word.slice(1)
        return this.nextOfBundle()
      }
    }
    return null
  }

  private long(text: string): OptionRead<Spec> | OptionError {
    const equals = text.indexOf('=')
    const name = equals < 0 ? text : text.slice(0, equals)
    const spec = this.specs.find((candidate) => candidate.long === name)
    if (spec === undefined) return 'unknown option'
    return this.withValue(spec, equals < 0 ? null : text.slice(equals + 1))
  }

  private nextOfBundle(): OptionRead<Spec> | OptionError {
    const letter = this.bundle.charAt(0)
    const following = this.bundle.slice(1)
    this.bundle = ''
    const spec = this.specs.find((candidate) => candidate.short === letter)
    if (spec === undefined) return 'unknown option'
    if (spec.argument !== undefined) {
      return this.withValue(spec, following === '' ? null : following.replace(/^=/, ''))
    }
    if (following.startsWith('=')) return 'option does not take an argument'
    this.bundle = following
    return { spec, value: null }
  }

  private withValue(spec: Spec, attached: string | null): OptionRead<Spec> | OptionError {
    if (spec.argument === undefined) {
      return attached === null ? { spec, value: null } : 'option does not take an argument'
    }
    if (attached !== null) return { spec, value: attached }
    const following = this.words[this.position]
    if (following === undefined) return spec.argument === 'optional' ? { spec, value: null } : 'missing argument'
    if (spec.argument === 'optional' && following.startsWith('-')) return { spec, value: null }
    this.position++
    return { spec, value: following }
  }
}
