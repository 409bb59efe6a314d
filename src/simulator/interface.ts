/**
 * A host's network interface: a MAC address, IP addresses, an MTU, and the link it is plugged into, if any. Frames for others are
 * ignored, ARP and neighbour discovery are spoken here as Linux does, packets go to the host.
 */
import {
  type Address,
  BROADCAST_MAC,
  type Family,
  familyOf,
  isInPrefix,
  isUnicast,
  type Prefix,
  prefixMask,
} from './addresses.ts'
import type { Capture } from './capture.ts'
import type { Clock } from './clock.ts'
import {
  ArpOperation,
  buildArp,
  buildFrame,
  EtherType,
  FRAME_HEADER,
  frameDestination,
  frameType,
  parseArp,
} from './ethernet.ts'
import type { Channel, Port } from './link.ts'
import {
  ALL_NODES,
  buildAdvertisement,
  buildSolicitation,
  groupMac,
  linkLocalAddress,
  parseNeighbourMessage,
  solicitedNode,
} from './neighbour-discovery.ts'
import { Neighbours } from './neighbours.ts'
import { type IpPacket, parseIp } from './parse-ip.ts'
import { read8 } from './parse-packet.ts'

/** A host's part of `net.ipv4.conf.all`. */
export interface ArpSettings {
  /** 0: requests for any of the host's addresses are answered on every interface. 1: only for those of the interface. */
  arpIgnore: 0 | 1
  /** 0: requests come from the source of the packet that waits for the answer. 2: from an address of the interface. */
  arpAnnounce: 0 | 2
}

/** What an interface asks of the host it is in. */
export interface InterfaceOwner {
  readonly clock: Clock
  readonly arp: Readonly<ArpSettings>
  isLocal(address: Address): boolean
  receivePacket(packet: Uint8Array, from: NetworkInterface): void
  /** A packet that nobody took: its neighbour didn't answer. */
  neighbourUnreachable(packet: Uint8Array): void
  countDrop(reason: 'link-down' | 'not-for-this-mac' | 'unknown-ethertype' | 'malformed'): void
}

export class NetworkInterface implements Port {
  readonly addresses: Prefix[] = []
  /** For neighbour discovery only: it isn't a source of packets, and there is no route to others. */
  readonly linkLocal: Address
  /** Largest IP packet sent, in bytes. Those that arrive may be larger. */
  mtu = 1500
  private link: Channel | null = null
  private readonly captures: Capture[] = []
  private readonly neighbours: Neighbours
  /** IPv6 groups that it listens to, and the MAC addresses that their frames go to. */
  private readonly groups = new Map<Address, number>([[ALL_NODES, groupMac(ALL_NODES)]])

  constructor(
    private readonly owner: InterfaceOwner,
    readonly name: string,
    readonly mac: number,
  ) {
    this.linkLocal = linkLocalAddress(mac)
    this.join(solicitedNode(this.linkLocal))
    this.neighbours = new Neighbours(owner.clock, {
      ask: (address, packet) => this.ask(address, packet),
      transmit: (packet, mac) => this.transmitPacket(packet, mac),
      giveUp: (packet) => owner.neighbourUnreachable(packet),
    })
  }

  addAddress(prefix: Prefix): void {
    this.addresses.push(prefix)
    if (familyOf(prefix.address) === 6) this.join(solicitedNode(prefix.address))
  }

  /** The address of a family that packets sent here have as their source; null if the interface has none. */
  primaryAddress(family: Family): Address | null {
    return this.addresses.find(({ address }) => familyOf(address) === family)?.address ?? null
  }

  /** Whether packets to an IPv6 group are for this interface. */
  isMember(group: Address): boolean {
    return this.groups.has(group)
  }

  plugInto(link: Channel): void {
    if (this.link !== null) throw new Error(`interface ${this.name} is plugged in already: add another interface`)
    this.link = link
  }

  /** Copies every frame from now on, sent or received, even those for others, to a capture. */
  captureTo(capture: Capture): void {
    this.captures.push(capture)
  }

  /** Sends a packet to a neighbour on the link. */
  send(packet: Uint8Array, nextHop: Address): void {
    if (this.isBroadcast(nextHop)) this.transmitPacket(packet, BROADCAST_MAC)
    else this.neighbours.send(packet, nextHop)
  }

  /** The MAC address of a neighbour on the link; null if it isn't known. */
  neighbour(address: Address): number | null {
    return this.neighbours.macOf(address)
  }

  /** Whether an IPv4 address stands for all hosts on this link. */
  isBroadcast(address: Address): boolean {
    if (typeof address === 'string') return false
    const isLast = ({ address: own, length }: Prefix): boolean =>
      typeof own === 'number' && length < 31 && address === (own | ~prefixMask(length)) >>> 0
    return address === 0xffffffff || this.addresses.some(isLast)
  }

  receive(frame: Uint8Array): void {
    for (const capture of this.captures) capture.add(frame, this.owner.clock.nowUs)
    if (frame.length < FRAME_HEADER) {
      this.owner.countDrop('malformed')
      return
    }
    const destination = frameDestination(frame)
    if (destination !== this.mac && destination !== BROADCAST_MAC && !this.listensTo(destination)) {
      this.owner.countDrop('not-for-this-mac')
      return
    }
    const payload = frame.subarray(FRAME_HEADER)
    switch (frameType(frame)) {
      case EtherType.Ipv4:
      case EtherType.Ipv6: {
        this.owner.receivePacket(payload, this)
        return
      }
      case EtherType.Arp: {
        this.receiveArp(payload)
        return
      }
      default: {
        this.owner.countDrop('unknown-ethertype')
        return
      }
    }
  }

  private transmit(frame: Uint8Array): void {
    if (this.link === null) {
      this.owner.countDrop('link-down')
      return
    }
    for (const capture of this.captures) capture.add(frame, this.owner.clock.nowUs)
    this.link.send(frame)
  }

  private transmitPacket(packet: Uint8Array, mac: number): void {
    const type = read8(packet, 0) >>> 4 === 6 ? EtherType.Ipv6 : EtherType.Ipv4
    this.transmit(buildFrame(mac, this.mac, type, packet))
  }

  private join(group: Address): void {
    this.groups.set(group, groupMac(group))
  }

  private listensTo(mac: number): boolean {
    for (const own of this.groups.values()) if (own === mac) return true
    return false
  }

  /** Asks for a neighbour that a packet waits for. */
  private ask(target: Address, packet: Uint8Array): void {
    const source = parseIp(packet)?.source
    if (typeof target === 'number') {
      const sender = this.announced(target, source)
      const operation = ArpOperation.Request
      this.transmit(buildArp({ operation, senderMac: this.mac, sender, targetMac: 0, target }))
      return
    }
    // As in Linux: an address of another interface's is not announced.
    const from = source !== undefined && this.has(source) ? source : this.linkLocal
    this.transmitPacket(buildSolicitation(from, this.mac, target), groupMac(solicitedNode(target)))
  }

  private has(address: Address): boolean {
    return address === this.linkLocal || this.addresses.some((own) => own.address === address)
  }

  /** The sender of an ARP request (Linux: `arp_announce`). */
  private announced(target: number, source: Address | undefined): number {
    const isAnnounced = this.owner.arp.arpAnnounce === 0 && typeof source === 'number' && this.owner.isLocal(source)
    if (isAnnounced) return source
    const near = this.addresses.find((own) => isInPrefix(target, own))?.address ?? this.primaryAddress(4)
    return typeof near === 'number' ? near : 0
  }

  /** Whether an ARP request for an address is answered here (Linux: `arp_ignore`). */
  private answersFor(target: number): boolean {
    return this.owner.arp.arpIgnore === 0 ? this.owner.isLocal(target) : this.has(target)
  }

  private receiveArp(payload: Uint8Array): void {
    const arp = parseArp(payload)
    if (arp === null) {
      this.owner.countDrop('malformed')
      return
    }
    const isForUs = this.answersFor(arp.target)
    // A sender of 0.0.0.0 only probes whether an address is taken (RFC 5227); one with our address is somebody's mistake.
    if (arp.sender !== 0 && !this.owner.isLocal(arp.sender)) this.neighbours.learn(arp.sender, arp.senderMac, isForUs)
    if (arp.operation === ArpOperation.Request && isForUs) {
      this.transmit(
        buildArp({
          operation: ArpOperation.Reply,
          senderMac: this.mac,
          sender: arp.target,
          targetMac: arp.senderMac,
          target: arp.sender,
        }),
      )
    }
  }

  /** A solicitation or advertisement that came in here. As in Linux, only the interface's own addresses are answered for. */
  receiveNeighbourMessage(ip: IpPacket): void {
    const message = parseNeighbourMessage(ip)
    if (message === null) {
      this.owner.countDrop('malformed')
      return
    }
    const { isSolicitation, source, target, mac } = message
    if (!isSolicitation) {
      if (mac !== null && !this.has(target)) this.neighbours.learn(target, mac, false)
      return
    }
    if (!this.has(target)) return
    if (mac !== null && isUnicast(source)) this.neighbours.learn(source, mac, true)
    const answer = buildAdvertisement(target, this.mac, source)
    if (isUnicast(source)) this.neighbours.send(answer, source)
    else this.transmitPacket(answer, groupMac(ALL_NODES))
  }
}
