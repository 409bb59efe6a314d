/** Packets as bytes, built from the inside outwards by the letter of the RFCs: addresses are given as bytes in hexadecimal. */

export const bytes = (hex: string): number[] => [...Buffer.from(hex.replaceAll(' ', ''), 'hex')]
const word = (value: number): number[] => [value >>> 8, value & 0xff]

/** RFC 791 §3.1. */
export function ipv4(
  protocol: number,
  source: string,
  destination: string,
  payload: number[],
  fields: Ipv4Fields = {},
): number[] {
  const { tos = 0, fragment = 0x4000, options = [] } = fields
  const length = 20 + options.length
  const header = [0x40 + length / 4, tos, ...word(length + payload.length), ...word(7), ...word(fragment), 64, protocol]
  const rest = [...bytes(source), ...bytes(destination), ...options]
  return [...header, ...word(checksum([...header, 0, 0, ...rest])), ...rest, ...payload]
}

export interface Ipv4Fields {
  readonly tos?: number
  /** Flags and offset. */
  readonly fragment?: number
  /** A multiple of 4 bytes. */
  readonly options?: number[]
}

/** RFC 8200 §3. */
export function ipv6(next: number, source: string, destination: string, payload: number[], trafficClass = 0): number[] {
  const first = [0x60 + (trafficClass >>> 4), (trafficClass & 0xf) << 4, 0, 0]
  return [...first, ...word(payload.length), next, 64, ...bytes(source), ...bytes(destination), ...payload]
}

export function udp(port: number, payload: number[], sum = 0): number[] {
  return [...word(40000), ...word(port), ...word(8 + payload.length), ...word(sum), ...payload]
}

/** draft-ietf-intarea-gue §3.1; `first` is variant, control bit and length in words of 4 bytes. */
export function gue(protocol: number, payload: number[], { first = 0, flags = 0 } = {}): number[] {
  const optional = Array.from({ length: (first & 0x1f) * 4 }, () => 0xee)
  return [first, protocol, ...word(flags), ...optional, ...payload]
}

/** RFC 2784 §2. */
export function gre(type: number, payload: number[], flags = 0): number[] {
  const sum = flags & 0x8000 ? [...word(checksum(payload)), 0, 0] : []
  return [...word(flags), ...word(type), ...sum, ...payload]
}

/** An Ethernet frame, unless it is told otherwise to the device on which test runs take place: lo. */
export function frame(packet: number[], destination = '000000000000'): Uint8Array {
  const type = (packet[0] ?? 0) >>> 4 === 4 ? 0x0800 : 0x86dd
  return Uint8Array.from([...bytes(`${destination} 020000000001`), ...word(type), ...packet])
}

/** RFC 1071. */
function checksum(data: number[]): number {
  let sum = 0
  for (let at = 0; at < data.length; at += 2) sum += (data[at] ?? 0) * 256 + (data[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return 0xffff - sum
}
