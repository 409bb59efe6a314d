/**
 * The recorded runs of ipvsadm 1.31 below `conformance/ipvsadm/`, whose README.md says what the fields mean, and what it takes
 * to compare an answer with one: what is recorded as volatile is evened out on both sides.
 */
import { readdirSync, readFileSync } from 'node:fs'

const FOLDER = new URL('../../../../conformance/ipvsadm/', import.meta.url)

export interface RecordedPacket {
  readonly from: 'client' | 'server'
  readonly proto: 'tcp' | 'udp' | 'sctp'
  readonly src: string
  readonly dst: string
  readonly flags: string
  readonly ip_len: number
  readonly count: number
}

export interface CommandStep {
  readonly step: number
  readonly argv: readonly string[]
  readonly stdin?: string
  readonly stdout: string
  readonly stderr: string
  readonly rc: number
  readonly waited_s?: number
  readonly volatile?: readonly ('order' | 'expire' | 'rate')[]
}

export type Step =
  | CommandStep
  | { readonly step: number; readonly packet: RecordedPacket }
  | { readonly step: number; readonly shell: string }

export interface Scenario {
  readonly name: string
  readonly steps: readonly Step[]
}

export function readScenarios(): Scenario[] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.jsonl'))
  return files.sort().map((file) => ({
    name: file.slice(0, -'.jsonl'.length),
    steps: readFileSync(new URL(file, FOLDER), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Step),
  }))
}

const EXPIRY = /^(\w+) ([0-9]+):([0-9]{2})( .*)$/

/** Seconds until expiry, line by line, in the order of the lines without them. */
export function expirySeconds(stdout: string): number[] {
  const found = stdout.split('\n').flatMap((line): [string, number][] => {
    const [, protocol, minutes, seconds, rest] = EXPIRY.exec(line) ?? []
    return rest === undefined ? [] : [[`${protocol}${rest}`, Number(minutes) * 60 + Number(seconds)]]
  })
  return found.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, seconds]) => seconds)
}

/** Characters of a listing of rates that don't hold a rate. */
const RATE_COLUMN = 33

/** The output with everything volatile evened out: what is left must be equal. */
export function withoutVolatile(stdout: string, volatile: CommandStep['volatile'] = []): string {
  let lines = stdout.split('\n')
  if (volatile.includes('rate')) lines = lines.map((line) => line.slice(0, RATE_COLUMN))
  if (volatile.includes('expire')) lines = lines.map((line) => line.replace(EXPIRY, '$1$4'))
  if (!volatile.includes('order')) return lines.join('\n')
  // A service goes with its servers, whose order does not vary.
  const blocks: string[] = []
  for (const line of lines) {
    if (line.startsWith('  ->') && blocks.length > 0) blocks.push(`${blocks.pop()}\n${line}`)
    else blocks.push(line)
  }
  return blocks.sort().join('\n')
}
