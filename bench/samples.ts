/**
 * Samples of several contenders, taken in turns, and what is said about them: median, least and greatest, and the ratio to the first
 * contender, the baseline. A ratio is the median of the rounds' own ratios, so what slows the machine for a while slows both sides of it.
 */

export interface Summary {
  readonly contender: string
  readonly median: number
  readonly min: number
  readonly max: number
  /** To the baseline; null for the baseline itself, and where the baseline is 0. */
  readonly ratio: number | null
  readonly ratioMin: number | null
  readonly ratioMax: number | null
}

export interface Comparison {
  readonly what: string
  /** Of the samples: `ns`, `ms`, `packets/s` … */
  readonly unit: string
  readonly rounds: number
  readonly results: readonly Summary[]
}

/** Takes one sample. */
export type Sampler = () => number | Promise<number>

/** The middle value; of an even number of values the upper of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? Number.NaN
}

/** Lets signals be handled between two samples, which are often one long system call. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Samples all contenders once a round, each round beginning with another one. The first contender is the baseline. */
export async function compare(
  what: string,
  unit: string,
  rounds: number,
  contenders: Readonly<Record<string, Sampler>>,
): Promise<Comparison> {
  const names = Object.keys(contenders)
  const samples = new Map<string, number[]>(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(round + turn) % names.length] ?? ''
      const sample = await contenders[name]?.()
      if (sample !== undefined) samples.get(name)?.push(sample)
      await breathe()
    }
  }
  const baseline = samples.get(names[0] ?? '') ?? []
  return {
    what,
    unit,
    rounds,
    results: names.map((name, index) => summarize(name, samples.get(name) ?? [], index === 0 ? null : baseline)),
  }
}

function summarize(contender: string, samples: readonly number[], baseline: readonly number[] | null): Summary {
  const ratios = samples.map((sample, round) => sample / (baseline?.[round] ?? 0)).filter(Number.isFinite)
  const known = baseline !== null && ratios.length > 0
  return {
    contender,
    median: median(samples),
    min: Math.min(...samples),
    max: Math.max(...samples),
    ratio: known ? median(ratios) : null,
    ratioMin: known ? Math.min(...ratios) : null,
    ratioMax: known ? Math.max(...ratios) : null,
  }
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 10_000) return Math.round(value).toLocaleString('en').replaceAll(',', ' ')
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)
}

/** Lines for a terminal, one a contender. */
export function format({ what, unit, results }: Comparison): string {
  const width = Math.max(...results.map(({ contender }) => contender.length))
  const lines = results.map(({ contender, median, min, max, ratio, ratioMin, ratioMax }) => {
    const head = `    ${contender.padEnd(width)}  ${figure(median).padStart(11)}  (${figure(min)} … ${figure(max)})`
    if (ratio === null) return head
    return `${head.padEnd(width + 46)}  × ${ratio.toFixed(2)}  (${(ratioMin ?? 0).toFixed(2)} … ${(ratioMax ?? 0).toFixed(2)})`
  })
  return `  ${what}, ${unit}\n${lines.join('\n')}`
}
