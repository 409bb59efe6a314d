/**
 * Which devices carry the director's program: every Ethernet device, except those that the operator has excluded.
 *
 * A link is pinned, so the program stays attached with no process of ours alive; it ends with its device, and its pin is then
 * removed. Excluded devices are kept by name, one a line, in the file `excluded`: a device that returns is still excluded.
 */
import { readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { KernelError } from './errors.ts'
import { BpfError, attachTcxIngress, closeFd, pin } from './libbpf.ts'
import { networkDevices, type NetworkDevice } from './network-devices.ts'
import type { PinnedDirector } from './pins.ts'
import type { StateFolder } from './state-folder.ts'

/** Why a device does or does not carry the program. `new`: the next command that writes attaches it. */
export type AttachmentReason = 'attached' | 'excluded' | 'not-ethernet' | 'loopback' | 'new' | 'not-loaded'

export interface DeviceStatus {
  readonly name: string
  readonly ifindex: number
  readonly attached: boolean
  readonly reason: AttachmentReason
}

const ENODEV = 'ENODEV'

/** In the order of their indexes. `director` is null where none is loaded. */
export function deviceStatus(folder: StateFolder, director: PinnedDirector | null): DeviceStatus[] {
  const excluded = readExcluded(folder)
  const carriers = new Set(director?.links().flatMap((link) => (link.alive ? [link.ifindex] : [])))
  return networkDevices().map(({ name, ifindex, kind }) => {
    const attached = carriers.has(ifindex)
    if (attached) return { name, ifindex, attached, reason: 'attached' }
    if (kind !== 'ethernet') return { name, ifindex, attached, reason: kind === 'loopback' ? kind : 'not-ethernet' }
    if (excluded.has(name)) return { name, ifindex, attached, reason: 'excluded' }
    return { name, ifindex, attached, reason: director === null ? 'not-loaded' : 'new' }
  })
}

/** Brings links into line with devices: unpins those of gone or excluded devices, attaches to devices that have none. */
export function attachAll(director: PinnedDirector): void {
  const excluded = readExcluded(director.folder)
  const wanted = networkDevices().filter(({ kind, name }) => kind === 'ethernet' && !excluded.has(name))
  const carriers = new Set<number>()
  for (const link of director.links()) {
    if (link.alive && wanted.some(({ ifindex }) => ifindex === link.ifindex)) carriers.add(link.ifindex)
    else unlinkSync(link.path)
  }
  const missing = wanted.filter(({ ifindex }) => !carriers.has(ifindex))
  if (missing.length === 0) return
  const program = director.openProgram()
  try {
    for (const device of missing) attachDevice(director.folder, program, device)
  } finally {
    closeFd(program)
  }
}

function attachDevice(folder: StateFolder, program: number, { name, ifindex }: NetworkDevice): void {
  let link: number
  try {
    link = attachTcxIngress(program, ifindex)
  } catch (cause) {
    if (!(cause instanceof BpfError)) throw cause
    // Gone between being listed and now.
    if (cause.code === ENODEV) return
    const remedy = `Exclude it with "weir detach ${name}" if it needn't carry traffic of the director`
    throw new KernelError(
      'not-attachable',
      `the device ${name} does not take the program: ${cause.message}. ${remedy}`,
      { cause },
    )
  }
  try {
    pin(link, `${folder.pins}/links/tcx-${ifindex}`)
  } finally {
    closeFd(link)
  }
}

/** Under the writers' lock: takes devices off the excluded ones, or puts them there. All names are checked before any is changed. */
export function setExcluded(folder: StateFolder, names: readonly string[], exclude: boolean): void {
  const excluded = readExcluded(folder)
  const devices = new Map(networkDevices().map((device) => [device.name, device]))
  for (const name of names) requireAttachable(name, devices.get(name), excluded.has(name))
  for (const name of names) {
    if (exclude) excluded.add(name)
    else excluded.delete(name)
  }
  writeExcluded(folder, excluded)
}

function requireAttachable(name: string, device: NetworkDevice | undefined, excluded: boolean): void {
  if (device === undefined) {
    if (excluded) return
    throw new KernelError(
      'no-such-device',
      `there is no device "${name}" in this network namespace: "weir devices" lists them`,
    )
  }
  if (device.kind !== 'ethernet') {
    const what = device.kind === 'loopback' ? 'the loopback device' : 'not an Ethernet device'
    throw new KernelError('not-attachable', `${name} is ${what}: the program is only for Ethernet devices`)
  }
}

function readExcluded(folder: StateFolder): Set<string> {
  try {
    return new Set(readFileSync(`${folder.files}/excluded`, 'utf8').split('\n').filter(Boolean))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set()
    throw error
  }
}

/** By rename, so that a reader sees the old list or the new one. */
function writeExcluded(folder: StateFolder, excluded: ReadonlySet<string>): void {
  const path = `${folder.files}/excluded`
  if (excluded.size === 0) {
    rmSync(path, { force: true })
    return
  }
  writeFileSync(`${path}.new`, [...excluded].join('\n') + '\n', { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
