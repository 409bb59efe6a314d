import { describe, expect, it } from 'vitest'
import { OptionReader, type OptionSpec } from './popt.ts'

const SPECS: OptionSpec[] = [
  { long: 'list', short: 'L' },
  { long: 'numeric', short: 'n' },
  { long: 'weight', short: 'w', argument: 'required' },
  { long: 'persistent', short: 'p', argument: 'optional' },
]

/** What is read, in short: `list`, `weight=5`, an error with the word it is blamed on, and the remaining words. */
function read(...words: string[]): string[] {
  const reader = new OptionReader(words, SPECS)
  const found: string[] = []
  for (let option = reader.next(); option !== null; option = reader.next()) {
    if (typeof option === 'string') return [...found, `${reader.lastWord}: ${option}`]
    found.push(option.value === null ? option.spec.long : `${option.spec.long}=${option.value}`)
  }
  return [...found, ...reader.rest.map((word) => `rest ${word}`)]
}

describe('options are read as popt reads them', () => {
  it.each([
    [['-Ln'], ['list', 'numeric']],
    [['-Lw5'], ['list', 'weight=5']],
    [['-w=5'], ['weight=5']],
    [['-w', '-1'], ['weight=-1']],
    [
      ['--weight=5', '--weight', '6'],
      ['weight=5', 'weight=6'],
    ],
    [['--weight='], ['weight=']],
    [
      ['-p', '-n'],
      ['persistent', 'numeric'],
    ],
    [['-p', '60'], ['persistent=60']],
    [['-p'], ['persistent']],
    [
      ['a', '-L', '-', ''],
      ['list', 'rest a', 'rest -', 'rest '],
    ],
    [
      ['-L', '--', '-n'],
      ['list', 'rest -n'],
    ],
  ])('%j', (words, expected) => {
    expect(read(...words)).toEqual(expected)
  })
})

describe('a word that popt does not understand is blamed', () => {
  it.each([
    [['-Lx'], '-Lx: unknown option'],
    [['--num'], '--num: unknown option'],
    [['--=5'], '--=5: unknown option'],
    [['-n', '-w'], '-w: missing argument'],
    [['--list=1'], '--list=1: option does not take an argument'],
    [['-L=1'], '-L=1: option does not take an argument'],
  ])('%j', (words, expected) => {
    expect(read(...words).at(-1)).toBe(expected)
  })
})
