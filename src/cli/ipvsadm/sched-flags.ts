/**
 * Scheduler flags (`-b`). They are three bits; `flag-1` … `flag-3` name them for any scheduler, and sh and mh have names of
 * their own for the first two. No scheduler looks at the third.
 */

export interface SchedFlags {
  readonly fallback: boolean
  readonly hashPort: boolean
}

const NAMES = ['flag-1', 'flag-2', 'flag-3'] as const

function namesFor(scheduler: string): readonly [fallback: string, hashPort: string] {
  return scheduler === 'sh' || scheduler === 'mh'
    ? [`${scheduler}-fallback`, `${scheduler}-port`]
    : [NAMES[0], NAMES[1]]
}

/** The names in the value of `-b`. */
export function splitSchedFlags(text: string): string[] {
  return text.split(',').filter((name) => name !== '')
}

/** The first name that is not one of this scheduler's flags, or null. */
export function misfit(flags: readonly string[], scheduler: string): string | null {
  const known: readonly string[] = [...NAMES, ...namesFor(scheduler)]
  return flags.find((name) => !known.includes(name)) ?? null
}

export function readSchedFlags(flags: readonly string[], scheduler: string): SchedFlags {
  const [fallback, hashPort] = namesFor(scheduler)
  return {
    fallback: flags.includes(NAMES[0]) || flags.includes(fallback),
    hashPort: flags.includes(NAMES[1]) || flags.includes(hashPort),
  }
}

/** The flags as listings and rules show them; empty where there are none. */
export function formatSchedFlags({ fallback, hashPort }: SchedFlags, scheduler: string): string {
  const [first, second] = namesFor(scheduler)
  return [...(fallback ? [first] : []), ...(hashPort ? [second] : [])].join(',')
}
