/**
 * What the drivers of this namespace's devices do natively at XDP, as the kernel tells: the generic netlink family "netdev" (Linux 6.3,
 * Documentation/netlink/specs/netdev.yaml). Drivers keep it up to date; a veth's answer depends on its peer, wherever that is.
 */
import { koffi, libc } from './libc.ts'
import { withSocket } from './system.ts'

export interface XdpFeatures {
  /** Runs XDP programs. */
  readonly native: boolean
  /** Takes frames that another device's program redirects to it. Frames to others are lost, and nothing counts them. */
  readonly target: boolean
}

const AF_NETLINK = 16
const NETLINK_GENERIC = 16
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const NLM_F_REQUEST = 1
const NLM_F_DUMP = 0x300
/** Of messages, and of generic ones behind it. */
const HEADER_BYTES = 16
const GENERIC_HEADER_BYTES = 4
const ATTRIBUTE_HEADER_BYTES = 4
/** Larger than any datagram of an answer. */
const ANSWER_BYTES = 1 << 16

/** The controller of generic netlink: linux/genetlink.h. */
const CONTROLLER = { family: 0x10, getFamily: 3, familyId: 1, familyName: 2 }
/** The family "netdev": linux/netdev.h. */
const NETDEV = { name: 'netdev', getDevice: 1, ifindex: 1, features: 3 }
const FEATURE_BASIC = 1n
const FEATURE_REDIRECT = 2n
const FEATURE_NDO_XMIT = 4n

type Attributes = ReadonlyMap<number, DataView>

function align(bytes: number): number {
  return (bytes + 3) & ~3
}

/** By index of the device. Empty where the kernel has no such family. */
export function xdpFeatures(): Map<number, XdpFeatures> {
  return withSocket(
    AF_NETLINK,
    (socket) => {
      const family = familyId(socket)
      if (family === null) return new Map<number, XdpFeatures>()
      const request = message(family, NLM_F_REQUEST | NLM_F_DUMP, NETDEV.getDevice, new Uint8Array())
      return new Map(ask(socket, request, true).flatMap(deviceFeatures))
    },
    NETLINK_GENERIC,
  )
}

function deviceFeatures(attributes: Attributes): [number, XdpFeatures][] {
  const ifindex = attributes.get(NETDEV.ifindex)?.getUint32(0, true)
  const features = attributes.get(NETDEV.features)?.getBigUint64(0, true) ?? 0n
  if (ifindex === undefined) return []
  const native = FEATURE_BASIC | FEATURE_REDIRECT
  return [[ifindex, { native: (features & native) === native, target: (features & FEATURE_NDO_XMIT) !== 0n }]]
}

function familyId(socket: number): number | null {
  const name = Buffer.from(`${NETDEV.name}\0`, 'latin1')
  const attribute = Buffer.alloc(align(ATTRIBUTE_HEADER_BYTES + name.length))
  attribute.writeUInt16LE(ATTRIBUTE_HEADER_BYTES + name.length, 0)
  attribute.writeUInt16LE(CONTROLLER.familyName, 2)
  name.copy(attribute, ATTRIBUTE_HEADER_BYTES)
  const request = message(CONTROLLER.family, NLM_F_REQUEST, CONTROLLER.getFamily, attribute)
  return ask(socket, request, false)[0]?.get(CONTROLLER.familyId)?.getUint16(0, true) ?? null
}

function message(type: number, flags: number, command: number, attributes: Uint8Array): Buffer {
  const length = HEADER_BYTES + GENERIC_HEADER_BYTES + attributes.length
  const bytes = Buffer.alloc(length)
  bytes.writeUInt32LE(length, 0)
  bytes.writeUInt16LE(type, 4)
  bytes.writeUInt16LE(flags, 6)
  bytes.writeUInt8(command, HEADER_BYTES)
  bytes.writeUInt8(1, HEADER_BYTES + 1)
  bytes.set(attributes, HEADER_BYTES + GENERIC_HEADER_BYTES)
  return bytes
}

/** Sends a request; the messages of the answer. None where the kernel answers with an error. */
function ask(socket: number, request: Uint8Array, isDump: boolean): Attributes[] {
  const sent = libc('send', 'long', ['int', 'void *', 'size_t', 'int'])(socket, request, request.length, 0) as number
  if (sent < 0) throw new Error(`the kernel takes no netlink message: errno ${koffi().errno()}`)
  const receive = libc('recv', 'long', ['int', 'void *', 'size_t', 'int'])
  const buffer = new Uint8Array(ANSWER_BYTES)
  const found: Attributes[] = []
  for (;;) {
    const received = receive(socket, buffer, buffer.length, 0) as number
    if (received < 0) throw new Error(`the kernel does not answer a netlink message: errno ${koffi().errno()}`)
    const data = new DataView(buffer.buffer, 0, received)
    for (let at = 0; at + HEADER_BYTES <= received; at += align(data.getUint32(at, true))) {
      const type = data.getUint16(at + 4, true)
      if (type === NLMSG_ERROR || type === NLMSG_DONE) return found
      found.push(attributesOf(buffer.slice(at + HEADER_BYTES + GENERIC_HEADER_BYTES, at + data.getUint32(at, true))))
    }
    if (!isDump) return found
  }
}

function attributesOf(bytes: Uint8Array): Attributes {
  const data = new DataView(bytes.buffer)
  const attributes = new Map<number, DataView>()
  for (let at = 0; at + ATTRIBUTE_HEADER_BYTES <= bytes.length;) {
    const length = data.getUint16(at, true)
    const from = at + ATTRIBUTE_HEADER_BYTES
    attributes.set(data.getUint16(at + 2, true), new DataView(bytes.buffer, from, length - ATTRIBUTE_HEADER_BYTES))
    at += align(length)
  }
  return attributes
}
