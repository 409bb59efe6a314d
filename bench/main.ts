/**
 * `npm run bench -- [benchmark …] [--json FILE]`: all benchmarks, or those named. Figures are only ever compared with others of the same
 * run; README.md says what each measures. Exit status 1 where one fails, 2 for a wrong command line; what can't run here is skipped.
 */
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import type { Benchmark } from './benchmark.ts'
import { cleanUp } from './cleanup.ts'
import { packet } from './packet.ts'
import { cli } from './cli.ts'
import { methods } from './methods.ts'
import { node } from './node.ts'
import { connections } from './connections.ts'
import { packets } from './packets.ts'
import { scale } from './scale.ts'
import { schedulers } from './schedulers.ts'
import { type Comparison, format } from './samples.ts'

const BENCHMARKS: readonly Benchmark[] = [packet, schedulers, scale, methods, packets, connections, node, cli]

interface Report {
  readonly name: string
  readonly title: string
  readonly skipped: string | null
  error: string | null
  readonly notes: string[]
  readonly comparisons: Comparison[]
  seconds: number
}

async function runOne(benchmark: Benchmark): Promise<Report> {
  const { name, title } = benchmark
  const skipped = benchmark.whyNot()
  const report: Report = { name, title, skipped, error: null, notes: [], comparisons: [], seconds: 0 }
  console.log(`\n${name}: ${title}`)
  if (skipped !== null) {
    console.log(`  skipped: ${skipped}`)
    return report
  }
  const from = performance.now()
  try {
    await benchmark.run({
      comparison(comparison) {
        report.comparisons.push(comparison)
        console.log(format(comparison))
      },
      note(text) {
        report.notes.push(text)
        console.log(`  ${text}`)
      },
    })
  } catch (error) {
    report.error = (error as Error).stack ?? String(error)
    console.log(`  failed: ${report.error}`)
    process.exitCode = 1
  }
  cleanUp()
  report.seconds = (performance.now() - from) / 1000
  return report
}

function choose(names: readonly string[]): readonly Benchmark[] | null {
  const unknown = names.find((name) => BENCHMARKS.every((benchmark) => benchmark.name !== name))
  if (unknown === undefined)
    return names.length === 0 ? BENCHMARKS : BENCHMARKS.filter(({ name }) => names.includes(name))
  console.error(`no benchmark "${unknown}": there are ${BENCHMARKS.map(({ name }) => name).join(', ')}`)
  return null
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { json: { type: 'string' } }, allowPositionals: true })
  const chosen = choose(positionals)
  if (chosen === null) {
    process.exitCode = 2
    return
  }
  const machine = { linux: release(), node: process.version, cpus: cpus().length, cpu: cpus()[0]?.model.trim() ?? '' }
  console.log(`Linux ${machine.linux}, Node ${machine.node}, ${machine.cpus} × ${machine.cpu}`)
  console.log('each line: median (least … greatest)  × ratio to the first line (least … greatest of the rounds)')
  const reports: Report[] = []
  for (const benchmark of chosen) reports.push(await runOne(benchmark))
  if (values.json !== undefined) writeFileSync(values.json, JSON.stringify({ machine, reports }, null, 2) + '\n')
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    cleanUp()
    process.exit(1)
  })
}

try {
  await main()
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 2
}
