/**
 * Two benches given the same: the one in Node and another. Says at once where verdict or packet differ, and on demand where the tables
 * do or where they don't hold together.
 */
import { describePacket } from '../simulator/describe-packet.ts'
import { checksumsAreValid } from '../simulator/verify-packet.ts'
import { type BenchOptions, type BenchResult, type DirectorBench, memoryBench } from './bench.ts'
import { applyChange } from './configuration.ts'
import type { Event } from './generator.ts'
import { brokenInvariants, brokenPlans } from './invariants.ts'
import { differingRows, snapshot } from './table-snapshot.ts'

export type MakeBench = (options: BenchOptions) => DirectorBench

/** Rows of tables that a message shows. */
const SHOWN = 20

/** Verdicts that a packet's fate can't tell apart: both go on to the stack. */
function fate({ verdict }: BenchResult): string {
  return verdict === 'stack' ? 'pass' : verdict
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function describeResult(name: string, result: BenchResult): string {
  return `  ${name}: ${result.verdict}, ${describePacket(result.packet)}\n    ${hex(result.packet)}`
}

export class BenchPair {
  readonly left: DirectorBench
  readonly right: DirectorBench

  constructor(make: MakeBench, options: BenchOptions) {
    this.left = memoryBench(options)
    this.right = make(options)
  }

  /** Runs an event on both; says what differs, or null. */
  apply(event: Event, observe: (result: BenchResult) => void): string | null {
    switch (event.kind) {
      case 'packet':
        return this.packet(event.bytes, observe, event.mark)
      case 'clock':
        this.left.setClock(event.ms)
        this.right.setClock(event.ms)
        return null
      case 'forwarding':
        this.left.setForwarding(event.on)
        this.right.setForwarding(event.on)
        return null
      case 'change': {
        const [left, right] = [this.left, this.right].map(({ control }) => applyChange(control, event.change))
        return left === right ? null : `the change is refused as ${left ?? 'nothing'} and as ${right ?? 'nothing'}`
      }
    }
  }

  packet(bytes: Uint8Array, observe: (result: BenchResult) => void = () => undefined, mark = 0): string | null {
    const left = this.left.handle(bytes, mark)
    const right = this.right.handle(bytes, mark)
    if (fate(left) !== fate(right) || Buffer.compare(left.packet, right.packet) !== 0)
      return ['', describeResult(this.left.name, left), describeResult(this.right.name, right)].join('\n')
    if (left.verdict === 'forward' && checksumsAreValid(bytes) && !checksumsAreValid(left.packet, null))
      return `right checksums became wrong ones:\n${describeResult('both', left)}`
    observe(left)
    return null
  }

  /** What differs in the tables, or doesn't hold together, or null. */
  compareTables(): string | null {
    const rows = differingRows(snapshot(this.left.tables), snapshot(this.right.tables))
    const { tables } = this.left
    const broken = rows.length > 0 ? rows : [...brokenInvariants(tables), ...brokenPlans(tables)]
    if (broken.length === 0) return null
    const what = rows.length > 0 ? 'rows of the tables differ' : 'invariants are broken'
    return [`${broken.length} ${what}:`, ...broken.slice(0, SHOWN).map((line) => `  ${line}`)].join('\n')
  }

  close(): void {
    this.left.close()
    this.right.close()
  }
}
