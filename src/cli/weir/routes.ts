/**
 * Where this host's routing tables send a packet for an address: the kernel's own answer, by rtnetlink(7) RTM_GETROUTE, so
 * that policy rules and `local` routes of whole prefixes count. Two system calls an address.
 */
import { parseAddress } from '../../control/address.ts'
import { Family } from '../../engine/records.ts'
import { libc } from '../../kernel/libc.ts'
import { withSocket } from '../../kernel/system.ts'

/** `local`: this host takes it itself. `link`: to a neighbour of that address. `gateway`: to a router. `none`: no way. */
export type Way = 'local' | 'link' | 'gateway' | 'none'

const AF_INET = 2
const AF_INET6 = 10
const AF_NETLINK = 16
/** linux/netlink.h, linux/rtnetlink.h. */
const NLM_F_REQUEST = 1
const RTM_NEWROUTE = 24
const RTM_GETROUTE = 26
const RTN_UNICAST = 1
const RTN_LOCAL = 2
const RTA_DST = 1
const RTA_GATEWAY = 5
const RTA_VIA = 18
const MESSAGE_HEADER = 16
const ROUTE_HEADER = 12
/** A route is answered in less than 200 bytes. */
const ANSWER_BYTES = 4096

/** The way to each of the addresses, IPv4 or IPv6. */
export function waysTo(addresses: readonly string[]): Map<string, Way> {
  if (addresses.length === 0) return new Map()
  return withSocket(AF_NETLINK, (socket) => new Map(addresses.map((address) => [address, wayTo(socket, address)])))
}

function wayTo(socket: number, address: string): Way {
  const request = routeRequest(address)
  const answer = Buffer.alloc(ANSWER_BYTES)
  const sent = libc('send', 'long', ['int', 'void *', 'size_t', 'int'])(socket, request, request.length, 0) as number
  const received =
    sent < 0
      ? sent
      : (libc('recv', 'long', ['int', 'void *', 'size_t', 'int'])(socket, answer, answer.length, 0) as number)
  if (received < MESSAGE_HEADER) throw new Error(`the kernel does not tell the route to ${address}`)
  return readWay(answer.subarray(0, received))
}

function routeRequest(text: string): Buffer {
  const { family, address } = parseAddress(text)
  const words = family === Family.Ipv4 ? [address.word0] : [address.word0, address.word1, address.word2, address.word3]
  const attribute = MESSAGE_HEADER + ROUTE_HEADER
  const request = Buffer.alloc(attribute + 4 + 4 * words.length)
  request.writeUInt32LE(request.length, 0)
  request.writeUInt16LE(RTM_GETROUTE, 4)
  request.writeUInt16LE(NLM_F_REQUEST, 6)
  request.writeUInt8(family === Family.Ipv4 ? AF_INET : AF_INET6, MESSAGE_HEADER)
  request.writeUInt8(32 * words.length, MESSAGE_HEADER + 1)
  request.writeUInt16LE(4 + 4 * words.length, attribute)
  request.writeUInt16LE(RTA_DST, attribute + 2)
  for (const [index, word] of words.entries()) request.writeUInt32BE(word, attribute + 4 + 4 * index)
  return request
}

/** An error is an answer too: no route, or one that refuses. */
export function readWay(answer: Buffer): Way {
  if (answer.readUInt16LE(4) !== RTM_NEWROUTE) return 'none'
  const type = answer.readUInt8(MESSAGE_HEADER + 7)
  if (type === RTN_LOCAL) return 'local'
  if (type !== RTN_UNICAST) return 'none'
  for (let at = MESSAGE_HEADER + ROUTE_HEADER; at + 4 <= answer.length;) {
    const attribute = answer.readUInt16LE(at + 2)
    if (attribute === RTA_GATEWAY || attribute === RTA_VIA) return 'gateway'
    at += Math.max(4, (answer.readUInt16LE(at) + 3) & ~3)
  }
  return 'link'
}
