/**
 * Two benches, one sequence of events: verdicts, packets and tables must be equal, and the tables must hold together.
 *
 * A run is a series of episodes. Each has its own stream of the seed, a table size, and two new benches, so that an episode can be run
 * again by itself; its events are kept, and on a difference shortened by leaving out ever smaller parts that aren't needed.
 */
import { AllocatorView, ConnectionView, LayoutView, OverloadView } from '../engine/generated/views.ts'
import { ConnectionFlag } from '../engine/records.ts'
import { describePacket } from '../simulator/describe-packet.ts'
import { isIcmp } from '../simulator/icmp-errors.ts'
import { parseIp } from '../simulator/parse-ip.ts'
import type { BenchOptions, BenchResult, DirectorBench } from './bench.ts'
import { BenchPair, type MakeBench } from './bench-pair.ts'
import { type Event, Generator } from './generator.ts'

export interface Episode {
  readonly seed: number
  /** Number of the episode in the run. */
  readonly stream: number
  readonly packets: number
  readonly connections: number
}

export interface EpisodeResult {
  readonly packets: number
  /** Packets by verdict. */
  readonly verdicts: Readonly<Record<string, number>>
  /** Packets not forwarded, by reason. */
  readonly reasons: Readonly<Record<string, number>>
  /** Highest slot of the connections that was in use. */
  readonly slotsUsed: number
  /** What has been in the tables, `tcp4`, `template`, `overloaded` …, or otherwise has to occur. */
  readonly kinds: ReadonlySet<string>
}

/** Events that a message shows. */
const SHOWN = 40
/** Runs of shortened sequences that a difference is worth. */
const MAX_SHRINKS = 300
/** Packets between two comparisons of the tables. */
const COMPARE_EVERY = 5000

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function describeEvent(event: Event): string {
  switch (event.kind) {
    case 'packet':
      return `packet mark ${event.mark} ${hex(event.bytes)} (${describePacket(event.bytes)})`
    case 'change':
      return `change ${JSON.stringify(event.change)}`
    case 'clock':
      return `clock ${event.ms}`
    case 'forwarding':
      return `forwarding ${event.on ? 'on' : 'off'}`
  }
}

/** Runs the events on new benches; the first difference, or null. */
function replay(events: readonly Event[], make: MakeBench, options: BenchOptions): string | null {
  const pair = new BenchPair(make, options)
  try {
    for (const event of events) {
      const difference = pair.apply(event, () => undefined)
      if (difference !== null) return difference
    }
    return pair.compareTables()
  } finally {
    pair.close()
  }
}

/** Leaves out parts, half of the events at first, as long as a difference remains. */
function shrink(events: readonly Event[], make: MakeBench, options: BenchOptions): readonly Event[] {
  let kept = events
  let tries = 0
  for (let size = Math.ceil(kept.length / 2); size >= 1 && tries < MAX_SHRINKS; size = Math.floor(size / 2)) {
    for (let from = 0; from < kept.length && tries < MAX_SHRINKS; tries++) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)]
      if (replay(fewer, make, options) !== null) kept = fewer
      else from += size
    }
  }
  return kept
}

/** A difference between two benches: seed, place, both results, and a short sequence that shows it. */
export class DifferenceError extends Error {}

function explain(episode: Episode, events: readonly Event[], difference: string, make: MakeBench): DifferenceError {
  const short = shrink(events, make, { connections: episode.connections })
  const lines = [
    `seed ${episode.seed}, episode ${episode.stream}, event ${events.length - 1}, ${episode.connections} slots: ${difference}`,
    `shortened to ${short.length} events:`,
    ...short.slice(-SHOWN).map((event) => `  ${describeEvent(event)}`),
    `  → ${replay(short, make, { connections: episode.connections }) ?? 'no difference'}`,
  ]
  return new DifferenceError(lines.join('\n'))
}

function summary({ tables, control }: DirectorBench): Pick<EpisodeResult, 'reasons' | 'slotsUsed'> {
  const { used } = AllocatorView.from(tables.readRange('allocators', 0, 1))
  return { reasons: Object.fromEntries(control.reasons().map(({ name, packets }) => [name, packets])), slotsUsed: used }
}

/** What is in the tables of a bench. */
function kindsOf({ tables, control }: DirectorBench): string[] {
  const { used, localities } = AllocatorView.from(tables.readRange('allocators', 0, 1))
  const kinds = localities > 0 ? ['locality'] : []
  for (let slot = 1; slot <= used; slot++) {
    const { expiresMs, flags, protocol, family } = ConnectionView.from(tables.readRange('connections', slot, 1))
    if (expiresMs === 0) continue
    if ((flags & ConnectionFlag.SetAside) !== 0) kinds.push('set aside')
    else if ((flags & ConnectionFlag.Template) !== 0) kinds.push(protocol === 0 ? 'template of a mark' : 'template')
    else if ((flags & ConnectionFlag.Expected) !== 0) kinds.push('expected')
    else kinds.push(`protocol ${protocol} over IPv${family}`)
  }
  const { lastDest } = LayoutView.from(tables.readRange('layouts', 0, 1))
  for (let dest = 1; dest <= lastDest; dest++)
    if (OverloadView.from(tables.readRange('overloads', dest, 1)).overloaded !== 0) kinds.push('overloaded')
  for (const { onePacket, counters, scheduler } of control.services()) {
    if (counters.connections > 0) kinds.push(scheduler)
    if (onePacket && counters.connections > 0) kinds.push('one packet')
  }
  return kinds
}

/** Whether an ICMP error about a tunnel became one to the client: the only packet that leaves shorter than it came, and as ICMP. */
function isToldOfTunnel(event: Event, { verdict, packet }: BenchResult): boolean {
  if (event.kind !== 'packet' || verdict !== 'forward' || packet.length >= event.bytes.length) return false
  const ip = parseIp(event.bytes)
  return ip !== null && isIcmp(ip)
}

/** Runs an episode on the memory bench and another one. Throws a `DifferenceError`. */
export function runEpisode(episode: Episode, make: MakeBench): EpisodeResult {
  const generator = new Generator(episode.seed, episode.stream)
  const pair = new BenchPair(make, { connections: episode.connections })
  const events: Event[] = []
  const verdicts: Record<string, number> = {}
  const kinds = new Set<string>()
  const observe = (event: Event, result: BenchResult): void => {
    if (isToldOfTunnel(event, result)) kinds.add('told of its tunnel')
    verdicts[result.verdict] = (verdicts[result.verdict] ?? 0) + 1
    generator.observe(result)
  }
  let difference: string | null = null
  let packets = 0
  try {
    while (packets < episode.packets && difference === null) {
      const event = generator.next()
      events.push(event)
      difference = pair.apply(event, (result) => observe(event, result))
      if (event.kind === 'packet') packets += 1
      const due = packets === episode.packets || (event.kind === 'packet' && packets % COMPARE_EVERY === 0)
      if (difference !== null || !due) continue
      difference = pair.compareTables()
      for (const kind of kindsOf(pair.left)) kinds.add(kind)
    }
    if (difference === null) return { packets, verdicts, kinds, ...summary(pair.left) }
  } finally {
    pair.close()
  }
  throw explain(episode, events, difference, make)
}

/** Sizes of connection tables: so small that they are always full, and such that they never are. */
export const TABLE_SIZES = [4096, 64, 1024, 4096, 2]
const EPISODE_PACKETS = 20_000

/** The episodes of a run of `packets` packets in all. */
export function episodes(seed: number, packets: number): Episode[] {
  return Array.from({ length: Math.ceil(packets / EPISODE_PACKETS) }, (_, stream) => ({
    seed,
    stream,
    packets: Math.min(EPISODE_PACKETS, packets - stream * EPISODE_PACKETS),
    connections: TABLE_SIZES[stream % TABLE_SIZES.length] ?? 64,
  }))
}
