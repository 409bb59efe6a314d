/**
 * Loads the director into the kernel and removes it.
 *
 * Load: open the object, scale its tables, verify, write the layout's version, start the ticker, pin everything in a folder of a
 * temporary name, rename. A loader that is killed leaves nothing but that folder, which the next writer removes. From the rename on the
 * director lives without us.
 */
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { LayoutView, SettingsView } from '../engine/generated/views.ts'
import { LAYOUT_VERSION } from '../engine/records.ts'
import { DEFAULT_SETTINGS } from '../engine/settings.ts'
import { DEFAULT_CONNECTIONS, TABLES, type TableDefinition } from '../engine/tables.ts'
import { KernelError } from './errors.ts'
import { BpfError, BpfObject, mapUpdate, pin, testRun } from './libbpf.ts'
import { EGRESS, INGRESS, TABLE_NAMES, TICKER } from './pins.ts'
import type { StateFolder } from './state-folder.ts'

/** The program that starts the ticker. */
const START = 'weir_start'
/** Slot 0 is never used. */
const LEAST_CONNECTIONS = 2
/** 2^24: the tables of that many take some 4 GB. */
const MOST_CONNECTIONS = 16_777_216

export interface LoadOptions {
  /** Connections that the director can hold, 2 … 2^24; default as in `engine/tables.ts`. */
  readonly connections?: number
  /** The compiled programs; default `weir.bpf.o` of this build. */
  readonly objectFile?: string
}

/** Loads the director, attached nowhere as yet. Under the writers' lock, with no director loaded. */
export function loadInto(folder: StateFolder, options: LoadOptions): void {
  const connections = options.connections ?? DEFAULT_CONNECTIONS
  if (!Number.isInteger(connections) || connections < LEAST_CONNECTIONS || connections > MOST_CONNECTIONS)
    throw new KernelError(
      'bad-connections',
      `${connections} connections: give a whole number from ${LEAST_CONNECTIONS} to ${MOST_CONNECTIONS}`,
    )
  const file = options.objectFile ?? objectFile('weir.bpf.o')
  const object = BpfObject.open(readFileSync(file), 'weir')
  try {
    requireParts(object)
    for (const table of TABLE_NAMES) {
      const { perConnection }: TableDefinition = TABLES[table]
      if (perConnection !== undefined) object.setMaxEntries(table, perConnection * connections)
    }
    object.load()
    start(object)
    pinAll(object, folder)
  } catch (error) {
    throw error instanceof BpfError ? explained(error, connections) : error
  } finally {
    object.close()
  }
}

/** Where the build has put an object for the kernel. Throws `not-built`. */
export function objectFile(name: string): string {
  // Beside or above the bundle; or, run from source, in the folder that the build writes to.
  const places = [`./${name}`, `../${name}`, `../../dist/${name}`]
  const found = places.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new KernelError('not-built', `${name}, a program for the kernel, is missing. Run "npm run build"`)
}

/** An object of an older or newer build may lack what this one looks for. */
function requireParts(object: BpfObject): void {
  const present = [...object.mapNames(), ...object.programNames()]
  const missing = [...TABLE_NAMES, TICKER, INGRESS, EGRESS, START].find((name) => !present.includes(name))
  if (missing === undefined) return
  throw new KernelError('not-built', `weir.bpf.o has no "${missing}": it is of another build. Run "npm run build"`)
}

function start(object: BpfObject): void {
  const layout = LayoutView.of({ version: LAYOUT_VERSION, lastDest: 0, lastService: 0, reserved: 0 })
  mapUpdate(object.mapFd('layouts'), new Uint8Array(4), layout.toBytes())
  const [digestKey0 = 0, digestKey1 = 0] = crypto.getRandomValues(new Uint32Array(2))
  const settings = SettingsView.of({ ...DEFAULT_SETTINGS, digestKey0, digestKey1 })
  mapUpdate(object.mapFd('settingsRows'), new Uint8Array(4), settings.toBytes())
  const { retval } = testRun(object.programFd(START))
  if (retval !== 0)
    throw new KernelError('load-failed', `the ticker does not start: ${START} returned ${retval | 0}. Report this`)
}

function pinAll(object: BpfObject, folder: StateFolder): void {
  for (const part of ['maps', 'programs', 'links']) mkdirSync(`${folder.partial}/${part}`, { recursive: true })
  for (const name of [...TABLE_NAMES, TICKER]) pin(object.mapFd(name), `${folder.partial}/maps/${name}`)
  for (const name of [INGRESS, EGRESS]) pin(object.programFd(name), `${folder.partial}/programs/${name}`)
  renameSync(folder.partial, folder.pins)
}

function explained(cause: BpfError, connections: number): KernelError {
  const remedy =
    cause.code === 'ENOMEM' || cause.code === 'E2BIG'
      ? `There may not be enough memory for ${connections} connections: load with fewer ("weir load --connections N")`
      : cause.code === 'EPERM'
        ? 'Run as root, with CAP_BPF, CAP_NET_ADMIN and CAP_SYS_ADMIN, and without kernel lockdown'
        : 'Report this, with the version of the kernel'
  return new KernelError('load-failed', `the kernel did not take the director. ${remedy}. ${cause.message}`, { cause })
}
