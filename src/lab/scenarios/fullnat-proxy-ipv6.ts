/** FullNAT with PROXY headers over IPv6. */
import type { Scenario } from '../scenario.ts'
import { fullNatProxy } from './fullnat-proxy.ts'
import { LAN_IPV6, lanTopology } from './lan-topology.ts'

export const fullnatProxyIpv6: Scenario = {
  name: 'fullnat-proxy-ipv6',
  title: 'FullNAT mode with the PROXY protocol over IPv6',
  shows: 'As fullnat-proxy.',
  topology: lanTopology(LAN_IPV6, { client: 'outside', expectsProxy: true }),
  steps: fullNatProxy(LAN_IPV6),
}
