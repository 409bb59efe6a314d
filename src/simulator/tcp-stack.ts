/**
 * A host's TCP: finds the connection of a segment by its four ends, hands SYNs to listeners, answers what belongs to nobody with a RST
 * (RFC 9293 §3.10.7.1), gives out ephemeral ports, and passes ICMP errors on to the connection they are about.
 */
import { type Address, type AddressLike, familyOf, IP_HEADER, toAddress } from './addresses.ts'
import { buildTcp, mssOption } from './build-packet.ts'
import type { Clock } from './clock.ts'
import type { IcmpError } from './icmp-errors.ts'
import type { IpStack } from './ip-stack.ts'
import { type IpPacket, parseQuotedIp } from './parse-ip.ts'
import { parseTcp, Protocol, read16, read32, type Tcp, TcpFlag } from './parse-packet.ts'
import { payloadChecksumIsValid } from './verify-packet.ts'
import type { Random } from './random.ts'
import {
  type ConnectionOwner,
  type Endpoints,
  type OutgoingSegment,
  TCP_HEADER,
  TcpConnection,
} from './tcp-connection.ts'
import { TCP_DEFAULTS, type TcpOptions } from './tcp-options.ts'

/** As Linux's `ip_local_port_range`. */
const FIRST_PORT = 32768
const PORTS = 28232

const NOTHING = new Uint8Array(0)

export interface ConnectOptions {
  /** Default: the address of the interface on the way. */
  readonly source?: AddressLike
  /** Default: a free ephemeral port. */
  readonly sourcePort?: number
}

function unitsOf(address: Address): string {
  return typeof address === 'number' ? String.fromCharCode(address >>> 16, address & 0xffff) : `${address} `
}

/** The four ends as a string, of IPv4's six UTF-16 units, which is quicker made and compared than their decimal digits. */
function keyOf({ localAddress, localPort, remoteAddress, remotePort }: Endpoints): string {
  return String.fromCharCode(localPort, remotePort) + unitsOf(localAddress) + unitsOf(remoteAddress)
}

export class TcpStack implements ConnectionOwner {
  options: TcpOptions = TCP_DEFAULTS
  private readonly connections = new Map<string, TcpConnection>()
  private readonly listeners = new Map<string, (connection: TcpConnection) => void>()
  /** Connections of listeners that are not yet established, and whom to tell. */
  private readonly opening = new Map<TcpConnection, (connection: TcpConnection) => void>()
  private lastPort: number

  constructor(
    readonly clock: Clock,
    private readonly random: Random,
    private readonly ip: IpStack,
  ) {
    this.lastPort = random.below(PORTS)
  }

  /** Connections in any state but closed. */
  get size(): number {
    return this.connections.size
  }

  /**
   * Accepts connections to a port, of one address or, by 0, of all of both families. `accept` is called when the handshake is done, before the first data.
   * Returns how to stop listening.
   */
  listen(port: number, accept: (connection: TcpConnection) => void, address: AddressLike = 0): () => void {
    const key = `${toAddress(address)} ${port}`
    if (this.listeners.has(key)) throw new Error(`port ${port} has a listener already: stop that one first`)
    this.listeners.set(key, accept)
    return () => this.listeners.delete(key)
  }

  /** Begins a connection. Failures, even that there is no route, are reported by `onClose`. */
  connect(address: AddressLike, port: number, options: ConnectOptions = {}): TcpConnection {
    const remoteAddress = toAddress(address)
    const source = options.source === undefined ? this.ip.sourceFor(remoteAddress) : toAddress(options.source)
    const ends = { localAddress: source ?? 0, localPort: options.sourcePort ?? 0, remoteAddress, remotePort: port }
    const bound = ends.localPort > 0 ? ends : { ...ends, localPort: this.freePort(ends) }
    if (this.connections.has(keyOf(bound))) {
      throw new Error(`port ${bound.localPort} is connected to that peer already: choose another source port`)
    }
    const connection = new TcpConnection(this, bound, this.random.next32())
    this.connections.set(keyOf(bound), connection)
    connection.openActively()
    if (source === null) this.clock.after(0, () => connection.fail('unreachable'))
    return connection
  }

  /** A packet for this host. */
  receive(ip: IpPacket): void {
    const tcp = parseTcp(ip)
    if (tcp === null) {
      this.ip.countDrop('malformed')
      return
    }
    if (!payloadChecksumIsValid(ip)) {
      this.ip.countDrop('bad-checksum')
      return
    }
    const ends = {
      localAddress: ip.destination,
      localPort: tcp.destinationPort,
      remoteAddress: ip.source,
      remotePort: tcp.sourcePort,
    }
    const connection = this.connections.get(keyOf(ends))
    if (connection !== undefined && !connection.yieldsTo(tcp)) {
      connection.receive(tcp)
      return
    }
    const accept = this.listenerOf(ends)
    if (accept === undefined || !this.opens(tcp)) {
      if (connection === undefined) this.refuse(ends, tcp)
      return
    }
    connection?.finish()
    const opening = new TcpConnection(this, ends, this.random.next32())
    this.connections.set(keyOf(ends), opening)
    this.opening.set(opening, accept)
    opening.openPassively(tcp)
  }

  /** An ICMP error, and the beginning of the packet that it is about, perhaps a segment of this host's. */
  receiveError({ kind, mtu = 0 }: IcmpError, quoted: Uint8Array): void {
    const about = parseQuotedIp(quoted)
    if (about === null || about.protocol !== Protocol.Tcp || about.fragmentOffset !== 0 || about.payload.length < 8)
      return
    const connection = this.connections.get(
      keyOf({
        localAddress: about.source,
        localPort: read16(about.payload, 0),
        remoteAddress: about.destination,
        remotePort: read16(about.payload, 2),
      }),
    )
    const sequence = read32(about.payload, 4)
    switch (kind) {
      case 'too-big': {
        connection?.onTooBig(sequence, mtu)
        return
      }
      case 'port-unreachable':
      case 'protocol-unreachable': {
        connection?.onUnreachable(sequence, 'refused')
        return
      }
      case 'no-route':
      case 'host-unreachable': {
        connection?.onUnreachable(sequence, 'unreachable')
        return
      }
      case 'time-exceeded':
    }
  }

  localMss(remoteAddress: Address): number {
    const mtu = this.ip.routes.lookup(remoteAddress)?.interface.mtu ?? 1500
    return mtu - IP_HEADER[familyOf(remoteAddress)] - TCP_HEADER
  }

  transmit(ends: Endpoints, segment: OutgoingSegment): void {
    this.ip.send(
      buildTcp({
        source: ends.localAddress,
        destination: ends.remoteAddress,
        sourcePort: ends.localPort,
        destinationPort: ends.remotePort,
        identification: this.ip.nextIdentification(),
        dontFragment: true,
        sequence: segment.sequence,
        acknowledgment: segment.acknowledgment,
        flags: segment.flags,
        window: segment.window,
        options: segment.mss === null ? NOTHING : mssOption(segment.mss),
        payload: segment.data,
      }),
    )
  }

  established(connection: TcpConnection): void {
    const accept = this.opening.get(connection)
    this.opening.delete(connection)
    accept?.(connection)
  }

  closed(connection: TcpConnection): void {
    this.opening.delete(connection)
    const key = keyOf(connection.ends)
    if (this.connections.get(key) === connection) this.connections.delete(key)
  }

  private listenerOf(ends: Endpoints): ((connection: TcpConnection) => void) | undefined {
    return this.listeners.get(`${ends.localAddress} ${ends.localPort}`) ?? this.listeners.get(`0 ${ends.localPort}`)
  }

  private opens(tcp: Tcp): boolean {
    return (tcp.flags & (TcpFlag.Syn | TcpFlag.Ack | TcpFlag.Rst | TcpFlag.Fin)) === TcpFlag.Syn
  }

  private refuse(ends: Endpoints, tcp: Tcp): void {
    if (tcp.flags & TcpFlag.Rst) return
    const length = tcp.payload.length + (tcp.flags & TcpFlag.Syn ? 1 : 0) + (tcp.flags & TcpFlag.Fin ? 1 : 0)
    const bare = { window: 0, mss: null, data: NOTHING }
    if (tcp.flags & TcpFlag.Ack) {
      this.transmit(ends, { sequence: tcp.acknowledgment, acknowledgment: 0, flags: TcpFlag.Rst, ...bare })
    } else {
      const acknowledgment = (tcp.sequence + length) >>> 0
      this.transmit(ends, { sequence: 0, acknowledgment, flags: TcpFlag.Rst | TcpFlag.Ack, ...bare })
    }
  }

  /** The next ephemeral port that isn't in use towards the same peer. */
  private freePort(ends: Endpoints): number {
    for (let tried = 0; tried < PORTS; tried++) {
      this.lastPort = (this.lastPort + 1) % PORTS
      const localPort = FIRST_PORT + this.lastPort
      if (!this.connections.has(keyOf({ ...ends, localPort }))) return localPort
    }
    throw new Error(
      `all ${PORTS} ephemeral ports towards one peer are in use: give a source or wait for TIME_WAIT to end`,
    )
  }
}
