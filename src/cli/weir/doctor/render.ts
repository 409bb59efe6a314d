/** Diagnoses as text, each with the lines to type below it, and as JSON. */
import type { Diagnosis } from './diagnose.ts'

export function renderDiagnoses(diagnoses: readonly Diagnosis[]): string {
  const healthy = diagnoses.some(({ severity }) => severity === 'problem') ? '' : 'No problem was found.\n'
  return healthy + diagnoses.map(render).join('')
}

function render({ severity, code, message, remedy, on }: Diagnosis): string {
  const where = on === undefined ? '' : ` On the ${on}:`
  const lines = remedy.map((line) => `    ${line}\n`)
  return `${severity.toUpperCase()} ${code}: ${message}.${where}\n${lines.join('')}`
}

/** One JSON object and a newline; later versions only add to it. */
export function diagnosesJson(diagnoses: readonly Diagnosis[]): string {
  const healthy = diagnoses.every(({ severity }) => severity === 'hint')
  return `${JSON.stringify({ healthy, findings: diagnoses }, null, 2)}\n`
}

/** 0 without a problem, 1 with one. */
export function exitStatusOf(diagnoses: readonly Diagnosis[]): number {
  return diagnoses.some(({ severity }) => severity === 'problem') ? 1 : 0
}
