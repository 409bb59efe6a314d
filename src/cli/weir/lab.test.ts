import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

  it('draws a scenario, on standard output or into a file, and runs nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-draw-'))
    try {
      const { status, text } = await run('nat-rr', { draw: true })
      expect(status).toBe(0)
      expect(text).toMatch(/^<svg /)
      const file = join(folder, 'nat-rr.svg')
      expect(await run('nat-rr', { draw: file })).toMatchObject({ status: 0, text: '', errors: '' })
      expect(readFileSync(file, 'utf8')).toBe(text)
      expect(await run('nat-rr', { draw: join(folder, 'no', 'such') })).toMatchObject({
        status: 2,
        errors: expect.stringMatching(/^weir: the picture can't be written: ENOENT/) as string,
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('answers what it can not run with status 2 and the remedy', async () => {
    expect(await run('nat-rr', { simulate: true, seed: '-1' })).toMatchObject({
      status: 2,
      errors: 'weir: "-1" is no seed: give a whole number from 0 to 2^53 − 1\n',
    })
    expect(await run('all', { keep: true })).toMatchObject({ status: 2, text: '' })
    expect(await run('all', { seed: '7' })).toMatchObject({ status: 2, text: '' })
    expect(await run('all', { draw: true })).toMatchObject({ status: 2, text: '' })
    expect(await run('nat-rr', { draw: true, simulate: true })).toMatchObject({ status: 2, text: '' })
    expect(await run(undefined, { draw: true })).toMatchObject({ status: 2, text: '' })
    expect(await run('no-such', {})).toMatchObject({ status: 2, text: '' })
    expect(await run(undefined, { keep: true })).toMatchObject({ status: 2, text: '' })
    expect(await run('nat-rr', { remove: true, simulate: true })).toMatchObject({ status: 2, text: '' })
  })
})
