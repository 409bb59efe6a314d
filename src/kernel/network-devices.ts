/**
 * The network devices of the namespace that this process is in.
 *
 * Asked of the kernel by socket, not of sysfs, which shows the namespace that it was mounted in. Only devices with Ethernet
 * headers can carry the program: it rewrites packets from their Ethernet header on.
 */
import { koffi, libc } from './libc.ts'
import { withSocket } from './system.ts'

export interface NetworkDevice {
  readonly name: string
  readonly ifindex: number
  readonly kind: 'ethernet' | 'loopback' | 'other'
}

/** `struct if_nameindex`: index, padding, pointer to the name. */
const ENTRY_BYTES = 16
const IFNAMSIZ = 16
const AF_INET = 2
const SIOCGIFMTU = 0x8921
const SIOCGIFHWADDR = 0x8927
const SIOCETHTOOL = 0x8946
const ETHTOOL_GDRVINFO = 3
const DRIVER_INFO_BYTES = 196
const ENODEV = 19
const EOPNOTSUPP = 95
/** linux/if_arp.h. */
const ARPHRD_ETHER = 1
const ARPHRD_LOOPBACK = 772

/** In the order of their indexes. */
export function networkDevices(): NetworkDevice[] {
  return withSocket(AF_INET, (socket) => {
    const devices: NetworkDevice[] = []
    for (const [ifindex, name] of nameIndex()) {
      const kind = deviceKind(socket, name)
      if (kind !== null) devices.push({ name, ifindex, kind })
    }
    return devices.sort((a, b) => a.ifindex - b.ifindex)
  })
}

function nameIndex(): [number, string][] {
  const list = libc('if_nameindex', 'void *', [])() as bigint | null
  if (list === null) throw new Error(`the network devices can't be listed: errno ${koffi().errno()}`)
  try {
    const names: [number, string][] = []
    for (let entry = list; ; entry += BigInt(ENTRY_BYTES)) {
      const ifindex = koffi().decode(entry, 'uint32') as number
      if (ifindex === 0) return names
      names.push([ifindex, koffi().decode(entry + 8n, 'str') as string])
    }
  } finally {
    libc('if_freenameindex', 'void', ['void *'])(list)
  }
}

/** Null for a device that has gone since it was listed. */
function deviceKind(socket: number, name: string): NetworkDevice['kind'] | null {
  // A sockaddr, whose family is the hardware type.
  const type = askDevice(socket, SIOCGIFHWADDR, name)?.readUInt16LE(IFNAMSIZ)
  if (type === undefined) return null
  if (type === ARPHRD_ETHER) return 'ethernet'
  return type === ARPHRD_LOOPBACK ? 'loopback' : 'other'
}

/** Of an IP packet in bytes. Null for a device that is gone. */
export function deviceMtu(name: string): number | null {
  return withSocket(AF_INET, (socket) => askDevice(socket, SIOCGIFMTU, name)?.readUInt32LE(IFNAMSIZ) ?? null)
}

/** As `ethtool -i` names it. Null where the device is gone or has none. */
export function deviceDriver(name: string): string | null {
  // struct ethtool_drvinfo: the command, then the name of 32 bytes.
  const pointer = koffi().alloc('uint8', DRIVER_INFO_BYTES) as unknown
  const info = Buffer.from(koffi().view(pointer, DRIVER_INFO_BYTES)).fill(0)
  try {
    info.writeUInt32LE(ETHTOOL_GDRVINFO, 0)
    const argument = Buffer.alloc(8)
    argument.writeBigUInt64LE(koffi().address(pointer))
    if (withSocket(AF_INET, (socket) => askDevice(socket, SIOCETHTOOL, name, argument)) === null) return null
    return info.toString('latin1', 4, info.indexOf(0, 4)) || null
  } finally {
    koffi().free(pointer)
  }
}

/** The `struct ifreq` that the kernel answers with: the name, then what was asked. Null where the device is gone or can't tell. */
function askDevice(socket: number, question: number, name: string, argument?: Uint8Array): Buffer | null {
  const request = Buffer.alloc(40)
  request.write(name, 0, IFNAMSIZ - 1, 'latin1')
  if (argument !== undefined) request.set(argument, IFNAMSIZ)
  if ((libc('ioctl', 'int', ['int', 'ulong', 'void *'])(socket, question, request) as number) >= 0) return request
  const errno = koffi().errno()
  if (errno === ENODEV || errno === EOPNOTSUPP) return null
  throw new Error(`the device ${name} can't be asked (ioctl ${question}): errno ${errno}`)
}
