/**
 * What the operator has chosen for devices, by name, so that a device which returns is what it was: `excluded` from the director, or at
 * `xdp`. A device in neither carries the program at tcx; none is in both. Each is a file of a name a line.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import type { StateFolder } from './state-folder.ts'

export interface DeviceLists {
  readonly excluded: ReadonlySet<string>
  readonly xdp: ReadonlySet<string>
}

export type DeviceChoice = 'tcx' | 'xdp' | 'excluded'

export function readDeviceLists(folder: StateFolder): DeviceLists {
  return { excluded: readList(folder, 'excluded'), xdp: readList(folder, 'xdp') }
}

/** Under the writers' lock. */
export function choose(folder: StateFolder, names: readonly string[], choice: DeviceChoice): void {
  const lists = readDeviceLists(folder)
  for (const list of ['excluded', 'xdp'] as const) {
    const kept = [...lists[list]].filter((name) => !names.includes(name))
    writeList(folder, list, choice === list ? [...kept, ...names] : kept)
  }
}

function readList(folder: StateFolder, list: keyof DeviceLists): Set<string> {
  try {
    return new Set(readFileSync(`${folder.files}/${list}`, 'utf8').split('\n').filter(Boolean))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Set()
    throw error
  }
}

/** By rename, so that a reader sees the old list or the new one. */
function writeList(folder: StateFolder, list: keyof DeviceLists, names: readonly string[]): void {
  const path = `${folder.files}/${list}`
  if (names.length === 0) {
    rmSync(path, { force: true })
    return
  }
  writeFileSync(`${path}.new`, [...new Set(names)].join('\n') + '\n', { mode: 0o600 })
  renameSync(`${path}.new`, path)
}
