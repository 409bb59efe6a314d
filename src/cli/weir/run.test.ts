import { describe, expect, it } from 'vitest'
import { version } from '../../../package.json'
import { weirCommand } from './command.ts'
import { run } from './run.ts'

async function weir(...words: string[]) {
  const said = { out: '', err: '' }
  const io = { out: (text: string) => void (said.out += text), err: (text: string) => void (said.err += text) }
  return { status: await run(words, io), ...said }
}

const NAMES = weirCommand({ out: () => {}, err: () => {} }).commands.map((command) => command.name())

describe('help', () => {
  it('names every command', async () => {
    const { status, out, err } = await weir('--help')
    expect({ status, err }).toEqual({ status: 0, err: '' })
    for (const name of NAMES) expect(out).toContain(`\n  ${name} `)
  })

  it.each(NAMES)('of %s says what it does and which exit statuses it has', async (name) => {
    const { status, out } = await weir('help', name)
    expect(status).toBe(0)
    expect(out).toMatch(new RegExp(`^Usage: weir ${name}`))
    expect(out).toContain('Exit status: ')
    expect(await weir(name, '--help')).toMatchObject({ status: 0, out })
  })

  it.each(NAMES.filter((name) => !['version', 'lab'].includes(name)))('of %s has an example', async (name) => {
    expect((await weir(name, '-h')).out).toMatch(new RegExp(`\nExamples:\n.*weir ${name}`))
  })
})

describe('a wrong command line', () => {
  it.each([
    [['staus'], "weir: unknown command 'staus'\n(Did you mean status?)\n"],
    [['status', '--jsn'], "weir: unknown option '--jsn'\n(Did you mean --json?)\n"],
    [['detach'], "weir: missing required argument 'device'\n"],
    [['unload', 'eth0'], expect.stringContaining('weir: too many arguments') as string],
    [
      ['load', '--connections', '1e6'],
      expect.stringContaining("argument '1e6' is invalid. Give a whole number.") as string,
    ],
    [['set', 'sloppy=1'], expect.stringContaining('There is no setting "sloppy": "weir set" lists all.') as string],
    [['set', 'sloppy_tcp=1', 'sloppy_tcp=0'], expect.stringContaining('sloppy_tcp is set twice.') as string],
  ])('%j has status 2 and an explanation', async (words, err) => {
    expect(await weir(...words)).toEqual({ status: 2, out: '', err })
  })

  it('without a command has status 2 and the help', async () => {
    const { status, out, err } = await weir()
    expect({ status, out }).toEqual({ status: 2, out: '' })
    expect(err).toMatch(/^Usage: weir /)
  })
})

it.each([['version'], ['--version'], ['-V']])('%s is the version of the package and of the tables', async (word) => {
  const { status, out } = await weir(word)
  expect(status).toBe(0)
  expect(out).toMatch(new RegExp(`^weir ${version.replaceAll('.', '\\.')}, table layout \\d+\n$`))
})
