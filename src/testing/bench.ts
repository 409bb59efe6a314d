/**
 * A director on a bench: packets in, verdicts and packets out, its clock in the test's hand. One interface over both hosts, so that one
 * suite can hold them to the same behaviour. The way out is the same on both: `routes.ts`.
 */
import { BUSY_MS } from '../engine/director.ts'
import { Director } from '../control/director.ts'
import { LayoutView, SettingsView } from '../engine/generated/views.ts'
import { LAYOUT_VERSION, Verdict } from '../engine/records.ts'
import { DEFAULT_SETTINGS } from '../engine/settings.ts'
import type { TableStore } from '../engine/tables.ts'
import { MemoryHost } from '../memory/memory-host.ts'
import { lookUpRoute } from './routes.ts'

/**
 * `stack` is told apart from `pass` only by a host that knows; to the kernel both are “on to the stack”. What the host's stack is to send
 * is `forward` on both.
 */
export type BenchVerdict = 'pass' | 'drop' | 'forward' | 'stack'

export interface BenchResult {
  readonly verdict: BenchVerdict
  /** The packet as the director left it, from its IP header. */
  readonly packet: Uint8Array
}

export interface BenchOptions {
  /** Connections that the director can hold, one less than this; default as in `engine/tables.ts`. */
  readonly connections?: number
}

export interface DirectorBench {
  readonly name: string
  readonly tables: TableStore
  /** A director that has repaired its tables already. */
  control: Director
  /** What becomes of a packet, given from its IP header, with a firewall mark or none. The caller's bytes stay as they are. */
  handle(packet: Uint8Array, mark?: number): BenchResult
  /** Sets the director's clock, in milliseconds, and lets it do its housekeeping until it has none left. */
  setClock(ms: number): void
  /** Switches IP forwarding on or off where the packets come in; it is on at first. */
  setForwarding(on: boolean): void
  close(): void
}

/** Slices that no table of a test needs. */
const MAX_SLICES = 10_000

/** Calls a host's tick on one clock until there is no work left. */
export function tickUntilIdle(tick: () => number): void {
  for (let slice = 0; slice < MAX_SLICES; slice++) if (tick() !== BUSY_MS) return
  throw new Error(`the housekeeping does not come to an end in ${MAX_SLICES} slices`)
}

/** A director over tables that are new or were left by an earlier one, repaired. */
export function freshDirector(tables: TableStore): Director {
  const director = new Director(tables)
  director.repair()
  return director
}

const VERDICTS: Readonly<Record<number, BenchVerdict>> = {
  [Verdict.Pass]: 'pass',
  [Verdict.Drop]: 'drop',
  [Verdict.Forward]: 'forward',
  [Verdict.Stack]: 'stack',
  [Verdict.Send]: 'forward',
}

/** The engine in Node. */
export function memoryBench(options: BenchOptions = {}): DirectorBench {
  let forwarding = true
  const host = new MemoryHost({
    ...options,
    route: (question) => lookUpRoute(forwarding, question),
  })
  host.tables.write('settingsRows', 0, settingsRow())
  return {
    name: 'memory',
    tables: host.tables,
    control: freshDirector(host.tables),
    handle(packet, mark) {
      const handled = host.handle(packet, mark)
      const verdict = VERDICTS[handled.verdict]
      if (verdict === undefined) throw new Error(`the engine answered ${handled.verdict}, which is no verdict`)
      return { verdict, packet: handled.packet }
    },
    setClock: (ms) => tickUntilIdle(() => host.tick(ms)),
    setForwarding: (on) => {
      forwarding = on
    },
    close: () => undefined,
  }
}

/** The bytes of the row that says of which version the tables are. */
export function layoutRow(): Uint8Array {
  return LayoutView.of({ version: LAYOUT_VERSION, lastDest: 0, lastService: 0, reserved: 0 }).toBytes()
}

/** The bytes of the settings that a bench begins with; the digests' keys are the same on all. */
export function settingsRow(): Uint8Array {
  return SettingsView.of({ ...DEFAULT_SETTINGS, digestKey0: 0x6b43a9b5, digestKey1: 0xf00dfeed }).toBytes()
}
