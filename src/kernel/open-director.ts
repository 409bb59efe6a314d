/**
 * The director of the network namespace that this process is in, for one command.
 *
 * To write, it takes the writers' lock, loads the director if none is loaded, attaches it to devices that have appeared, and
 * repairs what a killed command has left. To read, it takes no lock and makes nothing: no director reads as an empty one.
 */
import { Director } from '../control/director.ts'
import type { DirectorControl } from '../control/model.ts'
import { becomeWriter, openOrLoad } from './commands.ts'
import { EmptyTables } from './empty-tables.ts'
import { KernelTables } from './kernel-tables.ts'
import { PinnedDirector } from './pins.ts'
import { stateFolder } from './state-folder.ts'
import { requireSystem } from './system.ts'

export type OpenDirector = DirectorControl & {
  /** Closes the tables and lets the next writer in. */
  close(): void
}

/** Throws a `KernelError`; with `write`, `locked` after waiting 10 s for another writer. */
export function openDirector({ write }: { write: boolean }): OpenDirector {
  return write ? openWriter() : openReader()
}

function openReader(): OpenDirector {
  requireSystem()
  const pinned = PinnedDirector.open(stateFolder())
  const director = new Director(pinned === null ? new EmptyTables() : new KernelTables(pinned))
  return Object.assign(director, { close: () => pinned?.close() })
}

function openWriter(): OpenDirector {
  const writer = becomeWriter()
  try {
    const pinned = openOrLoad(writer.folder)
    const director = new Director(new KernelTables(pinned))
    const close = () => {
      pinned.close()
      writer.release()
    }
    director.repair()
    return Object.assign(director, { close })
  } catch (error) {
    writer.release()
    throw error
  }
}
