/**
 * Random lives of a director from a seed: conversations of clients that share few addresses and ports, damaged packets, packets to
 * nobody, steps of the clock, changes of the configuration.
 *
 * Server packets need to know the server that was chosen: `observe` is told what became of each packet. An event's bytes are final, so a recorded
 * sequence is run again without the generator.
 */
import { parseAddress } from '../simulator/addresses.ts'
import { buildIcmp, buildIp, buildUdp } from '../simulator/build-packet.ts'
import { parseQuotedIpv4, read16, TcpFlag } from '../simulator/parse-packet.ts'
import { Random } from '../simulator/random.ts'
import type { BenchResult } from './bench.ts'
import { type Change, EMPTY_SERVICE, randomChange, SERVICES, startingChanges } from './configuration.ts'
import { buildSegment, Conversation, type End } from './conversation.ts'
import { mutate, SHORTEST_PACKET } from './mutations.ts'

export type Event =
  | { readonly kind: 'packet'; readonly bytes: Uint8Array }
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'forwarding'; readonly on: boolean }

/** Clients: few, so that tuples collide; two on ways that are narrow or closed. */
const CLIENTS = [
  '10.1.0.1',
  '10.1.0.2',
  '10.1.0.3',
  '10.2.0.9',
  '10.3.0.9',
  '10.67.0.9',
  '127.0.0.1',
  '224.0.0.5',
  '0.0.0.0',
]
const PORTS = 24
/** Conversations that go on at the same time. */
const OPEN = 48

/** SYNs at once to the service without servers: more than may be answered. */
const FLOOD = 120

/** Steps of the clock in ms: none, within a timeout, up to it and past it. */
const STEPS = [0, 1, 99, 100, 1000, 1999, 2000, 9999, 10_000, 10_001, 60_000, 119_999, 120_000, 900_000, 1_000_000]

function changeEvent(change: Change): Event {
  return { kind: 'change', change }
}

export class Generator {
  private readonly random: Random
  private readonly clients = CLIENTS.map(parseAddress)
  private readonly virtuals: readonly End[] = SERVICES.map(({ address, port }) => ({
    address: parseAddress(address),
    port,
  }))
  private readonly open: Conversation[] = []
  /** Events that come next, whatever else happens. */
  private readonly pending: Event[] = startingChanges().map(changeEvent)
  private nowMs = 1000
  private forwarding = true
  private speaker: Conversation | null = null

  constructor(seed: number, stream = 0) {
    this.random = new Random(seed, stream)
    this.pending.push({ kind: 'clock', ms: this.nowMs })
  }

  next(): Event {
    this.speaker = null
    const first = this.pending.shift()
    if (first !== undefined) return first
    if (this.random.chance(0.004)) return this.step()
    if (this.random.chance(0.003)) return this.change()
    // Off rarely, and not for long.
    if (this.random.chance(this.forwarding ? 0.0002 : 0.02)) {
      this.forwarding = !this.forwarding
      return { kind: 'forwarding', on: this.forwarding }
    }
    if (this.random.chance(0.0005)) this.flood()
    return { kind: 'packet', bytes: this.packet() }
  }

  /** What became of the packet of the latest event: tells which server was chosen. */
  observe({ verdict, packet }: BenchResult): void {
    if (this.speaker === null || (verdict !== 'forward' && verdict !== 'stack')) return
    const ip = parseQuotedIpv4(packet)
    if (ip?.protocol !== 6 || ip.payload.length < 4) return
    this.speaker.server = { address: ip.destination, port: read16(ip.payload, 2) }
  }

  private step(): Event {
    const short = this.random.chance(0.7)
    this.nowMs += short ? this.random.below(500) : (STEPS[this.random.below(STEPS.length)] ?? 0)
    return { kind: 'clock', ms: this.nowMs }
  }

  /** A change; at times everything is added again that others have removed. */
  private change(): Event {
    if (this.random.chance(0.2)) this.pending.push(...startingChanges().map(changeEvent))
    return { kind: 'change', change: randomChange(this.random) }
  }

  private flood(): void {
    const to = { address: parseAddress(EMPTY_SERVICE.address), port: EMPTY_SERVICE.port }
    for (let i = 0; i < FLOOD; i++) {
      const bytes = buildSegment(this.client(), to, TcpFlag.Syn, this.random.chance(0.3), this.random)
      this.pending.push({ kind: 'packet', bytes })
    }
  }

  private packet(): Uint8Array {
    if (this.random.chance(0.06)) return this.stranger()
    const conversation = this.conversation()
    const next = conversation.next(this.random)
    if (next === null) return this.stranger()
    if (this.random.chance(0.15)) return mutate(next.packet, this.random)
    if (next.from === 'client') this.speaker = conversation
    return next.packet
  }

  private conversation(): Conversation {
    if (this.open.length === OPEN) {
      const at = this.random.below(OPEN)
      const found = this.open[at]
      if (found !== undefined && !found.isOver) return found
      this.open.splice(at, 1)
    }
    const begun = new Conversation(this.client(), this.virtual(), this.random)
    this.open.push(begun)
    return begun
  }

  private client(): End {
    const common = this.random.chance(0.95) ? 6 : this.clients.length
    return { address: this.clients[this.random.below(common)] ?? 0, port: 1024 + this.random.below(PORTS) }
  }

  private virtual(): End {
    return this.virtuals[this.random.below(this.virtuals.length)] ?? { address: 0, port: 0 }
  }

  /** A packet of no conversation: to no service, of another protocol, a fragment, noise. */
  private stranger(): Uint8Array {
    const { random } = this
    const from = this.client()
    const to = this.virtual()
    const ends = { source: from.address, destination: to.address, sourcePort: from.port, destinationPort: to.port }
    switch (random.below(7)) {
      case 0:
        return buildSegment(from, { address: to.address, port: 81 }, random.below(256), false, random)
      case 1:
        return buildSegment({ address: parseAddress('10.2.0.1'), port: 80 }, from, random.below(256), true, random)
      case 2:
        return buildUdp({ ...ends, payload: random.bytes(random.below(40)) })
      case 3:
        return buildIcmp({ ...ends, type: random.below(20), payload: random.bytes(random.below(60)) })
      case 4: {
        const moreFragments = random.chance(0.5)
        const fragmentOffset = moreFragments && random.chance(0.5) ? 0 : 8 * (1 + random.below(100))
        return buildIp({ ...ends, protocol: 6, payload: random.bytes(64), moreFragments, fragmentOffset })
      }
      case 5:
        return random.bytes(SHORTEST_PACKET + random.below(100))
      default:
        return mutate(mutate(buildSegment(from, to, random.below(256), true, random), random), random)
    }
  }
}
