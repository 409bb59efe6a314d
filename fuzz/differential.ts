/**
 * `npm run fuzz -- [--packets N] [--seed N] [--xdp]`: random traffic through the engine in the kernel, at tcx or as on a
 * device at XDP, and in Node until they differ.
 *
 * Needs root and `npm run build`. Prints the seed first, a line for every million packets, and ends with status 1 and a shortened
 * sequence on a difference.
 */
import { parseArgs } from 'node:util'
import type { MakeBench } from '../src/testing/bench-pair.ts'
import { DifferenceError, episodes, runEpisode } from '../src/testing/differential.ts'
import { kernelBench, whyNoKernelBench, xdpBench } from '../src/testing/kernel-bench.ts'

const DEFAULT_PACKETS = '5000000'
const MILLION = 1_000_000

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  throw new RangeError(`--${name} ${text}: give a whole number`)
}

function run(seed: number, packets: number, make: MakeBench): void {
  const totals: Record<string, number> = {}
  const begun = performance.now()
  let done = 0
  for (const episode of episodes(seed, packets)) {
    const result = runEpisode(episode, make)
    for (const [verdict, count] of Object.entries(result.verdicts)) totals[verdict] = (totals[verdict] ?? 0) + count
    const before = done
    done += result.packets
    if (Math.floor(done / MILLION) === Math.floor(before / MILLION) && done < packets) continue
    const perSecond = Math.round((done / (performance.now() - begun)) * 1000)
    console.log(`${done} packets, ${perSecond}/s, no difference: ${JSON.stringify(totals)}`)
  }
}

const { values } = parseArgs({
  options: {
    packets: { type: 'string', default: DEFAULT_PACKETS },
    seed: { type: 'string' },
    xdp: { type: 'boolean', default: false },
  },
})
const seed = wholeNumber('seed', values.seed ?? String(Date.now() % MILLION))
const missing = whyNoKernelBench()
if (missing !== null) {
  console.error(missing)
  process.exitCode = 2
} else {
  console.log(`seed ${seed}`)
  try {
    run(seed, wholeNumber('packets', values.packets), values.xdp ? xdpBench : kernelBench)
  } catch (error) {
    if (!(error instanceof DifferenceError)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}
