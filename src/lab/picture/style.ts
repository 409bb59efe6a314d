/** How the pictures look: one body of rules, in light and in dark. Widths of text are reckoned, so the font is monospaced, whichever it is. */

/** Pixels, as all lengths of the pictures. */
export const FONT = 13
/** Width of a character: no more than that in any monospaced font. */
export const CHARACTER = 0.61 * FONT

interface Palette {
  readonly ink: string
  readonly dim: string
  readonly paper: string
  readonly box: string
  readonly request: string
  readonly reply: string
}

const LIGHT: Palette = {
  ink: '#1f2328',
  dim: '#59636e',
  paper: '#ffffff',
  box: '#f0f3f6',
  request: '#0550ae',
  reply: '#9a3c00',
}
const DARK: Palette = {
  ink: '#e6edf3',
  dim: '#9aa4af',
  paper: '#0d1117',
  box: '#1c232c',
  request: '#79b8ff',
  reply: '#ffab70',
}

/** Plain colours, no custom properties: not every renderer of SVG has these. */
function colours({ ink, dim, paper, box, request, reply }: Palette): string {
  return `
text { fill: ${ink}; }
.dim { fill: ${dim}; }
.paper, .number { fill: ${paper}; }
.box { fill: ${box}; stroke: ${ink}; }
.wire { stroke: ${dim}; }
.leg.request, .tunnel { stroke: ${request}; }
.leg.reply { stroke: ${reply}; }
.solid.request { fill: ${request}; }
.solid.reply { fill: ${reply}; }
`
}

export const STYLE = `
text { font: ${FONT}px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.title { font-weight: bold; font-size: 16px; }
.name { font-weight: bold; }
.box, .wire { stroke-width: 1.5; }
.wire, .leg, .tunnel { fill: none; }
.leg { stroke-width: 2.5; }
.leg.reply { stroke-dasharray: 7 4; }
.tunnel { stroke-width: 14; stroke-opacity: 0.25; }
.middle, .number { text-anchor: middle; }
.number { font-size: 12px; font-weight: bold; }
${colours(LIGHT)}@media (prefers-color-scheme: dark) {${colours(DARK)}}
`
