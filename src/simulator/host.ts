/**
 * A host of the simulated network: interfaces, routes, IPv4, ICMP, TCP. With `forwarding` it is a router; with an `ingressHook` it is a
 * director. UDP has no sockets: every datagram is answered with ICMP port unreachable.
 */
import { type AddressLike, parseAddress, parsePrefix, toAddress } from './addresses.ts'
import { buildIcmp } from './build-packet.ts'
import type { Clock } from './clock.ts'
import { type ArpSettings, NetworkInterface } from './interface.ts'
import { type DropReason, type IngressHook, Ipv4Stack, type RouteLookup } from './ipv4-stack.ts'
import { type Icmp, IcmpType, type Ipv4, isIcmpError, parseIcmp, Protocol, Unreachable } from './parse-packet.ts'
import type { Random } from './random.ts'
import { TcpStack } from './tcp-stack.ts'
import { GUE_PORT, parseTunnelled, type Tunnelled, type TunnelType } from './tunnels.ts'
import { payloadChecksumIsValid, tunnelChecksumIsValid } from './verify-packet.ts'

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
  onIcmp: ((icmp: Icmp, ip: Ipv4) => void) | null = null
  private readonly ip: Ipv4Stack
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
    this.ip = new Ipv4Stack(clock, (packet) => this.deliver(packet))
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

  /** Makes the host a director: the hook sees each IPv4 packet before the stack does. */
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
    to.addresses.push(prefix)
    this.ip.localAddresses.add(prefix.address)
    if (prefix.length < 32) this.ip.routes.add({ ...prefix, interface: to, gateway: null })
  }

  /** Adds a route by a gateway that is on one of the links, or by the name of an interface to what is on its link. */
  addRoute(destination: string, by: { gateway: string } | { interface: string }): void {
    const prefix = parsePrefix(destination)
    if ('interface' in by) {
      this.ip.routes.add({ ...prefix, interface: this.interface(by.interface), gateway: null })
      return
    }
    const gateway = parseAddress(by.gateway)
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

  /** The address that packets to a destination are sent from; null if there is no way there. */
  sourceFor(destination: number): number | null {
    return this.ip.sourceFor(destination)
  }

  /** For a director: whether a packet of `lengthBytes` can be forwarded between two addresses in host order. Source null: the host's own. */
  lookupRoute(source: number | null, destination: number, lengthBytes: number): RouteLookup {
    return this.ip.lookupRoute(source, destination, lengthBytes)
  }

  /** Sends an IPv4 packet made elsewhere by the route to its destination. */
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
        type: IcmpType.Echo,
        rest,
        ttl: options.ttl ?? 64,
        dontFragment: options.dontFragment ?? false,
        identification: this.ip.nextIdentification(),
        payload: new Uint8Array(options.payloadBytes ?? 56),
      }),
    )
  }

  private deliver(ip: Ipv4): void {
    const carried = parseTunnelled(ip, this.guePort)
    if (carried !== null && this.tunnels.has(carried.type)) {
      this.unwrap(ip, carried)
      return
    }
    switch (ip.protocol) {
      case Protocol.Tcp: {
        this.tcp.receive(ip)
        return
      }
      case Protocol.Icmp: {
        this.receiveIcmp(ip)
        return
      }
      case Protocol.Udp:
        if (!payloadChecksumIsValid(ip)) {
          this.ip.countDrop('bad-checksum')
          return
        }
        {
          this.refuse(ip, Unreachable.Port)
          return
        }
      default: {
        this.refuse(ip, Unreachable.Protocol)
        return
      }
    }
  }

  private unwrap(ip: Ipv4, carried: Tunnelled): void {
    if (tunnelChecksumIsValid(ip, carried)) this.ip.receive(carried.packet)
    else this.ip.countDrop('bad-checksum')
  }

  private refuse(ip: Ipv4, code: Unreachable): void {
    this.ip.countDrop('not-understood')
    this.ip.sendError(ip, { type: IcmpType.Unreachable, code })
  }

  private receiveIcmp(ip: Ipv4): void {
    const icmp = parseIcmp(ip)
    if (icmp === null) {
      this.ip.countDrop('malformed')
      return
    }
    if (!payloadChecksumIsValid(ip)) {
      this.ip.countDrop('bad-checksum')
      return
    }
    if (isIcmpError(icmp.type)) this.tcp.receiveError(icmp)
    else if (icmp.type === IcmpType.Echo) this.answerEcho(ip, icmp)
    else if (icmp.type === IcmpType.EchoReply) {
      const answered = this.pings.get(icmp.rest)
      this.pings.delete(icmp.rest)
      answered?.()
    }
    this.onIcmp?.(icmp, ip)
  }

  private answerEcho(ip: Ipv4, icmp: Icmp): void {
    this.ip.send(
      buildIcmp({
        source: ip.destination,
        destination: ip.source,
        type: IcmpType.EchoReply,
        rest: icmp.rest,
        identification: this.ip.nextIdentification(),
        payload: icmp.payload,
      }),
    )
  }
}
