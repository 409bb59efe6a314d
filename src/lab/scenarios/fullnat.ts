/**
 * FullNAT: to the servers all connections come from the director's own address, so that answers come back to it whatever the servers' routes are.
 * Nothing is set up on them, and the director is nobody's gateway.
 */
import type { Scenario, Step } from '../scenario.ts'
import { LAN, type Lan, lanTopology, pages, roundRobin, serviceOf, use } from './lan-topology.ts'

export const fullnat: Scenario = {
  name: 'fullnat',
  title: 'FullNAT mode',
  shows: 'Requests and answers pass the director, though the servers know nothing of it and have another gateway.',
  topology: lanTopology(LAN, { client: 'outside' }),
  steps: fullNat(LAN),
}

export function fullNat(lan: Lan): Step[] {
  return [...roundRobin(lan, '--fullnat', [poolOf(lan)]), pages(lan), ...use(lan, '--fullnat', 'both')]
}

/** The line of ipvsadm that gives the service the director's address for its pool. */
export function poolOf(lan: Lan): string {
  return `-P -t ${serviceOf(lan)} -z ${lan.director}`
}
