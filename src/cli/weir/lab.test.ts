import { describe, expect, it } from 'vitest'
import { lab } from './lab.ts'

describe('the command line of weir lab', () => {
  async function run(name: string | undefined, options: Parameters<typeof lab>[1]) {
    const io = {
      text: '',
      errors: '',
      out: (text: string) => void (io.text += text),
      err: (text: string) => void (io.errors += text),
    }
    return { status: await lab(name, options, io), ...io }
  }

  it('lists the scenarios without a name', async () => {
    expect(await run(undefined, {})).toMatchObject({ status: 0, errors: '' })
  })

  it('runs a scenario simulated, also with a seed', async () => {
    const { status, text } = await run('nat-rr', { simulate: true, seed: '7' })
    expect(text).toContain('in a simulated network, seed 7')
    expect(status).toBe(0)
  })

  it('runs all of them', async () => {
    const { status, text } = await run('all', { simulate: true })
    expect(text).toMatch(/^✓ lblcr +\d+\.\d s {2}LBLCR method\n/m)
    expect(status).toBe(0)
  })

  it('answers what it can not run with status 2 and the remedy', async () => {
    expect(await run('nat-rr', { simulate: true, seed: '-1' })).toMatchObject({
      status: 2,
      errors: 'weir: "-1" is no seed: give a whole number from 0 to 2^53 − 1\n',
    })
    expect(await run('all', { keep: true })).toMatchObject({ status: 2, text: '' })
    expect(await run('all', { seed: '7' })).toMatchObject({ status: 2, text: '' })
    expect(await run('no-such', {})).toMatchObject({ status: 2, text: '' })
    expect(await run(undefined, { keep: true })).toMatchObject({ status: 2, text: '' })
    expect(await run('nat-rr', { remove: true, simulate: true })).toMatchObject({ status: 2, text: '' })
  })
})
