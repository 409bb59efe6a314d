import { expect, it } from 'vitest'
import type { ServiceId } from '../../control/model.ts'
import { sortEndpoints, sortServices } from './order.ts'

function order(...addresses: string[]): string[] {
  return sortEndpoints(addresses.map((address) => ({ address, port: 80 }))).map(({ address }) => address)
}

it('addresses go by number, not by text', () => {
  expect(order('10.2.0.10', '10.2.0.9', '9.2.0.100')).toEqual(['9.2.0.100', '10.2.0.9', '10.2.0.10'])
})

it('ports go by number below an address', () => {
  const ports = sortEndpoints([443, 8, 80].map((port) => ({ address: '10.2.0.9', port }))).map(({ port }) => port)
  expect(ports).toEqual([8, 80, 443])
})

it('addresses more than 2^31 apart stand the wrong way round, as ipvsadm has them', () => {
  expect(order('10.0.0.1', '192.168.0.1')).toEqual(['192.168.0.1', '10.0.0.1'])
})

it('services go by mark, then family, protocol, address and port', () => {
  const ordered: ServiceId[] = [
    { protocol: 'fwm', mark: 2 ** 32 - 1, family: 4 },
    { protocol: 'tcp', address: '10.9.0.2', port: 80 },
    { protocol: 'udp', address: '10.9.0.1', port: 53 },
    { protocol: 'udp', address: '10.9.0.1', port: 80 },
    { protocol: 'sctp', address: '10.9.0.1', port: 1 },
    { protocol: 'tcp', address: 'fd09::1', port: 80 },
    { protocol: 'tcp', address: 'fd09::2', port: 8 },
    { protocol: 'fwm', mark: 3, family: 4 },
    { protocol: 'fwm', mark: 3, family: 6 },
    { protocol: 'fwm', mark: 9, family: 4 },
  ]
  expect(sortServices([...ordered].reverse())).toEqual(ordered)
})
