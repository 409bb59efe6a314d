import { expect, it } from 'vitest'
import { formatSchedFlags, misfit, readSchedFlags } from './sched-flags.ts'

it.each([
  ['lc', 'lc-granularity=5', 5],
  ['sh', 'sh-port,sh-prefix=24', 24],
  ['mh', 'mh-fallback,mh-port,mh-prefix=48', 48],
  ['chi', 'chi-port,chi-prefix=16', 16],
])('%s takes %s, and shows it again', (scheduler, text, parameter) => {
  const flags = text.split(',')
  expect(misfit(flags, scheduler)).toBe(null)
  expect(readSchedFlags(flags, scheduler)).toMatchObject({ parameter })
  expect(formatSchedFlags(readSchedFlags(flags, scheduler), scheduler)).toBe(text)
})

it.each([
  ['rr', 'lc-granularity=5'],
  ['lc', 'sh-prefix=24'],
  ['lc', 'lc-granularity'],
  ['lc', 'lc-granularity=0'],
  ['lc', 'lc-granularity=05'],
  ['sh', 'sh-prefix=24=1'],
  ['chi', 'chi-fallback'],
  ['twos', 'parameter=1'],
])('%s does not take %s', (scheduler, flag) => {
  expect(misfit([flag], scheduler)).toBe(flag)
})
