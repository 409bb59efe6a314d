/**
 * TCP as a director follows it: one state a connection, moved by the flags of the packets of both directions.
 *
 * The table holds what the kernel's IPVS was recorded to do (conformance/facts/tcp_states_nat.json). It is not RFC 9293's machine:
 * the director sees segments, not what the endpoints make of them. A packet counts by the first of RST, SYN, FIN, ACK that
 * it carries; one with none of them closes.
 */
import { Direction, type TcpHeader } from '../records.ts'

export const enum TcpFlag {
  Fin = 0x01,
  Syn = 0x02,
  Rst = 0x04,
  Ack = 0x10,
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
] as const

const STATES = 8
const NO = TcpState.None
const SS = TcpState.SynSent
const SR = TcpState.SynRecv
const ES = TcpState.Established
const FW = TcpState.FinWait
const TW = TcpState.TimeWait
const CL = TcpState.Close
const CW = TcpState.CloseWait

// prettier-ignore
const TRANSITIONS = [
  // from: NO  SS  SR  ES  FW  TW  CL  CW     a packet of the client with
           CL, CL, SR, CL, CL, CL, CL, CL, // RST
           SR, ES, SR, ES, SR, SR, SR, SR, // SYN
           CL, SS, TW, CW, TW, TW, CL, CW, // FIN
           ES, SS, ES, ES, FW, TW, CL, CW, // ACK
  //                                          a packet of the server with
           CL, SS, CL, CL, CL, TW, CL, CL, // RST
           SS, SS, SR, ES, SS, SS, SS, SS, // SYN
           TW, SS, TW, FW, FW, TW, CL, TW, // FIN
           ES, SS, ES, ES, FW, TW, CL, CW, // ACK
]

/** Milliseconds that a connection stays in a state without a packet, by state. */
// prettier-ignore
const TIMEOUTS_MS = [
  //    NO      SS     SR      ES      FW      TW     CL     CW
      2000, 120000, 60000, 900000, 120000, 120000, 10000, 60000,
]

// prettier-ignore
const ACTIVE = [
  //    NO SS SR ES FW TW CL CW
        0, 1, 1, 1, 0, 0, 0, 0,
]

export const TCP_HEADER = 20

/** Bytes of the header, options included. */
export function tcpHeaderLength(tcp: TcpHeader): number {
  return (tcp.dataOffset >>> 4) * 4
}

/** Whether the packet can change more than its connection's timeout. */
export function movesTcp(flags: number): boolean {
  return (flags & (TcpFlag.Fin | TcpFlag.Syn | TcpFlag.Rst)) !== 0
}

/** The state after a packet with these flags (a TCP header's flags byte). */
export function nextTcpState(state: number, flags: number, direction: number): number {
  let row = direction === Direction.In ? 0 : 4
  if ((flags & TcpFlag.Rst) !== 0) row += 0
  else if ((flags & TcpFlag.Syn) !== 0) row += 1
  else if ((flags & TcpFlag.Fin) !== 0) row += 2
  else if ((flags & TcpFlag.Ack) !== 0) row += 3
  else return TcpState.Close
  return TRANSITIONS[row * STATES + state] ?? NO
}

export function tcpTimeoutMs(state: number): number {
  return TIMEOUTS_MS[state] ?? 0
}

/** Whether a connection in this state counts in ActiveConn; otherwise it counts in InActConn. */
export function isTcpActive(state: number): boolean {
  return (ACTIVE[state] ?? 0) === 1
}

/** Only a SYN without RST makes a connection. */
export function opensTcp(flags: number): boolean {
  return (flags & (TcpFlag.Syn | TcpFlag.Rst)) === TcpFlag.Syn
}

/** Whether a SYN on a connection in this state begins a new one instead (`conn_reuse_mode` 1). */
export function isTcpReusable(state: number): boolean {
  return state === TcpState.TimeWait || state === TcpState.Close
}
