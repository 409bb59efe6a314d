/**
 * Random lives of a director from a seed: conversations of clients that share few addresses and ports, damaged packets, packets to
 * nobody, steps of the clock, changes of the configuration and of the settings.
 *
 * Server packets need to know the server that was chosen: `observe` is told what became of each packet. An event's bytes are final, so a recorded
 * sequence is run again without the generator.
 */
import type { FamilyNumber, Protocol, ServiceId } from '../control/model.ts'
import { parseAddress } from '../simulator/addresses.ts'
import { type AnyAddress, buildIcmp, buildIp, buildUdp } from '../simulator/build-packet.ts'
import { parseIpv6Address } from '../simulator/ipv6-addresses.ts'
import { parseQuotedIpv6 } from '../simulator/parse-ipv6.ts'
import { parseTunnelled } from '../simulator/tunnels.ts'
import { fragment } from '../simulator/fragments.ts'
import { parseIp } from '../simulator/parse-ip.ts'
import { parseQuotedIpv4, read16, TcpFlag } from '../simulator/parse-packet.ts'
import { Random } from '../simulator/random.ts'
import type { BenchResult } from './bench.ts'
import { type Change, EMPTY_SERVICES, familyOf, randomChange, SERVICES, startingChanges } from './configuration.ts'
import { buildAny, Conversation, type End, type Target } from './conversation.ts'
import { DATA_PORTS, FIRST_DATA_PORT } from './ftp-lines.ts'
import { claimsIpv6, mutate, shortestPacket } from './mutations.ts'

export type Event =
  | { readonly kind: 'packet'; readonly bytes: Uint8Array; readonly mark: number }
  | { readonly kind: 'clock'; readonly ms: number }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'forwarding'; readonly on: boolean }

function parse(address: string): AnyAddress {
  return address.includes(':') ? parseIpv6Address(address) : parseAddress(address)
}

/** Clients: few, so that tuples collide; the first six are used most, the others are on ways that are narrow or closed, or are no hosts. */
const CLIENTS: Readonly<Record<FamilyNumber, readonly AnyAddress[]>> = {
  4: ['10.1.0.1', '10.1.0.2', '10.1.1.3', '10.2.0.9', '10.3.0.9', '10.1.0.200', '10.67.0.9', '127.0.0.1', '224.0.0.5', '0.0.0.0'].map(parse), // prettier-ignore
  6: ['fd01::1', 'fd01::2', 'fd01:0:0:1::3', 'fd02::9', 'fd03::9', '2001:db8::1', 'fd67::9', 'ff02::5', '::'].map(parse), // prettier-ignore
}
const USUAL_CLIENTS = 6
/** Where packets with a mark go: what address doesn't matter. */
const MARKED: Readonly<Record<FamilyNumber, AnyAddress>> = { 4: parse('10.9.0.7'), 6: parse('fd09::7') }
/** Ports of services that have others than their own: FTP's data and passive ones. */
const OTHER_PORTS = [20, 21, 80, 1023, 1024, 65535]
const MARKS = [0, 1, 2, 0xffffffff]
const PROTOCOLS: readonly Protocol[] = ['tcp', 'udp', 'sctp']
const PROTOCOL_NUMBERS = [6, 17, 132]

const PORTS = 24
/** Conversations that go on at the same time. */
const OPEN = 64
/** First packets at once to a service without servers: more than may be answered. */
const FLOOD = 120
/** Steps of the clock in ms: none, within a timeout, up to it and past it. */
const STEPS = [0, 1, 99, 100, 1000, 1999, 2000, 9999, 10_000, 10_001, 60_000, 119_999, 120_000, 900_000, 1_000_000]

function changeEvent(change: Change): Event {
  return { kind: 'change', change }
}

/** Bytes of a packet's fragments, and those of a piece that there always is. */
const PIECES = [24, 32, 48, 104, 560]
const LEAST_PIECE = 24

/** A copy: the packet's memory is used again. */
function kept(address: number | Uint8Array): number | Uint8Array {
  return typeof address === 'number' ? address : address.slice()
}

/** Bytes of a packet that errors quote: the least, too few, as far as its payload, all. */
const QUOTED_LENGTHS = [28, 28, 48, 48, 27, 20, 60, 128, 548, 1232]
/** Of ICMP and ICMPv6, errors and others. */
const ERROR_TYPES = [3, 3, 3, 11, 4, 1, 2, 12, 8, 129]

/** The same about packets in tunnels. */
const TUNNEL_QUOTED_LENGTHS = [28, 48, 56, 68, 80, 100, 128, 200, 548, 548, 1232, 1232, 2500]
const TUNNEL_ERROR_TYPES: Readonly<Record<FamilyNumber, readonly number[]>> = { 4: [3, 3, 3, 11, 4], 6: [2, 2, 1, 3] }
/** From none and less than the headers of a tunnel to more than any packet. */
const TUNNEL_MTUS = [0, 40, 68, 576, 600, 1280, 1300, 1320, 1400, 1500, 65535]

export class Generator {
  private readonly random: Random
  private readonly open: Conversation[] = []
  /** Events that come next, whatever else happens. */
  private readonly pending: Event[]
  private nowMs = 1000
  private forwarding = true
  private speaker: Conversation | null = null

  constructor(seed: number, stream = 0) {
    this.random = new Random(seed, stream)
    this.pending = [...startingChanges(this.random).map(changeEvent), { kind: 'clock', ms: this.nowMs }]
  }

  next(): Event {
    this.speaker = null
    const first = this.pending.shift()
    if (first !== undefined) return first
    if (this.random.chance(0.004)) return this.step()
    if (this.random.chance(0.008)) return this.change()
    // Off rarely, and not for long.
    if (this.random.chance(this.forwarding ? 0.0002 : 0.02)) {
      this.forwarding = !this.forwarding
      return { kind: 'forwarding', on: this.forwarding }
    }
    if (this.random.chance(0.0005)) this.flood()
    return this.packet()
  }

  /** What became of the packet of the latest event: tells which server was chosen. */
  observe({ verdict, packet }: BenchResult): void {
    if (this.speaker === null || (verdict !== 'forward' && verdict !== 'stack')) return
    const ip = claimsIpv6(packet) ? parseQuotedIpv6(packet) : parseQuotedIpv4(packet)
    if (ip !== null && parseTunnelled(ip, null) !== null) {
      this.speaker.tunnelled = packet
      return
    }
    if (ip === null || !PROTOCOL_NUMBERS.includes(ip.protocol) || ip.payload.length < 4) return
    this.speaker.server = { address: kept(ip.destination), port: read16(ip.payload, 2) }
    this.speaker.seenAs = { address: kept(ip.source), port: read16(ip.payload, 0) }
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.random.below(from.length)] as T
  }

  private step(): Event {
    const short = this.random.chance(0.7)
    this.nowMs += short ? this.random.below(500) : this.pick(STEPS)
    return { kind: 'clock', ms: this.nowMs }
  }

  /** A change; at times everything is added again that others have removed. */
  private change(): Event {
    if (this.random.chance(0.2)) this.pending.push(...startingChanges(this.random).map(changeEvent))
    return { kind: 'change', change: randomChange(this.random) }
  }

  private flood(): void {
    const service = this.pick(EMPTY_SERVICES)
    const { protocol, ...to } = this.target(service)
    for (let i = 0; i < FLOOD; i++) {
      const client = this.client(familyOf(service))
      const bytes = buildAny(protocol, client, to, TcpFlag.Syn, this.random.chance(0.3), this.random)
      this.pending.push({ kind: 'packet', bytes, mark: 0 })
    }
  }

  private packet(): Event {
    if (this.random.chance(0.06)) return this.stranger()
    const conversation = this.conversation()
    if (this.random.chance(0.04)) return this.error(conversation)
    const { tunnelled } = conversation
    if (tunnelled !== null && this.random.chance(0.1)) return this.tunnelError(tunnelled)
    const next = conversation.next(this.random)
    if (next === null) return this.stranger()
    const { packet, from } = next
    const mark = from === 'client' ? conversation.target.mark : 0
    if (this.random.chance(0.15)) return { kind: 'packet', bytes: mutate(packet, this.random), mark }
    if (from === 'client') this.speaker = conversation
    const [first = packet, ...others] = this.random.chance(0.05) ? this.cut(packet) : []
    this.pending.push(...others.map((bytes): Event => ({ kind: 'packet', bytes, mark })))
    return { kind: 'packet', bytes: first, mark }
  }

  /** The packet in fragments, the first of them at times behind others; none where it is too short. */
  private cut(packet: Uint8Array): readonly Uint8Array[] {
    const ip = parseIp(packet)
    if (ip === null || ip.payload.length <= LEAST_PIECE) return []
    const pieces = fragment(ip, ip.headerLength + this.pick(PIECES), this.random.next32())
    return this.random.chance(0.8) ? pieces : [...pieces.slice(1), ...pieces.slice(0, 1)]
  }

  /** An ICMP error about a packet of the conversation, from its receiver or a router before it. */
  private error(conversation: Conversation): Event {
    const { random } = this
    const { client, target, server, seenAs } = conversation
    const about = random.chance(0.5) ? ([target, client] as const) : ([seenAs ?? client, server ?? target] as const)
    const [from, to] = about
    const flags = random.below(256)
    const numbers = conversation.numbers('client', flags, random)
    const quoted = buildAny(target.protocol, from, to, flags, random.chance(0.5), random, numbers)
    const payload = quoted.subarray(0, this.pick(QUOTED_LENGTHS))
    const reporter = random.chance(0.7) ? to.address : this.client(typeof to.address === 'number' ? 4 : 6).address
    const bytes = buildIcmp({
      source: reporter,
      destination: from.address,
      ttl: random.chance(0.05) ? 1 : 64,
      type: this.pick(ERROR_TYPES),
      code: random.below(5),
      rest: random.next32(),
      payload,
    })
    const isDamaged = random.chance(0.15)
    return { kind: 'packet', bytes: isDamaged ? mutate(bytes, random) : bytes, mark: 0 }
  }

  /** An ICMP error about a packet in a tunnel, as it came or nearly, to the director or nearly. */
  private tunnelError(outer: Uint8Array): Event {
    const { random } = this
    const isOverIpv6 = claimsIpv6(outer)
    const ip = isOverIpv6 ? parseQuotedIpv6(outer) : parseQuotedIpv4(outer)
    const quoted = random.chance(0.2) ? mutate(outer, random) : outer
    const { source = 0, destination = 0 } = ip ?? {}
    const bytes = buildIcmp({
      source: random.chance(0.3) ? destination : this.client(isOverIpv6 ? 6 : 4).address,
      destination: random.chance(0.05) ? destination : source,
      ttl: random.chance(0.05) ? 1 : 64,
      type: this.pick(TUNNEL_ERROR_TYPES[isOverIpv6 ? 6 : 4]),
      code: random.chance(0.5) ? 4 : random.below(5),
      rest: random.chance(0.9) ? this.pick(TUNNEL_MTUS) : random.next32(),
      payload: quoted.subarray(0, this.pick(TUNNEL_QUOTED_LENGTHS)),
    })
    return { kind: 'packet', bytes: random.chance(0.1) ? mutate(bytes, random) : bytes, mark: 0 }
  }

  private conversation(): Conversation {
    if (this.open.length === OPEN) {
      const at = this.random.below(OPEN)
      const found = this.open[at]
      if (found !== undefined && !found.isOver) return found
      this.open.splice(at, 1)
    }
    const service = this.pick(SERVICES)
    const begun = new Conversation(this.client(familyOf(service)), this.target(service), this.random)
    this.open.push(begun)
    return begun
  }

  private client(family: FamilyNumber): End {
    const common = this.random.chance(0.95) ? USUAL_CLIENTS : CLIENTS[family].length
    return {
      address: CLIENTS[family][this.random.below(common)] ?? 0,
      port: 1024 + this.random.below(PORTS),
    }
  }

  private target(service: ServiceId): Target {
    if (service.protocol === 'fwm') {
      const { mark, family } = service
      return { address: MARKED[family], port: this.pick(OTHER_PORTS), protocol: this.pick(PROTOCOLS), mark }
    }
    const { address, port, protocol } = service
    const hasOthers = port === 0 || (port === 21 && this.random.chance(0.5))
    const mark = this.random.chance(0.01) ? this.pick(MARKS) : 0
    const other = this.random.chance(0.5) ? this.pick(OTHER_PORTS) : FIRST_DATA_PORT + this.random.below(DATA_PORTS)
    return { address: parse(address), port: hasOthers ? other : port, protocol, mark }
  }

  /** A packet of no conversation: to no service, of another protocol, a fragment, noise. */
  private stranger(): Event {
    return { kind: 'packet', bytes: this.strangeBytes(), mark: this.random.chance(0.1) ? this.pick(MARKS) : 0 }
  }

  private strangeBytes(): Uint8Array {
    const { random } = this
    const service = this.pick(SERVICES)
    const family = familyOf(service)
    const from = this.client(family)
    const to = this.target(service)
    const ends = { source: from.address, destination: to.address, sourcePort: from.port, destinationPort: to.port }
    switch (random.below(7)) {
      case 0:
        return buildAny(to.protocol, from, { ...to, port: 81 }, random.below(256), false, random)
      case 1: {
        // FTP's data connections come from the port below the server's own.
        const server = { address: parse(family === 4 ? '10.2.0.1' : 'fd02::1'), port: 80 - random.below(2) }
        return buildAny(to.protocol, server, from, random.below(256), true, random)
      }
      case 2:
        return buildUdp({ ...ends, payload: random.bytes(random.below(40)) })
      case 3:
        return buildIcmp({ ...ends, type: random.below(140), payload: random.bytes(random.below(60)) })
      case 4: {
        const moreFragments = random.chance(0.5)
        const fragmentOffset = moreFragments && random.chance(0.5) ? 0 : 8 * (1 + random.below(100))
        const protocol = PROTOCOL_NUMBERS[random.below(3)] ?? 6
        return buildIp({ ...ends, protocol, payload: random.bytes(64), moreFragments, fragmentOffset })
      }
      case 5: {
        const bytes = random.bytes(20 + random.below(100))
        return bytes.length < shortestPacket(bytes) ? buildIp({ ...ends, protocol: 6, payload: bytes }) : bytes
      }
      default: {
        const whole = buildAny(to.protocol, from, to, random.below(256), true, random)
        return mutate(mutate(whole, random), random)
      }
    }
  }
}
