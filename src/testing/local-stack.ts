/**
 * What the director's own host does with a packet that the director passes on: a segment to the virtual address is answered by a
 * reset, unless it is one (RFC 9293 §3.5.2: no connection is open there); what is for somebody else is forwarded, one hop older.
 */
import { formatAddress, isInPrefix, parsePrefix } from '../simulator/addresses.ts'
import { parseIpv4, parseTcp, TcpFlag } from '../simulator/parse-packet.ts'
import { updateHeaderChecksum } from '../simulator/build-packet.ts'
import { notePacket } from './packet-notation.ts'

/** The virtual addresses of the transcripts: all are the director's own. */
const LOCAL = parsePrefix('10.9.0.0/16')
const CLIENTS = parsePrefix('10.1.0.0/16')

/** `client receives …` or `server receives …`. */
export function received(packet: Uint8Array): string {
  const ip = parseIpv4(packet)
  const who = ip !== null && isInPrefix(ip.destination, CLIENTS) ? 'client' : 'server'
  return `${who} receives ${notePacket(packet)}`
}

export function afterPass(packet: Uint8Array): string[] {
  const ip = parseIpv4(packet)
  const tcp = ip === null ? null : parseTcp(ip)
  if (ip === null || tcp === null) throw new Error('only whole TCP packets are replayed')
  if (!isInPrefix(ip.destination, LOCAL)) {
    const older = packet.slice()
    older[8] = ip.ttl - 1
    updateHeaderChecksum(older)
    return [received(older)]
  }
  if ((tcp.flags & TcpFlag.Rst) !== 0) return []
  const flags = (tcp.flags & TcpFlag.Ack) === 0 ? 'RA' : 'R'
  const addresses = `${formatAddress(ip.destination)} > ${formatAddress(ip.source)}`
  return [`client receives ${addresses} ttl=64 tos=0 DF len=40 tcp ${flags} ${tcp.destinationPort}>${tcp.sourcePort}`]
}
