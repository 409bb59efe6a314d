import { describe, expect, it } from 'vitest'
import { formatSchedFlags, misfit, readSchedFlags, splitSchedFlags } from './sched-flags.ts'

describe('scheduler flags', () => {
  it.each([
    ['sh', 'sh-port', 'sh-port'],
    ['sh', 'sh-port,sh-fallback', 'sh-fallback,sh-port'],
    ['mh', 'flag-1', 'mh-fallback'],
    ['mh', ',mh-port,,', 'mh-port'],
    ['rr', 'flag-2', 'flag-2'],
    ['sh', 'flag-3', ''],
    ['sh', '', ''],
  ])('of %s given as "%s" are shown as "%s"', (scheduler, given, shown) => {
    const flags = splitSchedFlags(given)
    expect(misfit(flags, scheduler)).toBeNull()
    expect(formatSchedFlags(readSchedFlags(flags, scheduler), scheduler)).toBe(shown)
  })

  it.each([
    ['rr', 'sh-port'],
    ['mh', 'sh-port'],
    ['', 'mh-fallback'],
    ['sh', 'port'],
  ])('of %s do not have the name %s', (scheduler, name) => {
    expect(misfit(['flag-1', name], scheduler)).toBe(name)
  })
})
