/**
 * Where everything of a picture stands: rows of hosts between segments, and the lanes of the legs.
 *
 * Each leg has a lane of its own: the same distance from the middle of every host and of every segment that it passes, so that no two legs
 * lie on each other.
 */
import { labels, loopbackLabels, rowOf } from '../diagram.ts'
import type { LabHost, Scenario, Segment } from '../scenario.ts'
import type { Leg, Way } from './forwarded-ways.ts'
import { CHARACTER } from './style.ts'
import type { Point } from './svg.ts'

/** Pixels, as all lengths. */
export const LINE = 18
export const PADDING = 10
export const MARGIN = 24
const LANE = 24
export const BADGE = 9
export const GAP = 48
/** Of the table. */
export const ROW = LINE + 4

/** A host's box. */
export interface Box {
  readonly host: LabHost
  readonly lines: readonly string[]
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Layout {
  readonly boxes: readonly Box[]
  /** The middle of each segment's line, by name. */
  readonly buses: ReadonlyMap<string, number>
  readonly width: number
  readonly bottom: number
}

export interface NumberedLeg extends Leg {
  readonly number: number
  /** Distance from the middle. */
  readonly lane: number
}

/** Half a lane beside the middle or more, where the wires are. */
export function numbered(ways: readonly Way[]): NumberedLeg[] {
  const legs = ways.flatMap((way) => way.legs)
  const first = 0.5 - Math.ceil(legs.length / 2)
  return legs.map((leg, index) => ({ ...leg, number: index + 1, lane: (first + index) * LANE }))
}

function linesOf(host: LabHost): string[] {
  return [...host.interfaces.flatMap(labels), ...loopbackLabels(host)]
}

/** Rows of boxes between the segments, all boxes of one width, each row in the middle of a picture at least so wide. */
export function layOut({ topology }: Scenario, lanes: number, least: number): Layout {
  const { hosts, segments } = topology
  const span = (lanes + 1) * LANE
  const characters = Math.max(...hosts.flatMap((host) => [host.name, ...linesOf(host)]).map(({ length }) => length))
  const width = Math.max(characters * CHARACTER + 2 * PADDING, span + 2 * PADDING)
  const rows = Array.from({ length: segments.length + 1 }, (_, row) =>
    hosts.filter((host) => rowOf(topology, host) === row),
  )
  const most = Math.max(...rows.map(({ length }) => length))
  const label = Math.max(...segments.map((segment) => segmentLabel(segment).length)) * CHARACTER + 16
  const drawn = most * (width + GAP)
  const whole = 2 * MARGIN + Math.max(drawn + label, least)
  const left = (whole - drawn - label) / 2
  const buses = new Map<string, number>()
  const boxes: Box[] = []
  let y = MARGIN + 36
  for (const [row, placed] of rows.entries()) {
    const height = Math.max(0, ...placed.map((host) => (linesOf(host).length + 1) * LINE + 2 * PADDING))
    for (const [column, host] of placed.entries()) {
      const lines = linesOf(host)
      const own = (lines.length + 1) * LINE + 2 * PADDING
      const x = left + ((column + 0.5) * drawn) / placed.length - width / 2
      // Towards the segment: the clients' row hangs from above, all others stand below theirs.
      boxes.push({ host, lines, x, y: row === 0 ? y + height - own : y, width, height: own })
    }
    y += height
    const segment = segments[row]
    if (segment === undefined) continue
    const room = span / 2 + 26
    buses.set(segment.name, y + room)
    y += 2 * room
  }
  return { boxes, buses, width: whole, bottom: y + MARGIN }
}

export function segmentLabel({ name, network }: Segment): string {
  return `${name}, ${network}`
}

function boxOf({ boxes }: Layout, host: LabHost): Box {
  const found = boxes.find((box) => box.host === host)
  if (found === undefined) throw new Error(`${host.name} has no place in the picture`)
  return found
}

export function busOf({ buses }: Layout, segment: string): number {
  const y = buses.get(segment)
  if (y === undefined) throw new Error(`the segment ${segment} has no place in the picture`)
  return y
}

export function middleOf({ x, width }: Box): number {
  return x + width / 2
}

/** The side of a box that looks to a segment. */
export function edge({ y, height }: Box, bus: number): number {
  return bus > y ? y + height : y
}

/** From one host to the next over a segment. */
export function hops({ hosts, segments, lane }: NumberedLeg, layout: Layout): Point[][] {
  return segments.map(({ name }, index) => {
    const [from, to] = [hosts[index], hosts[index + 1]].map((host) => boxOf(layout, host as LabHost)) as [Box, Box]
    const bus = busOf(layout, name)
    const [start, end] = [middleOf(from) + lane, middleOf(to) + lane]
    const across =
      start === end
        ? []
        : [
            { x: start, y: bus + lane },
            { x: end, y: bus + lane },
          ]
    return [{ x: start, y: edge(from, bus) }, ...across, { x: end, y: edge(to, bus) }]
  })
}
