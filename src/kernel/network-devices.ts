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
const SIOCGIFHWADDR = 0x8927
const ENODEV = 19
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
  // struct ifreq: the name, then a sockaddr whose family is the hardware type.
  const request = Buffer.alloc(40)
  request.write(name, 0, IFNAMSIZ - 1, 'latin1')
  if ((libc('ioctl', 'int', ['int', 'ulong', 'void *'])(socket, SIOCGIFHWADDR, request) as number) < 0) {
    const errno = koffi().errno()
    if (errno === ENODEV) return null
    throw new Error(`the type of device ${name} is not known: errno ${errno}`)
  }
  const type = request.readUInt16LE(IFNAMSIZ)
  if (type === ARPHRD_ETHER) return 'ethernet'
  return type === ARPHRD_LOOPBACK ? 'loopback' : 'other'
}
