/** IPv4 addresses between text and the numbers, in host order, that the tables hold. */
import { isIPv4 } from 'node:net'
import { ControlError, type Endpoint } from './model.ts'

/** Throws a `ControlError` `bad-address` where the text isn't dotted decimal. */
export function parseAddress(text: string): number {
  if (!isIPv4(text)) {
    throw new ControlError('bad-address', `"${text}" is not an IPv4 address: write four numbers as in 192.0.2.1`)
  }
  return text.split('.').reduce((word, part) => word * 256 + Number(part), 0)
}

export function formatAddress(word: number): string {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff].join('.')
}

export function formatEndpoint({ address, port }: Endpoint): string {
  return `${address}:${port}`
}
