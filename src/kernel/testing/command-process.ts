/**
 * One command of the loader, in a process of its own: `<command> <object file> [argument …]`. Answers one line of JSON,
 * `{ "result": … }` or `{ "code": …, "message": … }`.
 */
import { readSync } from 'node:fs'
import { LayoutView } from '../../engine/generated/views.ts'
import { attach, becomeWriter, detach, load, openOrLoad, status, unload } from '../commands.ts'
import { KernelTables } from '../kernel-tables.ts'
import { openDirector } from '../../control/open-director.ts'
import { PinnedDirector } from '../pins.ts'
import { stateFolder } from '../state-folder.ts'

const [command = '', objectFile = '', ...rest] = process.argv.slice(2)

const COMMANDS: Record<string, () => unknown> = {
  load: () => load(rest[0] === undefined ? { objectFile } : { objectFile, connections: Number(rest[0]) }),
  /** As `load`, from another object. */
  'load-file': () => load({ objectFile: rest[0] ?? '' }),
  unload,
  status,
  attach: () => attach(rest),
  /** Its first argument is the object for XDP. */
  'attach-xdp': () => attach(rest.slice(1), { xdp: true, xdpObjectFile: rest[0] ?? '' }),
  detach: () => detach(rest),
  folder: stateFolder,
  /** Loads if need be, then adds one to a table's first word, slowly enough that another writer would get between. */
  increment: () => {
    const writer = becomeWriter()
    const director = openOrLoad(writer.folder, { objectFile })
    const tables = new KernelTables(director)
    const value = tables.readRange('baselines', 7, 1)
    const word = new DataView(value.buffer)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    word.setUint32(0, word.getUint32(0, true) + 1, true)
    tables.write('baselines', 7, value)
    director.close()
    writer.release()
    return word.getUint32(0, true)
  },
  'set-layout': () => {
    const director = PinnedDirector.open(stateFolder())
    if (director === null) return null
    const tables = new KernelTables(director)
    const layout = LayoutView.from(tables.readRange('layouts', 0, 1))
    layout.version = Number(rest[0])
    tables.write('layouts', 0, layout.toBytes())
    return 'set'
  },
  /** Loads and unloads, again and again. */
  toggle: () => {
    for (let turn = 0; turn < Number(rest[0]); turn++) {
      load({ objectFile, connections: 1000 })
      unload()
    }
    return 'toggled'
  },
  /** Looks at the status as often as it can for some milliseconds; how often it was one thing or the other. */
  watch: () => {
    const seen = { loaded: 0, absent: 0 }
    for (const end = Date.now() + Number(rest[0]); Date.now() < end;) seen[status().loaded ? 'loaded' : 'absent']++
    return seen
  },
  /** Holds the writers' lock until standard input ends. */
  hold: () => {
    const writer = becomeWriter()
    console.log(JSON.stringify({ result: 'holding' }))
    readSync(0, new Uint8Array(1))
    writer.release()
    return 'released'
  },
  counts: () => {
    const director = PinnedDirector.open(stateFolder())
    if (director === null) return null
    const tables = new KernelTables(director)
    const copies = tables.read('reasons', 0) ?? new Uint8Array()
    const packets = new BigUint64Array(copies.buffer).reduce((sum, copy) => sum + Number(copy), 0)
    const clock = Number(new BigUint64Array(tables.readRange('clocks', 0, 1).buffer)[0])
    return { packets, clock, baseline: new DataView(tables.readRange('baselines', 7, 1).buffer).getUint32(0, true) }
  },
  list: () => {
    const director = openDirector({ write: false })
    try {
      return { services: director.services(), capacity: director.connectionCapacity() }
    } finally {
      director.close()
    }
  },
}

try {
  const run = COMMANDS[command]
  if (run === undefined) throw new Error(`no command "${command}"`)
  console.log(JSON.stringify({ result: run() ?? null }))
} catch (error) {
  const { code, message, stack } = error as Error & { code?: string }
  console.log(JSON.stringify({ code: code ?? stack, message }))
}
