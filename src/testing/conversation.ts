/**
 * Conversations through a director, told packet by packet: which end speaks, and what. They are what a director sees, in order or not:
 * scripts of whole lives, of halves, and of ports used again; for TCP with flags and data, for SCTP with chunks, for UDP with datagrams.
 */
import type { Protocol } from '../control/model.ts'
import {
  type AnyAddress,
  buildSctp,
  buildTcp,
  buildUdp,
  type Extension,
  type IpFields,
  isIpv6,
  mssOption,
} from '../simulator/build-packet.ts'
import { NextHeader } from '../simulator/parse-ipv6.ts'
import { TcpFlag } from '../simulator/parse-packet.ts'
import type { Random } from '../simulator/random.ts'
import { FTP_PORT, ftpLine } from './ftp-lines.ts'
import { sipMessage } from './sip-messages.ts'
import { chunkType } from './reach-state.ts'

const SYN = TcpFlag.Syn
const ACK = TcpFlag.Ack
const FIN = TcpFlag.Fin | TcpFlag.Ack
const RST = TcpFlag.Rst
const DATA = TcpFlag.Psh | TcpFlag.Ack

interface Step {
  readonly from: 'client' | 'server'
  /** TCP's flags, the type of SCTP's first chunk; nothing to UDP. */
  readonly what: number
  readonly data: boolean
}

const client = (flags: number): Step => ({ from: 'client', what: flags, data: flags === DATA })
const server = (flags: number): Step => ({ from: 'server', what: flags, data: flags === DATA })

const HANDSHAKE = [client(SYN), server(SYN | ACK), client(ACK)]
const TALK = [client(DATA), server(ACK), server(DATA), client(ACK), client(DATA), server(DATA), client(ACK)]

const TCP_SCRIPTS: readonly (readonly Step[])[] = [
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

/** SCTP in the recordings' words. */
function sctp(...steps: readonly string[]): Step[] {
  return steps.map((step) => {
    const [from, chunk = ''] = step.split(':')
    return { from: from === 'c' ? 'client' : 'server', what: chunkType(chunk), data: chunk === 'DATA' }
  })
}

const ASSOCIATION = sctp('c:INIT', 's:INIT_ACK', 'c:COOKIE_ECHO', 's:COOKIE_ACK')
const SCTP_TALK = sctp('c:DATA', 's:SACK', 's:DATA', 'c:SACK', 's:HEARTBEAT', 'c:HEARTBEAT_ACK')

const SCTP_SCRIPTS: readonly (readonly Step[])[] = [
  [...ASSOCIATION, ...SCTP_TALK, ...sctp('c:SHUTDOWN', 's:SHUTDOWN_ACK', 'c:SHUTDOWN_COMPLETE')],
  [...ASSOCIATION, ...SCTP_TALK, ...sctp('s:SHUTDOWN', 'c:SHUTDOWN_ACK', 's:SHUTDOWN_COMPLETE')],
  [...ASSOCIATION, ...sctp('c:ABORT'), ...ASSOCIATION],
  [...ASSOCIATION, ...sctp('s:ABORT')],
  sctp('c:INIT', 'c:INIT', 's:INIT_ACK', 's:ERROR'),
  sctp('c:INIT', 's:ABORT', 'c:INIT'),
  sctp('c:DATA', 's:DATA'),
]

const datagram = (from: 'client' | 'server'): Step => ({ from, what: 0, data: true })
const UDP_SCRIPTS: readonly (readonly Step[])[] = [
  [datagram('client')],
  [datagram('client'), datagram('server')],
  Array.from({ length: 12 }, (_, at) => datagram(at % 3 === 1 ? 'server' : 'client')),
]

const SCRIPTS: Readonly<Record<Protocol, readonly (readonly Step[])[]>> = {
  tcp: TCP_SCRIPTS,
  udp: UDP_SCRIPTS,
  sctp: SCTP_SCRIPTS,
}

export interface End {
  readonly address: AnyAddress
  readonly port: number
}

/** Where a conversation's packets go, and how. */
export interface Target extends End {
  readonly protocol: Protocol
  /** The firewall mark of the client's packets. */
  readonly mark: number
}

export class Conversation {
  /** Where the client's packets arrive in the end; null until the director has said so. */
  server: End | null = null
  /** Where they come from in the server's eyes; null until then. */
  seenAs: End | null = null
  /** A packet of the client's in the tunnel to its server; null until there is one. */
  tunnelled: Uint8Array | null = null
  private at = 0
  /** The sequence number of the client's first byte. */
  private readonly firstByte: number
  private readonly steps: readonly Step[]

  constructor(
    readonly client: End,
    readonly target: Target,
    random: Random,
  ) {
    const scripts = SCRIPTS[target.protocol]
    this.steps = scripts[random.below(scripts.length)] ?? []
    this.firstByte = random.chance(0.2) ? random.below(3) : random.next32()
  }

  get isOver(): boolean {
    return this.at >= this.steps.length
  }

  /** The next packet, at times an earlier one again, or anything at all; null where the server that should speak isn't known. */
  next(random: Random): { packet: Uint8Array; from: 'client' | 'server' } | null {
    const again = this.at > 0 && random.chance(0.1)
    const step = this.steps[again ? random.below(this.at) : this.at] ?? datagram('client')
    if (!again) this.at += 1
    const what = random.chance(0.05) ? random.below(this.target.protocol === 'sctp' ? 20 : 256) : step.what
    const source = step.from === 'client' ? this.client : this.server
    const destination = step.from === 'client' ? this.target : (this.seenAs ?? this.client)
    if (source === null) return null
    const { port, protocol } = this.target
    const speaksFtp = protocol === 'tcp' && port === FTP_PORT && step.data && random.chance(0.8)
    const speaksSip = protocol === 'udp' && step.data && random.chance(0.4)
    const payload = speaksFtp ? ftpLine(step.from, source, random) : speaksSip ? sipMessage(random) : step.data
    const numbers = this.numbers(step.from, what, random)
    return { packet: buildAny(protocol, source, destination, what, payload, random, numbers), from: step.from }
  }

  /** Sequence numbers at the beginning of what the client sends, where a PROXY header has its place; others at random. */
  numbers(from: Step['from'], flags: number, random: Random): SequenceNumbers {
    const { firstByte } = this
    if (from === 'server') {
      const acknowledged = random.chance(0.1) ? random.next32() : firstByte + pick(random, ACKNOWLEDGED)
      return { sequence: random.next32(), acknowledgment: acknowledged >>> 0 }
    }
    const sent = (flags & SYN) !== 0 ? -1 : pick(random, SENT)
    return { sequence: (firstByte + sent) >>> 0, acknowledgment: random.next32() }
  }
}

/** From the client's first byte: what servers acknowledge, headers of both lengths missing among it, and where its segments begin. */
const ACKNOWLEDGED = [-53, -52, -52, -51, -29, -28, -28, -28, -27, -1, 0, 0, 0, 0, 1, 100, 1460, 3000]
const SENT = [-53, -52, -29, -28, -1, 0, 0, 0, 0, 0, 0, 1, 100, 1460, 3000]

interface SequenceNumbers {
  readonly sequence: number
  readonly acknowledgment: number
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T
}

/** Payload lengths, odd ones and such as exceed a way out among them. */
const LENGTHS = [0, 1, 2, 3, 5, 100, 101, 536, 559, 560, 561, 1000, 1219, 1220, 1221, 1439, 1440, 1441, 1459, 1460, 1461, 1472, 1473, 2000] // prettier-ignore
/** What stands at the head of a long payload; the rest is zero, which costs a test nothing. */
const DATA_BYTES = 16

function randomPayload(data: boolean | Uint8Array, random: Random): Uint8Array {
  if (typeof data === 'object') return data
  const payload = new Uint8Array(data ? (LENGTHS[random.below(LENGTHS.length)] ?? 0) : 0)
  payload.set(random.bytes(Math.min(DATA_BYTES, payload.length)))
  return payload
}

const EXTENSIONS = [NextHeader.HopByHop, NextHeader.DestinationOptions, NextHeader.Routing]

/** Mostly none; up to eight, which is more than the director follows. */
function randomExtensions(random: Random): readonly Extension[] {
  if (!random.chance(0.15)) return []
  return Array.from({ length: 1 + random.below(random.chance(0.1) ? 8 : 3) }, () => ({
    type: EXTENSIONS[random.below(EXTENSIONS.length)] ?? NextHeader.HopByHop,
    body: random.bytes(random.below(random.chance(0.1) ? 200 : 15)),
  }))
}

/** A packet that is right in every respect, its lesser fields at random. `what` as in a script's step; `data`: which, or whether any. */
export function buildAny(
  protocol: Protocol,
  from: End,
  to: End,
  what: number,
  data: boolean | Uint8Array,
  random: Random,
  numbers: SequenceNumbers = { sequence: random.next32(), acknowledgment: random.next32() },
): Uint8Array {
  const fields = {
    source: from.address,
    destination: to.address,
    sourcePort: from.port,
    destinationPort: to.port,
    tos: random.chance(0.1) ? random.below(256) : 0,
    ttl: random.chance(0.05) ? random.below(4) : 64,
    ...(isIpv6(from.address)
      ? { flowLabel: random.below(1 << 20), extensions: randomExtensions(random) }
      : {
          identification: random.below(65536),
          dontFragment: random.chance(0.7),
          ...(random.chance(0.03) ? { ipOptions: random.bytes(1 + random.below(40)) } : {}),
        }),
  }
  const payload = randomPayload(data, random)
  if (protocol === 'udp') return buildUdp({ ...fields, payload, withChecksum: random.chance(0.9) })
  if (protocol === 'sctp') return buildAssociationPacket(fields, what, payload, random)
  return buildTcp({
    ...fields,
    flags: what,
    ...numbers,
    window: random.below(65536),
    payload,
    ...(what & TcpFlag.Syn ? { options: mssOption(1460) } : {}),
    ...(random.chance(0.03) ? { options: random.bytes(random.below(41)) } : {}),
  })
}

function buildAssociationPacket(
  fields: IpFields & { readonly sourcePort: number; readonly destinationPort: number },
  type: number,
  value: Uint8Array,
  random: Random,
): Uint8Array {
  const more = random.chance(0.2) ? [{ type: random.below(16), value: random.bytes(random.below(30)) }] : []
  return buildSctp({ ...fields, verificationTag: random.next32(), chunks: [{ type, value }, ...more] })
}

/** A TCP segment, `flags` being a header's byte. */
export function buildSegment(from: End, to: End, flags: number, data: boolean, random: Random): Uint8Array {
  return buildAny('tcp', from, to, flags, data, random)
}
