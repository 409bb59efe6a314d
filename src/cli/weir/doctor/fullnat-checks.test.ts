import { describe, expect, it } from 'vitest'
import type { PortRange } from './facts.ts'
import { readOwnPorts } from './gather-facts.ts'
import { by, codesOf, found, ON_LINK } from './testing/scenes.ts'

describe("FullNAT's local addresses", () => {
  const pooled = (...addresses: string[]) => {
    const localAddresses = addresses.map((address) => ({ address, connections: 0, conflicts: 0 }))
    return { services: by('fullnat').services?.map((each) => ({ ...each, localAddresses })) ?? [] }
  }
  const here = (kind: 'local' | 'link') => ({
    routes: new Map([
      ['10.1.0.1', ON_LINK],
      ['10.1.0.200', { ...ON_LINK, kind }],
    ]),
  })

  it('must not be missing where a server needs one', () => {
    expect(found({}, pooled())).toMatchObject([
      { code: 'no-local-address', remedy: ['ipvsadm -P -t 10.9.0.1:80 -z ADDRESS'] },
    ])
    expect(codesOf({}, by('masquerading'))).toEqual([])
  })

  it("must be the host's", () => {
    expect(codesOf(here('local'), pooled('10.1.0.200'))).toEqual([])
    expect(found(here('link'), pooled('10.1.0.200'))).toMatchObject([
      { code: 'local-address-missing', remedy: ['ip address add 10.1.0.200/32 dev eth0'] },
    ])
  })
})

describe('a service that sends PROXY headers', () => {
  const proxied = (director: ReturnType<typeof by>) => ({
    services: director.services?.map((each) => ({ ...each, proxyProtocol: true })) ?? [],
  })

  it('must not have servers by other methods, nor the director itself', () => {
    expect(codesOf({}, proxied(by('fullnat')))).toEqual([])
    expect(found({}, proxied(by('masquerading')))).toMatchObject([
      {
        code: 'proxy-header-missing',
        remedy: [expect.stringMatching(/^ipvsadm -e -t 10\.9\.0\.1:80 -r \S+ --fullnat -w 1$/) as string],
      },
    ])
    expect(codesOf({}, by('masquerading'))).toEqual([])
    expect(found({}, proxied(by('fullnat', { isLocal: true, address: '10.1.0.254' })))).toMatchObject([
      { code: 'proxy-header-missing', remedy: [expect.stringContaining('--fullnat -w 0') as string] },
    ])
  })
})

describe("ports of the host's own connections", () => {
  const own = (range: PortRange, ...reserved: PortRange[]) => ({ ownPorts: { range, reserved } })

  it("must be others than FullNAT's, by a single port", () => {
    expect(codesOf(own([32768, 60999]), by('fullnat'))).toEqual([])
    for (const range of [
      [32767, 60999],
      [32768, 61000],
      [1024, 65535],
    ] as const)
      expect(found(own(range), by('fullnat'))).toMatchObject([
        {
          code: 'local-ports-shared',
          severity: 'problem',
          message: expect.stringContaining('the ports 1024 to 32767 and 61000 to 65535') as string,
          remedy: ['sysctl -w net.ipv4.ip_local_port_range="32768 60999"'],
        },
      ])
  })

  it('may be of the same range if those that FullNAT has are reserved', () => {
    expect(codesOf(own([1024, 65535], [1024, 32767], [61000, 65535]), by('fullnat'))).toEqual([])
    expect(codesOf(own([1024, 65535], [1024, 32767], [61000, 65534]), by('fullnat'))).toEqual(['local-ports-shared'])
  })

  it('are no matter of other methods', () => {
    expect(codesOf(own([1024, 65535]), by('masquerading'))).toEqual([])
  })

  it('are read as /proc shows them', () => {
    expect(readOwnPorts('32768\t60999\n', '\n')).toEqual({ range: [32768, 60999], reserved: [] })
    expect(readOwnPorts('1024\t65535\n', '8080,9000-9010\n')?.reserved).toEqual([
      [8080, 8080],
      [9000, 9010],
    ])
    expect(readOwnPorts(null, null)).toBeNull()
  })
})
