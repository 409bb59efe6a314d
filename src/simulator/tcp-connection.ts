/**
 * One TCP connection: the state machine of RFC 9293 §3.10 with RFC 5961's challenge acknowledgments, above a sender and a receiver.
 * Applications set the `on…` callbacks and call `send`, `close`, `abort`; a callback may call any of them. The file is long because every
 * step of the machine reads and moves the same state.
 */
import { type Address, type Family, familyOf, IP_HEADER, MIN_MTU } from './addresses.ts'
import { type Clock, Timer } from './clock.ts'
import { type Tcp, TcpFlag, announcedMss } from './parse-packet.ts'
import type { TcpOptions } from './tcp-options.ts'
import { TcpReceiver } from './tcp-receiver.ts'
import { TcpSender } from './tcp-sender.ts'

export type TcpState =
  | 'SYN_SENT'
  | 'SYN_RECEIVED'
  | 'ESTABLISHED'
  | 'FIN_WAIT_1'
  | 'FIN_WAIT_2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSED'

/** Why a connection ended before its time. `refused`: a RST or an ICMP port unreachable answered the SYN. */
export type TcpFailure = 'refused' | 'reset' | 'timed-out' | 'unreachable'

export interface Endpoints {
  readonly localAddress: Address
  readonly localPort: number
  readonly remoteAddress: Address
  readonly remotePort: number
}

/** What a connection needs of the stack that it belongs to. */
export interface ConnectionOwner {
  readonly clock: Clock
  readonly options: TcpOptions
  /** The largest segment that the way to the peer takes, in bytes of payload. */
  localMss(remoteAddress: Address): number
  transmit(ends: Endpoints, segment: OutgoingSegment): void
  /** The peer of a listener's connection has answered: from now on it is the application's. */
  established(connection: TcpConnection): void
  closed(connection: TcpConnection): void
}

export interface OutgoingSegment {
  readonly sequence: number
  readonly acknowledgment: number
  readonly flags: number
  readonly window: number
  /** Only in a SYN. */
  readonly mss: number | null
  readonly data: Uint8Array
}

const NOTHING = new Uint8Array(0)
const CHALLENGE_INTERVAL_US = 100_000
/** Bytes without options. */
export const TCP_HEADER = 20
/** Of a peer that announces none (RFC 9293 §3.7.1). */
const DEFAULT_MSS: Readonly<Record<Family, number>> = { 4: 536, 6: 1220 }

export class TcpConnection {
  /** The handshake is done. */
  onOpen: (() => void) | null = null
  /** Bytes in order; a view that stays as it is. */
  onData: ((data: Uint8Array) => void) | null = null
  /** The peer will send no more. */
  onEnd: (() => void) | null = null
  /** Both directions are done, or with a failure: nothing more will happen. Called once, and not after `abort`. */
  onClose: ((failure: TcpFailure | null) => void) | null = null

  private current: TcpState = 'CLOSED'
  private readonly sender: TcpSender
  private receiver: TcpReceiver
  private readonly timer: Timer
  private retries = 0
  private paused = false
  private ackDue = false
  /** The peer's FIN has come; `onEnd` is due when all data has been delivered. */
  private endDue = false
  /** Both FINs have come and gone; `onClose` is due after `onEnd`. */
  private closeDue = false
  /** Inside `receive`: what is to be sent waits until the segment has been dealt with. */
  private busy = false
  /** The right edge of the window that the peer knows of. */
  private advertisedTo = 0
  private challengedUs = -Infinity

  constructor(
    private readonly owner: ConnectionOwner,
    readonly ends: Endpoints,
    initialSequence: number,
  ) {
    this.sender = new TcpSender(initialSequence, owner.options)
    this.receiver = new TcpReceiver(0, owner.options.windowBytes)
    this.timer = new Timer(owner.clock, () => this.expire())
  }

  get state(): TcpState {
    return this.current
  }

  /** Queues a copy of the bytes. Ignored once the connection has ended; after `close` it is a mistake and throws. */
  send(data: Uint8Array): void {
    if (this.current === 'CLOSED') return
    if (this.sender.hasFin) throw new Error('send() after close(): what is to be sent must be queued before')
    this.sender.queue(data)
    this.output()
  }

  /** Ends the sending direction after what is queued; the other stays open until the peer closes it. */
  close(): void {
    if (this.sender.hasFin || this.current === 'CLOSED') return
    this.sender.queueFin()
    if (this.current === 'ESTABLISHED') this.current = 'FIN_WAIT_1'
    else if (this.current === 'CLOSE_WAIT') this.current = 'LAST_ACK'
    this.output()
  }

  /** Ends the connection at once, with a RST to the peer. */
  abort(): void {
    if (this.current === 'CLOSED') return
    if (this.current !== 'SYN_SENT' && this.current !== 'TIME_WAIT') this.emit(TcpFlag.Rst | TcpFlag.Ack)
    this.onData = this.onEnd = this.onClose = null
    this.finish()
  }

  /** Stops `onData`: what comes in fills the window, and then the peer has to wait. */
  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.deliver()
    // A window update is worth a segment if it lets the peer send a full one (RFC 1122 §4.2.3.3).
    const gained = this.receiver.next + this.receiver.window - this.advertisedTo
    if (gained >= Math.min(this.sender.mss, this.owner.options.windowBytes / 2)) this.ackDue = true
    this.output()
  }

  /** For the stack: begins the handshake. */
  openActively(): void {
    this.current = 'SYN_SENT'
    this.emitSyn()
  }

  /** For the stack: answers a listener's SYN. */
  openPassively(syn: Tcp): void {
    this.current = 'SYN_RECEIVED'
    this.acceptSyn(syn)
    this.emitSyn()
  }

  /** For the stack: a segment with these ends and a right checksum. */
  receive(tcp: Tcp): void {
    this.busy = true
    try {
      if (this.current === 'SYN_SENT') this.receiveInSynSent(tcp)
      else this.process(tcp)
    } finally {
      this.busy = false
    }
    this.output()
  }

  /** For the stack: whether this SYN may begin a connection in place of this one, which has had its time (RFC 1122 §4.2.2.13). */
  yieldsTo(tcp: Tcp): boolean {
    const onlySyn = (tcp.flags & (TcpFlag.Syn | TcpFlag.Ack | TcpFlag.Rst)) === TcpFlag.Syn
    return this.current === 'TIME_WAIT' && onlySyn && this.receiver.position(tcp.sequence) >= this.receiver.next
  }

  /** For the stack: ICMP says that a segment with this sequence number did not reach the peer. Only a SYN takes it to heart. */
  onUnreachable(sequence: number, failure: TcpFailure): void {
    if (this.current === 'SYN_SENT' && this.sender.position(sequence) === 0) this.fail(failure)
  }

  /** For the stack: ICMP says that a segment with this sequence number was too big for a link of this MTU (RFC 1191, 5927). */
  onTooBig(sequence: number, mtu: number): void {
    const position = this.sender.position(sequence)
    if (position < this.sender.acknowledged || position >= this.sender.highest) return
    const family = familyOf(this.ends.remoteAddress)
    const mss = mtu - IP_HEADER[family] - TCP_HEADER
    // No link takes less than the least: what claims so is a forgery.
    if (mtu < MIN_MTU[family] || mss >= this.sender.mss) return
    this.sender.shrinkTo(mss)
    this.output()
  }

  /** Ends the connection without a word to the peer and tells the application why. */
  fail(failure: TcpFailure): void {
    const { onClose } = this
    this.onData = this.onEnd = this.onClose = null
    this.finish()
    onClose?.(failure)
  }

  /** Leaves the stack. */
  finish(): void {
    this.current = 'CLOSED'
    this.timer.clear()
    this.owner.closed(this)
  }

  private receiveInSynSent(tcp: Tcp): void {
    const hasAck = (tcp.flags & TcpFlag.Ack) !== 0
    if (hasAck && this.sender.position(tcp.acknowledgment) !== 1) {
      if ((tcp.flags & TcpFlag.Rst) === 0) this.emitReset(tcp.acknowledgment)
      return
    }
    if (tcp.flags & TcpFlag.Rst) {
      if (hasAck) this.fail('refused')
      return
    }
    if ((tcp.flags & TcpFlag.Syn) === 0) return
    this.acceptSyn(tcp)
    if (hasAck) {
      this.sender.onAck(1, 0, tcp.window, false, this.owner.clock.nowMs)
      this.ackDue = true
      this.establish()
    } else {
      this.current = 'SYN_RECEIVED'
      this.emitSyn()
    }
  }

  private process(tcp: Tcp): void {
    const { receiver } = this
    const from = receiver.position(tcp.sequence)
    const fin = (tcp.flags & TcpFlag.Fin) !== 0
    const syn = (tcp.flags & TcpFlag.Syn) !== 0
    const length = tcp.payload.length + (syn ? 1 : 0) + (fin ? 1 : 0)
    // Our SYN-ACK was lost, or both sides opened at once: the SYN that we know already.
    const isRepeatedSyn = this.current === 'SYN_RECEIVED' && syn && from === 0
    if (isRepeatedSyn) {
      if ((tcp.flags & TcpFlag.Ack) === 0) {
        this.emitSyn()
        return
      }
      this.ackDue = true
    } else if (!receiver.isAcceptable(from, length)) {
      if (tcp.flags & TcpFlag.Rst) return
      if (fin && this.current === 'TIME_WAIT') this.timer.set(this.owner.options.timeWaitMs)
      if (length > 0) this.ackDue = true
      else this.challenge()
      return
    }
    if (tcp.flags & TcpFlag.Rst) {
      if (from !== receiver.next) {
        this.challenge()
        return
      }
      if (this.current === 'TIME_WAIT') {
        this.finish()
        return
      }
      this.fail('reset')
      return
    }
    if (syn && !isRepeatedSyn) {
      this.challenge()
      return
    }
    if ((tcp.flags & TcpFlag.Ack) === 0 || !this.acceptAck(tcp, from, length === 0)) return
    if (length === 0 || isRepeatedSyn) return
    this.ackDue = true
    if (this.current === 'ESTABLISHED' || this.current === 'FIN_WAIT_1' || this.current === 'FIN_WAIT_2') {
      receiver.add(from, tcp.payload, fin)
      if (receiver.takeEnd()) this.peerClosed()
    }
    this.deliver()
  }

  /** Takes the acknowledgment of a segment; false if the segment has nothing more to say. */
  private acceptAck(tcp: Tcp, from: number, isPure: boolean): boolean {
    const { sender } = this
    const position = sender.position(tcp.acknowledgment)
    if (this.current === 'SYN_RECEIVED' && position !== 1) {
      this.emitReset(tcp.acknowledgment)
      return false
    }
    if (position > sender.highest) {
      this.challenge()
      return false
    }
    const probing = !sender.inFlight
    const progress = sender.onAck(position, from, tcp.window, isPure, this.owner.clock.nowMs)
    if ((progress || probing) && this.current !== 'TIME_WAIT') {
      this.timer.clear()
      this.retries = 0
      if (probing && sender.window > 0) sender.roundTrip.onWindowOpened()
    }
    if (this.current === 'SYN_RECEIVED') this.establish()
    if (sender.isFinished) this.finAcknowledged()
    // A callback of the application's may have aborted the connection.
    return this.state !== 'CLOSED'
  }

  private establish(): void {
    this.timer.clear()
    this.retries = 0
    this.current = this.sender.hasFin ? 'FIN_WAIT_1' : 'ESTABLISHED'
    this.owner.established(this)
    this.onOpen?.()
  }

  private finAcknowledged(): void {
    if (this.current === 'FIN_WAIT_1') this.current = 'FIN_WAIT_2'
    else if (this.current === 'CLOSING') this.enterTimeWait()
    else if (this.current === 'LAST_ACK') {
      this.closeDue = true
      this.finish()
    }
    this.deliver()
  }

  private peerClosed(): void {
    this.endDue = true
    if (this.current === 'ESTABLISHED') this.current = 'CLOSE_WAIT'
    else if (this.current === 'FIN_WAIT_1') this.current = 'CLOSING'
    else this.enterTimeWait()
  }

  private enterTimeWait(): void {
    this.current = 'TIME_WAIT'
    this.closeDue = true
    this.timer.set(this.owner.options.timeWaitMs)
  }

  /** Gives the application what has come in, in order: data, the end, the close. */
  private deliver(): void {
    while (!this.paused) {
      const piece = this.receiver.take()
      if (piece !== null) this.onData?.(piece)
      else if (this.endDue) {
        this.endDue = false
        this.onEnd?.()
      } else if (this.closeDue) {
        this.closeDue = false
        this.onClose?.(null)
      } else return
    }
  }

  private expire(): void {
    const { options } = this.owner
    const opening = this.current === 'SYN_SENT' || this.current === 'SYN_RECEIVED'
    const passive = this.current === 'SYN_RECEIVED'
    if (this.current === 'TIME_WAIT') {
      this.finish()
      return
    }
    const allowed = passive ? options.synAckRetries : opening ? options.synRetries : options.dataRetries
    if (this.retries === allowed) {
      this.fail('timed-out')
      return
    }
    this.retries += 1
    if (opening) {
      this.sender.roundTrip.onTimeout()
      this.emitSyn()
      return
    }
    if (this.sender.inFlight) this.sender.onTimeout()
    else {
      // A probe of the closed window: an old byte's position without the byte, which the peer must answer.
      this.sender.roundTrip.onTimeout()
      this.emit(TcpFlag.Ack, NOTHING, this.sender.acknowledged - 1)
    }
    this.output()
  }

  /** Sends what may be sent, and an acknowledgment if one is due and nothing else carried it. */
  private output(): void {
    if (this.busy || this.current === 'CLOSED' || this.current === 'SYN_SENT' || this.current === 'SYN_RECEIVED') return
    const { sender } = this
    for (let segment = this.next(); segment !== null; segment = this.next()) {
      const flags = TcpFlag.Ack | (segment.push ? TcpFlag.Psh : 0) | (segment.fin ? TcpFlag.Fin : 0)
      this.emit(flags, segment.data, segment.position)
    }
    if (this.ackDue) this.emit(TcpFlag.Ack)
    if (this.current === 'TIME_WAIT') return
    if (sender.isIdle) this.timer.clear()
    else if (!this.timer.isSet) this.timer.set(sender.roundTrip.timeoutMs)
  }

  private next(): ReturnType<TcpSender['take']> {
    return this.sender.take(this.owner.clock.nowMs)
  }

  private challenge(): void {
    const { nowUs } = this.owner.clock
    if (nowUs - this.challengedUs < CHALLENGE_INTERVAL_US) return
    this.challengedUs = nowUs
    this.ackDue = true
  }

  private acceptSyn(syn: Tcp): void {
    this.receiver = new TcpReceiver(syn.sequence, this.owner.options.windowBytes)
    this.receiver.next = 1
    this.sender.window = syn.window
    const { remoteAddress } = this.ends
    const announced = announcedMss(syn.options) ?? DEFAULT_MSS[familyOf(remoteAddress)]
    this.sender.setMss(Math.min(announced, this.owner.localMss(remoteAddress)))
  }

  private emitSyn(): void {
    this.sender.synSent(this.owner.clock.nowMs)
    const flags = TcpFlag.Syn | (this.current === 'SYN_RECEIVED' ? TcpFlag.Ack : 0)
    this.emit(flags, NOTHING, 0)
    this.timer.set(this.sender.roundTrip.timeoutMs)
  }

  private emitReset(sequence: number): void {
    const { ends } = this
    const bare = { acknowledgment: 0, window: 0, mss: null, data: NOTHING }
    this.owner.transmit(ends, { sequence, flags: TcpFlag.Rst, ...bare })
  }

  private emit(flags: number, data: Uint8Array = NOTHING, position: number = this.sender.highest): void {
    const { ends, owner, receiver, sender } = this
    this.ackDue = false
    this.advertisedTo = receiver.next + receiver.window
    owner.transmit(ends, {
      sequence: sender.sequence(position),
      acknowledgment: flags & TcpFlag.Ack ? receiver.sequence : 0,
      flags,
      window: receiver.window,
      mss: flags & TcpFlag.Syn ? owner.localMss(ends.remoteAddress) : null,
      data,
    })
  }
}
