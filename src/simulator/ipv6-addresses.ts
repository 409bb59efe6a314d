/** IPv6 addresses: text outside (RFC 4291 §2.2, RFC 5952), the 16 bytes of the wire inside. */

/** Reads hexadecimal groups with at most one "::"; throws a `RangeError` that names the text. */
export function parseIpv6Address(text: string): Uint8Array {
  const [head = '', tail, ...more] = text.split('::')
  const groupsOf = (part: string): string[] => (part === '' ? [] : part.split(':'))
  const before = groupsOf(head)
  const after = groupsOf(tail ?? '')
  const missing = 8 - before.length - after.length
  const groups = [...before, ...Array.from({ length: tail === undefined ? 0 : missing }, () => '0'), ...after]
  if (groups.length !== 8 || more.length > 0 || !groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) {
    throw new RangeError(`"${text}" is not an IPv6 address: write hexadecimal groups, as in 2001:db8::1`)
  }
  return Uint8Array.from(groups.flatMap((group) => [parseInt(group, 16) >>> 8, parseInt(group, 16) & 255]))
}

/** Addresses that have been read and written lately: the same few are in every packet. */
const LATELY = 4096
const bytesOf = new Map<string, Uint8Array>()
const textOf = new Map<string, string>()

function remember<V>(map: Map<string, V>, key: string, value: V): V {
  if (map.size === LATELY) map.clear()
  map.set(key, value)
  return value
}

/** As `parseIpv6Address`, quicker; the bytes are to be left as they are. */
export function ipv6Bytes(text: string): Uint8Array {
  return bytesOf.get(text) ?? remember(bytesOf, text, parseIpv6Address(text))
}

/** As `formatIpv6Address`, quicker, of the 16 bytes from `at` on. */
export function ipv6Text(bytes: Uint8Array, at: number): string {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString('latin1')
  return textOf.get(key) ?? remember(textOf, key, formatIpv6Address(bytes.subarray(at, at + 16)))
}

/** As short as can be: the longest run of zero groups, if longer than one, becomes "::". */
export function formatIpv6Address(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, at) =>
    (((bytes[at * 2] ?? 0) << 8) | (bytes[at * 2 + 1] ?? 0)).toString(16),
  )
  const text = groups.join(':')
  const runs = [...text.matchAll(/\b0(:0)+\b/g)].sort((a, b) => b[0].length - a[0].length)
  const [longest] = runs
  if (longest === undefined) return text
  const before = text.slice(0, longest.index).replace(/:$/, '')
  const after = text.slice(longest.index + longest[0].length).replace(/^:/, '')
  return `${before}::${after}`
}
