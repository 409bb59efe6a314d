/**
 * Draws a topology in text: a line for each segment, its hosts above and below. Clients stand above the first segment they are on, all
 * others below theirs; the drawing follows the order of segments, so it suits topologies in which traffic goes from top to bottom.
 */
import type { Attachment, LabHost, Topology } from './scenario.ts'

const GAP = 4

/** A host's place in its row: `middle` is the column of its connections. */
interface Cell {
  readonly host: LabHost
  readonly middle: number
}

export function drawTopology(topology: Topology): string[] {
  const { segments } = topology
  const rows = [...segments.keys(), segments.length].map((row) =>
    topology.hosts.filter((host) => rowOf(topology, host) === row),
  )
  const width = Math.max(...rows.map((hosts) => hosts.length)) * cellWidth(topology)
  const cells = rows.map((hosts) => placeCells(hosts, width))
  const lines: string[] = []
  for (const [row, placed] of cells.entries()) {
    const above = segments[row - 1]
    const below = segments[row]
    if (above !== undefined) lines.push(...labelLines(placed, above.name))
    lines.push(text(placed, (host) => host.name))
    const most = Math.max(0, ...placed.map(({ host }) => loopbackLabels(host).length))
    for (let line = 0; line < most; line++) lines.push(text(placed, (host) => loopbackLabels(host)[line] ?? ''))
    if (below === undefined) continue
    lines.push(...labelLines(placed, below.name))
    const up = on(below.name, placed)
    const down = on(below.name, cells[row + 1] ?? [])
    lines.push(marks(up), `${bus(width, up, down)}  ${below.name}, ${below.network}`, marks(down))
  }
  return lines.filter((line) => line !== '').map((line) => line.trimEnd())
}

/** A row's number is that of the segment below it. */
export function rowOf({ segments }: Topology, { role, interfaces }: LabHost): number {
  const first = segments.findIndex(({ name }) => name === interfaces[0]?.segment)
  return role === 'client' ? first : first + 1
}

/** Of an interface: its addresses, with what they are called. */
export function labels({ address, more = [], labels: names = {} }: Attachment): string[] {
  return [address, ...more].map((each) => `${names[each] ?? ''} ${each}`.trim())
}

export function loopbackLabels({ loopback = [] }: LabHost): string[] {
  return loopback.map((address) => `lo ${address}`)
}

function labelsOn({ interfaces }: LabHost, segment: string): string[] {
  return interfaces.flatMap((each) => (each.segment === segment ? labels(each) : []))
}

/** The labels of a row's hosts on a segment, one line below the other. */
function labelLines(cells: readonly Cell[], segment: string): string[] {
  const most = Math.max(0, ...cells.map(({ host }) => labelsOn(host, segment).length))
  return Array.from({ length: most }, (_, line) => text(cells, (host) => labelsOn(host, segment)[line] ?? ''))
}

function cellWidth({ hosts }: Topology): number {
  const texts = hosts.flatMap((host) => [host.name, ...loopbackLabels(host), ...host.interfaces.flatMap(labels)])
  return Math.max(...texts.map(({ length }) => length)) + GAP
}

function placeCells(hosts: readonly LabHost[], width: number): Cell[] {
  return hosts.map((host, index) => ({ host, middle: Math.floor(((index + 0.5) * width) / hosts.length) }))
}

function on(segment: string, cells: readonly Cell[]): number[] {
  return cells
    .filter(({ host }) => host.interfaces.some((each) => each.segment === segment))
    .map(({ middle }) => middle)
}

/** The cells' texts, each centred; empty if none of them has any. */
function text(cells: readonly Cell[], of: (host: LabHost) => string): string {
  return cells.reduce((line, { host, middle }) => {
    const part = of(host)
    return part === '' ? line : line.padEnd(middle - Math.floor(part.length / 2)) + part
  }, '')
}

function marks(columns: readonly number[]): string {
  return columns.reduce((line, column) => `${line.padEnd(column)}│`, '')
}

function bus(width: number, up: readonly number[], down: readonly number[]): string {
  return Array.from({ length: width }, (_, column) => {
    if (up.includes(column)) return down.includes(column) ? '┼' : '┴'
    return down.includes(column) ? '┬' : '─'
  }).join('')
}
