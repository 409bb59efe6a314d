/**
 * What Weir needs of the machine before it touches the kernel: version, privileges, and which network namespace it is in.
 *
 * A namespace is told by its cookie, which is unique until the next boot; inode numbers of namespaces are used again.
 */
import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { KernelError } from './errors.ts'
import { koffi, libc } from './libc.ts'

/** tcx links came with it. */
const OLDEST_KERNEL = [6, 6] as const

/** Capabilities by their bits in `CapEff`: linux/capability.h. */
const NEEDED_CAPABILITIES = [
  ['CAP_NET_ADMIN', 12],
  ['CAP_SYS_ADMIN', 21],
  ['CAP_BPF', 39],
] as const

/** Throws `kernel-too-old` or `not-root`. Reads two files, no more. */
export function requireSystem(): void {
  requireKernel(release())
  requireCapabilities(readFileSync('/proc/self/status', 'latin1'))
}

/** `version` as `uname -r` prints it. */
export function requireKernel(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number.parseFloat)
  const [oldestMajor, oldestMinor] = OLDEST_KERNEL
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new KernelError(
    'kernel-too-old',
    `Linux ${version} is too old: Weir needs 6.6 or newer, for tcx. Upgrade the kernel`,
  )
}

/** `status` as in `/proc/self/status`. */
export function requireCapabilities(status: string): void {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  const missing = NEEDED_CAPABILITIES.filter(([, bit]) => ((effective >> BigInt(bit)) & 1n) === 0n)
  if (missing.length === 0) return
  const names = missing.map(([name]) => name).join(', ')
  throw new KernelError('not-root', `permission denied: ${names} missing. Run as root`)
}

const AF_UNIX = 1
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000
const SOL_SOCKET = 1
const SO_NETNS_COOKIE = 71

/** Runs `work` with a socket of this network namespace. */
export function withSocket<T>(family: number, work: (socket: number) => T, protocol = 0): T {
  const socket = libc('socket', 'int', ['int', 'int', 'int'])(family, SOCK_DGRAM_CLOEXEC, protocol) as number
  if (socket < 0) throw new Error(`no socket of family ${family}: errno ${koffi().errno()}`)
  try {
    return work(socket)
  } finally {
    libc('close', 'int', ['int'])(socket)
  }
}

/** The cookie of the network namespace that this process is in, in decimal. */
export function networkNamespaceCookie(): string {
  return withSocket(AF_UNIX, (socket) => {
    const cookie = new BigUint64Array(1)
    const length = new Uint32Array([cookie.byteLength])
    const getsockopt = libc('getsockopt', 'int', ['int', 'int', 'int', 'void *', 'void *'])
    if ((getsockopt(socket, SOL_SOCKET, SO_NETNS_COOKIE, cookie, length) as number) < 0)
      throw new Error(`the network namespace does not tell its cookie: errno ${koffi().errno()}`)
    return String(cookie[0])
  })
}
