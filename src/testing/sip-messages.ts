/** SIP messages of few calls (RFC 3261), and such as nearly are. */
import type { Random } from '../simulator/random.ts'

const CALLS = 4
const NAMES = ['Call-ID: ', 'call-id:', 'i: ', 'I:\t', 'Call-ID : ', 'Call-IDs: ', 'X-Call-ID: ', 'From: ']

export function sipMessage(random: Random): Uint8Array {
  const name = NAMES[random.below(NAMES.length)] ?? ''
  const filler = random.chance(0.1) ? `Subject: ${'x'.repeat(1000)}\r\n` : ''
  const lines = `INVITE sip:a SIP/2.0\r\n${filler}${name}call${random.below(CALLS)}@phone\r\nTo: b\r\n\r\n`
  const bytes = new TextEncoder().encode(lines)
  if (random.chance(0.1)) bytes[random.below(bytes.length)] = random.below(256)
  return random.chance(0.1) ? bytes.subarray(0, random.below(bytes.length)) : bytes
}
