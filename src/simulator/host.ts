/**
 * A host of the simulated network: interfaces, routes, IPv4 and IPv6, ICMP, TCP. With `forwarding` it is a router; with an `ingressHook` it is a
 * director. UDP has no sockets: every datagram is answered with ICMP port unreachable.
 */
import {
  type Address,
  type AddressLike,
  type Family,
  familyOf,
  isHostPrefix,
  isUnicast,
  parsePrefix,
  toAddress,
} from './addresses.ts'
import { buildIcmp } from './build-packet.ts'
import type { Clock } from './clock.ts'
import { type ArpSettings, NetworkInterface } from './interface.ts'
import { type DropReason, type IngressHook, IpStack, type RouteLookup } from './ip-stack.ts'
import { type IcmpErrorKind, isErrorOf, isIcmp, readIcmpError } from './icmp-errors.ts'
import type { IpPacket } from './parse-ip.ts'
import { type Icmp, IcmpType, Icmpv6Type, parseIcmp, Protocol } from './parse-packet.ts'
import type { Random } from './random.ts'
import { TcpStack } from './tcp-stack.ts'
import { GUE_PORT, parseTunnelled, type Tunnelled, type TunnelType } from './tunnels.ts'
import { payloadChecksumIsValid, tunnelChecksumIsValid } from './verify-packet.ts'

const ECHO: Readonly<Record<Family, { readonly request: number; readonly reply: number }>> = {
  4: { request: IcmpType.Echo, reply: IcmpType.EchoReply },
  6: { request: Icmpv6Type.Echo, reply: Icmpv6Type.EchoReply },
}

export interface PingOptions {
  /** Default: the address of the interface on the way. */
  readonly source?: AddressLike
  /** Echoed data, zeros. Default 56. */
  readonly payloadBytes?: number
  readonly ttl?: number
  readonly dontFragment?: boolean
}

export class Host {
  readonly tcp: TcpStack
  /** Called with each ICMP message for this host, after the host has dealt with it. */
  onIcmp: ((icmp: Icmp, ip: IpPacket) => void) | null = null
  private readonly ip: IpStack
  private readonly tunnels = new Set<TunnelType>()
  private guePort = GUE_PORT
  /** Echo requests that have had no answer yet, by identifier and sequence number. */
  private readonly pings = new Map<number, () => void>()
  private pingsSent = 0

  /** Made by `Network.host`. `nextMac` gives each interface its address. */
  constructor(
    readonly name: string,
    readonly clock: Clock,
    random: Random,
    private readonly nextMac: () => number,
  ) {
    this.ip = new IpStack(clock, (packet) => this.deliver(packet))
    this.tcp = new TcpStack(clock, random, this.ip)
  }

  /** Whether packets for others are sent on: `net.ipv4.ip_forward`. */
  get forwarding(): boolean {
    return this.ip.forwarding
  }

  set forwarding(enabled: boolean) {
    this.ip.forwarding = enabled
  }

  /** `net.ipv4.conf.all.arp_ignore` and `arp_announce`, to be set as needed. */
  get arp(): ArpSettings {
    return this.ip.arp
  }

  /** Makes the host a director: the hook sees each packet before the stack does. */
  set ingressHook(hook: IngressHook | null) {
    this.ip.ingressHook = hook
  }

  /** Packets and frames dropped so far, by reason. */
  get drops(): Readonly<Partial<Record<DropReason, number>>> {
    return this.ip.drops
  }

  /** Adds an interface. Plug it into a link or a switch of the network; one left unplugged serves as `lo`, to hold addresses. */
  addInterface(name: string, options: { address?: string; mtu?: number } = {}): NetworkInterface {
    if (this.ip.interfaces.some((other) => other.name === name)) {
      throw new Error(`host ${this.name} has an interface ${name} already: choose another name`)
    }
    const added = new NetworkInterface(this.ip, name, this.nextMac())
    added.mtu = options.mtu ?? added.mtu
    this.ip.interfaces.push(added)
    this.ip.localAddresses.add(added.linkLocal)
    if (options.address !== undefined) this.addAddress(name, options.address)
    return added
  }

  get interfaces(): readonly NetworkInterface[] {
    return this.ip.interfaces
  }

  /** Throws an error that names the interface if there is none. */
  interface(name: string): NetworkInterface {
    const found = this.ip.interfaces.find((each) => each.name === name)
    if (found === undefined) throw new Error(`host ${this.name} has no interface ${name}: add it first`)
    return found
  }

  /** Adds an address as in `10.0.0.1/24`, and a route to its network unless the prefix is the address alone. */
  addAddress(interfaceName: string, text: string): void {
    const to = this.interface(interfaceName)
    const prefix = parsePrefix(text)
    to.addAddress(prefix)
    this.ip.localAddresses.add(prefix.address)
    if (!isHostPrefix(prefix)) this.ip.routes.add({ ...prefix, interface: to, gateway: null })
  }

  /** Adds a route by a gateway that is on one of the links, or by the name of an interface to what is on its link. */
  addRoute(destination: string, by: { gateway: string } | { interface: string }): void {
    const prefix = parsePrefix(destination)
    if ('interface' in by) {
      this.ip.routes.add({ ...prefix, interface: this.interface(by.interface), gateway: null })
      return
    }
    const gateway = toAddress(by.gateway)
    const way = this.ip.routes.lookup(gateway)
    if (way === null || way.gateway !== null) {
      throw new Error(`host ${this.name} can't reach gateway ${by.gateway}: add an address in its network first`)
    }
    this.ip.routes.add({ ...prefix, interface: way.interface, gateway })
  }

  /** False if there was no such route. */
  removeRoute(destination: string): boolean {
    return this.ip.routes.remove(parsePrefix(destination))
  }

  /** Where packets to a neighbour go: its MAC address, as some interface has learned it; null if none has. */
  neighbour(address: AddressLike): number | null {
    for (const each of this.ip.interfaces) {
      const mac = each.neighbour(toAddress(address))
      if (mac !== null) return mac
    }
    return null
  }

  /** Unwraps what comes through a tunnel and takes it as if it had come so. GUE is known by its UDP port. */
  addTunnel(type: TunnelType, guePort = GUE_PORT): void {
    this.tunnels.add(type)
    if (type === 'gue') this.guePort = guePort
  }

  /** Whether the address is one of this host's own. */
  owns(address: AddressLike): boolean {
    return this.ip.isLocal(toAddress(address))
  }

  /** The address that packets to a destination are sent from; null if there is no way there. */
  sourceFor(destination: AddressLike): Address | null {
    return this.ip.sourceFor(toAddress(destination))
  }

  /** For a director: whether a packet of `lengthBytes` can be forwarded between two addresses. Source null: the host's own. */
  lookupRoute(source: AddressLike | null, destination: AddressLike, lengthBytes: number): RouteLookup {
    return this.ip.lookupRoute(source === null ? null : toAddress(source), toAddress(destination), lengthBytes)
  }

  /** Sends a packet made elsewhere by the route to its destination. */
  sendPacket(packet: Uint8Array): void {
    this.ip.send(packet)
  }

  /** Sends an echo request; `onReply` is called when the answer comes. */
  ping(address: AddressLike, options: PingOptions = {}, onReply?: (roundTripMs: number) => void): void {
    const destination = toAddress(address)
    const source = options.source === undefined ? this.ip.sourceFor(destination) : toAddress(options.source)
    if (source === null) {
      this.ip.countDrop('no-route')
      return
    }
    const rest = ++this.pingsSent & 0xffff
    const sentMs = this.clock.nowMs
    if (onReply !== undefined) this.pings.set(rest, () => onReply(this.clock.nowMs - sentMs))
    this.ip.send(
      buildIcmp({
        source,
        destination,
        type: ECHO[familyOf(destination)].request,
        rest,
        ttl: options.ttl ?? 64,
        dontFragment: options.dontFragment ?? false,
        identification: this.ip.nextIdentification(),
        payload: new Uint8Array(options.payloadBytes ?? 56),
      }),
    )
  }

  private deliver(ip: IpPacket): void {
    const carried = parseTunnelled(ip, this.guePort)
    if (carried !== null && this.tunnels.has(carried.type)) this.unwrap(ip, carried)
    else if (isIcmp(ip)) this.receiveIcmp(ip)
    else if (ip.protocol === Protocol.Tcp) this.tcp.receive(ip)
    else if (ip.protocol !== Protocol.Udp) this.refuse(ip, 'protocol-unreachable')
    else if (payloadChecksumIsValid(ip)) this.refuse(ip, 'port-unreachable')
    else this.ip.countDrop('bad-checksum')
  }

  private unwrap(ip: IpPacket, carried: Tunnelled): void {
    if (tunnelChecksumIsValid(ip, carried)) this.ip.receive(carried.packet, null)
    else this.ip.countDrop('bad-checksum')
  }

  private refuse(ip: IpPacket, kind: IcmpErrorKind): void {
    this.ip.countDrop('not-understood')
    this.ip.sendError(ip, { kind })
  }

  private receiveIcmp(ip: IpPacket): void {
    const icmp = parseIcmp(ip)
    if (icmp === null) {
      this.ip.countDrop('malformed')
      return
    }
    if (!payloadChecksumIsValid(ip)) {
      this.ip.countDrop('bad-checksum')
      return
    }
    const { request, reply } = ECHO[ip.family]
    const error = isErrorOf(ip.family, icmp.type) ? readIcmpError(ip.family, icmp) : null
    if (error !== null) this.tcp.receiveError(error, icmp.payload)
    else if (icmp.type === request) this.answerEcho(ip, icmp)
    else if (icmp.type === reply) {
      const answered = this.pings.get(icmp.rest)
      this.pings.delete(icmp.rest)
      answered?.()
    }
    this.onIcmp?.(icmp, ip)
  }

  private answerEcho(ip: IpPacket, icmp: Icmp): void {
    if (!isUnicast(ip.destination)) return
    this.ip.send(
      buildIcmp({
        source: ip.destination,
        destination: ip.source,
        type: ECHO[ip.family].reply,
        rest: icmp.rest,
        identification: this.ip.nextIdentification(),
        payload: icmp.payload,
      }),
    )
  }
}
