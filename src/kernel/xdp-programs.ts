/**
 * The programs for devices at XDP, and the devices that they may redirect frames to.
 *
 * They are loaded when a device first is to be at XDP, over the tables of the loaded director, and stay until it is unloaded. A frame
 * redirected to a device that doesn't take it is lost and counted nowhere, so the program only redirects to what is in its map
 * `redirectTargets`, which every command that writes brings into line with what the drivers say; all else leaves through tcx.
 */
import { mkdirSync, readFileSync, renameSync } from 'node:fs'
import { KernelError } from './errors.ts'
import { BpfError, BpfObject, closeFd, mapDelete, mapNextKey, mapUpdate, pin } from './libbpf.ts'
import { objectFile } from './loader.ts'
import { HANDOFF, type PinnedDirector, REDIRECT_TARGETS, TABLE_NAMES, XDP } from './pins.ts'
import { xdpFeatures } from './xdp-features.ts'

/** Under the writers' lock. Does nothing where they are loaded. */
export function loadXdpPrograms(director: PinnedDirector, file?: string): void {
  if (director.hasXdp()) return
  const { partial, pins } = director.folder
  const object = BpfObject.open(readFileSync(file ?? objectFile('weir-xdp.bpf.o')), 'weir-xdp')
  try {
    const present = object.mapNames()
    for (const table of TABLE_NAMES) if (present.includes(table)) object.reuseMap(table, director.map(table).fd)
    object.load()
    mkdirSync(partial)
    pin(object.programFd(XDP), `${partial}/${XDP}`)
    pin(object.programFd(HANDOFF), `${partial}/${HANDOFF}`)
    pin(object.mapFd(REDIRECT_TARGETS), `${partial}/${REDIRECT_TARGETS}`)
    renameSync(partial, `${pins}/xdp`)
  } catch (cause) {
    if (!(cause instanceof BpfError)) throw cause
    const remedy = 'Leave the devices at tcx, and report this, with the version of the kernel'
    const message = `the kernel did not take the programs for XDP. ${remedy}. ${cause.message}`
    throw new KernelError('load-failed', message, { cause })
  } finally {
    object.close()
  }
}

/** Under the writers' lock: brings the map into line with what the drivers say. */
export function refreshRedirectTargets(director: PinnedDirector): void {
  const wanted = new Set([...xdpFeatures()].flatMap(([ifindex, { target }]) => (target ? [ifindex] : [])))
  const known = redirectTargets(director)
  const map = director.openXdp(REDIRECT_TARGETS)
  try {
    for (const ifindex of known) if (!wanted.has(ifindex)) mapDelete(map, bytesOf(ifindex))
    for (const ifindex of wanted) if (!known.has(ifindex)) mapUpdate(map, bytesOf(ifindex), bytesOf(ifindex))
  } finally {
    closeFd(map)
  }
}

/** Indexes of the devices that frames are redirected to. */
export function redirectTargets(director: PinnedDirector): Set<number> {
  const targets = new Set<number>()
  const map = director.openXdp(REDIRECT_TARGETS)
  try {
    const next = new Uint32Array(1)
    let key: Uint8Array | null = null
    while (mapNextKey(map, key, new Uint8Array(next.buffer))) {
      targets.add(next[0] ?? 0)
      key = new Uint8Array(next.slice().buffer)
    }
  } finally {
    closeFd(map)
  }
  return targets
}

function bytesOf(ifindex: number): Uint8Array {
  return new Uint8Array(new Uint32Array([ifindex]).buffer)
}
