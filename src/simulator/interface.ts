/**
 * A host's network interface: a MAC address, IPv4 addresses, an MTU, and the link it is plugged into, if any. Frames for others are
 * ignored, ARP is spoken here as Linux does, IPv4 goes to the host.
 */
import { BROADCAST_MAC, isInPrefix, type Prefix, prefixMask } from './addresses.ts'
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
import { Neighbours } from './neighbours.ts'
import { parseIpv4 } from './parse-packet.ts'

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
  isLocal(address: number): boolean
  receivePacket(packet: Uint8Array): void
  /** A packet that nobody took: its neighbour didn't answer. */
  neighbourUnreachable(packet: Uint8Array): void
  countDrop(reason: 'link-down' | 'not-for-this-mac' | 'unknown-ethertype' | 'malformed'): void
}

export class NetworkInterface implements Port {
  readonly addresses: Prefix[] = []
  /** Largest IP packet sent, in bytes. Those that arrive may be larger. */
  mtu = 1500
  private link: Channel | null = null
  private readonly captures: Capture[] = []
  private readonly neighbours: Neighbours

  constructor(
    private readonly owner: InterfaceOwner,
    readonly name: string,
    readonly mac: number,
  ) {
    this.neighbours = new Neighbours(owner.clock, {
      ask: (address, packet) => this.ask(address, packet),
      transmit: (packet, mac) => this.transmit(buildFrame(mac, this.mac, EtherType.Ipv4, packet)),
      giveUp: (packet) => owner.neighbourUnreachable(packet),
    })
  }

  /** The address that packets sent here have as their source; null if the interface has none. */
  get primaryAddress(): number | null {
    return this.addresses[0]?.address ?? null
  }

  plugInto(link: Channel): void {
    if (this.link !== null) throw new Error(`interface ${this.name} is plugged in already: add another interface`)
    this.link = link
  }

  /** Copies every frame from now on, sent or received, even those for others, to a capture. */
  captureTo(capture: Capture): void {
    this.captures.push(capture)
  }

  /** Sends an IPv4 packet to a neighbour on the link. */
  send(packet: Uint8Array, nextHop: number): void {
    if (this.isBroadcast(nextHop)) this.transmit(buildFrame(BROADCAST_MAC, this.mac, EtherType.Ipv4, packet))
    else this.neighbours.send(packet, nextHop)
  }

  /** The MAC address of a neighbour on the link; null if it isn't known. */
  neighbour(address: number): number | null {
    return this.neighbours.macOf(address)
  }

  /** Whether an address stands for all hosts on this link. */
  isBroadcast(address: number): boolean {
    return (
      address === 0xffffffff ||
      this.addresses.some((own) => own.length < 31 && address === (own.address | ~prefixMask(own.length)) >>> 0)
    )
  }

  receive(frame: Uint8Array): void {
    for (const capture of this.captures) capture.add(frame, this.owner.clock.nowUs)
    if (frame.length < FRAME_HEADER) {
      this.owner.countDrop('malformed')
      return
    }
    const destination = frameDestination(frame)
    if (destination !== this.mac && destination !== BROADCAST_MAC) {
      this.owner.countDrop('not-for-this-mac')
      return
    }
    const payload = frame.subarray(FRAME_HEADER)
    switch (frameType(frame)) {
      case EtherType.Ipv4: {
        this.owner.receivePacket(payload)
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

  /** Asks for a neighbour that a packet waits for. */
  private ask(address: number, packet: Uint8Array): void {
    const sender = this.announced(address, packet)
    const operation = ArpOperation.Request
    this.transmit(buildArp({ operation, senderMac: this.mac, sender, targetMac: 0, target: address }))
  }

  /** The sender of a request (Linux: `arp_announce`). */
  private announced(target: number, packet: Uint8Array): number {
    const source = parseIpv4(packet)?.source
    if (this.owner.arp.arpAnnounce === 0 && source !== undefined && this.owner.isLocal(source)) return source
    return this.addresses.find((own) => isInPrefix(target, own))?.address ?? this.primaryAddress ?? 0
  }

  /** Whether a request for an address is answered here (Linux: `arp_ignore`). */
  private answersFor(target: number): boolean {
    if (this.owner.arp.arpIgnore === 0) return this.owner.isLocal(target)
    return this.addresses.some(({ address }) => address === target)
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
}
