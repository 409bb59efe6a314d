import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { weirCommand } from './command.ts'
import { WARNING_CODES } from './warnings.ts'

const manual = readFileSync(fileURLToPath(new URL('../../../docs/weir.8', import.meta.url)), 'utf8')
const weir = weirCommand({ out: () => {}, err: () => {} })
const options = weir.commands.flatMap((command) => command.options.map(({ long }) => [command.name(), long ?? '']))

describe('the manual page', () => {
  it.each(weir.commands.map((command) => command.name()))('has the command %s', (name) => {
    expect(manual).toMatch(new RegExp(`^\\.It Cm ${name}$`, 'm'))
  })

  it.each(options)('has, of the command %s, the option %s', (_, option) => {
    expect(manual).toMatch(new RegExp(`^\\.(It|Op|Fl) (Fl )?-${option.slice(2)}\\b`, 'm'))
  })

  it.each(WARNING_CODES)('has the warning %s', (code) => {
    expect(manual).toContain(`.It ${code}\n`)
  })
})
