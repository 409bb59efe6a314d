/** The table below a picture: for each leg its number, its hosts, the addresses that the packet carries, and a note. */
import { METHOD_NAMES, type Leg, type Way } from './forwarded-ways.ts'
import { GAP, MARGIN, type NumberedLeg } from './layout.ts'
import { CHARACTER } from './style.ts'

export interface Row {
  /** Null: the row is a heading. */
  readonly leg: NumberedLeg | null
  readonly cells: readonly string[]
}

export interface Table {
  readonly rows: readonly Row[]
  /** Where each column begins. */
  readonly columns: readonly number[]
  readonly width: number
}

export function packetOf({ source, destination, outer }: Leg): string {
  const inner = `${source} → ${destination}`
  return outer === undefined ? inner : `${outer.source} → ${outer.destination} [ ${inner} ]`
}

function routeOf({ hosts }: Leg): string {
  return hosts.map(({ name }) => name).join(' → ')
}

/** A heading for each method, and a line for each of its legs, in columns. */
export function tableRows(ways: readonly Way[], legs: readonly NumberedLeg[]): Table {
  const rest = [...legs]
  const rows = ways.flatMap((way): Row[] => [
    { leg: null, cells: [`By ${METHOD_NAMES[way.method]}; addresses of the packet, source → destination:`] },
    ...rest.splice(0, way.legs.length).map((leg) => ({ leg, cells: [routeOf(leg), packetOf(leg), leg.note] })),
  ])
  const widest = (cell: number) =>
    Math.max(0, ...rows.map(({ leg, cells }) => (leg === null ? 0 : (cells[cell]?.length ?? 0)))) * CHARACTER
  const first = MARGIN + 30
  const second = first + widest(0) + GAP / 2
  const third = second + widest(1) + GAP / 2
  const headings = rows.map(({ leg, cells }) => (leg === null ? (cells[0]?.length ?? 0) : 0) * CHARACTER)
  return { rows, columns: [first, second, third], width: Math.max(third + widest(2) - MARGIN, ...headings) }
}
