/**
 * What carries frames: full-duplex links between two ports, and switches that learn which port a MAC address is behind.
 * Each direction of a link has its own conditions and its own stream of randomness. A frame is never changed once sent, so
 * all its receivers share the bytes. One event a frame and direction.
 */
import type { Clock } from './clock.ts'
import { frameDestination, frameSource, isGroupMac } from './ethernet.ts'
import type { Random } from './random.ts'

/** Something that frames arrive at. */
export interface Port {
  receive(frame: Uint8Array): void
}

export interface LinkConditions {
  /** Propagation, one way. Default 100. */
  readonly delayUs: number
  /** 0, the default: frames take no time to send. */
  readonly bitsPerSecond: number
  /** Bytes that wait for a busy sender; beyond, frames are dropped. Default 1 MiB. */
  readonly queueBytes: number
  /** Largest IP packet carried; larger ones vanish. Default 65535: hosts' own MTUs decide. */
  readonly mtu: number
  /** Probabilities per frame, 0 … 1. Default 0. */
  readonly loss: number
  readonly duplication: number
  readonly reordering: number
  /** How long, at most, a reordered frame or a duplicate is held back. Default 1000. */
  readonly reorderingDelayUs: number
}

export const PERFECT: LinkConditions = {
  delayUs: 100,
  bitsPerSecond: 0,
  queueBytes: 1 << 20,
  mtu: 65535,
  loss: 0,
  duplication: 0,
  reordering: 0,
  reorderingDelayUs: 1000,
}

const ETHERNET_HEADER = 14

/** One direction of a link. */
export class Channel {
  /** Frames that were lost by chance, by a full queue or for their size. */
  lost = 0
  conditions: LinkConditions
  private freeAtUs = 0

  constructor(
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly to: Port,
    conditions: Partial<LinkConditions>,
  ) {
    this.conditions = { ...PERFECT, ...conditions }
  }

  send(frame: Uint8Array): void {
    const { conditions, random } = this
    if (frame.length > conditions.mtu + ETHERNET_HEADER || random.chance(conditions.loss)) {
      this.lost += 1
      return
    }
    const waitUs = this.occupy(frame.length)
    if (waitUs === null) {
      this.lost += 1
      return
    }
    const arrivalUs = waitUs + conditions.delayUs
    this.deliver(frame, arrivalUs, random.chance(conditions.reordering))
    if (random.chance(conditions.duplication)) this.deliver(frame, arrivalUs, true)
  }

  /** How long until the frame has been sent, in µs; null if the queue is full. */
  private occupy(lengthBytes: number): number | null {
    const { bitsPerSecond, queueBytes } = this.conditions
    if (bitsPerSecond === 0) return 0
    const startUs = Math.max(this.freeAtUs, this.clock.nowUs)
    const queued = ((startUs - this.clock.nowUs) * bitsPerSecond) / 8e6
    if (queued + lengthBytes > queueBytes) return null
    this.freeAtUs = startUs + (lengthBytes * 8e6) / bitsPerSecond
    return this.freeAtUs - this.clock.nowUs
  }

  private deliver(frame: Uint8Array, delayUs: number, heldBack: boolean): void {
    const heldUs = heldBack ? this.random.fraction() * this.conditions.reorderingDelayUs : 0
    this.clock.after(delayUs + heldUs, () => this.to.receive(frame))
  }
}

/** A switch: sends a frame to the port where its destination was last heard, or to all others. */
export class Switch {
  private readonly outlets: Channel[] = []
  private readonly learned = new Map<number, Channel>()

  /** Gives out a port. `channel` is the way from the switch to whatever is plugged in there. */
  plug(channel: Channel): Port {
    this.outlets.push(channel)
    return { receive: (frame) => this.forward(frame, channel) }
  }

  private forward(frame: Uint8Array, from: Channel): void {
    const source = frameSource(frame)
    if (!isGroupMac(source)) this.learned.set(source, from)
    const destination = frameDestination(frame)
    const outlet = isGroupMac(destination) ? undefined : this.learned.get(destination)
    if (outlet !== undefined) {
      if (outlet !== from) outlet.send(frame)
      return
    }
    for (const other of this.outlets) if (other !== from) other.send(frame)
  }
}
