/** Text in columns. A column is as wide as its widest cell; two spaces part columns, and lines have no trailing ones. */

export type Alignment = 'left' | 'right'

/** One line for each row, newline included. Every row has a cell for each of `columns`. */
export function formatTable(columns: readonly Alignment[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((_, column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    columns.map((alignment, column) => {
      const cell = row[column] ?? ''
      return alignment === 'left' ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    })
  return rows.map((row) => `${line(row).join('  ').trimEnd()}\n`).join('')
}
