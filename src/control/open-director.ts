/**
 * The director of the network namespace that this process is in, for one command.
 *
 * To write, it takes the writers' lock, loads the director if none is loaded, attaches it to devices that have appeared, and
 * repairs what a killed command has left. To read, it takes no lock and makes nothing: no director reads as an empty one.
 */
import { watchOwnPackets } from '../kernel/attach.ts'
import { becomeWriter, openOrLoad } from '../kernel/commands.ts'
import { EmptyTables } from '../kernel/empty-tables.ts'
import { KernelTables } from '../kernel/kernel-tables.ts'
import { PinnedDirector } from '../kernel/pins.ts'
import { stateFolder } from '../kernel/state-folder.ts'
import { requireSystem } from '../kernel/system.ts'
import { Director } from './director.ts'
import type { DirectorControl } from './model.ts'
import { ownAddresses } from './own-addresses.ts'

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
  let pinned: PinnedDirector | null = null
  let director: Director | null = null
  const close = () => {
    try {
      if (pinned !== null && director !== null) watchOwnPackets(pinned, director.answersItself())
    } finally {
      pinned?.close()
      writer.release()
    }
  }
  try {
    pinned = openOrLoad(writer.folder)
    director = new Director(new KernelTables(pinned), ownAddresses())
    director.repair()
    return Object.assign(director, { close })
  } catch (error) {
    close()
    throw error
  }
}
