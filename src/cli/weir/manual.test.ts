import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Command } from 'commander'
import { FINDING_CODES } from '../../real-server/check.ts'
import { weirCommand } from './command.ts'
import { DOCTOR_CODES } from './doctor/check.ts'
import { WARNING_CODES } from './warnings.ts'

const manual = readFileSync(fileURLToPath(new URL('../../../docs/weir.8', import.meta.url)), 'utf8')
const weir = weirCommand({ out: () => {}, err: () => {} })
const optionsOf = (command: Command): [string, string][] => [
  ...command.options.map(({ long }): [string, string] => [command.name(), long ?? '']),
  ...command.commands.flatMap(optionsOf),
]
const options = weir.commands.flatMap(optionsOf)

describe('the manual page', () => {
  it.each(weir.commands.map((command) => command.name()))('has the command %s', (name) => {
    expect(manual).toMatch(new RegExp(`^\\.It Cm ${name}$`, 'm'))
  })

  it.each(options)('has, of the command %s, the option %s', (_, option) => {
    expect(manual).toMatch(new RegExp(`^\\..*\\bFl -${option.slice(2)}\\b`, 'm'))
  })

  it.each([...WARNING_CODES, ...DOCTOR_CODES])('has the warning or finding %s', (code) => {
    expect(manual).toContain(`.It ${code}\n`)
  })

  it.each(FINDING_CODES)('has the finding %s', (code) => {
    expect(manual).toMatch(new RegExp(`^\\.It (.* , )?${code}( ,|$)`, 'm'))
  })
})
