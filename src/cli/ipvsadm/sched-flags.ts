/**
 * Scheduler flags (`-b`). LVS's are three bits; `flag-1` … `flag-3` name them for any scheduler, and sh and mh have names of their
 * own for the first two. No scheduler looks at the third. Flags with a number, as in `lc-granularity=5`, are not LVS's.
 */

export interface SchedFlags {
  readonly fallback: boolean
  readonly hashPort: boolean
  readonly thirdFlag: boolean
  /** The number of the flag that has one; 0 without. */
  readonly parameter: number
}

const NAMES = ['flag-1', 'flag-2', 'flag-3'] as const

/** The flag with a number of each scheduler that has one. */
const NUMBERED: Readonly<Record<string, string>> = {
  lc: 'lc-granularity',
  sh: 'sh-prefix',
  mh: 'mh-prefix',
  chi: 'chi-prefix',
}

function namesFor(scheduler: string): readonly [fallback: string, hashPort: string] {
  if (scheduler === 'sh' || scheduler === 'mh') return [`${scheduler}-fallback`, `${scheduler}-port`]
  return [NAMES[0], scheduler === 'chi' ? 'chi-port' : NAMES[1]]
}

/** The number of the scheduler's flag that has one; null for any other text. */
function numberOf(flag: string, scheduler: string): number | null {
  const [name, value = '', ...rest] = flag.split('=')
  if (name === undefined || name !== NUMBERED[scheduler] || rest.length > 0) return null
  return /^[1-9]\d{0,9}$/.test(value) ? Number(value) : null
}

/** The names in the value of `-b`. */
export function splitSchedFlags(text: string): string[] {
  return text.split(',').filter((name) => name !== '')
}

/** The first name that is not one of this scheduler's flags, or null. */
export function misfit(flags: readonly string[], scheduler: string): string | null {
  const known: readonly string[] = [...NAMES, ...namesFor(scheduler)]
  return flags.find((flag) => !known.includes(flag) && numberOf(flag, scheduler) === null) ?? null
}

export function readSchedFlags(flags: readonly string[], scheduler: string): SchedFlags {
  const [fallback, hashPort] = namesFor(scheduler)
  const numbers = flags.map((flag) => numberOf(flag, scheduler)).filter((number) => number !== null)
  return {
    fallback: flags.includes(NAMES[0]) || flags.includes(fallback),
    hashPort: flags.includes(NAMES[1]) || flags.includes(hashPort),
    thirdFlag: flags.includes(NAMES[2]),
    parameter: numbers.at(-1) ?? 0,
  }
}

/** The flags as saved rules show them; empty where there are none. */
export function formatSchedFlags(flags: SchedFlags, scheduler: string): string {
  const { fallback, hashPort, thirdFlag, parameter } = flags
  const [first, second] = namesFor(scheduler)
  const numbered = parameter === 0 ? [] : [`${NUMBERED[scheduler] ?? 'parameter'}=${parameter}`]
  return [
    ...(fallback ? [first] : []),
    ...(hashPort ? [second] : []),
    ...(thirdFlag ? [NAMES[2]] : []),
    ...numbered,
  ].join(',')
}

/**
 * The flags as listings show them, in brackets; empty where there are none. The third has no name there where the others have
 * names of their own.
 */
export function listSchedFlags(flags: SchedFlags, scheduler: string): string {
  const isNamed = namesFor(scheduler)[0] !== NAMES[0]
  const shown = formatSchedFlags(isNamed ? { ...flags, thirdFlag: false } : flags, scheduler)
  return shown === '' && !flags.thirdFlag ? '' : `(${shown})`
}
