/** What the schedulers that hash know a client by. */
import { copyAddress, foldAddress, maskAddress } from './address.ts'
import { type Address, Family, type Heading, type Service, ServiceFlag } from './records.ts'

/** The client's address folded to one word, its port added where the service hashes ports as well. 0 … 2^32 − 1. */
export function clientWord(heading: Heading, service: Service): number {
  const port = (service.flags & ServiceFlag.HashPort) === 0 ? 0 : heading.sourcePort
  if (service.parameter === 0) return (foldAddress(heading.source) + port) >>> 0
  const client: Address = { word0: 0, word1: 0, word2: 0, word3: 0 }
  copyAddress(client, heading.source)
  maskAddress(client, prefixMask(service.parameter, heading.family), heading.family)
  return (foldAddress(client) + port) >>> 0
}

/** As `maskAddress` wants it: for IPv4 a mask, for IPv6 the length itself. `bits` from 1 on; more than there are: all. */
function prefixMask(bits: number, family: number): number {
  if (family === Family.Ipv6) return bits
  return bits >= 32 ? 0xffffffff : (0xffffffff << (32 - bits)) >>> 0
}
