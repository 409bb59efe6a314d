/** What can be set about a host's TCP. Times in milliseconds; the defaults are Linux's unless said otherwise. */
export interface TcpOptions {
  /** The largest window offered, and so the most that is kept for a connection; 1 … 65535. */
  readonly windowBytes: number
  /** The retransmission timeout before anything was measured, and its bounds. */
  readonly initialRtoMs: number
  readonly minRtoMs: number
  readonly maxRtoMs: number
  /** How often a SYN, a SYN-ACK, data and FIN or a window probe are sent again before the connection is given up. */
  readonly synRetries: number
  readonly synAckRetries: number
  readonly dataRetries: number
  /** Shorter than Linux's 60 s, so that simulations end. */
  readonly timeWaitMs: number
}

export const TCP_DEFAULTS: TcpOptions = {
  windowBytes: 65535,
  initialRtoMs: 1000,
  minRtoMs: 200,
  maxRtoMs: 120_000,
  synRetries: 6,
  synAckRetries: 5,
  dataRetries: 15,
  timeWaitMs: 1000,
}
