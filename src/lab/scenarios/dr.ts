/**
 * Direct routing: the director changes nothing but the link-layer address, and the servers answer the client themselves. Each of them has
 * the VIP on lo and, thanks to arp_ignore, keeps quiet about it.
 */
import type { Scenario, Step } from '../scenario.ts'
import { LAN, type Lan, lanTopology, pages, roundRobin, use } from './lan-topology.ts'

export const dr: Scenario = {
  name: 'dr',
  title: 'DR mode: direct routing',
  shows: 'Requests pass the director, answers do not; the servers have the VIP as well, and only the director says so.',
  note: 'The director forwards with ip_forward off: to Linux, which sees nothing of it, it is no router.',
  topology: lanTopology(LAN, { client: 'neighbour' }),
  steps: directRouting(LAN),
}

export function directRouting(lan: Lan): Step[] {
  const servers = ['rs1', 'rs2'].map((on): Step => ({ do: 'real-server', on, method: 'dr', vip: lan.vip }))
  return [
    ...servers,
    ...roundRobin(lan, '-g'),
    pages(lan),
    { do: 'neighbour', on: 'client', address: lan.vip, expect: 'director' },
    ...use(lan, '-g', 'to the servers alone'),
  ]
}
