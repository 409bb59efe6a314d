/** ICMP errors: what they quote, and how many leave. */
import { expect, it } from 'vitest'
import type { AddressedService } from '../control/model.ts'
import { buildIcmp, buildTcp } from '../simulator/build-packet.ts'
import { parseIcmp, parseIpv4, TcpFlag } from '../simulator/parse-packet.ts'
import { checksumsAreValid } from '../simulator/verify-packet.ts'
import { memoryBench } from '../testing/bench.ts'
import { plainDest, roundRobin, SmallDirector, WEB } from '../testing/small-director.ts'

it('sends 100 errors, drops the next, and sends again after 100 ms', () => {
  const director = new SmallDirector(0)
  const verdicts = Array.from({ length: 103 }, (_, client) => director.send(client, 'S').verdict)
  expect(verdicts.filter((verdict) => verdict === 'forward')).toHaveLength(100)
  expect(verdicts.slice(100)).toEqual(['drop', 'drop', 'drop'])
  expect(director.reason('icmp-limited')).toBe(3)
  director.bench.setClock(1099)
  expect(director.send(1, 'S').verdict).toBe('drop')
  director.bench.setClock(1100)
  expect(director.send(1, 'S').verdict).toBe('forward')
})

it('keeps no more than 100 errors in store after a quiet hour', () => {
  const director = new SmallDirector(0)
  director.bench.setClock(3_600_000)
  const verdicts = Array.from({ length: 101 }, (_, client) => director.send(client, 'S').verdict)
  expect(verdicts.filter((verdict) => verdict === 'forward')).toHaveLength(100)
})

for (const [length, quoted] of [
  [40, 40],
  [41, 41],
  [547, 547],
  [548, 548],
  [549, 548],
  [1500, 548],
] as const) {
  it(`quotes ${quoted} bytes of a packet of ${length}, from the virtual address, with right checksums`, () => {
    const packet = buildTcp({
      source: '10.1.0.1',
      destination: WEB.address,
      sourcePort: 1000,
      destinationPort: WEB.port,
      flags: 2,
      tos: 0xff,
      payload: new Uint8Array(length - 40).fill(0xa5),
    })
    const { verdict, packet: error } = new SmallDirector(0).bench.handle(packet)
    expect(verdict).toBe('forward')
    expect(checksumsAreValid(error)).toBe(true)
    const ip = parseIpv4(error)
    const icmp = ip === null ? null : parseIcmp(ip)
    expect(ip).toMatchObject({ source: 0x0a090001, destination: 0x0a010001, ttl: 64, tos: 0xde, dontFragment: false })
    expect(icmp).toMatchObject({ type: 3, code: 3, rest: 0 })
    expect(Buffer.compare(icmp?.payload ?? new Uint8Array(), packet.subarray(0, quoted))).toBe(0)
  })
}

it('quotes none of the padding behind a packet', () => {
  const packet = buildTcp({
    source: '10.1.0.1',
    destination: WEB.address,
    sourcePort: 1,
    destinationPort: 80,
    flags: 2,
  })
  const padded = new Uint8Array(46).fill(0xff)
  padded.set(packet)
  expect(new SmallDirector(0).bench.handle(padded).packet).toHaveLength(68)
})

it('tells a client of IPv6 no less than 1280 bytes, even if a tunnel leaves less of the way', () => {
  const bench = memoryBench()
  const service: AddressedService = { protocol: 'tcp', address: 'fd09::1', port: 80 }
  bench.control.addService(roundRobin(service))
  bench.control.addDest(service, { ...plainDest({ address: 'fd03::1', port: 80 }), method: 'tunneling' })
  const fields = { source: 'fd01::1', destination: 'fd09::1', sourcePort: 1025, destinationPort: 80 }
  bench.handle(buildTcp({ ...fields, flags: TcpFlag.Syn }))
  const big = { ...fields, flags: TcpFlag.Ack, payload: new Uint8Array(1300) }
  const { verdict, packet } = bench.handle(buildTcp(big))
  expect(verdict).toBe('forward')
  const payload = buildTcp({ ...big, ttl: 63 }).subarray(0, 1232)
  expect(packet).toEqual(buildIcmp({ source: 'fd09::1', destination: 'fd01::1', type: 2, rest: 1280, payload }))
})
