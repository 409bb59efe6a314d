/**
 * The IPv4 layer of a host (RFC 791, 1122, 1812): the ingress hook of a director, local delivery with reassembly, forwarding with TTL,
 * MTU and ICMP errors, sending by route. Checksums are verified on receipt. Malformed packets are counted, never an exception.
 */
import { updateHeaderChecksum } from './build-packet.ts'
import { fragment, Reassembler } from './fragments.ts'
import type { Clock } from './clock.ts'
import { buildIcmpError, type IcmpError, mayAnswerWithError } from './icmp-errors.ts'
import type { ArpSettings, InterfaceOwner, NetworkInterface } from './interface.ts'
import { IcmpType, type Ipv4, isFragment, parseIpv4, Unreachable } from './parse-packet.ts'
import { headerChecksumIsValid } from './verify-packet.ts'
import { type Route, RoutingTable } from './routing.ts'
import { zeroedBytes } from './slab.ts'

/**
 * What a director does with a packet. `pass`: on to the stack, unchanged. `forward`: the returned packet leaves as it is by the route to
 * `nextHop`. `stack`: the stack takes the returned packet as if it had arrived so. `send`: the stack sends it as the host's own.
 */
export interface IngressResult {
  readonly verdict: 'pass' | 'drop' | 'forward' | 'stack' | 'send'
  readonly packet: Uint8Array
  /** Of `forward`: an IPv4 address. */
  readonly nextHop?: number
}

/** Called with each IPv4 packet before the stack looks at it; the bytes, link padding included, are to be left as they are. */
export type IngressHook = (packet: Uint8Array) => IngressResult

/** What a director finds when it asks for the way to a destination. */
export type RouteLookup =
  { readonly result: 'found' | 'none' | 'forwarding-disabled' } | { readonly result: 'too-big'; readonly mtu: number }

export type DropReason =
  | 'link-down'
  | 'not-for-this-mac'
  | 'unknown-ethertype'
  | 'malformed'
  | 'bad-checksum'
  | 'director'
  | 'not-local'
  | 'ttl-expired'
  | 'no-route'
  | 'too-big'
  | 'neighbour-unreachable'
  | 'not-understood'

export class Ipv4Stack implements InterfaceOwner {
  readonly routes = new RoutingTable()
  readonly interfaces: NetworkInterface[] = []
  /** The addresses of all interfaces. */
  readonly localAddresses = new Set<number>()
  /** Packets dropped, by reason. */
  readonly drops: Partial<Record<DropReason, number>> = {}
  readonly arp: ArpSettings = { arpIgnore: 0, arpAnnounce: 0 }
  forwarding = false
  ingressHook: IngressHook | null = null
  private identification = 0
  private readonly reassembler: Reassembler

  /** `deliver` gets whole, checked packets for this host. */
  constructor(
    readonly clock: Clock,
    private readonly deliver: (ip: Ipv4) => void,
  ) {
    this.reassembler = new Reassembler(clock)
  }

  nextIdentification(): number {
    this.identification = (this.identification + 1) & 0xffff
    return this.identification
  }

  countDrop(reason: DropReason): void {
    this.drops[reason] = (this.drops[reason] ?? 0) + 1
  }

  isLocal(address: number): boolean {
    return this.localAddresses.has(address)
  }

  /**
   * For a director: whether a packet of `lengthBytes` can be forwarded to the destination. As in Linux, not to the host itself. A null
   * source stands for the host's own packets, which need no forwarding.
   */
  lookupRoute(source: number | null, destination: number, lengthBytes: number): RouteLookup {
    if (!this.forwarding && source !== null) return { result: 'forwarding-disabled' }
    const route = this.isLocal(destination) ? null : this.routes.lookup(destination)
    if (route === null) return { result: 'none' }
    const { mtu } = route.interface
    return lengthBytes > mtu ? { result: 'too-big', mtu } : { result: 'found' }
  }

  /** The address that packets to a destination are sent from; null if there is no way there. */
  sourceFor(destination: number): number | null {
    if (this.isLocal(destination)) return destination
    return this.routes.lookup(destination)?.interface.primaryAddress ?? null
  }

  receivePacket(packet: Uint8Array): void {
    if (this.ingressHook === null) {
      this.receive(packet)
      return
    }
    const { verdict, packet: result, nextHop } = this.ingressHook(packet)
    switch (verdict) {
      case 'pass': {
        this.receive(packet)
        return
      }
      case 'drop': {
        this.countDrop('director')
        return
      }
      case 'forward': {
        this.sendAsIs(result, nextHop ?? 0)
        return
      }
      case 'stack': {
        this.receive(result)
        return
      }
      case 'send': {
        this.send(result)
        return
      }
    }
  }

  /** Sends a packet made by this host; one without the don't-fragment bit is fragmented where need be. */
  send(packet: Uint8Array): void {
    const ip = parseIpv4(packet)
    if (ip === null) {
      this.countDrop('malformed')
      return
    }
    if (this.isLocal(ip.destination)) {
      this.clock.after(0, () => this.receive(packet))
      return
    }
    const route = this.routes.lookup(ip.destination)
    if (route === null) {
      this.countDrop('no-route')
      return
    }
    if (!this.transmit(ip, route)) this.countDrop('too-big')
  }

  /** Sends an ICMP error about a packet to its source, where the rules allow one. */
  sendError(about: Ipv4, error: IcmpError): void {
    if (!mayAnswerWithError(about)) return
    const source = this.isLocal(about.destination) ? about.destination : this.sourceFor(about.source)
    if (source !== null) this.send(buildIcmpError(about, error, source, this.nextIdentification()))
  }

  neighbourUnreachable(packet: Uint8Array): void {
    this.countDrop('neighbour-unreachable')
    const ip = parseIpv4(packet)
    if (ip === null) return
    this.sendError(ip, { type: IcmpType.Unreachable, code: Unreachable.Host })
  }

  /** Takes a packet past the ingress hook: one that came so, or out of a tunnel. */
  receive(packet: Uint8Array): void {
    const ip = parseIpv4(packet)
    if (ip === null) {
      this.countDrop('malformed')
      return
    }
    if (!headerChecksumIsValid(ip)) {
      this.countDrop('bad-checksum')
      return
    }
    if (this.isLocal(ip.destination)) {
      const whole = isFragment(ip) ? this.reassembler.add(ip) : ip
      if (whole !== null) this.deliver(whole)
      return
    }
    if (!this.forwarding || this.isBroadcast(ip.destination)) {
      this.countDrop('not-local')
      return
    }
    this.forward(ip)
  }

  private forward(ip: Ipv4): void {
    if (ip.ttl <= 1) {
      this.countDrop('ttl-expired')
      this.sendError(ip, { type: IcmpType.TimeExceeded, code: 0 })
      return
    }
    const route = this.routes.lookup(ip.destination)
    if (route === null) {
      this.countDrop('no-route')
      this.sendError(ip, { type: IcmpType.Unreachable, code: Unreachable.Network })
      return
    }
    const bytes = zeroedBytes(ip.totalLength)
    bytes.set(ip.bytes.subarray(0, ip.totalLength))
    bytes[8] = ip.ttl - 1
    updateHeaderChecksum(bytes)
    if (this.transmit({ ...ip, bytes }, route)) return
    this.countDrop('too-big')
    const { mtu } = route.interface
    this.sendError(ip, { type: IcmpType.Unreachable, code: Unreachable.FragmentationNeeded, mtu })
  }

  /** Sends by a route, in fragments where need and permission be; false if the packet is too big and must stay whole. */
  private transmit(ip: Ipv4, route: Route): boolean {
    const { mtu } = route.interface
    const nextHop = route.gateway ?? ip.destination
    if (ip.totalLength <= mtu) route.interface.send(ip.bytes, nextHop)
    else if (ip.dontFragment) return false
    else for (const piece of fragment(ip, mtu)) route.interface.send(piece, nextHop)
    return true
  }

  /** A director's packet: as the kernel's redirect does, it leaves as it is or not at all. */
  private sendAsIs(packet: Uint8Array, nextHop: number): void {
    const route = this.routes.lookup(nextHop)
    if (route === null) {
      this.countDrop('no-route')
      return
    }
    if (packet.length > route.interface.mtu) {
      this.countDrop('too-big')
      return
    }
    route.interface.send(packet, route.gateway ?? nextHop)
  }

  private isBroadcast(address: number): boolean {
    return address >>> 28 === 14 || this.interfaces.some((each) => each.isBroadcast(address))
  }
}
