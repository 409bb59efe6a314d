/**
 * What lblc and lblcr have in common: one service, by firewall mark, of two virtual addresses, because each service remembers its own
 * addresses; two servers of weight 2, so that three connections overload one of them while the other, with none, is half idle.
 */
import type { Scenario, Step } from '../scenario.ts'
import { connections, natTopology, setUp, VIP } from './nat-topology.ts'

const VIP2 = '11.11.11.13'
const MARK = 1
export const SERVICE_NAME = String(MARK)

export function localityTopology(): Scenario['topology'] {
  return natTopology({ vips: [VIP, VIP2] })
}

export const NOTE =
  'The clients reach two virtual addresses of one service, by firewall mark: with a single address there is nothing to keep apart. What ' +
  'keeps a client, and not an address, with its server is sh.'

/** Each address is first given to the less loaded server, and keeps it, whichever client asks. */
export function keepsPlaces(scheduler: 'lblc' | 'lblcr'): Step[] {
  const fetch = (from: string, vip: string, times: number, server: string): Step => ({
    do: 'fetch',
    from,
    url: `http://${vip}/`,
    times,
    expect: [{ expect: 'turns', servers: [server] }],
  })
  return [
    ...setUp(`
      -A -f ${MARK} -s ${scheduler}
      -a -f ${MARK} -r 22.22.22.23:80 -w 2 -m
      -a -f ${MARK} -r 22.22.22.24:80 -w 2 -m
    `),
    { do: 'mark', mark: MARK, to: `${VIP}/31`, port: 80 },
    fetch('client1', VIP, 8, 'nginx2'),
    fetch('client1', VIP2, 3, 'nginx1'),
    fetch('client2', VIP, 10, 'nginx2'),
    fetch('client2', VIP2, 4, 'nginx1'),
    { do: 'ipvsadm', words: '-L -n --stats', expect: [connections([7, 18], SERVICE_NAME)] },
  ]
}
