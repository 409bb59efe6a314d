/**
 * TCP as a director follows it: one state a connection, moved by the flags of the packets that it sees.
 *
 * The tables hold what the kernel's IPVS was recorded to do (conformance/facts/tcp_states_*.json). They are not RFC 9293's machine:
 * the director sees segments, not what the endpoints make of them. A packet counts by the first of RST, SYN, FIN, ACK that it carries; one with
 * none of them closes.
 */
import { type Packet, tcpAt } from '../platform.ts'
import type { Heading, Settings } from '../records.ts'

export const enum TcpFlag {
  Fin = 0x01,
  Syn = 0x02,
  Rst = 0x04,
  Psh = 0x08,
  Ack = 0x10,
  Urg = 0x20,
}

export const enum TcpState {
  None = 0,
  SynSent = 1,
  SynRecv = 2,
  Established = 3,
  FinWait = 4,
  TimeWait = 5,
  Close = 6,
  CloseWait = 7,
  Synack = 8,
  /** A connection that another one has announced, before its first packet. */
  Listen = 9,
}

/** Names as `ipvsadm -L -c` prints them, by state. */
export const TCP_STATE_NAMES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'SYNACK',
  'LISTEN',
] as const

const STATES = 10
const NO = TcpState.None
const SS = TcpState.SynSent
const SR = TcpState.SynRecv
const ES = TcpState.Established
const FW = TcpState.FinWait
const TW = TcpState.TimeWait
const CL = TcpState.Close
const CW = TcpState.CloseWait
const SA = TcpState.Synack

/** Rows for each `Mover`: RST, SYN, FIN, ACK. */
const MOVER_ROWS = 4
const ROWS = 12

// prettier-ignore
const TRANSITIONS = [
  // from: NO  SS  SR  ES  FW  TW  CL  CW  SA  LI    a packet of the client with
           CL, CL, SR, CL, CL, CL, CL, CL, CL, CL, // RST
           SR, ES, SR, ES, SR, SR, SR, SR, SA, SR, // SYN
           CL, SS, TW, CW, TW, TW, CL, CW, SA, CL, // FIN
           ES, SS, ES, ES, FW, TW, CL, CW, SA, ES, // ACK
  //                                                 a packet of the server with
           CL, SS, CL, CL, CL, TW, CL, CL, CL, CL, // RST
           SS, SS, SR, ES, SS, SS, SS, SS, SA, SS, // SYN
           TW, SS, TW, FW, FW, TW, CL, TW, TW, TW, // FIN
           ES, SS, ES, ES, FW, TW, CL, CW, ES, ES, // ACK
  //                                                 a packet of the client, whose server is not seen, with
           CL, CL, SR, CL, CL, CL, CL, CL, CL, CL, // RST
           SR, ES, SR, ES, SR, SR, SR, SR, SA, SR, // SYN
           CL, SS, TW, FW, FW, TW, CL, CW, SA, CL, // FIN
           ES, SS, ES, ES, FW, TW, CL, CW, SA, ES, // ACK
  // The same under attack (secure_tcp 3): only the server's answer makes a connection.
  //                                                 a packet of the client with
           CL, CL, SR, CL, CL, CL, CL, CL, CL, CL, // RST
           SR, ES, SR, ES, SR, SR, SR, SR, SA, SR, // SYN
           CL, SS, TW, CW, TW, TW, CL, CW, SA, CL, // FIN
           ES, SS, SR, ES, FW, TW, CL, CW, SA, ES, // ACK
  //                                                 a packet of the server with
           CL, SS, CL, CL, CL, TW, CL, CL, CL, CL, // RST
           SS, SS, SA, ES, SS, SS, SS, SS, SA, SS, // SYN
           TW, SS, TW, FW, FW, TW, CL, TW, TW, TW, // FIN
           ES, SS, ES, ES, FW, TW, CL, CW, ES, ES, // ACK
  //                                                 a packet of the client, whose server is not seen, with
           CL, CL, SR, CL, CL, CL, CL, CL, CL, CL, // RST
           SR, ES, SR, ES, SR, SR, SR, SR, SA, SR, // SYN
           CL, SS, TW, FW, FW, TW, CL, CW, SA, CL, // FIN
           ES, SS, ES, ES, FW, TW, CL, CW, SA, ES, // ACK
]

/** Milliseconds that a connection stays in a state without a packet, by state, unless a setting says otherwise. */
// prettier-ignore
const TIMEOUTS_MS = [
  //    NO      SS     SR      ES      FW      TW     CL     CW      SA      LI
      2000, 120000, 60000, 900000, 120000, 120000, 10000, 60000, 120000, 120000,
]

// prettier-ignore
const ACTIVE = [
  //    NO SS SR ES FW TW CL CW SA LI
        0, 1, 1, 1, 0, 0, 0, 0, 1, 0,
]

const TCP_HEADER = 20
const SECURE = 3

/** Reads the header behind `heading.transport`. False where it is not whole. */
export function parseTcp(packet: Packet, heading: Heading): boolean {
  const tcp = tcpAt(packet, heading.transport)
  if (tcp === null) return false
  const length = (tcp.dataOffset >>> 4) * 4
  heading.sourcePort = tcp.sourcePort
  heading.destinationPort = tcp.destinationPort
  heading.payload = heading.transport + length
  heading.event = tcp.flags
  return length >= TCP_HEADER && heading.payload <= heading.length
}

/** Whether the packet can change more than its connection's timeout. */
export function movesTcp(flags: number): boolean {
  return (flags & (TcpFlag.Fin | TcpFlag.Syn | TcpFlag.Rst)) !== 0
}

/** The state after a packet with these flags (a TCP header's flags byte). `mover` is a `Mover`. */
export function nextTcpState(state: number, flags: number, mover: number, set: Settings): number {
  let row = mover * MOVER_ROWS + (set.secureTcp === SECURE ? ROWS : 0)
  if ((flags & TcpFlag.Rst) !== 0) row += 0
  else if ((flags & TcpFlag.Syn) !== 0) row += 1
  else if ((flags & TcpFlag.Fin) !== 0) row += 2
  else if ((flags & TcpFlag.Ack) !== 0) row += 3
  else return TcpState.Close
  return TRANSITIONS[row * STATES + state] ?? NO
}

export function tcpTimeoutMs(state: number, set: Settings): number {
  if (state === TcpState.Established) return set.tcpMs
  if (state === TcpState.FinWait) return set.tcpFinMs
  return TIMEOUTS_MS[state] ?? 0
}

/** Whether a connection in this state counts in ActiveConn; otherwise it counts in InActConn. */
export function isTcpActive(state: number): boolean {
  return (ACTIVE[state] ?? 0) === 1
}

/** Only a SYN without RST makes a connection; with `sloppy_tcp` anything without RST. */
export function opensTcp(flags: number, set: Settings): boolean {
  if ((flags & TcpFlag.Rst) !== 0) return false
  return set.sloppyTcp !== 0 || (flags & TcpFlag.Syn) !== 0
}

/** Whether a SYN on a connection in this state begins a new one instead (`conn_reuse_mode`). */
export function replacesTcp(state: number, flags: number, set: Settings): boolean {
  if (set.connReuseMode === 0 || (flags & (TcpFlag.Syn | TcpFlag.Rst)) !== TcpFlag.Syn) return false
  return state === TcpState.TimeWait || state === TcpState.Close
}
