/**
 * The transport protocols that have services, behind one set of questions. What a protocol doesn't know it answers as a packet
 * that moves nothing would.
 */
import type { Packet } from '../platform.ts'
import type { Heading, Settings } from '../records.ts'
import { isSctpActive, nextSctpState, opensSctp, parseSctp, SctpState, sctpTimeoutMs } from './sctp.ts'
import {
  isTcpActive,
  movesTcp,
  nextTcpState,
  opensTcp,
  parseTcp,
  replacesTcp,
  TcpFlag,
  TcpState,
  tcpTimeoutMs,
} from './tcp.ts'
import { parseUdp } from './udp.ts'

export const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
export const PROTOCOL_SCTP = 132

export function hasServices(protocol: number): boolean {
  return protocol === PROTOCOL_TCP || protocol === PROTOCOL_UDP || protocol === PROTOCOL_SCTP
}

/** Reads the transport header: ports, event, where the payload begins. False where it is not whole. */
export function parseTransport(packet: Packet, heading: Heading): boolean {
  if (heading.protocol === PROTOCOL_TCP) return parseTcp(packet, heading)
  if (heading.protocol === PROTOCOL_UDP) return parseUdp(packet, heading)
  return parseSctp(packet, heading)
}

/** Whether the packet may make a connection. */
export function opens(heading: Heading, set: Settings): boolean {
  if (heading.protocol === PROTOCOL_TCP) return opensTcp(heading.event, set)
  if (heading.protocol === PROTOCOL_UDP) return true
  return opensSctp(heading.event, set)
}

/** Whether a server's packet shows that the server has seen more of its client than what began the connection. */
export function answers(heading: Heading): boolean {
  return heading.protocol === PROTOCOL_TCP && (heading.event & TcpFlag.Syn) === 0
}

/** Whether the packet can change more of its connection than its timeout. */
export function moves(heading: Heading): boolean {
  if (heading.protocol === PROTOCOL_TCP) return movesTcp(heading.event)
  return heading.protocol === PROTOCOL_SCTP && heading.event !== 0
}

/** Whether the client's packet begins a new connection in place of one in this state. */
export function replaces(heading: Heading, state: number, set: Settings): boolean {
  return heading.protocol === PROTOCOL_TCP && replacesTcp(state, heading.event, set)
}

/** The state after this packet. `mover` is a `Mover`. */
export function nextState(heading: Heading, state: number, mover: number, set: Settings): number {
  if (heading.protocol === PROTOCOL_TCP) return nextTcpState(state, heading.event, mover, set)
  if (heading.protocol === PROTOCOL_UDP) return state
  return nextSctpState(state, heading.event, mover)
}

/** Milliseconds that a connection stays in a state without a packet. */
export function timeoutMs(protocol: number, state: number, set: Settings): number {
  if (protocol === PROTOCOL_TCP) return tcpTimeoutMs(state, set)
  if (protocol === PROTOCOL_UDP) return set.udpMs
  return sctpTimeoutMs(state)
}

/** Whether both ends have done with a connection in this state. */
export function hasEnded(protocol: number, state: number): boolean {
  if (protocol === PROTOCOL_TCP) return state === TcpState.TimeWait || state === TcpState.Close
  return protocol === PROTOCOL_SCTP && (state === SctpState.Closed || state === SctpState.Rejected)
}

/** Whether a connection in this state counts in ActiveConn; otherwise it counts in InActConn. */
export function isActive(protocol: number, state: number): boolean {
  if (protocol === PROTOCOL_TCP) return isTcpActive(state)
  return protocol === PROTOCOL_SCTP && isSctpActive(state)
}
