/**
 * The IP layer of a host (RFC 791, 1122, 1812, 8200), one for both families: the ingress hook of a director, local delivery with
 * reassembly, forwarding with hop limit, MTU and ICMP errors, sending by route. Checksums are verified on receipt. Malformed packets are
 * counted, never an exception.
 */
import { type Address, type AddressLike, type Family, familyOf, isUnicast, toAddress } from './addresses.ts'
import { updateHeaderChecksum } from './build-packet.ts'
import { fragment, Reassembler } from './fragments.ts'
import type { Clock } from './clock.ts'
import { buildIcmpError, type IcmpError, mayAnswerWithError } from './icmp-errors.ts'
import type { ArpSettings, InterfaceOwner, NetworkInterface } from './interface.ts'
import { isNeighbourMessage } from './neighbour-discovery.ts'
import { type IpPacket, parseIp } from './parse-ip.ts'
import { isFragment } from './parse-packet.ts'
import { headerChecksumIsValid } from './verify-packet.ts'
import { type Route, RoutingTable } from './routing.ts'
import { zeroedBytes } from './slab.ts'

/**
 * What a director does with a packet. `pass`: on to the stack, unchanged. `forward`: the returned packet leaves as it is by the route to
 * `nextHop`. `stack`: the stack goes on with the returned packet as if it had arrived, or been made, so. `send`: the stack sends it as the host's own.
 */
export interface IngressResult {
  readonly verdict: 'pass' | 'drop' | 'forward' | 'stack' | 'send'
  readonly packet: Uint8Array
  /** Of `forward`. */
  readonly nextHop?: AddressLike
}

/**
 * Called with each IP packet that comes in before the stack looks at it, and with each that the host itself sends (`own`) before it leaves; the
 * bytes, link padding included, are to be left as they are.
 */
export type IngressHook = (packet: Uint8Array, own: boolean) => IngressResult

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

/** Where a header has the packet's remaining hops. */
const TTL_AT: Readonly<Record<Family, number>> = { 4: 8, 6: 7 }

export class IpStack implements InterfaceOwner {
  readonly routes = new RoutingTable()
  readonly interfaces: NetworkInterface[] = []
  /** The addresses of all interfaces. */
  readonly localAddresses = new Set<Address>()
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
    private readonly deliver: (ip: IpPacket) => void,
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

  isLocal(address: Address): boolean {
    return this.localAddresses.has(address)
  }

  /**
   * For a director: whether a packet of `lengthBytes` can be forwarded to the destination. As in Linux, not to the host itself. A null
   * source stands for the host's own packets, which need no forwarding.
   */
  lookupRoute(source: Address | null, destination: Address, lengthBytes: number): RouteLookup {
    if (!this.forwarding && source !== null) return { result: 'forwarding-disabled' }
    const route = this.isLocal(destination) ? null : this.routes.lookup(destination)
    if (route === null) return { result: 'none' }
    const { mtu } = route.interface
    return lengthBytes > mtu ? { result: 'too-big', mtu } : { result: 'found' }
  }

  /** The address that packets to a destination are sent from; null if there is no way there. */
  sourceFor(destination: Address): Address | null {
    if (this.isLocal(destination)) return destination
    return this.routes.lookup(destination)?.interface.primaryAddress(familyOf(destination)) ?? null
  }

  /** A packet that came in, by an interface unless the host has sent it to itself. */
  receivePacket(packet: Uint8Array, from: NetworkInterface | null): void {
    this.direct(packet, from === null, (result) => this.receive(result, from))
  }

  /** Sends a packet made by this host, in fragments where need be, unless it has IPv4's don't-fragment bit. */
  send(packet: Uint8Array): void {
    const ip = parseIp(packet)
    if (ip !== null && this.isLocal(ip.destination)) this.clock.after(0, () => this.receivePacket(packet, null))
    else if (this.ingressHook === null) this.sendByRoute(ip)
    else this.direct(packet, true, (result) => this.sendByRoute(parseIp(result)))
  }

  /** Asks the director, if there is one; `stack` goes on with what it leaves to the host. */
  private direct(packet: Uint8Array, own: boolean, stack: (packet: Uint8Array) => void): void {
    if (this.ingressHook === null) {
      stack(packet)
      return
    }
    const { verdict, packet: result, nextHop } = this.ingressHook(packet, own)
    switch (verdict) {
      case 'pass': {
        stack(packet)
        return
      }
      case 'drop': {
        this.countDrop('director')
        return
      }
      case 'forward': {
        this.sendAsIs(result, toAddress(nextHop ?? 0))
        return
      }
      case 'stack': {
        stack(result)
        return
      }
      case 'send': {
        this.send(result)
        return
      }
    }
  }

  private sendByRoute(ip: IpPacket | null): void {
    if (ip === null) {
      this.countDrop('malformed')
      return
    }
    const route = this.routes.lookup(ip.destination)
    if (route === null) {
      this.countDrop('no-route')
      return
    }
    if (!this.transmit(ip, route, ip.family === 4 && ip.dontFragment)) this.countDrop('too-big')
  }

  /** Sends an ICMP error about a packet to its source, where the rules allow one. */
  sendError(about: IpPacket, error: IcmpError): void {
    if (!mayAnswerWithError(about)) return
    const source = this.isLocal(about.destination) ? about.destination : this.sourceFor(about.source)
    if (source !== null) this.send(buildIcmpError(about, error, source, this.nextIdentification()))
  }

  neighbourUnreachable(packet: Uint8Array): void {
    this.countDrop('neighbour-unreachable')
    const ip = parseIp(packet)
    if (ip === null) return
    this.sendError(ip, { kind: 'host-unreachable' })
  }

  /** Takes a packet past the ingress hook: one that came so, or out of a tunnel. */
  receive(packet: Uint8Array, from: NetworkInterface | null): void {
    const ip = parseIp(packet)
    if (ip === null) {
      this.countDrop('malformed')
      return
    }
    if (ip.family === 4 && !headerChecksumIsValid(ip)) {
      this.countDrop('bad-checksum')
      return
    }
    if (this.isLocal(ip.destination) || from?.isMember(ip.destination) === true) {
      const whole = isFragment(ip) ? this.reassembler.add(ip) : ip
      if (whole === null) return
      if (isNeighbourMessage(whole)) from?.receiveNeighbourMessage(whole)
      else this.deliver(whole)
      return
    }
    if (!this.forwarding || this.isForMany(ip.destination)) {
      this.countDrop('not-local')
      return
    }
    this.forward(ip)
  }

  private forward(ip: IpPacket): void {
    if (ip.ttl <= 1) {
      this.countDrop('ttl-expired')
      this.sendError(ip, { kind: 'time-exceeded' })
      return
    }
    const route = this.routes.lookup(ip.destination)
    if (route === null) {
      this.countDrop('no-route')
      this.sendError(ip, { kind: 'no-route' })
      return
    }
    const bytes = zeroedBytes(ip.totalLength)
    bytes.set(ip.bytes.subarray(0, ip.totalLength))
    bytes[TTL_AT[ip.family]] = ip.ttl - 1
    if (ip.family === 4) updateHeaderChecksum(bytes)
    if (this.transmit({ ...ip, bytes }, route, ip.dontFragment)) return
    this.countDrop('too-big')
    this.sendError(ip, { kind: 'too-big', mtu: route.interface.mtu })
  }

  /** Sends by a route, in fragments where need be; false if the packet is too big and must stay whole. */
  private transmit(ip: IpPacket, route: Route, whole: boolean): boolean {
    const { mtu } = route.interface
    const nextHop = route.gateway ?? ip.destination
    if (ip.totalLength <= mtu) route.interface.send(ip.bytes, nextHop)
    else if (whole) return false
    else for (const piece of fragment(ip, mtu, this.identificationOf(ip))) route.interface.send(piece, nextHop)
    return true
  }

  /** What the fragments of a packet have in common: IPv6 has no place for it before. */
  private identificationOf(ip: IpPacket): number {
    return ip.family === 4 ? ip.identification : this.nextIdentification()
  }

  /** A director's packet: as the kernel's redirect does, it leaves as it is or not at all. */
  private sendAsIs(packet: Uint8Array, nextHop: Address): void {
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

  private isForMany(address: Address): boolean {
    return !isUnicast(address) || this.interfaces.some((each) => each.isBroadcast(address))
  }
}
