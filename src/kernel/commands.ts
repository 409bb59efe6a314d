/**
 * What an operator can do to the director as a whole: load, unload, attach, detach, and look.
 *
 * A command that writes holds the writers' lock, first removes what a killed load or unload has left, and in the end attaches
 * devices that have appeared. A command that only looks takes no lock and makes nothing.
 */
import { attachAll, chooseXdp, deviceStatus, setChoice, type DeviceStatus } from './attach.ts'
import { KernelError } from './errors.ts'
import { loadInto, type LoadOptions } from './loader.ts'
import { prepareLoopback, restoreLoopback } from './loopback.ts'
import { PinnedDirector, removePins, removeUnfinished } from './pins.ts'
import { lockFolder, removeFolder, stateFolder, type StateFolder } from './state-folder.ts'
import { requireSystem } from './system.ts'

export interface DirectorStatus {
  readonly loaded: boolean
  /** Cookie of the network namespace. */
  readonly namespace: string
  /** Connections that the loaded director can hold; null where none is loaded. */
  readonly connections: number | null
  readonly devices: readonly DeviceStatus[]
}

/** The right to change the director of this network namespace, until `release`. */
export interface Writer {
  readonly folder: StateFolder
  release(): void
}

/** Throws `kernel-too-old`, `not-root`, `no-bpf`, or after 10 s `locked`. */
export function becomeWriter(): Writer {
  requireSystem()
  const folder = stateFolder()
  const lock = lockFolder(folder)
  try {
    removeUnfinished(folder)
  } catch (error) {
    lock.release()
    throw error
  }
  return { folder, release: () => lock.release() }
}

function writing<T>(work: (folder: StateFolder) => T): T {
  const writer = becomeWriter()
  try {
    return work(writer.folder)
  } finally {
    writer.release()
  }
}

/** Loads the director and attaches it. Throws `already-loaded` where there is one. */
export function load(options: LoadOptions = {}): void {
  writing((folder) => {
    const loaded = PinnedDirector.open(folder)
    if (loaded !== null) {
      loaded.close()
      throw new KernelError(
        'already-loaded',
        'a director is loaded: run "weir unload" first, which forgets its services',
      )
    }
    openOrLoad(folder, options).close()
  })
}

/** Under the writers' lock: the loaded director, loaded now if need be, attached to all devices that should carry it. */
export function openOrLoad(folder: StateFolder, options: LoadOptions = {}): PinnedDirector {
  let director = PinnedDirector.open(folder)
  if (director === null) {
    loadInto(folder, options)
    director = PinnedDirector.open(folder)
    if (director === null) throw new Error(`${folder.pins} is gone as soon as made`)
  }
  try {
    prepareLoopback(folder)
    attachAll(director)
  } catch (error) {
    director.close()
    throw error
  }
  return director
}

/** Detaches and removes the director with all that it knows, damaged or not; false where there was none. */
export function unload(): boolean {
  return writing((folder) => {
    const removed = removePins(folder)
    restoreLoopback(folder)
    removeFolder(folder)
    return removed
  })
}

export interface AttachOptions {
  /** At XDP instead of at tcx. */
  readonly xdp?: boolean
  /** The compiled programs for XDP; default `weir-xdp.bpf.o` of this build. */
  readonly xdpObjectFile?: string
}

/**
 * Attaches devices that were excluded, puts those named at tcx or XDP, and attaches those that have appeared since. Throws `not-loaded`,
 * and, before anything is changed, `no-such-device`, `not-attachable` or `load-failed`.
 */
export function attach(names: readonly string[] = [], { xdp = false, xdpObjectFile }: AttachOptions = {}): void {
  writing((folder) => {
    const director = PinnedDirector.open(folder)
    if (director === null)
      throw new KernelError(
        'not-loaded',
        'no director is loaded in this network namespace: run "weir load", which attaches as well',
      )
    try {
      if (xdp) chooseXdp(director, names, xdpObjectFile)
      else setChoice(folder, names, 'tcx')
      prepareLoopback(folder)
      attachAll(director)
    } finally {
      director.close()
    }
  })
}

/** Detaches devices and keeps them excluded, also from a director that is loaded later. Throws as `attach`, but for `not-loaded`. */
export function detach(names: readonly string[]): void {
  writing((folder) => {
    setChoice(folder, names, 'excluded')
    const director = PinnedDirector.open(folder)
    if (director === null) return
    try {
      attachAll(director)
    } finally {
      director.close()
    }
  })
}

export function devices(): DeviceStatus[] {
  return [...status().devices]
}

/** Throws `state-corrupt` or `layout-mismatch` where what is loaded can't be used. */
export function status(): DirectorStatus {
  requireSystem()
  const folder = stateFolder()
  const director = PinnedDirector.open(folder)
  try {
    return {
      loaded: director !== null,
      namespace: folder.cookie,
      connections: director?.map('connections').capacity ?? null,
      devices: deviceStatus(folder, director),
    }
  } finally {
    director?.close()
  }
}
