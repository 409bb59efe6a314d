/** The engine in Node against anything that may come in: no bytes make it throw, and none break its tables. */
import { expect, it } from 'vitest'
import type { AddressedService } from '../control/model.ts'
import { buildUdp } from '../simulator/build-packet.ts'
import { Random } from '../simulator/random.ts'
import { brokenInvariants } from '../testing/invariants.ts'
import { mutate } from '../testing/mutations.ts'
import { buildSegment } from '../testing/conversation.ts'
import { plainDest, roundRobin, SmallDirector } from '../testing/small-director.ts'

const SEED = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000)
const PACKETS = Number(process.env['WEIR_PACKETS'] ?? 100_000)
const VIRTUAL = { address: 0x0a090001, port: 80 }

it(`takes ${PACKETS} strings of random bytes, seed ${SEED}`, () => {
  const { bench } = new SmallDirector(3)
  const random = new Random(SEED)
  for (let i = 0; i < PACKETS; i++) {
    const bytes = random.bytes(random.below(80))
    // Half of them look like TCP over IPv4 at first sight.
    if (bytes.length > 9 && random.chance(0.5)) {
      bytes[0] = 0x40 | random.below(16)
      bytes[9] = 6
    }
    bench.handle(bytes)
  }
  expect(brokenInvariants(bench.tables)).toEqual([])
})

it(`takes ${PACKETS} damaged packets to a service, cut to any length, seed ${SEED}`, () => {
  const { bench } = new SmallDirector(3)
  const random = new Random(SEED, 1)
  for (let i = 0; i < PACKETS; i++) {
    const client = { address: 0x0a010000 + random.below(8), port: 1024 + random.below(8) }
    const damaged = mutate(mutate(buildSegment(client, VIRTUAL, random.below(256), false, random), random), random)
    bench.handle(random.chance(0.2) ? damaged.subarray(0, random.below(damaged.length + 1)) : damaged)
  }
  expect(brokenInvariants(bench.tables)).toEqual([])
})

it('leaves the bytes that it is given as they are', () => {
  const { bench } = new SmallDirector(1)
  const packet = buildSegment({ address: 0x0a010001, port: 1024 }, VIRTUAL, 2, false, new Random(1))
  const before = packet.slice()
  expect(bench.handle(packet).packet).not.toEqual(before)
  expect(packet).toEqual(before)
})

it('shows the engine a header that ends with the first 2048 bytes, and none that ends behind them', () => {
  const director = new SmallDirector(0)
  const service: AddressedService = { protocol: 'udp', address: 'fd09::1', port: 80 }
  director.bench.control.addService(roundRobin(service))
  director.bench.control.addDest(service, plainDest({ address: 'fd02::1', port: 80 }))
  const ends = { source: 'fd01::1', sourcePort: 1024, destination: service.address, destinationPort: service.port }
  const malformedAfter = (headers: number): number => {
    // IPv6, the extension header with its own two bytes, UDP.
    const body = new Uint8Array(headers - 40 - 2 - 8)
    director.bench.handle(buildUdp({ ...ends, extensions: [{ type: 60, body }], payload: new Uint8Array(8) }))
    return director.reason('malformed')
  }
  expect(malformedAfter(2048)).toBe(0)
  expect(director.bench.control.connections()).toHaveLength(1)
  expect(malformedAfter(2056)).toBe(1)
})
