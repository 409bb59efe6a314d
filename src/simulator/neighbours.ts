/**
 * Who is at which address on a link: a cache of neighbours (RFC 826, RFC 4861) with the packets that wait for an answer. A packet is never
 * dropped because its neighbour isn't known yet: it waits until the answer comes or `ATTEMPTS` requests, one a second, have had none. Of
 * several that claim an IPv4 address the first is believed; a later claim takes it over once the first is older than `LOCK_US`, as in Linux.
 */
import { type Address, type Family, familyOf } from './addresses.ts'
import { type Clock, Timer } from './clock.ts'

const ATTEMPTS = 3
const RETRY_MS = 1000
/** How long an answer is believed. */
const LIFETIME_US = 60e6
/** Linux: `locktime`. */
const LOCK_US: Readonly<Record<Family, number>> = { 4: 1e6, 6: 0 }

interface Neighbour {
  /** Null until the first answer. */
  mac: number | null
  learnedUs: number
  readonly waiting: Uint8Array[]
  attempts: number
  readonly retry: Timer
}

export interface NeighbourLink {
  /** Asks everyone on the link who has the address. `packet` is the first of those that wait for it. */
  ask(address: Address, packet: Uint8Array): void
  transmit(packet: Uint8Array, mac: number): void
  /** Nobody has answered. */
  giveUp(packet: Uint8Array): void
}

export class Neighbours {
  private readonly known = new Map<Address, Neighbour>()

  constructor(
    private readonly clock: Clock,
    private readonly link: NeighbourLink,
  ) {}

  /** Sends a packet to the neighbour with this address, at once or when the address is resolved. */
  send(packet: Uint8Array, address: Address): void {
    const neighbour = this.entry(address)
    if (neighbour.mac !== null && this.ageUs(neighbour) < LIFETIME_US) {
      this.link.transmit(packet, neighbour.mac)
      return
    }
    neighbour.waiting.push(packet)
    if (neighbour.attempts === 0) this.ask(address, neighbour)
  }

  /** The MAC address that packets to a neighbour are sent to; null if none is known. */
  macOf(address: Address): number | null {
    return this.known.get(address)?.mac ?? null
  }

  /** Takes note of a sender. One that nobody has asked about is only remembered if `isForUs`: it is about to be answered. */
  learn(address: Address, mac: number, isForUs: boolean): void {
    if (!isForUs && !this.known.has(address)) return
    const neighbour = this.entry(address)
    if (neighbour.mac !== null && neighbour.mac !== mac && this.ageUs(neighbour) < LOCK_US[familyOf(address)]) return
    neighbour.mac = mac
    neighbour.learnedUs = this.clock.nowUs
    neighbour.attempts = 0
    neighbour.retry.clear()
    for (const packet of neighbour.waiting.splice(0)) this.link.transmit(packet, mac)
  }

  private ageUs({ learnedUs }: Neighbour): number {
    return this.clock.nowUs - learnedUs
  }

  private entry(address: Address): Neighbour {
    let neighbour = this.known.get(address)
    if (neighbour === undefined) {
      const created: Neighbour = {
        mac: null,
        learnedUs: 0,
        waiting: [],
        attempts: 0,
        retry: new Timer(this.clock, () => this.ask(address, created)),
      }
      this.known.set(address, created)
      neighbour = created
    }
    return neighbour
  }

  private ask(address: Address, neighbour: Neighbour): void {
    const [first] = neighbour.waiting
    if (neighbour.attempts === ATTEMPTS || first === undefined) {
      this.known.delete(address)
      for (const packet of neighbour.waiting) this.link.giveUp(packet)
      return
    }
    neighbour.attempts += 1
    neighbour.retry.set(RETRY_MS)
    this.link.ask(address, first)
  }
}
