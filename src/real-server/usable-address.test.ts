import { describe, expect, it } from 'vitest'
import { planSteps } from './plan.ts'
import { device, host } from './testing/hosts.ts'
import { readGateway, readVirtualAddress, requireVirtual } from './usable-address.ts'

describe('a virtual address or gateway', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0/8'],
    ['0.255.255.255', '0.0.0.0/8'],
    ['127.0.0.1', '127.0.0.0/8'],
    ['127.255.0.1', '127.0.0.0/8'],
    ['224.0.0.1', '224.0.0.0/4'],
    ['239.255.255.255', '224.0.0.0/4'],
    ['240.0.0.1', '240.0.0.0/4'],
    ['255.255.255.255', '240.0.0.0/4'],
    ['::', '::/128'],
    ['0:0:0:0:0:0:0:1', '::1/128'],
    ['fe80::1', 'fe80::/10'],
    ['febf::1', 'fe80::/10'],
    ['ff02::1', 'ff00::/8'],
    ['::ffff:192.0.2.1', '::ffff:0.0.0.0/96'],
    ['::ffff:c000:201', '::ffff:0.0.0.0/96'],
  ])('is not %s, which is in %s', (address, network) => {
    expect(() => readVirtualAddress(address)).toThrow(` can't be a virtual address, for ${network} `)
    expect(() => readGateway(address)).toThrow(` can't be a gateway, for ${network} `)
  })

  it.each(['1.0.0.0', '126.0.0.1', '128.0.0.1', '223.255.255.255', '169.254.1.1', '2001:db8::1', 'fd00::1', 'fec0::1'])(
    'may be %s',
    (address) => {
      expect(readVirtualAddress(address)).toBe(address)
      expect(readGateway(address)).toBe(address)
    },
  )
})

describe('a virtual address', () => {
  it('is not one that a device of this host answers for, which the message tells how to take off', () => {
    const devices = [device('lo', ['127.0.0.1/8']), device('eth0', ['10.0.0.5/24', '2001:db8::5/64'], { isUp: false })]
    const said = (vip: string) => () => {
      requireVirtual([vip], host({ devices }))
    }
    expect(said('192.0.2.1')).not.toThrow()
    expect(said('10.0.0.5')).toThrow(
      /^10\.0\.0\.5 is an .* on eth0, .* "ip address del 10\.0\.0\.5\/24 dev eth0" first$/,
    )
    expect(said('2001:db8::5')).toThrow(/del 2001:db8::5\/64 dev eth0/)
    for (const method of ['dr', 'tun'] as const) {
      const request = {
        method,
        vips: ['10.0.0.5'],
        device: null,
        gateways: [],
        tunnel: { type: 'ipip', port: 0 },
      } as const
      expect(() => planSteps(request, host({ devices }))).toThrow(/10\.0\.0\.5 is an address/)
    }
  })

  it('is alone in its prefix where it is on this host already, on a device that does not answer for it', () => {
    const on = (name: string, address: string) => () => {
      requireVirtual(['192.0.2.1', '2001:db8::1'], host({ devices: [device(name, [address], { answers: false })] }))
    }
    expect(on('lo', '192.0.2.1/32')).not.toThrow()
    expect(on('dummy0', '2001:db8::1/128')).not.toThrow()
    expect(on('lo', '192.0.2.1/24')).toThrow(
      /^192\.0\.2\.1\/24 is on lo, .* "ip address del 192\.0\.2\.1\/24 dev lo" first$/,
    )
    expect(on('dummy0', '2001:db8::1/64')).toThrow(/del 2001:db8::1\/64 dev dummy0/)
  })
})

describe('a gateway', () => {
  it("is another host's", () => {
    const devices = [device('eth0', ['10.0.0.5/24', '2001:db8::5/64'])]
    const plan = (gateway: string) => () =>
      planSteps(
        { method: 'nat', vips: [], device: null, gateways: [gateway], tunnel: { type: 'ipip', port: 0 } },
        host({ devices }),
      )
    expect(plan('10.0.0.1')).not.toThrow()
    expect(plan('10.0.0.5')).toThrow(
      /^10\.0\.0\.5 can't be a gateway, for it is an address of this host, on eth0: name/,
    )
    expect(plan('2001:db8::5')).toThrow(/of this host/)
  })
})
