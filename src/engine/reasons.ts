/**
 * Why a packet was not forwarded. Each reason is a row of the table `reasons`; its number, name and meaning stand here
 * and nowhere else. Numbers are stable: new reasons go to the end.
 */
import { reasonAt } from './platform.ts'

export const enum Reason {
  Malformed = 0,
  Fragment = 1,
  NotASyn = 2,
  NoDest = 3,
  DestRemoved = 4,
  TableFull = 5,
  TupleInUse = 6,
  TtlExceeded = 7,
  TooBig = 8,
  NoRoute = 9,
  ForwardingDisabled = 10,
  IcmpLimited = 11,
  FtpNoRoom = 12,
  NoCallId = 13,
  NoRoom = 14,
  NoLocalPort = 15,
}

/** Counts a packet that is not forwarded. */
export function count(reason: number): void {
  const row = reasonAt(reason)
  if (row !== null) row.packets += 1
}

/** `weir status` and the metrics show a reason by `name`; `answer` is what became of the packet. */
export interface ReasonText {
  readonly name: string
  readonly answer: 'passed' | 'dropped' | 'icmp'
  readonly meaning: string
}

export const REASONS: readonly ReasonText[] = [
  { name: 'malformed', answer: 'passed', meaning: 'not a whole, valid IPv4 or TCP header' },
  { name: 'fragment', answer: 'passed', meaning: 'a fragment whose first is not known, or of SCTP' },
  { name: 'not-a-syn', answer: 'passed', meaning: 'for a service, but of no connection and not a SYN' },
  { name: 'no-dest', answer: 'icmp', meaning: 'no usable server in the service: port unreachable' },
  { name: 'dest-removed', answer: 'dropped', meaning: "the connection's server was removed" },
  { name: 'table-full', answer: 'dropped', meaning: 'no room for another connection' },
  {
    name: 'tuple-in-use',
    answer: 'dropped',
    meaning: 'the client has a live connection to this server from this port',
  },
  { name: 'ttl-exceeded', answer: 'icmp', meaning: 'time to live ran out here: time exceeded' },
  {
    name: 'too-big',
    answer: 'icmp',
    meaning: 'larger than the way to the server takes, and DF: fragmentation needed; without DF: fragmented',
  },
  { name: 'no-route', answer: 'dropped', meaning: 'no route to the server or back to the client' },
  { name: 'forwarding-disabled', answer: 'dropped', meaning: 'net.ipv4.ip_forward is 0' },
  { name: 'icmp-limited', answer: 'dropped', meaning: 'an ICMP error was due, but 1000 a second is the limit' },
  { name: 'ftp-no-room', answer: 'passed', meaning: "an FTP server's reply has no room for the virtual address" },
  {
    name: 'no-call-id',
    answer: 'dropped',
    meaning: 'for a service of the engine sip, but no SIP over UDP with a Call-ID',
  },
  {
    name: 'no-room',
    answer: 'dropped',
    meaning: 'the packet could not be put into a tunnel: it is in one already, or no memory',
  },
  {
    name: 'no-local-port',
    answer: 'dropped',
    meaning: "FullNAT: the service's pool has no local address, or none with a port free for this server",
  },
]
