/** Ethernet II frames and the ARP messages in them (RFC 826). Every frame in the simulator has at least its 14 bytes of header. */
import { BROADCAST_MAC } from './addresses.ts'
import { write16, write32 } from './build-packet.ts'
import { read16, read32 } from './parse-packet.ts'
import { zeroedBytes } from './slab.ts'

export const FRAME_HEADER = 14

export const enum EtherType {
  Ipv4 = 0x0800,
  Arp = 0x0806,
  Ipv6 = 0x86dd,
}

export const enum ArpOperation {
  Request = 1,
  Reply = 2,
}

export interface Arp {
  readonly operation: number
  readonly senderMac: number
  readonly sender: number
  /** 0 in a request. */
  readonly targetMac: number
  readonly target: number
}

function readMac(bytes: Uint8Array, at: number): number {
  return read16(bytes, at) * 0x100000000 + read32(bytes, at + 2)
}

function writeMac(bytes: Uint8Array, at: number, mac: number): void {
  write16(bytes, at, Math.floor(mac / 0x100000000))
  write32(bytes, at + 2, mac)
}

export function frameDestination(frame: Uint8Array): number {
  return readMac(frame, 0)
}

export function frameSource(frame: Uint8Array): number {
  return readMac(frame, 6)
}

export function frameType(frame: Uint8Array): number {
  return read16(frame, 12)
}

/** Whether a MAC address stands for many: broadcast or multicast. */
export function isGroupMac(mac: number): boolean {
  return (Math.floor(mac / 0x10000000000) & 1) !== 0
}

export function buildFrame(destination: number, source: number, type: number, payload: Uint8Array): Uint8Array {
  const frame = zeroedBytes(FRAME_HEADER + payload.length)
  writeMac(frame, 0, destination)
  writeMac(frame, 6, source)
  write16(frame, 12, type)
  frame.set(payload, FRAME_HEADER)
  return frame
}

/** The frame of an ARP message: a request to everyone, a reply to its target. */
export function buildArp(arp: Arp): Uint8Array {
  const bytes = new Uint8Array(28)
  write16(bytes, 0, 1)
  write16(bytes, 2, EtherType.Ipv4)
  bytes[4] = 6
  bytes[5] = 4
  write16(bytes, 6, arp.operation)
  writeMac(bytes, 8, arp.senderMac)
  write32(bytes, 14, arp.sender)
  writeMac(bytes, 18, arp.targetMac)
  write32(bytes, 24, arp.target)
  const destination = arp.operation === ArpOperation.Request ? BROADCAST_MAC : arp.targetMac
  return buildFrame(destination, arp.senderMac, EtherType.Arp, bytes)
}

/** Null unless the bytes, which follow a frame's header, are an ARP message about IPv4 on Ethernet. */
export function parseArp(bytes: Uint8Array): Arp | null {
  if (bytes.length < 28) return null
  if (read16(bytes, 0) !== 1 || read16(bytes, 2) !== EtherType.Ipv4 || bytes[4] !== 6 || bytes[5] !== 4) return null
  return {
    operation: read16(bytes, 6),
    senderMac: readMac(bytes, 8),
    sender: read32(bytes, 14),
    targetMac: readMac(bytes, 18),
    target: read32(bytes, 24),
  }
}
