/** How a director behaves until it is told otherwise: the defaults of `/proc/sys/net/ipv4/vs`. */
import type { Settings } from './records.ts'

/** `digestKey0` and `digestKey1` are for whoever makes the tables to choose at random. */
export const DEFAULT_SETTINGS: Settings = {
  tcpMs: 900_000,
  tcpFinMs: 120_000,
  udpMs: 300_000,
  connReuseMode: 1,
  expireNodestConn: 0,
  expireQuiescentTemplate: 0,
  sloppyTcp: 0,
  sloppySctp: 0,
  secureTcp: 0,
  toa: 1,
  markServices: 0,
  wideServices: 0,
  ftpServices: 0,
  markRules: 0,
  firstMarkRule: 0,
  lblcExpirationMs: 86_400_000,
  lblcrExpirationMs: 86_400_000,
  digestKey0: 0,
  digestKey1: 0,
}
