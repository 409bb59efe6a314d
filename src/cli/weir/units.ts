/**
 * Numbers as a person reads them in a table: three significant digits and a unit. Counts and rates go by thousands (k M G T),
 * memory by 1024 (KiB MiB GiB). What fits in four digits is shown whole.
 */

const THOUSANDS = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** Three significant digits, never an exponent: 1.23, 12.3, 123. */
function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
}

/** `value` below `base`, and the index of its unit; rounding never shows a whole `base`. */
function scale(value: number, base: number, units: number): [value: number, unit: number] {
  let unit = 0
  while (unit < units - 1 && value >= base - 0.5) {
    value /= base
    unit++
  }
  return [value, unit]
}

/** A count or a rate, 0 …: `9999`, `12.3k`, `4.57M`. */
export function humanCount(count: number): string {
  if (count < 10_000) return String(Math.round(count))
  const [value, unit] = scale(count, 1000, THOUSANDS.length)
  return `${threeDigits(value)}${THOUSANDS[unit] ?? ''}`
}

/** Memory: `512 B`, `84.3 MiB`. */
export function humanBytes(bytes: number): string {
  const [value, unit] = scale(bytes, 1024, BINARY.length)
  return `${unit === 0 ? String(value) : threeDigits(value)} ${BINARY[unit] ?? ''}`
}

/** A length of time by its two largest units: `12 s`, `2 h 5 min`, `41 d 3 h`. Below a second, and negative: `0 s`. */
export function humanDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000))
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  if (first < 0) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
