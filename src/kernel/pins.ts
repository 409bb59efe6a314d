/**
 * The pinned director of a network namespace: the tables' maps, the ticker, the programs, and links to devices.
 *
 *   <cookie>/maps/<table>, ticker    programs/weir_ingress, weir_egress    links/tcx-<ifindex>, egress-, handoff-, xdp-<ifindex>
 *            xdp/weir_xdp, weir_handoff, redirectTargets      since a device is or was at XDP
 *
 * Invariant: the folder <cookie> is whole or absent, because it gets its name by a rename when everything is in it and loses it by
 * a rename before anything is removed. What is found otherwise is damage, which is reported, never guessed at.
 */
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { LayoutView } from '../engine/generated/views.ts'
import { LAYOUT_VERSION } from '../engine/records.ts'
import { TABLES, type TableName } from '../engine/tables.ts'
import { BpfError, closeFd, linkInfo, mapInfo, mapLookup, openPin } from './libbpf.ts'
import { KernelError } from './errors.ts'
import { isMounted, shownPath, type StateFolder } from './state-folder.ts'
import { valueSizeOf } from './value-size.ts'

export const TABLE_NAMES = Object.keys(TABLES) as TableName[]
/** The map that holds the timer. */
export const TICKER = 'ticker'
/** The program that handles what a device receives. */
export const INGRESS = 'weir_ingress'
/** The program that handles what the host itself sends, where it has to. */
export const EGRESS = 'weir_egress'

/** What a device at XDP needs besides, `xdp-programs.ts`. */
export const XDP = 'weir_xdp'
export const HANDOFF = 'weir_handoff'
export const REDIRECT_TARGETS = 'redirectTargets'

/** `tcx` for the program on every device, `egress` for that for what the host sends; the others for a device at XDP. */
export type LinkKind = 'tcx' | 'egress' | 'handoff' | 'xdp'

const LINK_NAME = /^(tcx|egress|handoff|xdp)-(\d+)$/
/** Tells the version of all the others. */
const VERSION_TABLE = 'layouts'

/** A table's map: open descriptors belong to the `PinnedDirector`. */
export interface PinnedMap {
  readonly fd: number
  /** Entries. */
  readonly capacity: number
  /** Bytes. */
  readonly keySize: number
  readonly valueSize: number
}

export interface PinnedLink {
  readonly path: string
  readonly kind: LinkKind
  /** As in the pin's name. */
  readonly ifindex: number
  /** False once the device is gone. */
  readonly alive: boolean
}

/** A loaded director whose state has been found whole and of this version. */
export class PinnedDirector {
  private constructor(
    readonly folder: StateFolder,
    private readonly maps: Map<TableName, PinnedMap>,
  ) {}

  /** Null where none is loaded. Throws `layout-mismatch` or `state-corrupt`. Needs no lock. */
  static open(folder: StateFolder): PinnedDirector | null {
    for (;;) {
      const before = identity(folder)
      if (before === null) return null
      const director = new PinnedDirector(folder, new Map())
      try {
        director.requireVersion()
        director.requireWhole()
        return director
      } catch (error) {
        director.close()
        // Unloaded, or unloaded and loaded anew, while we were looking: no damage.
        if (identity(folder) === before) throw error
      }
    }
  }

  map(table: TableName): PinnedMap {
    let map = this.maps.get(table)
    if (map === undefined) {
      const fd = openPin(`${this.folder.pins}/maps/${table}`)
      const { maxEntries, keyBytes, valueBytes } = mapInfo(fd)
      map = { fd, capacity: maxEntries, keySize: keyBytes, valueSize: valueBytes }
      this.maps.set(table, map)
    }
    return map
  }

  /** A descriptor of a program, for the caller to close. */
  openProgram(name: typeof INGRESS | typeof EGRESS): number {
    return openPin(`${this.folder.pins}/programs/${name}`)
  }

  /** Whether the programs for devices at XDP are loaded. */
  hasXdp(): boolean {
    return list(`${this.folder.pins}/xdp`) !== null
  }

  /** A descriptor of one of them or of their map, for the caller to close. */
  openXdp(name: typeof XDP | typeof HANDOFF | typeof REDIRECT_TARGETS): number {
    return openPin(`${this.folder.pins}/xdp/${name}`)
  }

  links(): PinnedLink[] {
    const names = list(`${this.folder.pins}/links`) ?? []
    return names.flatMap((name) => readLink(this.folder, name))
  }

  close(): void {
    for (const { fd } of this.maps.values()) closeFd(fd)
    this.maps.clear()
  }

  /** Before anything else is looked at: another version may well have other tables. */
  private requireVersion(): void {
    let version: number
    try {
      const { fd, valueSize } = this.map(VERSION_TABLE)
      const value = new Uint8Array(Math.max(valueSize, LayoutView.SIZE))
      mapLookup(fd, new Uint8Array(4), value)
      version = LayoutView.from(value).version
    } catch (error) {
      if (error instanceof BpfError)
        throw corrupt(this.folder, `the table "${VERSION_TABLE}" can't be opened (${error.code})`)
      throw error
    }
    if (version !== LAYOUT_VERSION)
      throw mismatch(`its tables have layout ${version}, and this Weir's ${LAYOUT_VERSION}`)
  }

  private requireWhole(): void {
    const { folder } = this
    this.requireNames('', list(folder.pins), ['links', 'maps', 'programs', ...(this.hasXdp() ? ['xdp'] : [])])
    this.requireNames('maps/', list(`${folder.pins}/maps`), [...TABLE_NAMES, TICKER])
    this.requireNames('programs/', list(`${folder.pins}/programs`), [INGRESS, EGRESS])
    if (this.hasXdp()) this.requireNames('xdp/', list(`${folder.pins}/xdp`), [XDP, HANDOFF, REDIRECT_TARGETS])
    const stranger = list(`${folder.pins}/links`)?.find((name) => !LINK_NAME.test(name))
    if (stranger !== undefined) throw corrupt(folder, `links/${stranger} is not Weir's`)
    for (const table of TABLE_NAMES) this.requireSize(table)
  }

  private requireNames(where: string, present: string[] | null, expected: readonly string[]): void {
    if (present === null) throw corrupt(this.folder, `${where.slice(0, -1)} is not a folder`)
    const missing = expected.find((name) => !present.includes(name))
    if (missing !== undefined) throw corrupt(this.folder, `${where}${missing} is missing`)
    const stranger = present.find((name) => !expected.includes(name))
    if (stranger !== undefined) throw corrupt(this.folder, `${where}${stranger} is not Weir's`)
  }

  private requireSize(table: TableName): void {
    let found: number
    try {
      found = this.map(table).valueSize
    } catch (error) {
      if (error instanceof BpfError) throw corrupt(this.folder, `maps/${table} can't be opened (${error.code})`)
      throw error
    }
    const expected = valueSizeOf(table)
    if (found !== expected)
      throw mismatch(`the table "${table}" has records of ${found} bytes, and this Weir's have ${expected}`)
  }
}

/** Empty where a writer has removed the link since it was listed. */
function readLink(folder: StateFolder, name: string): PinnedLink[] {
  const [, kind, index] = LINK_NAME.exec(name) ?? []
  const path = `${folder.pins}/links/${name}`
  const ifindex = Number(index)
  let fd: number
  try {
    fd = openPin(path)
  } catch (error) {
    if (error instanceof BpfError && error.code === 'ENOENT') return []
    throw error
  }
  try {
    return [{ path, kind: kind as LinkKind, ifindex, alive: linkInfo(fd).ifindex === ifindex }]
  } finally {
    closeFd(fd)
  }
}

/** Tells a loaded director from one that is loaded later; null where none is. */
function identity(folder: StateFolder): number | null {
  if (!isMounted(folder)) return null
  return statSync(folder.pins, { throwIfNoEntry: false })?.ino ?? null
}

/** Under the writers' lock: removes what a load or an unload that was killed has left. */
export function removeUnfinished(folder: StateFolder): void {
  rmSync(folder.partial, { recursive: true, force: true })
}

/** Under the writers' lock: detaches and removes the director, whole or not. False where there was none. */
export function removePins(folder: StateFolder): boolean {
  if (list(folder.pins) === null) return false
  renameSync(folder.pins, folder.partial)
  removeUnfinished(folder)
  return true
}

/** Names in a folder; null if there is no such folder. */
function list(path: string): string[] | null {
  try {
    return readdirSync(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw error
  }
}

function corrupt(folder: StateFolder, what: string): KernelError {
  return new KernelError(
    'state-corrupt',
    `the director in ${shownPath(folder.pins)} is damaged: ${what}. Run "weir unload", which stops it and removes what is left, ` +
      'and configure it again',
  )
}

function mismatch(what: string): KernelError {
  return new KernelError(
    'layout-mismatch',
    `another version of Weir has loaded the director: ${what}. Use that version, or run "weir unload" and configure the ` +
      'director again',
  )
}
