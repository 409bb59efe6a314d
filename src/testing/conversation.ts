/**
 * TCP conversations through a director, told packet by packet: which end speaks, with which flags and how much data. They are what a
 * director sees, in order or not: scripts of whole lives, of halves, and of ports used again.
 */
import { buildTcp, mssOption } from '../simulator/build-packet.ts'
import { TcpFlag } from '../simulator/parse-packet.ts'
import type { Random } from '../simulator/random.ts'

const SYN = TcpFlag.Syn
const ACK = TcpFlag.Ack
const FIN = TcpFlag.Fin | TcpFlag.Ack
const RST = TcpFlag.Rst
const DATA = TcpFlag.Psh | TcpFlag.Ack

interface Step {
  readonly from: 'client' | 'server'
  readonly flags: number
  readonly data: boolean
}

const client = (flags: number): Step => ({ from: 'client', flags, data: flags === DATA })
const server = (flags: number): Step => ({ from: 'server', flags, data: flags === DATA })

const HANDSHAKE = [client(SYN), server(SYN | ACK), client(ACK)]
const TALK = [client(DATA), server(ACK), server(DATA), client(ACK), client(DATA), server(DATA), client(ACK)]

const SCRIPTS: readonly (readonly Step[])[] = [
  [...HANDSHAKE, ...TALK, client(FIN), server(FIN), client(ACK)],
  [...HANDSHAKE, ...TALK, server(FIN), client(ACK), client(FIN), server(ACK)],
  [...HANDSHAKE, client(DATA), client(FIN), server(DATA), server(FIN), client(ACK)],
  [...HANDSHAKE, ...TALK, client(RST)],
  [...HANDSHAKE, client(DATA), server(RST | ACK)],
  [client(SYN), server(RST | ACK)],
  [client(SYN), client(SYN), client(SYN)],
  [client(SYN), client(RST)],
  [...HANDSHAKE, ...TALK, ...TALK],
  // Ports used again: after both sides closed, after a reset, in the middle.
  [...HANDSHAKE, client(FIN), server(FIN), client(ACK), ...HANDSHAKE, client(DATA)],
  [...HANDSHAKE, client(RST), ...HANDSHAKE, server(DATA)],
  [...HANDSHAKE, client(SYN), server(ACK), client(RST), ...HANDSHAKE],
  // Both at once, and halves.
  [client(SYN), server(SYN), client(SYN | ACK), server(SYN | ACK)],
  [client(SYN | ACK), server(ACK), client(FIN)],
  [client(DATA), server(DATA)],
  [client(FIN), server(FIN)],
]

export interface End {
  /** In host order. */
  readonly address: number
  readonly port: number
}

export class Conversation {
  /** Where the client's packets arrive in the end; null until the director has said so. */
  server: End | null = null
  private at = 0
  private readonly steps: readonly Step[]

  constructor(
    readonly client: End,
    readonly virtual: End,
    random: Random,
  ) {
    this.steps = SCRIPTS[random.below(SCRIPTS.length)] ?? HANDSHAKE
  }

  get isOver(): boolean {
    return this.at >= this.steps.length
  }

  /** The next packet, at times an earlier one again, or any flags at all; null where the server that should speak isn't known. */
  next(random: Random): { packet: Uint8Array; from: 'client' | 'server' } | null {
    const again = this.at > 0 && random.chance(0.1)
    const step = this.steps[again ? random.below(this.at) : this.at] ?? client(ACK)
    if (!again) this.at += 1
    const flags = random.chance(0.05) ? random.below(256) : step.flags
    const source = step.from === 'client' ? this.client : this.server
    const destination = step.from === 'client' ? this.virtual : this.client
    if (source === null) return null
    return { packet: buildSegment(source, destination, flags, step.data, random), from: step.from }
  }
}

/** Payload lengths, odd ones and such as exceed a way out among them. */
const LENGTHS = [0, 1, 2, 3, 5, 100, 101, 536, 559, 560, 561, 1000, 1459, 1460, 1461, 2000]
/** What stands at the head of a long payload; the rest is zero, which costs a test nothing. */
const DATA_BYTES = 16

/** A segment that is right in every respect, its lesser fields at random. */
export function buildSegment(from: End, to: End, flags: number, data: boolean, random: Random): Uint8Array {
  const payload = new Uint8Array(data ? (LENGTHS[random.below(LENGTHS.length)] ?? 0) : 0)
  payload.set(random.bytes(Math.min(DATA_BYTES, payload.length)))
  return buildTcp({
    source: from.address,
    destination: to.address,
    sourcePort: from.port,
    destinationPort: to.port,
    flags,
    sequence: random.next32(),
    acknowledgment: random.next32(),
    window: random.below(65536),
    identification: random.below(65536),
    dontFragment: random.chance(0.7),
    tos: random.chance(0.1) ? random.below(256) : 0,
    ttl: random.chance(0.05) ? random.below(4) : 64,
    payload,
    ...(flags & TcpFlag.Syn ? { options: mssOption(1460) } : {}),
    ...(random.chance(0.03) ? { options: random.bytes(random.below(41)) } : {}),
    ...(random.chance(0.03) ? { ipOptions: random.bytes(1 + random.below(40)) } : {}),
  })
}
