/**
 * Tunnels: the director wraps the client's packet in one of its own to the server, which unwraps it and, having the VIP on lo, answers the
 * client itself. The servers may be anywhere that the director can send to.
 */
import type { Scenario, Step, Tunnel } from '../scenario.ts'
import { LAN, type Lan, lanTopology, pages, roundRobin, use } from './lan-topology.ts'

export const tun: Scenario = {
  name: 'tun',
  title: 'TUN mode: IP in IP',
  shows: 'Requests reach the servers inside packets from the director, answers go to the client without it.',
  topology: lanTopology(LAN, { client: 'outside' }),
  steps: tunnelling(LAN, { type: 'ipip' }),
}

/** The words of ipvsadm for a server at the end of a tunnel. */
function methodOf(tunnel: Tunnel): string {
  if (tunnel.type === 'ipip') return '-i'
  return `-i --tun-type ${tunnel.type}${tunnel.type === 'gue' ? ` --tun-port ${tunnel.port}` : ''}`
}

export function tunnelling(lan: Lan, tunnel: Tunnel): Step[] {
  const method = methodOf(tunnel)
  const servers = ['rs1', 'rs2'].map((on): Step => ({ do: 'real-server', on, method: 'tun', vip: lan.vip, tunnel }))
  return [...servers, ...roundRobin(lan, method), pages(lan), ...use(lan, method, 'to the servers alone')]
}
