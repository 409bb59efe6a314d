/** SVG as text: elements whose attributes and texts are escaped, numbers with at most one decimal. */

type Attributes = Readonly<Record<string, string | number>>

/** `children` are elements already made. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const all = Object.entries(attributes).map(([key, value]) => ` ${key}="${escape(valueText(value))}"`)
  const open = `<${name}${all.join('')}`
  return children.length === 0 ? `${open}/>` : `${open}>${children.join('')}</${name}>`
}

export function textElement(content: string, attributes: Attributes): string {
  return element('text', attributes, [escape(content)])
}

/** A path along points, its corners rounded by `radius` or by half of the shorter side. */
export function roundedPath(points: readonly Point[], radius: number): string {
  return points
    .map((point, index) => {
      const before = points[index - 1]
      const after = points[index + 1]
      if (before === undefined) return `M${coordinates(point)}`
      if (after === undefined) return `L${coordinates(point)}`
      const [leave, enter] = [towards(point, before, radius), towards(point, after, radius)]
      return `L${coordinates(leave)}Q${coordinates(point)} ${coordinates(enter)}`
    })
    .join('')
}

export interface Point {
  readonly x: number
  readonly y: number
}

function towards(from: Point, to: Point, most: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  if (length === 0) return from
  const part = Math.min(most, length / 2) / length
  return { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part }
}

export function coordinates({ x, y }: Point): string {
  return `${numberText(x)},${numberText(y)}`
}

function valueText(value: string | number): string {
  return typeof value === 'number' ? numberText(value) : value
}

function numberText(value: number): string {
  return String(Math.round(value * 10) / 10)
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
