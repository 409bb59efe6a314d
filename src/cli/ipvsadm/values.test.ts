import { describe, expect, it } from 'vitest'
import type { Names } from './names.ts'
import { parseHostPort, parseIpv4, parseNumber } from './values.ts'

const NAMES: Names = {
  hostAddress: (host, family) =>
    Promise.resolve(host === 'web.test' ? { 4: '192.0.2.7', 6: '2001:db8::7' }[family] : null),
  hostName: () => Promise.resolve(null),
  servicePort: (name, protocol) => (name === 'http' && protocol === 'tcp' ? 80 : null),
  serviceName: () => null,
}

describe('numbers are decimal, whole and within bounds', () => {
  it.each([
    ['7', 7],
    ['+7', 7],
    ['010', 10],
    [' 7', 7],
    ['7 ', null],
    ['0x10', null],
    ['1.5', null],
    ['', null],
    ['-1', null],
    ['101', null],
  ])('%j is %j', (text, expected) => {
    expect(parseNumber(text, 0, 100)).toBe(expected)
  })
})

describe('IPv4 addresses are read as inet_aton(3) reads them', () => {
  it.each([
    ['10.9.0.1', '10.9.0.1'],
    ['10.1', '10.0.0.1'],
    ['10.1.258', '10.1.1.2'],
    ['0x0a.011.0.1', '10.9.0.1'],
    ['4294967295', '255.255.255.255'],
    ['4294967296', null],
    ['10.9.0.1 ', '10.9.0.1'],
    [' 10.9.0.1', null],
    ['10.9.0.256', null],
    ['10.9.0.1.1', null],
    ['10.9..1', null],
    ['08.0.0.1', null],
    ['', null],
  ])('%j is %j', (text, expected) => {
    expect(parseIpv4(text)).toBe(expected)
  })
})

describe('host[:port]', () => {
  it.each([
    ['10.9.0.1:80', { family: 4, address: '10.9.0.1', port: 80 }],
    ['10.9.0.1', { family: 4, address: '10.9.0.1', port: null }],
    ['web.test:http', { family: 4, address: '192.0.2.7', port: 80 }],
    ['fd00::1', { family: 6, address: 'fd00::1', port: null }],
    ['[fd00::1]:80', { family: 6, address: 'fd00::1', port: 80 }],
    ['[FD00:0:0::1]:80', { family: 6, address: 'fd00::1', port: 80 }],
    ['[web.test]:http', { family: 6, address: '2001:db8::7', port: 80 }],
    ['[10.9.0.1]:80', { family: 4, address: '10.9.0.1', port: null }],
    ['[fd00::1]', null],
    ['[fd00::1]80', null],
    ['[fd00::1]:', null],
    ['[nowhere.test]:80', null],
    ['fe80::1%eth0', null],
    ['web.test:https', null],
    ['nowhere.test:80', null],
    ['10.9.0.1:', null],
    ['80', null],
    ['', null],
  ])('%j is %j', async (text, expected) => {
    expect(await parseHostPort(text, 'tcp', NAMES)).toEqual(expected)
  })

  it('knows no service names without a protocol', async () => {
    expect(await parseHostPort('10.9.0.1:http', null, NAMES)).toBeNull()
  })
})
