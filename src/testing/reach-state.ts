/** Recordings of states (conformance/facts/*_states_*.json), and how a connection is brought into one by the packets that they used. */
import { readFileSync } from 'node:fs'
import { buildSctp, buildTcp, buildUdp } from '../simulator/build-packet.ts'
import type { DirectorBench } from './bench.ts'
import { flagBits } from './packet-notation.ts'
import type { Endpoint, Protocol } from '../control/model.ts'

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

export interface Recording {
  /** The packets that bring a connection into each state: `c:S s:SA`. */
  readonly reachedBy: Readonly<Record<string, string>>
  readonly transitions: readonly Transition[]
}

/** A recording of states of conformance/facts. */
export function readTransitions(file: string): Recording {
  const [head = '', ...lines] = readFacts(file).trim().split('\n')
  const { reached_by: reachedBy } = JSON.parse(head) as { reached_by: Record<string, string> }
  return { reachedBy, transitions: lines.map((line) => JSON.parse(line) as Transition) }
}

export const { reachedBy: REACHED_BY } = readTransitions('tcp_states_nat.json')

/** SCTP's chunks by the names that recordings give them (RFC 9260 §3.2). */
const CHUNKS: Readonly<Record<string, number>> = {
  DATA: 0,
  INIT: 1,
  INIT_ACK: 2,
  SACK: 3,
  HEARTBEAT: 4,
  HEARTBEAT_ACK: 5,
  ABORT: 6,
  SHUTDOWN: 7,
  SHUTDOWN_ACK: 8,
  ERROR: 9,
  COOKIE_ECHO: 10,
  COOKIE_ACK: 11,
  ECNE: 12,
  CWR: 13,
  SHUTDOWN_COMPLETE: 14,
}

export function chunkType(name: string): number {
  const type = CHUNKS[name]
  if (type === undefined) throw new Error(`"${name}" is no chunk that the recordings name`)
  return type
}

/** The ends of a connection; `server` null while none is chosen. */
export interface Ends {
  readonly client: Endpoint
  readonly virtual: Endpoint
  readonly server: Endpoint
}

/** A packet of one end: TCP with these flags, SCTP with this chunk, as the recordings write them; UDP where `what` says nothing. */
export function packetOf(protocol: Protocol, ends: Ends, from: 'client' | 'server', what: string): Uint8Array {
  const source = from === 'client' ? ends.client : ends.server
  const destination = from === 'client' ? ends.virtual : ends.client
  const fields = {
    source: source.address,
    sourcePort: source.port,
    destination: destination.address,
    destinationPort: destination.port,
    dontFragment: true,
  }
  if (protocol === 'tcp') return buildTcp({ ...fields, flags: flagBits(what) })
  if (protocol === 'udp') return buildUdp({ ...fields, payload: new Uint8Array(4) })
  return buildSctp({ ...fields, chunks: [{ type: chunkType(what) }] })
}

/** A TCP packet of one end with these flags, in the transcripts' letters. */
export function segment(ends: Ends, from: 'client' | 'server', flags: string): Uint8Array {
  return packetOf('tcp', ends, from, flags)
}

/** Sends the packets of a recording's `reached_by`: `c:S s:SA`. */
export function sendSteps(bench: DirectorBench, protocol: Protocol, steps: string, ends: Ends): void {
  for (const step of steps.split(' ').filter((text) => text !== '')) {
    const [who, what = ''] = step.split(':')
    bench.handle(packetOf(protocol, ends, who === 'c' ? 'client' : 'server', what))
  }
}

/** `state` is a key of `REACHED_BY`. */
export function reachState(bench: DirectorBench, state: string, ends: Ends): void {
  const steps = REACHED_BY[state]
  if (steps === undefined) throw new Error(`no recording tells how "${state}" is reached`)
  sendSteps(bench, 'tcp', steps, ends)
}
