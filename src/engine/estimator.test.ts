/** Rates: moving averages over 2 s that come to the true rate and, without traffic, to zero. */
import { expect, it } from 'vitest'
import { SmallDirector, WEB } from '../testing/small-director.ts'
import type { Traffic } from '../control/model.ts'

const PERIOD_MS = 2000

/** A director whose one connection sends `packets` in each of `periods` periods, from the time `fromMs` on. */
function run(director: SmallDirector, packets: number, periods: number, fromMs: number): number {
  for (let period = 0; period < periods; period++) {
    for (let i = 0; i < packets; i++) director.send(1, 'A')
    director.bench.setClock(fromMs + (period + 1) * PERIOD_MS)
  }
  return fromMs + periods * PERIOD_MS
}

function rates(director: SmallDirector): Traffic {
  const [dest] = director.bench.control.service(WEB)?.dests ?? []
  if (dest === undefined) throw new Error('the server has gone')
  return dest.rates
}

it('come to the rate of steady traffic: 50 packets of 40 bytes a second', () => {
  const director = new SmallDirector(1)
  director.send(1, 'S')
  run(director, 100, 40, 1000)
  expect(rates(director)).toEqual({ connections: 0, inPackets: 50, outPackets: 0, inBytes: 2000, outBytes: 0 })
})

it('are a quarter of the rate after its first period', () => {
  const director = new SmallDirector(1)
  director.bench.setClock(3000)
  for (let i = 0; i < 80; i++) director.send(1, i === 0 ? 'S' : 'A')
  director.bench.setClock(5000)
  expect(rates(director).inPackets).toBe(10)
})

it('come to zero after the traffic has ended', () => {
  const director = new SmallDirector(1)
  director.send(1, 'S')
  const ended = run(director, 1000, 20, 1000)
  expect(rates(director).inPackets).toBeGreaterThan(400)
  run(director, 0, 60, ended)
  expect(Object.values(rates(director))).toEqual([0, 0, 0, 0, 0])
})

it('are not lost for traffic of one packet in four seconds', () => {
  const director = new SmallDirector(1)
  director.send(1, 'S')
  let at = 1000
  for (let i = 0; i < 40; i++) at = run(director, i % 2, 1, at)
  expect(rates(director).inBytes).toBeGreaterThan(0)
})

it('are estimated no more often than every 2 s', () => {
  const director = new SmallDirector(1)
  director.bench.setClock(3000)
  for (let i = 0; i < 80; i++) director.send(1, i === 0 ? 'S' : 'A')
  for (let ms = 3100; ms < 5000; ms += 100) director.bench.setClock(ms)
  expect(rates(director).inPackets).toBe(0)
})
