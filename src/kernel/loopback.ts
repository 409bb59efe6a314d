/**
 * What the director's programs need of the loopback device. They look up the host's own ways as for packets that came in there, which
 * the helper answers only where that device forwards; and what they hand to the host's stack to send comes in there with the
 * host's own address. Neither says anything of other devices: net.ipv4.ip_forward stays as it is.
 *
 * Writing net.ipv4.ip_forward sets all devices' own values as well, so this is made good by every command that changes something. What was
 * there before is kept in the file `loopback`, and put back by `weir unload`.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { StateFolder } from './state-folder.ts'

const SYSCTLS = ['ipv4/conf/lo/forwarding', 'ipv4/conf/lo/accept_local', 'ipv6/conf/lo/forwarding'] as const

/** In the order of `SYSCTLS`; null where the kernel has no such value (IPv6 is off). */
type Values = (string | null)[]

const pathOf = (name: string): string => `/proc/sys/net/${name}`

function read(): Values {
  return SYSCTLS.map((name) => (existsSync(pathOf(name)) ? readFileSync(pathOf(name), 'latin1').trim() : null))
}

function write(values: Values): void {
  const now = read()
  for (const [index, name] of SYSCTLS.entries()) {
    const value = values[index] ?? null
    if (value !== null && now[index] !== null && now[index] !== value) writeFileSync(pathOf(name), value)
  }
}

/** Under the writers' lock. Does nothing where all is set. */
export function prepareLoopback(folder: StateFolder): void {
  const file = `${folder.files}/loopback`
  if (!existsSync(file)) writeFileSync(file, JSON.stringify(read()), { mode: 0o600 })
  enableLoopback()
}

/** Sets the values without remembering those before. */
export function enableLoopback(): void {
  write(SYSCTLS.map(() => '1'))
}

/** Under the writers' lock: as it was before `prepareLoopback`. */
export function restoreLoopback(folder: StateFolder): void {
  const file = `${folder.files}/loopback`
  if (existsSync(file)) write(JSON.parse(readFileSync(file, 'utf8')) as Values)
}
