/**
 * Where the director of a network namespace keeps what outlives every process.
 *
 * Pins are in /run/weir/bpf/<cookie>, a bpffs that Weir mounts; the lock and other files in /run/weir/<cookie>. `ip netns exec`
 * gives its child a mount namespace that ends with the child, so everything is done in the mount namespace of process 1,
 * reached through /proc/1/root: a director is found from wherever one looks for it.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, openSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, statfsSync } from 'node:fs'
import { KernelError } from './errors.ts'
import { acquireLock, type Lock } from './lock.ts'
import { networkNamespaceCookie } from './system.ts'

const BASE = '/run/weir'
const BPF_FS_MAGIC = 0xcafe4a11

/** A process in the mount namespace that holds the state, and the way to that namespace's root; '' if it is our own. */
interface Home {
  readonly pid: string
  readonly root: string
}

export interface StateFolder {
  /** Of the network namespace. */
  readonly cookie: string
  /** All of Weir's files; below them `bpf`, the mount. */
  readonly base: string
  /** The pins of the loaded director; does not exist while none is loaded. */
  readonly pins: string
  /** A director that is being loaded or unloaded. While nobody holds the lock, what is left of a load or unload that was killed. */
  readonly partial: string
  /** Ordinary files of the director. */
  readonly files: string
}

/**
 * The state folder of the network namespace that this process is in: the director's, or the one of something else that
 * keeps state beside it, by its name. Makes nothing.
 */
export function stateFolder(of: 'director' | 'real-server' = 'director'): StateFolder {
  const base = home().root + BASE
  const cookie = networkNamespaceCookie()
  const name = of === 'director' ? cookie : `${cookie}-${of}`
  return {
    cookie,
    base,
    pins: `${base}/bpf/${name}`,
    partial: `${base}/bpf/${name}-partial`,
    files: `${base}/${name}`,
  }
}

/** A path as the operator knows it, without the detour to the other mount namespace. */
export function shownPath(path: string): string {
  return path.slice(path.indexOf(BASE))
}

let cachedHome: Home | null = null

function home(): Home {
  cachedHome ??= findHome()
  return cachedHome
}

/** Process 1, or, where that one does not let us look at it, our outermost ancestor that does. */
function findHome(): Home {
  const mine = mountNamespace('self')
  let pid = 'self'
  for (let at = mountNamespace('1') === null ? String(process.pid) : '1'; at !== '0'; at = parentOf(at))
    if (mountNamespace(at) !== null) pid = at
  const same = mountNamespace(pid) === mine && sameFile(`/proc/${pid}/root/`, '/')
  return { pid, root: same ? '' : `/proc/${pid}/root` }
}

function mountNamespace(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`)
  } catch {
    return null
  }
}

function parentOf(pid: string): string {
  return /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0'
}

function sameFile(a: string, b: string): boolean {
  const [left, right] = [statSync(a), statSync(b)]
  return left.ino === right.ino && left.dev === right.dev
}

/** False as long as nobody has used Weir since the machine started. */
export function isMounted(folder: StateFolder): boolean {
  try {
    return statfsSync(`${folder.base}/bpf`).type === BPF_FS_MAGIC
  } catch {
    return false
  }
}

/**
 * Takes the writers' lock of this network namespace; mounts the bpffs, unless there are to be no pins, and makes the folder
 * for files if need be. Throws `locked` after 10 s, `no-bpf` where the bpffs can't be mounted.
 */
export function lockFolder(folder: StateFolder, { pins = true } = {}): Lock {
  return acquireLock(`${folder.files}/lock`, () => {
    const base = lockBase(folder)
    try {
      if (pins && !isMounted(folder)) mountBpf(folder)
      mkdirSync(folder.files, { recursive: true, mode: 0o700 })
      return openSync(`${folder.files}/lock`, 'a', 0o600)
    } finally {
      base.release()
    }
  })
}

/** Under the lock of `lockFolder`: removes the files, and the mount if no other namespace has a director. */
export function removeFolder(folder: StateFolder): void {
  const base = lockBase(folder)
  try {
    rmSync(folder.files, { recursive: true, force: true })
    // Another director may be about to be loaded: it has its folder for files already, though no pins yet.
    if (readdirSync(folder.base).some((name) => name !== 'bpf')) return
    // The mount may still be seen from the mount namespace that `ip netns exec` gave us: from there the folder is busy.
    if (!isMounted(folder) || run('umount', [`${BASE}/bpf`]).status === 0) run('rmdir', [`${BASE}/bpf`, BASE])
  } finally {
    base.release()
  }
}

/** Held only for a moment, by whoever mounts or unmounts. */
function lockBase(folder: StateFolder): Lock {
  return acquireLock(folder.base, () => {
    mkdirSync(folder.base, { recursive: true, mode: 0o755 })
    return openSync(folder.base, 'r')
  })
}

function mountBpf(folder: StateFolder): void {
  if (!/\tbpf$/m.test(readFileSync('/proc/filesystems', 'latin1')))
    throw new KernelError('no-bpf', 'this kernel has no bpffs: it needs CONFIG_BPF_SYSCALL. Use a kernel that has it')
  mkdirSync(`${folder.base}/bpf`, { recursive: true, mode: 0o700 })
  const mount = run('mount', ['-t', 'bpf', '-o', 'mode=0700', 'bpf', `${BASE}/bpf`])
  if (mount.status === 0) return
  const said = (mount.error?.message ?? mount.stderr).trim()
  throw new KernelError('no-bpf', `a bpffs can't be mounted on ${BASE}/bpf: ${said}. Mount one there and try again`)
}

/** Runs a command in the mount namespace of the state. */
function run(command: string, args: string[]) {
  const { pid, root } = home()
  const options = { encoding: 'utf8' } as const
  if (root === '') return spawnSync(command, args, options)
  return spawnSync('nsenter', [`--mount=/proc/${pid}/ns/mnt`, '--', command, ...args], options)
}
