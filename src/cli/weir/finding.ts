/** What `weir status` warns of and `weir doctor` finds: plain values, and how they are told. */

export interface Finding<Code extends string = string> {
  /** Stable; docs/weir.8 explains it. */
  readonly code: Code
  /** What is wrong and what comes of it, without a full stop. */
  readonly message: string
  /** Lines to type, in this order; words in capitals are for the operator to choose. Empty where no command mends it. */
  readonly remedy: readonly string[]
  /** Where to type them; without it, on the director. */
  readonly on?: 'server'
}

/** In one line. */
export function describeFinding({ message, remedy, on }: Finding): string {
  const where = on === undefined ? '' : `on the ${on} `
  return remedy.length === 0 ? message : `${message}. Run ${where}${remedy.map((line) => `"${line}"`).join(', ')}`
}
