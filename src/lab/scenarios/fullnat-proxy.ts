/**
 * FullNAT with PROXY headers: servers read each client's address in front of what it sends, and need nothing for it but an option of their
 * own.
 */
import type { Scenario, Step } from '../scenario.ts'
import { LAN, type Lan, lanTopology, pages, roundRobin, use } from './lan-topology.ts'
import { poolOf } from './fullnat.ts'

export const fullnatProxy: Scenario = {
  name: 'fullnat-proxy',
  title: 'FullNAT mode with the PROXY protocol',
  shows: "Connections come from the director's address; a header in front of their bytes names the client.",
  topology: lanTopology(LAN, { client: 'outside', expectsProxy: true }),
  steps: fullNatProxy(LAN),
}

export function fullNatProxy(lan: Lan): Step[] {
  return [
    ...roundRobin(lan, '--fullnat', [poolOf(lan)], ' --proxy-protocol v2'),
    pages(lan, [{ expect: 'client', address: lan.outside.client }]),
    ...use(lan, '--fullnat', 'both'),
  ]
}
