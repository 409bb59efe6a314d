/** Which addresses are this host's own: those of its devices, in the network namespace of this process, and all of 127.0.0.0/8. */
import { networkInterfaces } from 'node:os'
import { Family } from '../engine/records.ts'
import { formatAddress, parseAddress } from './address.ts'

const LOOPBACK_NETWORK = 127

/** Tells them as they are now. */
export function ownAddresses(): (address: string) => boolean {
  const found = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const own = new Set(found.map(({ address }) => canonical(address)))
  return (text) => {
    const { address, family } = parseAddress(text)
    return (family === Family.Ipv4 && address.word0 >>> 24 === LOOPBACK_NETWORK) || own.has(canonical(text))
  }
}

/** In the one form that addresses are compared in. */
function canonical(text: string): string {
  const { address, family } = parseAddress(text)
  return formatAddress(address, family)
}
