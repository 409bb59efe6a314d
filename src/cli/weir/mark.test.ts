import { describe, expect, it } from 'vitest'
import { MemoryTables } from '../../memory/memory-tables.ts'
import { Director } from '../../control/director.ts'
import { readMarkRule, renderMarkRules, withoutRules } from './mark.ts'

const WEB = readMarkRule('7', { to: '192.0.2.0/28', protocol: 'tcp', port: '80-443' })
const ALL_IPV6 = readMarkRule('8', { ipv6: true })
const FROM = readMarkRule('9', { from: '2001:db8:1::/48', port: '53' })

describe('a rule', () => {
  it('is read from the words of the command', () => {
    expect(WEB).toEqual({
      mark: 7,
      family: 4,
      protocol: 'tcp',
      source: null,
      destination: '192.0.2.0/28',
      ports: [80, 443],
    })
    expect(ALL_IPV6).toMatchObject({ mark: 8, family: 6, protocol: null, ports: null })
    expect(FROM).toMatchObject({ family: 6, source: '2001:db8:1::/48', ports: [53, 53] })
  })

  it.each([
    ['x', {}, '"x"'],
    ['1', { protocol: 'icmp' }, '"icmp"'],
    ['1', { port: 'http' }, '"http"'],
    ['1', { port: '80-' }, '"80-"'],
  ])('is refused with the wrong word named: %s %o', (mark, options, named) => {
    expect(() => readMarkRule(mark, options)).toThrow(named)
  })
})

describe('the rules of a director', () => {
  function director(): Director {
    return new Director(new MemoryTables())
  }

  it('are read back as they were written, in order', () => {
    const control = director()
    for (const rules of [[WEB, ALL_IPV6, FROM], [FROM], [], [ALL_IPV6, WEB]]) {
      control.setMarkRules(rules)
      expect(control.markRules()).toEqual(rules)
    }
  })

  it('show a prefix by its network', () => {
    const control = director()
    control.setMarkRules([readMarkRule('1', { from: '10.1.2.3/8', to: '10.9.0.1' })])
    expect(control.markRules()).toMatchObject([{ source: '10.0.0.0/8', destination: '10.9.0.1' }])
  })

  it.each([
    [{ to: '192.0.2.0/33' }, '192.0.2.0/33'],
    [{ to: '192.0.2' }, '192.0.2'],
    [{ from: '10.0.0.0/8', to: '2001:db8::1' }, '10.0.0.0/8'],
    [{ port: '90-80' }, '90-80'],
    [{ port: '65536' }, '65536'],
  ])('stay as they are when a new one is wrong: %o', (options, named) => {
    const control = director()
    control.setMarkRules([WEB])
    expect(() => control.setMarkRules([WEB, readMarkRule('1', options)])).toThrow(named)
    expect(control.markRules()).toEqual([WEB])
  })

  it('are not more than there is room for', () => {
    const control = director()
    control.setMarkRules(Array.from({ length: 256 }, () => WEB))
    expect(() => control.setMarkRules(Array.from({ length: 257 }, () => WEB))).toThrow('256')
    expect(control.markRules()).toHaveLength(256)
  })
})

it('removes rules by number, and says which is none', () => {
  expect(withoutRules([WEB, ALL_IPV6, FROM], ['1', '3'])).toEqual([ALL_IPV6])
  expect(() => withoutRules([WEB], ['2'])).toThrow('rule 2')
  expect(() => withoutRules([WEB], ['0'])).toThrow('rule 0')
})

it('shows the rules in columns', () => {
  expect(renderMarkRules([WEB, ALL_IPV6, FROM])).toBe(
    [
      'RULE  MARK  FAMILY  PROTOCOL  FROM             TO            PORT',
      '   1     7  IPv4    tcp       any              192.0.2.0/28  80-443',
      '   2     8  IPv6    any       any              any           any',
      '   3     9  IPv6    any       2001:db8:1::/48  any           53',
      '',
    ].join('\n'),
  )
  expect(renderMarkRules([])).toMatch(/^No rules/)
})
