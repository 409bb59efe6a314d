/**
 * SCTP as a director follows it: one state a connection, moved by the type of each packet's first chunk (RFC 9260 §3.2).
 *
 * The table holds what the kernel's IPVS was recorded to do (conformance/facts/sctp_states_*.json).
 */
import { type Packet, sctpAt } from '../platform.ts'
import type { Heading, Settings } from '../records.ts'

export const enum SctpState {
  None = 0,
  Init1 = 1,
  Init = 2,
  CookieSent = 3,
  CookieReplied = 4,
  CookieWait = 5,
  Cookie = 6,
  CookieEchoed = 7,
  Established = 8,
  ShutdownSent = 9,
  ShutdownReceived = 10,
  ShutdownAckSent = 11,
  Rejected = 12,
  Closed = 13,
}

/** Names as `ipvsadm -L -c` prints them, by state. */
export const SCTP_STATE_NAMES = [
  'NONE',
  'INIT1',
  'INIT',
  'C-SENT',
  'C-REPLIED',
  'C-WAIT',
  'COOKIE',
  'C-ECHOED',
  'ESTABLISHED',
  'S-SENT',
  'S-RECEIVED',
  'S-ACK-SENT',
  'REJECTED',
  'CLOSED',
] as const

/** Chunk types, RFC 9260 §3.2. */
const enum Chunk {
  Data = 0,
  Init = 1,
}

const STATES = 14
const NO = SctpState.None
const I1 = SctpState.Init1
const IN = SctpState.Init
const CS = SctpState.CookieSent
const CR = SctpState.CookieReplied
const CW = SctpState.CookieWait
const CK = SctpState.Cookie
const CE = SctpState.CookieEchoed
const ES = SctpState.Established
const SS = SctpState.ShutdownSent
const SR = SctpState.ShutdownReceived
const SA = SctpState.ShutdownAckSent
const RJ = SctpState.Rejected
const CL = SctpState.Closed

/** Rows for each `Mover`. */
const MOVER_ROWS = 10

/** The row of a chunk type within its side's. Types above 14 count as data, as do those that move nothing. */
// prettier-ignore
const EVENTS = [
  // DATA INIT INIT_ACK SACK HB HB_ACK ABORT SHUTDOWN S_ACK ERROR C_ECHO C_ACK ECNE CWR S_COMPLETE
     0,   1,   2,       0,   0, 0,     9,    5,       6,    8,    3,     4,    0,   0,  7,
]

// prettier-ignore
const TRANSITIONS = [
  // from: NO  I1  IN  CS  CR  CW  CK  CE  ES  SS  SR  SA  RJ  CL     first chunk of the client
           NO, I1, IN, CS, CR, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // data, or any other chunk
           I1, IN, IN, CS, CR, CW, CK, CE, ES, SS, SR, SA, IN, I1, // INIT
           NO, CW, CW, CS, CR, CK, CK, CE, ES, SS, SR, SA, RJ, CL, // INIT_ACK
           NO, IN, IN, CR, CR, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // COOKIE_ECHO
           NO, I1, IN, CS, CR, CW, CK, ES, ES, SS, SR, SA, RJ, CL, // COOKIE_ACK
           NO, I1, IN, CS, CR, CW, CK, CE, SR, SS, SR, SA, RJ, CL, // SHUTDOWN
           NO, IN, IN, CS, CR, CW, CK, CE, ES, CL, SR, CL, RJ, CL, // SHUTDOWN_ACK
           NO, CL, CL, CS, CR, CW, CK, CE, ES, SS, SR, CL, RJ, CL, // SHUTDOWN_COMPLETE
           NO, I1, IN, CS, CR, CW, CK, CL, ES, SS, SR, SA, RJ, CL, // ERROR
           CL, CL, CL, CL, CL, RJ, CL, CL, CL, CL, CL, CL, CL, CL, // ABORT
  //                                                                  of the server
           NO, I1, IN, CS, CR, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // data, or any other chunk
           NO, CW, CW, CW, CW, CW, CW, CW, ES, CW, CW, CW, CW, CW, // INIT
           NO, CS, CS, CS, CR, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // INIT_ACK
           NO, CE, CE, CE, CE, CE, CE, CE, ES, SS, SR, SA, RJ, CL, // COOKIE_ECHO
           NO, ES, ES, ES, ES, ES, ES, ES, ES, SS, SR, SA, RJ, CL, // COOKIE_ACK
           NO, SS, SS, SS, SS, SS, SS, SS, SS, SS, SR, SA, RJ, CL, // SHUTDOWN
           NO, SA, SA, SA, SA, CW, CK, CE, ES, SA, SA, SA, RJ, CL, // SHUTDOWN_ACK
           NO, I1, IN, CS, CR, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // SHUTDOWN_COMPLETE
           NO, CL, CL, CL, CL, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // ERROR
           CL, RJ, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, CL, // ABORT
  //                                                                  of the client, whose server is not seen
           NO, I1, IN, CS, CR, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // data, or any other chunk
           I1, IN, IN, CS, CR, CW, CK, CE, ES, SS, SR, SA, RJ, I1, // INIT
           NO, CE, CE, CS, CR, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // INIT_ACK
           NO, ES, ES, CS, CR, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // COOKIE_ECHO
           NO, I1, IN, CS, CR, CW, CK, ES, ES, SS, SR, SA, RJ, CL, // COOKIE_ACK
           NO, I1, IN, CS, CR, CW, CK, CE, SR, SS, SR, SA, RJ, CL, // SHUTDOWN
           NO, IN, IN, CS, CR, CW, CK, CE, CL, SS, SR, SA, RJ, CL, // SHUTDOWN_ACK
           NO, CL, CL, CS, CR, CW, CK, CE, ES, SS, CL, SA, RJ, CL, // SHUTDOWN_COMPLETE
           NO, I1, IN, CS, CR, CW, CK, CE, ES, SS, SR, SA, RJ, CL, // ERROR
           CL, CL, CL, CS, CR, CW, CK, CL, CL, SS, CL, SA, RJ, CL, // ABORT
]

/** Milliseconds that a connection stays in a state without a packet, by state. */
// prettier-ignore
const TIMEOUTS_MS = [
  //   NO    I1     IN     CS     CR     CW     CK     CE      ES     SS     SR     SA    RJ     CL
     2000, 4000, 61000, 61000, 61000, 61000, 61000, 61000, 900000, 61000, 61000, 61000, 4000, 61000,
]

const SCTP_HEADER = 12
const CHUNK_HEADER = 4

/** Reads the header behind `heading.transport`. False where it is not whole, or has no chunk. */
export function parseSctp(packet: Packet, heading: Heading): boolean {
  const sctp = sctpAt(packet, heading.transport)
  if (sctp === null) return false
  heading.sourcePort = sctp.sourcePort
  heading.destinationPort = sctp.destinationPort
  heading.payload = heading.transport + SCTP_HEADER
  heading.event = sctp.chunkType
  return heading.payload + CHUNK_HEADER <= heading.length
}

/** The state after a packet whose first chunk has this type. `mover` is a `Mover`. */
export function nextSctpState(state: number, chunk: number, mover: number): number {
  const row = mover * MOVER_ROWS + (EVENTS[chunk] ?? 0)
  return TRANSITIONS[row * STATES + state] ?? NO
}

export function sctpTimeoutMs(state: number): number {
  return TIMEOUTS_MS[state] ?? 0
}

export function isSctpActive(state: number): boolean {
  return state === SctpState.Established
}

/** Only an INIT makes a connection; with `sloppy_sctp` data does as well. */
export function opensSctp(chunk: number, set: Settings): boolean {
  return chunk === Chunk.Init || (set.sloppySctp !== 0 && chunk === Chunk.Data)
}
