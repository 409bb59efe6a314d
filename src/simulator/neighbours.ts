/**
 * Who is at which address on a link: an ARP cache (RFC 826) with the packets that wait for an answer. A packet is never dropped
 * because its neighbour isn't known yet: it waits until the answer comes or `ATTEMPTS` requests, one a second, have had none.
 */
import { type Clock, Timer } from './clock.ts'

const ATTEMPTS = 3
const RETRY_MS = 1000
/** How long an answer is believed. */
const LIFETIME_US = 60e6

interface Neighbour {
  /** Null until the first answer. */
  mac: number | null
  expiresUs: number
  readonly waiting: Uint8Array[]
  attempts: number
  readonly retry: Timer
}

export interface NeighbourLink {
  /** Asks everyone on the link who has the address. */
  ask(address: number): void
  transmit(packet: Uint8Array, mac: number): void
  /** Nobody has answered. */
  giveUp(packet: Uint8Array): void
}

export class Neighbours {
  private readonly known = new Map<number, Neighbour>()

  constructor(
    private readonly clock: Clock,
    private readonly link: NeighbourLink,
  ) {}

  /** Sends an IPv4 packet to the neighbour with this address, at once or when the address is resolved. */
  send(packet: Uint8Array, address: number): void {
    const neighbour = this.entry(address)
    if (neighbour.mac !== null && neighbour.expiresUs > this.clock.nowUs) {
      this.link.transmit(packet, neighbour.mac)
      return
    }
    neighbour.waiting.push(packet)
    if (neighbour.attempts === 0) this.ask(address, neighbour)
  }

  /** Takes note of a sender. One that nobody has asked about is only remembered if `isForUs`: it is about to be answered. */
  learn(address: number, mac: number, isForUs: boolean): void {
    if (!isForUs && !this.known.has(address)) return
    const neighbour = this.entry(address)
    neighbour.mac = mac
    neighbour.expiresUs = this.clock.nowUs + LIFETIME_US
    neighbour.attempts = 0
    neighbour.retry.clear()
    for (const packet of neighbour.waiting.splice(0)) this.link.transmit(packet, mac)
  }

  private entry(address: number): Neighbour {
    let neighbour = this.known.get(address)
    if (neighbour === undefined) {
      const created: Neighbour = {
        mac: null,
        expiresUs: 0,
        waiting: [],
        attempts: 0,
        retry: new Timer(this.clock, () => this.ask(address, created)),
      }
      this.known.set(address, created)
      neighbour = created
    }
    return neighbour
  }

  private ask(address: number, neighbour: Neighbour): void {
    if (neighbour.attempts === ATTEMPTS) {
      this.known.delete(address)
      for (const packet of neighbour.waiting) this.link.giveUp(packet)
      return
    }
    neighbour.attempts += 1
    neighbour.retry.set(RETRY_MS)
    this.link.ask(address)
  }
}
