/** The schedulers that hash: what stays where it is while dests fail and return, and how clients are told apart. */
import { describe, expect, it } from 'vitest'
import { NONE, Scheduler, ServiceFlag } from '../records.ts'
import { ListedService } from './testing/listed-service.ts'

/** Clients all over the address space. */
const CLIENTS = Array.from({ length: 3000 }, (_, n) => Math.imul(n + 1, 0x9e3779b1) >>> 0)
const WEIGHTS = [1, 2, 3, 4]

const mapping = (service: ListedService): number[] => CLIENTS.map((client) => service.choose(client, client))

for (const [name, scheduler] of [
  ['sh', Scheduler.SourceHashing],
  ['mh', Scheduler.MaglevHashing],
] as const) {
  describe(name, () => {
    it('refuses the clients of an overloaded dest, and with the fallback sends them elsewhere; no other client moves', () => {
      const plain = new ListedService({ scheduler, weights: WEIGHTS })
      const falling = new ListedService({ scheduler, weights: WEIGHTS, flags: ServiceFlag.Fallback })
      const before = mapping(plain)
      expect(mapping(falling)).toEqual(before)
      plain.setOverloaded(3, true)
      falling.setOverloaded(3, true)
      expect(mapping(plain)).toEqual(before.map((dest) => (dest === 3 ? NONE : dest)))
      mapping(falling).forEach((dest, at) => {
        if (before[at] === 3) expect([1, 2, 4]).toContain(dest)
        else expect(dest).toBe(before[at])
      })
    })

    it('tells the connections of one client apart with the port, and not without', () => {
      const chosen = (flags: number): number => {
        const service = new ListedService({ scheduler, weights: WEIGHTS, flags })
        return new Set(Array.from({ length: 200 }, (_, port) => service.choose(0x0a010001, 0, 1024 + port))).size
      }
      expect(chosen(0)).toBe(1)
      expect(chosen(ServiceFlag.HashPort)).toBe(4)
    })
  })
}

describe('chi', () => {
  const scheduler = Scheduler.ConsistentHashing

  it('gives dests clients by weight, within a tenth', () => {
    const chosen = mapping(new ListedService({ scheduler, weights: WEIGHTS }))
    for (const [at, weight] of WEIGHTS.entries()) {
      const share = chosen.filter((dest) => dest === at + 1).length / CLIENTS.length
      expect(Math.abs(share * 10 - weight), `dest ${at + 1}: ${share}`).toBeLessThan(1)
    }
  })

  it('moves the clients of a failed dest alone, to all survivors, and back when it returns', () => {
    const service = new ListedService({ scheduler, weights: WEIGHTS })
    const before = mapping(service)
    service.setWeight(4, 0)
    const without = mapping(service)
    without.forEach((dest, at) => {
      if (before[at] !== 4) expect(dest).toBe(before[at])
    })
    expect(new Set(without.filter((_, at) => before[at] === 4))).toEqual(new Set([1, 2, 3]))
    service.setWeight(4, 4)
    expect(mapping(service)).toEqual(before)
  })

  it('does so for an overloaded dest without a change of the table', () => {
    const service = new ListedService({ scheduler, weights: WEIGHTS })
    const before = mapping(service)
    service.setOverloaded(4, true)
    const without = mapping(service)
    without.forEach((dest, at) => {
      if (before[at] !== 4) expect(dest).toBe(before[at])
    })
    expect(new Set(without.filter((_, at) => before[at] === 4))).toEqual(new Set([1, 2, 3]))
    service.setOverloaded(4, false)
    expect(mapping(service)).toEqual(before)
  })
})

it('hashes no more of the client than the first bits, where a service says how many', () => {
  for (const scheduler of [Scheduler.SourceHashing, Scheduler.ConsistentHashing]) {
    const service = new ListedService({ scheduler, weights: WEIGHTS, parameter: 24 })
    const network = Array.from({ length: 256 }, (_, end) => service.choose(0x0a010200 + end))
    expect(new Set(network).size).toBe(1)
    const networks = Array.from({ length: 256 }, (_, net) => service.choose(0x0a010000 + net * 256))
    expect(new Set(networks).size).toBe(4)
  }
})

it('chooses by the virtual address for dh, whoever the client is', () => {
  const service = new ListedService({ scheduler: Scheduler.DestinationHashing, weights: WEIGHTS })
  expect(new Set(CLIENTS.map((client) => service.choose(client, 0x0a090001))).size).toBe(1)
  expect(new Set(CLIENTS.map((virtual) => service.choose(1, virtual))).size).toBe(4)
})
