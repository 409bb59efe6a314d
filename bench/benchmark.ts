/** What a benchmark is to `main.ts`, and what it may ask of the machine. */
import { spawnSync } from 'node:child_process'
import type { Comparison } from './samples.ts'

export interface Benchmark {
  readonly name: string
  /** One line: what is measured beside what. */
  readonly title: string
  /** Why it can't run here, or null. */
  whyNot(): string | null
  /** Reports each comparison as soon as it is made. */
  run(output: Output): Promise<void>
}

export interface Output {
  comparison(comparison: Comparison): void
  /** What is left out and why, or what the figures were taken with. */
  note(text: string): void
}

/** Whether a program is installed. */
export function hasTool(name: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${name}`]).status === 0
}

/** Whether a contender's program is installed; `output` is told where it isn't, with the package to install. */
export function hasContender(output: Output, tool: string, name: string): boolean {
  const installed = hasTool(tool)
  if (!installed) output.note(`without ${name}: apt install ${name}`)
  return installed
}
