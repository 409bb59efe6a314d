/**
 * A host's network interface: a MAC address, IPv4 addresses, an MTU, and the link it is plugged into, if any. Frames for others are
 * ignored, ARP is answered here, IPv4 goes to the host. Like Linux with `arp_ignore=0`, it answers for every address of its host.
 */
import { BROADCAST_MAC, type Prefix, prefixMask } from './addresses.ts'
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

/** What an interface asks of the host it is in. */
export interface InterfaceOwner {
  readonly clock: Clock
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
      ask: (address) => this.ask(address),
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

  private ask(address: number): void {
    const sender = this.primaryAddress ?? 0
    const operation = ArpOperation.Request
    this.transmit(buildArp({ operation, senderMac: this.mac, sender, targetMac: 0, target: address }))
  }

  private receiveArp(payload: Uint8Array): void {
    const arp = parseArp(payload)
    if (arp === null) {
      this.owner.countDrop('malformed')
      return
    }
    const isForUs = this.owner.isLocal(arp.target)
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
