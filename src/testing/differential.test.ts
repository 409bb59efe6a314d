/** The engine in the kernel against the engine in Node; `npm run fuzz` does the same for longer. */
import { describe, expect, it } from 'vitest'
import { SCHEDULERS } from '../control/model.ts'
import { REASONS } from '../engine/reasons.ts'
import { memoryBench } from './bench.ts'
import type { MakeBench } from './bench-pair.ts'
import { DifferenceError, episodes, runEpisode } from './differential.ts'
import { kernelBench, whyNoKernelBench, xdpBench, type XdpFate } from './kernel-bench.ts'

const PACKETS = 300_000
const XDP_PACKETS = 100_000
const SEED = Number(process.env['WEIR_SEED'] ?? Date.now() % 1_000_000)
const skip = whyNoKernelBench()
/** What a run must have had in its tables or seen, beside choices of every scheduler. */
const KINDS = [
  ...[6, 17, 132].flatMap((protocol) => [4, 6].map((family) => `protocol ${protocol} over IPv${family}`)),
  ...[
    'template',
    'template of a mark',
    'set aside',
    'expected',
    'overloaded',
    'one packet',
    'locality',
    'told of its tunnel',
  ],
]

describe('the differential run itself', () => {
  it('sends packets of every fate and for every reason, and fills the smaller tables', () => {
    const results = episodes(1, 100_000).map((episode) => ({ episode, ...runEpisode(episode, memoryBench) }))
    const total = (verdict: string): number => results.reduce((sum, { verdicts }) => sum + (verdicts[verdict] ?? 0), 0)
    expect(total('forward')).toBeGreaterThan(20_000)
    expect(total('drop')).toBeGreaterThan(2000)
    expect(total('pass')).toBeGreaterThan(20_000)
    expect(total('stack')).toBeGreaterThan(20)
    // Only packets longer than any here, or in a tunnel already, have no room for another header.
    for (const { name } of REASONS.filter((reason) => reason.name !== 'no-room'))
      expect(
        results.some(({ reasons }) => (reasons[name] ?? 0) > 0),
        name,
      ).toBe(true)
    const kinds = new Set(results.flatMap((result) => [...result.kinds]))
    for (const kind of [...KINDS, ...SCHEDULERS.filter((name) => name !== 'twos')]) expect(kinds, kind).toContain(kind)
    for (const { episode, slotsUsed } of results)
      if (episode.connections <= 1024) expect(slotsUsed).toBe(episode.connections - 1)
  })

  it('finds one wrong byte in one packet of 4096, and shortens the way there', () => {
    const flawed: MakeBench = (options) => {
      const bench = memoryBench(options)
      return {
        ...bench,
        handle(packet, mark) {
          const result = bench.handle(packet, mark)
          if (result.verdict !== 'forward' || packet[5] !== 7 || result.packet[9] !== 6) return result
          result.packet[8] = 0
          return result
        },
      }
    }
    const run = (): unknown => runEpisode({ seed: 1, stream: 0, packets: 20_000, connections: 1024 }, flawed)
    expect(run).toThrow(DifferenceError)
    // A service, its dest and a SYN are the shortest way to a forwarded packet; a flow's first packet may be needed too, or choices that lead past dests which wrap packets.
    expect(run).toThrow(/shortened to [3-9] events/)
  })
})

const suite = skip === null ? 'the kernel' : `the kernel (skipped: ${skip})`

describe.skipIf(skip !== null)(suite, () => {
  it(`gives the same verdicts, packets and tables as Node for ${PACKETS} random packets, seed ${SEED}`, () => {
    for (const episode of episodes(SEED, PACKETS)) runEpisode(episode, kernelBench)
  })

  it(`gives the same on a device at XDP, which handles most of them itself, seed ${SEED}`, () => {
    const fates: Record<XdpFate, number> = { sent: 0, dropped: 0, 'handed-up': 0, untouched: 0 }
    const counted: MakeBench = (options) => {
      const bench = xdpBench(options)
      return {
        ...bench,
        close() {
          for (const fate of Object.keys(fates) as XdpFate[]) fates[fate] += bench.fates[fate]
          bench.close()
        },
      }
    }
    for (const episode of episodes(SEED, XDP_PACKETS)) runEpisode(episode, counted)
    expect(fates.untouched).toBeLessThan(XDP_PACKETS / 2)
    expect(fates.sent).toBeGreaterThan(XDP_PACKETS / 10)
    expect(fates.dropped).toBeGreaterThan(XDP_PACKETS / 100)
    expect(fates['handed-up']).toBeGreaterThan(XDP_PACKETS / 10)
  })
})
