/** Brings a connection into a TCP state by the packets that the recording of LVS used (`tcp_states_nat.json`, `reached_by`). */
import { readFileSync } from 'node:fs'
import { buildTcp } from '../simulator/build-packet.ts'
import type { DirectorBench } from './bench.ts'
import { flagBits } from './packet-notation.ts'
import type { Endpoint } from '../control/model.ts'

export interface Transition {
  readonly state: string
  readonly from: 'client' | 'server'
  readonly packet: string
  /** `none`: no connection. */
  readonly next: string
  readonly timeout_s: number | null
  readonly active: number
  readonly inactive: number
}

const FACTS = new URL('../../conformance/facts/', import.meta.url)

export function readFacts(file: string): string {
  return readFileSync(new URL(file, FACTS), 'utf8')
}

function readLines(): { reachedBy: Readonly<Record<string, string>>; transitions: readonly Transition[] } {
  const [head = '', ...lines] = readFacts('tcp_states_nat.json').trim().split('\n')
  const { reached_by: reachedBy } = JSON.parse(head) as { reached_by: Record<string, string> }
  return { reachedBy, transitions: lines.map((line) => JSON.parse(line) as Transition) }
}

export const { reachedBy: REACHED_BY, transitions: TRANSITIONS } = readLines()

/** The ends of a connection; `server` null while none is chosen. */
export interface Ends {
  readonly client: Endpoint
  readonly virtual: Endpoint
  readonly server: Endpoint
}

/** A packet of one end with these flags, in the transcripts' letters. */
export function segment(ends: Ends, from: 'client' | 'server', flags: string): Uint8Array {
  const source = from === 'client' ? ends.client : ends.server
  const destination = from === 'client' ? ends.virtual : ends.client
  return buildTcp({
    source: source.address,
    sourcePort: source.port,
    destination: destination.address,
    destinationPort: destination.port,
    flags: flagBits(flags),
    dontFragment: true,
  })
}

/** `state` is a key of `REACHED_BY`. */
export function reachState(bench: DirectorBench, state: string, ends: Ends): void {
  const steps = REACHED_BY[state]
  if (steps === undefined) throw new Error(`no recording tells how "${state}" is reached`)
  for (const step of steps.split(' ').filter((text) => text !== '')) {
    const [who, flags = ''] = step.split(':')
    bench.handle(segment(ends, who === 'c' ? 'client' : 'server', flags))
  }
}
