/** Where packets for a virtual address come in, as far as the director's host can tell. */
import { BlockList, isIPv6 } from 'node:net'
import type { HostFacts } from './facts.ts'

/**
 * The devices, of those that receive, that hold the address; else those in whose networks it is; else those of the default routes, from
 * where routers send it here. Devices that are down receive nothing.
 */
export function entryDevices(address: string, host: Pick<HostFacts, 'devices' | 'defaultDevices'>): string[] {
  const receiving = host.devices.filter(({ isUp, isLoopback }) => isUp && !isLoopback)
  const names = (has: (each: { address: string; prefixLength: number }) => boolean) =>
    receiving.flatMap(({ name, addresses }) => (addresses.some(has) ? [name] : []))
  const holding = names((each) => each.address === address)
  if (holding.length > 0) return holding
  const near = names((each) => contains(each, address))
  return near.length > 0 ? near : [...host.defaultDevices[isIPv6(address) ? 6 : 4]]
}

/** Whether an address is in the network of another. */
export function contains(network: { address: string; prefixLength: number }, address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4'
  if (isIPv6(network.address) !== isIPv6(address)) return false
  const list = new BlockList()
  list.addSubnet(network.address, network.prefixLength, family)
  return list.check(address, family)
}
