import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SCHEDULERS } from '../../control/model.ts'
import { COMMANDS, MODIFIERS } from './options.ts'

const manual = readFileSync(new URL('../../../docs/ipvsadm.8', import.meta.url), 'utf8')
/** Options that only go with others which are refused. */
const OF_THE_REFUSED = /^(tun-(?!info)|mcast-|sync)/
const options = [...COMMANDS, ...MODIFIERS].filter(({ long }) => !OF_THE_REFUSED.test(long))

describe('the manual page', () => {
  it.each(options)('has the option --$long', ({ long, short }) => {
    const spellings = short === undefined ? `-${long}` : `(-${long}|${short})`
    expect(manual).toMatch(new RegExp(`^[^"]*(Fl|[,|]) ${spellings}\\b`, 'm'))
  })

  it.each(SCHEDULERS)('has the scheduler %s', (name) => {
    expect(manual).toContain(`\n.It Cm ${name}\n`)
  })
})
