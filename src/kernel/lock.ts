/**
 * Exclusive locks by flock(2) on a path: the kernel releases them when their holder dies.
 *
 * The holder may remove what it has locked. So a lock counts only if its path still leads to it: a waiter that was given the lock
 * of a removed file begins again.
 */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs'
import { KernelError } from './errors.ts'
import { koffi, libc } from './libc.ts'

const LOCK_EX_NB = 2 | 4
const EWOULDBLOCK = 11
const WAIT_MS = 10_000
const POLL_MS = 10

export interface Lock {
  release(): void
}

/**
 * Waits up to 10 s. `prepare` makes the path, if need be, and opens it. Throws `locked` with the process id of the holder.
 */
export function acquireLock(path: string, prepare: () => number = () => openSync(path, 'r')): Lock {
  const deadline = Date.now() + WAIT_MS
  for (;;) {
    const fd = prepare()
    try {
      waitFor(fd, path, deadline)
      if (leadsTo(path, fd)) return { release: () => closeSync(fd) }
    } catch (error) {
      closeSync(fd)
      throw error
    }
    closeSync(fd)
  }
}

function waitFor(fd: number, path: string, deadline: number): void {
  const flock = libc('flock', 'int', ['int', 'int'])
  while ((flock(fd, LOCK_EX_NB) as number) < 0) {
    const errno = koffi().errno()
    if (errno !== EWOULDBLOCK) throw new Error(`${path} can't be locked: errno ${errno}`)
    if (Date.now() > deadline) throw lockedError(fd)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS)
  }
}

function leadsTo(path: string, fd: number): boolean {
  const there = statSync(path, { throwIfNoEntry: false })
  const here = fstatSync(fd)
  return there !== undefined && there.ino === here.ino && there.dev === here.dev
}

function lockedError(fd: number): KernelError {
  const pid = holderOf(fstatSync(fd).ino, readFileSync('/proc/locks', 'latin1'))
  const holder = pid === null ? 'another process' : `process ${pid}`
  return new KernelError(
    'locked',
    `${holder} has been changing the director for ${WAIT_MS / 1000} s: wait for it, or end it, and try again`,
  )
}

/** Who holds the flock on an inode, from `/proc/locks`. */
export function holderOf(inode: number, locks: string): number | null {
  // 1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF
  const pattern = new RegExp(`^\\d+: FLOCK +\\S+ +WRITE +(\\d+) +[0-9a-f]+:[0-9a-f]+:${inode} `, 'm')
  const pid = pattern.exec(locks)?.[1]
  // A process that our own namespace of process ids does not show has number 0.
  return pid === undefined || pid === '0' ? null : Number(pid)
}
