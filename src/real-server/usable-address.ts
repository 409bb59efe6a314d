/**
 * Which addresses can be what they are given as. A virtual one is that of a single host that clients can reach, no device of this
 * host answers for it, and it is alone in its prefix; a gateway is another host. Pure: what is refused here is refused before anything is
 * changed.
 */
import { parseAddress } from '../control/address.ts'
import { isWithin } from '../engine/address.ts'
import { familyOf, type Host, readAddress } from './host.ts'
import { RealServerError } from './model.ts'

/** RFC 4291 §2.5.5.2. */
const MAPPED = '::ffff:0.0.0.0'

/** What no other host can be reached at, as RFC 6890 and RFC 4291 have it, and why. */
const NEVER_USABLE: readonly (readonly [network: string, bits: number, why: string])[] = [
  ['0.0.0.0', 8, 'stands for no other host'],
  ['127.0.0.0', 8, 'is every host to itself'],
  ['224.0.0.0', 4, 'is for multicast'],
  ['240.0.0.0', 4, 'is reserved, and 255.255.255.255 for broadcast'],
  ['::', 128, 'stands for no host'],
  ['::1', 128, 'is every host to itself'],
  [MAPPED, 96, 'is IPv4, written as IPv6'],
  ['fe80::', 10, "is each link's own"],
  ['ff00::', 8, 'is for multicast'],
]

const REMEDIES = {
  'virtual address': 'name the one that clients connect to',
  gateway: "name the director's in this network",
} as const

type Use = keyof typeof REMEDIES

function readUsable(text: string, use: Use): string {
  const written = readAddress(text)
  const { address, family } = parseAddress(written)
  const within = NEVER_USABLE.find(([network, bits]) => {
    const prefix = parseAddress(network)
    return prefix.family === family && isWithin(address, prefix.address, bits, family)
  })
  if (within === undefined) return written
  const [network, bits, why] = within
  const remedy = network === MAPPED ? `write ${written.slice('::ffff:'.length)}` : REMEDIES[use]
  throw new RealServerError('bad-address', `${written} can't be a ${use}, for ${network}/${bits} ${why}: ${remedy}`)
}

/** The address as the kernel writes it. Throws `bad-address` also for one that can't be a virtual address on any host. */
export function readVirtualAddress(text: string): string {
  return readUsable(text, 'virtual address')
}

/** The same for a gateway, which is named without a device. */
export function readGateway(text: string): string {
  return readUsable(text, 'gateway')
}

/** A virtual address with the length of its prefix, which holds nothing but itself. */
export function alone(address: string): string {
  return `${address}/${familyOf(address) === 4 ? 32 : 128}`
}

/** Throws `bad-address` where this host has one of them already, but not as a virtual address has to be. */
export function requireVirtual(vips: readonly string[], { devices }: Host): void {
  for (const { name, answers, addresses } of devices)
    for (const { address, prefixLength } of addresses) {
      if (!vips.includes(address)) continue
      const written = `${address}/${prefixLength}`
      const remove = `"ip address del ${written} dev ${name}"`
      if (answers)
        throw new RealServerError(
          'bad-address',
          `${address} is an address of this host on ${name}, which answers for it: name the director's virtual address, or, if it is that, ${remove} first`,
        )
      if (written !== alone(address))
        throw new RealServerError(
          'bad-address',
          `${written} is on ${name}, and with it all of its prefix, clients among them; a virtual address is to be alone: ${remove} first`,
        )
    }
}

/** Throws `bad-address` for an address of this host: Linux takes one of IPv4 as its own gateway, and nothing leaves any more. */
export function requireOther(gateways: readonly string[], { devices }: Host): void {
  for (const { name, addresses } of devices)
    for (const { address } of addresses)
      if (gateways.includes(address))
        throw new RealServerError(
          'bad-address',
          `${address} can't be a gateway, for it is an address of this host, on ${name}: ${REMEDIES.gateway}`,
        )
}
