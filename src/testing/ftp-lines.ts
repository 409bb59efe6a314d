/** Lines of FTP that announce data connections (RFC 959, RFC 2428), to few ports, and such as nearly do. */
import { type AnyAddress, isIpv6 } from '../simulator/build-packet.ts'
import { formatAddress, toAddress } from '../simulator/addresses.ts'
import { formatIpv6Address } from '../simulator/ipv6-addresses.ts'
import type { Random } from '../simulator/random.ts'

export const FTP_PORT = 21
/** Ports of data connections: `FIRST_DATA_PORT` … and as many as `DATA_PORTS`. */
export const FIRST_DATA_PORT = 1024
export const DATA_PORTS = 6

interface Speaker {
  readonly address: AnyAddress
}

function textOf(address: AnyAddress): string {
  if (typeof address === 'object') return formatIpv6Address(address)
  return typeof address === 'string' ? address : formatAddress(toAddress(address))
}

/** The words in front of a bracket: some leave no room for a longer address. */
const WORDS = [
  'Entering Passive Mode ',
  'ok ',
  '',
  'Entering Extended Passive Mode, in so many words that nobody has read them all ',
]

/** A line of the client or the server, whose own address it names. */
export function ftpLine(from: 'client' | 'server', { address }: Speaker, random: Random): Uint8Array {
  const port = FIRST_DATA_PORT + random.below(DATA_PORTS)
  const text = isIpv6(address) ? '' : textOf(address)
  const hostPort = `${text.replaceAll('.', ',')},${port >>> 8},${port & 255}`
  const words = WORDS[random.below(WORDS.length)] ?? ''
  const extended = random.chance(isIpv6(address) ? 0.95 : 0.4)
  const line =
    from === 'client'
      ? extended
        ? `EPRT |${isIpv6(address) ? 2 : 1}|${textOf(address)}|${port}|\r\n`
        : `${random.chance(0.8) ? 'PORT' : 'port'} ${hostPort}\r\n`
      : extended
        ? `229 ${words}(|||${port}|)\r\n`
        : `227 ${words}(${hostPort})${random.chance(0.5) ? '.\r\n' : ''}`
  const bytes = new TextEncoder().encode(line)
  if (random.chance(0.2))
    bytes[random.below(bytes.length)] = random.chance(0.5) ? 0x30 + random.below(10) : random.below(256)
  return random.chance(0.1) ? bytes.subarray(0, random.below(bytes.length)) : bytes
}
