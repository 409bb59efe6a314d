/**
 * Asks by ARP whether another machine answers for a virtual address: a probe as of RFC 5227 §2.1.1, which changes nobody's cache. On
 * the director's segment it is the classic mistake of direct routing, a server that has the address and does not keep quiet about it.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { koffi, libc } from '../../../kernel/libc.ts'
import type { DeviceFacts } from './facts.ts'

const AF_PACKET = 17
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000
const MSG_DONTWAIT = 0x40
const ETH_P_ARP = 0x0806
const ARP_BYTES = 28
const REQUEST = 1
const REPLY = 2
const ANSWERED_MS = 900

/** Addresses of IPv4 that another machine answers for, with its MAC address. Cost: a second, unless there is nothing to ask. */
export async function foreignHolders(
  asked: readonly { readonly address: string; readonly device: string }[],
  devices: readonly DeviceFacts[],
): Promise<Map<string, string>> {
  const probes = asked.flatMap(({ address, device }) => {
    const found = devices.find(({ name, resolves, mac }) => name === device && resolves && mac !== null)
    return found === undefined ? [] : [{ address, device: found }]
  })
  if (probes.length === 0) return new Map()
  const socket = open()
  try {
    for (const { address, device } of probes) send(socket, address, device)
    await wait(ANSWERED_MS)
    const own = new Set(devices.map(({ mac }) => mac))
    return new Map(
      replies(socket).filter(([address, mac]) => !own.has(mac) && asked.some((each) => each.address === address)),
    )
  } finally {
    libc('close', 'int', ['int'])(socket)
  }
}

function requireSuccess(result: unknown, what: string): number {
  if ((result as number) < 0) throw new Error(`${what}: errno ${koffi().errno()}`)
  return result as number
}

/** A socket that receives ARP of all devices, from now on. */
function open(): number {
  const socket = libc('socket', 'int', ['int', 'int', 'int'])(AF_PACKET, SOCK_DGRAM_CLOEXEC, 0)
  const opened = requireSuccess(socket, 'no packet socket')
  const bound = libc('bind', 'int', ['int', 'void *', 'uint'])(opened, linkAddress(0), 20)
  requireSuccess(bound, 'a packet socket can not receive ARP')
  return opened
}

/** `struct sockaddr_ll`, its MAC address that of all. */
function linkAddress(ifindex: number): Buffer {
  const address = Buffer.alloc(20)
  address.writeUInt16LE(AF_PACKET, 0)
  address.writeUInt16BE(ETH_P_ARP, 2)
  address.writeInt32LE(ifindex, 4)
  address.writeUInt8(6, 11)
  address.fill(0xff, 12, 18)
  return address
}

function send(socket: number, address: string, { ifindex, mac }: DeviceFacts): void {
  // Ethernet and IPv4, whose addresses have 6 and 4 bytes; sender's MAC address, no IPv4 address yet; whose is the address?
  const header = Buffer.from([0, 1, 0x08, 0, 6, 4, 0, REQUEST])
  const sender = Buffer.from((mac ?? '').replaceAll(':', ''), 'hex')
  const packet = Buffer.concat([header, sender, Buffer.alloc(10), Buffer.from(address.split('.').map(Number))])
  const sendto = libc('sendto', 'long', ['int', 'void *', 'size_t', 'int', 'void *', 'uint'])
  // A device that has gone down since has nobody to answer.
  sendto(socket, packet, packet.length, 0, linkAddress(ifindex), 20)
}

/** What has been received: whose the addresses are, as those say who have them. */
function replies(socket: number): [address: string, mac: string][] {
  const recv = libc('recv', 'long', ['int', 'void *', 'size_t', 'int'])
  const found: [string, string][] = []
  for (;;) {
    const packet = Buffer.alloc(ARP_BYTES)
    if ((recv(socket, packet, packet.length, MSG_DONTWAIT) as number) < 0) return found
    if (packet.readUInt16BE(6) !== REPLY) continue
    const mac = [...packet.subarray(8, 14)].map((byte) => byte.toString(16).padStart(2, '0')).join(':')
    found.push([[...packet.subarray(14, 18)].join('.'), mac])
  }
}
