/**
 * Packets that are not forwarded while the doctor looks: what the reason means for an operator, and what to do. One row for each reason of
 * `engine/reasons.ts`.
 */
import { LOCAL_PORTS } from '../../../engine/local-addresses.ts'
import { startAnew } from '../warnings.ts'
import type { Check } from './check.ts'

interface Advice {
  /** What usually lies behind it. */
  readonly cause: string
  readonly remedy: readonly string[]
}

export const ADVICE: Readonly<Record<string, Advice>> = {
  malformed: {
    cause: 'a broken sender, or someone who tries; see who it is',
    remedy: ['weir devices', 'tcpdump -ni any'],
  },
  fragment: {
    cause: 'the first fragment was lost, or went to another director; let clients send smaller packets',
    remedy: ["tcpdump -ni any '(ip[6:2] & 0x3fff) != 0'"],
  },
  'not-a-syn': {
    cause:
      'connections that are older than the director, or came from another one, or have expired here; to take over such',
    remedy: ['weir set sloppy_tcp=1'],
  },
  'no-dest': { cause: 'every server is of weight 0 or full', remedy: ['weir status'] },
  'dest-removed': {
    cause: 'clients go on with connections to a server that was removed; to end those at once',
    remedy: ['weir set expire_nodest_conn=1'],
  },
  'table-full': {
    cause: 'more connections than the tables have room for; loading it with more loses open connections',
    remedy: startAnew('weir load --connections N'),
  },
  'tuple-in-use': {
    cause: 'two services lead to one server, or a client uses its port again too soon; to see whose',
    remedy: ['ipvsadm -Lnc'],
  },
  'ttl-exceeded': { cause: 'a traceroute, or a loop of routes', remedy: ['ip route show'] },
  'too-big': {
    cause: 'packets do not fit on the way to the server, and clients are told; where ICMP is filtered they never learn',
    remedy: ['ip link set dev DEVICE mtu 1600'],
  },
  'no-route': { cause: 'a server or a client has no route', remedy: ['ip route show'] },
  'forwarding-disabled': {
    cause:
      'the host does not forward: not at all, or not for lo, as servers by direct routing, tunnelling and FullNAT need',
    remedy: [
      'sysctl net.ipv4.ip_forward net.ipv4.conf.lo.forwarding net.ipv6.conf.all.forwarding net.ipv6.conf.lo.forwarding',
    ],
  },
  'icmp-limited': { cause: 'many clients are refused; see the other reasons', remedy: ['weir status'] },
  'ftp-no-room': {
    cause: 'the server writes its address too short for the virtual one; let it use EPSV, or give it a longer address',
    remedy: [],
  },
  'no-room': {
    cause: 'packets come to the director inside a tunnel, or the machine has no memory left',
    remedy: ['weir status'],
  },
  'no-local-port': {
    cause: `a local address has room for ${LOCAL_PORTS} connections to one server; give the service more of them`,
    remedy: ['ipvsadm -P SERVICE -z ADDRESS'],
  },
  'no-call-id': {
    cause: 'other traffic than SIP over UDP comes to a service of the engine sip',
    remedy: ['ipvsadm -Ln'],
  },
}

export const packetsRefused: Check = ({ director, facts }) =>
  director.reasons.flatMap(({ name, meaning, answer }) => {
    const packets = facts.meanwhile.refused.get(name)
    if (packets === undefined) return []
    const { cause, remedy } = ADVICE[name] ?? { cause: 'see weir(8)', remedy: ['weir status'] }
    const outcome = { passed: 'went on to the host', dropped: 'were dropped', icmp: 'were answered by ICMP' }[answer]
    const message = `${packets} packets in a second ${outcome}, ${name} (${meaning}): ${cause}`
    return [{ code: 'packets-refused', message, remedy }]
  })
