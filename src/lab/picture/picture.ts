/**
 * Draws a scenario as SVG: its topology, the way of a request and of its reply for each forwarding method, and below it a line for each leg
 * with the addresses that the packet carries. The same scenario gives the same bytes.
 */
import type { Scenario } from '../scenario.ts'
import { forwardedWays, METHOD_NAMES, type Leg, type Way } from './forwarded-ways.ts'
import {
  BADGE,
  LINE,
  MARGIN,
  PADDING,
  ROW,
  busOf,
  edge,
  hops,
  layOut,
  middleOf,
  numbered,
  segmentLabel,
  type Box,
  type Layout,
  type NumberedLeg,
} from './layout.ts'
import { STYLE } from './style.ts'
import { coordinates, element, escape, roundedPath, textElement, type Point } from './svg.ts'
import { packetOf, tableRows, type Row } from './table.ts'

/** The whole file. Throws where the topology has no way for a reply. */
export function drawPicture(given: Scenario): string {
  const scenario = withRealServers(given)
  const ways = forwardedWays(scenario)
  const legs = numbered(ways)
  const table = tableRows(ways, legs)
  const layout = layOut(scenario, legs.length, table.width)
  const { width } = layout
  const height = layout.bottom + table.rows.length * ROW + MARGIN
  const parts = [
    element('title', { id: 'title' }, [escape(`${scenario.title} (${scenario.name})`)]),
    element('desc', { id: 'desc' }, [escape(describe(scenario, ways))]),
    element('style', {}, [STYLE]),
    element('rect', { class: 'paper', width, height }),
    textElement(scenario.title, { class: 'title', x: MARGIN, y: MARGIN + 12 }),
    ...wires(scenario, layout),
    ...legs.flatMap((leg) => drawLeg(leg, layout)),
    ...layout.boxes.flatMap(drawBox),
    ...legs.map((leg) => badgeOn(leg, legs, layout)),
    ...table.rows.flatMap((row, index) => drawRow(row, table.columns, layout.bottom + (index + 1) * ROW)),
  ]
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    width,
    height,
    viewBox: `0 0 ${Math.round(width * 10) / 10} ${Math.round(height * 10) / 10}`,
    role: 'img',
    'aria-labelledby': 'title desc',
  }
  return `${element('svg', attributes, ['\n', ...parts.map((part) => `${part}\n`)])}\n`
}

/** The scenario with the virtual addresses that servers get on lo in its course. */
function withRealServers(scenario: Scenario): Scenario {
  const { topology, steps } = scenario
  const hosts = topology.hosts.map((host) => {
    const vips = steps.flatMap((step) => (step.do === 'real-server' && step.on === host.name ? [step.vip] : []))
    return { ...host, loopback: [...new Set([...(host.loopback ?? []), ...vips])] }
  })
  return { ...scenario, topology: { ...topology, hosts } }
}

function wires({ topology }: Scenario, layout: Layout): string[] {
  const right = Math.max(...layout.boxes.map(({ x, width }) => x + width))
  const left = Math.min(...layout.boxes.map(({ x }) => x))
  const lines = topology.segments.flatMap((segment) => {
    const y = busOf(layout, segment.name)
    return [
      element('line', { class: 'wire', x1: left, y1: y, x2: right, y2: y }),
      textElement(segmentLabel(segment), { class: 'dim', x: right + 10, y: y + 4 }),
    ]
  })
  const joins = layout.boxes.flatMap((box) =>
    [...new Set(box.host.interfaces.map(({ segment }) => segment))].map((segment) => {
      const bus = busOf(layout, segment)
      const x = middleOf(box)
      return element('line', { class: 'wire', x1: x, y1: edge(box, bus), x2: x, y2: bus })
    }),
  )
  return [...lines, ...joins]
}

function drawLeg(leg: NumberedLeg, layout: Layout): string[] {
  return hops(leg, layout).flatMap((points) => {
    const d = roundedPath(points, 8)
    const tunnel = leg.outer === undefined ? [] : [element('path', { class: 'tunnel', d })]
    return [...tunnel, element('path', { class: `leg ${leg.direction}`, d }), arrowHead(points, leg.direction)]
  })
}

function arrowHead(points: readonly Point[], direction: Leg['direction']): string {
  const [before, end] = points.slice(-2) as [Point, Point]
  const back = end.y > before.y ? -11 : 11
  const corners = [end, { x: end.x - 5.5, y: end.y + back }, { x: end.x + 5.5, y: end.y + back }]
  return element('polygon', { class: `solid ${direction}`, points: corners.map(coordinates).join(' ') })
}

/** Where on its line a leg's number may be: in the middle, or the nearest place beside it that no other leg is at. */
const PLACES = [0.5, 0.35, 0.65, 0.2, 0.8]

/** The leg's number, on its first hop's way along the segment, or on the whole hop where that is short. */
function badgeOn(leg: NumberedLeg, legs: readonly NumberedLeg[], layout: Layout): string {
  const [points = []] = hops(leg, layout)
  const [first, last] = [points.at(0) as Point, points.at(-1) as Point]
  const [from = first, to = last] = points.slice(1, -1)
  const isLong = Math.abs(to.x - from.x) >= 4 * BADGE
  const [a, b] = isLong ? [from, to] : [first, { x: first.x, y: last.y }]
  const others = legs.filter((other) => other !== leg).flatMap((other) => hops(other, layout))
  const places = PLACES.map((part) => ({ x: a.x + (b.x - a.x) * part, y: a.y + (b.y - a.y) * part }))
  const free = places.find((place) => !others.some((line) => passesBy(line, place)))
  return badge(leg, free ?? (places[0] as Point))
}

/** Whether a line of level and upright pieces comes within a badge's reach. */
function passesBy(line: readonly Point[], { x, y }: Point): boolean {
  const reach = BADGE + 2
  return line.slice(1).some((end, index) => {
    const start = line[index] as Point
    const isBeside = x > Math.min(start.x, end.x) - reach && x < Math.max(start.x, end.x) + reach
    return isBeside && y > Math.min(start.y, end.y) - reach && y < Math.max(start.y, end.y) + reach
  })
}

function badge({ direction, number }: NumberedLeg, { x, y }: Point): string {
  const circle = element('circle', { class: `solid ${direction}`, cx: x, cy: y, r: BADGE })
  return element('g', {}, [circle, textElement(String(number), { class: 'number', x, y: y + 4.3 })])
}

function drawBox({ host, lines, x, y, width, height }: Box): string[] {
  const middle = x + width / 2
  return [
    element('rect', { class: 'box', x, y, width, height, rx: 6 }),
    textElement(host.name, { class: 'name middle', x: middle, y: y + PADDING + 13 }),
    ...lines.map((line, index) =>
      textElement(line, { class: 'middle', x: middle, y: y + PADDING + 13 + (index + 1) * LINE }),
    ),
  ]
}

function drawRow({ leg, cells }: Row, columns: readonly number[], y: number): string[] {
  if (leg === null) return cells.map((cell) => textElement(cell, { class: 'name', x: MARGIN, y }))
  const texts = cells.map((cell, index) => textElement(cell, { x: columns[index] ?? 0, y }))
  return [badge(leg, { x: MARGIN + BADGE, y: y - 4.3 }), ...texts]
}

/** For who can't see it. */
function describe({ topology }: Scenario, ways: readonly Way[]): string {
  const places = topology.segments.map(({ name, network }) => {
    const on = topology.hosts.filter(({ interfaces }) => interfaces.some(({ segment }) => segment === name))
    return `The segment ${name}, ${network}, joins ${on.map((host) => host.name).join(', ')}.`
  })
  const told = ways.map(({ method, legs }) => {
    const steps = legs.map(
      (leg) => `${leg.direction} from ${leg.hosts.map(({ name }) => name).join(' to ')}: ${packetOf(leg)}, ${leg.note}`,
    )
    return `By ${METHOD_NAMES[method]}: ${steps.join('; ')}.`
  })
  return [...places, ...told].join(' ')
}
