import { describe, expect, it } from 'vitest'
import { holderOf } from './lock.ts'
import { requireCapabilities, requireKernel } from './system.ts'

describe('requireKernel', () => {
  it.each(['6.6.0', '6.18.44-generic', '7.0-rc1', '10.1'])('takes Linux %s', (version) => {
    expect(() => requireKernel(version)).not.toThrow()
  })

  it.each(['6.5.13', '5.15.0-91-generic', '4.19'])('refuses Linux %s and names it', (version) => {
    expect(() => requireKernel(version)).toThrow(expect.objectContaining({ code: 'kernel-too-old' }))
    expect(() => requireKernel(version)).toThrow(version)
  })
})

describe('requireCapabilities', () => {
  it('takes root', () => {
    expect(() => requireCapabilities('Name:\tnode\nCapEff:\t000001ffffffffff\n')).not.toThrow()
  })

  it('refuses a user without capabilities and names all that are missing', () => {
    const refused = () => requireCapabilities('CapEff:\t0000000000000000\n')
    expect(refused).toThrow(expect.objectContaining({ code: 'not-root' }))
    expect(refused).toThrow('CAP_NET_ADMIN, CAP_SYS_ADMIN, CAP_BPF')
  })

  it('names only the missing capability of a container that lacks one', () => {
    expect(() => requireCapabilities('CapEff:\t0000018000201000\n')).not.toThrow()
    expect(() => requireCapabilities('CapEff:\t0000018000200000\n')).toThrow('denied: CAP_NET_ADMIN missing')
  })
})

describe('holderOf', () => {
  const locks = [
    '1: POSIX  ADVISORY  WRITE 11 fe:00:5678 0 EOF',
    '2: FLOCK  ADVISORY  WRITE 22 fe:00:5678 0 EOF',
    '2: -> FLOCK  ADVISORY  WRITE 33 fe:00:5678 0 EOF',
    '3: FLOCK  ADVISORY  WRITE 44 00:1a:567 0 EOF',
  ].join('\n')

  it('finds who holds a lock, not who waits for it', () => expect(holderOf(5678, locks)).toBe(22))
  it('compares whole inode numbers', () => expect(holderOf(567, locks)).toBe(44))
  it('does not know of a lock that nobody holds', () => expect(holderOf(78, locks)).toBeNull())
})
