/** Every way of forwarding, by the engine, between hosts whose stacks check each packet: 300 kB up and down, over both families. */
import { describe, expect, it } from 'vitest'
import { Director } from '../control/director.ts'
import { type AddressedService, type DestConfig, IPIP, type Tunnel } from '../control/model.ts'
import { plainDest, roundRobin } from '../testing/small-director.ts'
import { makeDirector } from './director-host.ts'
import type { Host } from './host.ts'
import { httpRequest, serveHttp } from './http.ts'
import { Network } from './network.ts'
import { Random } from './random.ts'

type FamilyName = 'IPv4' | 'IPv6'

const NETS = {
  IPv4: { outside: '198.51.100.', inside: '192.168.1.', bits: 24, anywhere: '0.0.0.0/0', alone: 32 },
  IPv6: { outside: 'fd01::', inside: 'fd02::', bits: 64, anywhere: '::/0', alone: 128 },
} as const
const FAMILIES = ['IPv4', 'IPv6'] as const
/** Ends of the hosts' addresses, and of the virtual address. */
const LAST = { router: 1, director: 2, vip: 3, server: 4 }

/** client — router — segment with director and server; all of them speak both families. The server has the way to the client by the router. */
function topology() {
  const network = new Network(1)
  const lan = network.switch()
  const [client, router] = [network.host('client'), network.host('router')]
  network.link(client.addInterface('eth0'), router.addInterface('eth0'))
  const join = (host: Host, name: string, last: number): Host => {
    network.plug(lan, host.addInterface(name))
    for (const family of FAMILIES) host.addAddress(name, `${NETS[family].inside}${last}/${NETS[family].bits}`)
    return host
  }
  join(router, 'eth1', LAST.router).forwarding = true
  const director = join(network.host('director'), 'eth0', LAST.director)
  const server = join(network.host('server'), 'eth0', LAST.server)
  server.addInterface('lo')
  for (const family of FAMILIES) {
    const { outside, inside, bits, anywhere, alone } = NETS[family]
    client.addAddress('eth0', `${outside}2/${bits}`)
    router.addAddress('eth0', `${outside}1/${bits}`)
    client.addRoute(anywhere, { gateway: `${outside}1` })
    for (const host of [director, server]) host.addRoute(anywhere, { gateway: `${inside}${LAST.router}` })
    director.addAddress('eth0', `${inside}${LAST.vip}/${alone}`)
  }
  serveHttp(server, 80, ({ body }) => body)
  return { network, client, director, server, engine: makeDirector(director) }
}

/** What the server of direct routing and tunnels needs: the virtual addresses, hidden. */
function takeVip(server: Host): void {
  for (const { inside, alone } of Object.values(NETS)) server.addAddress('lo', `${inside}${LAST.vip}/${alone}`)
  Object.assign(server.arp, { arpIgnore: 1, arpAnnounce: 2 })
}

/** Sends 300 kB to the service of a family, and expects to get them back; hosts' complaints are none but those about size. */
function exchange(lab: ReturnType<typeof topology>, family: FamilyName, dest: Partial<DestConfig>, to = family): void {
  const control = new Director(lab.engine.tables)
  const service: AddressedService = { protocol: 'tcp', address: `${NETS[family].inside}${LAST.vip}`, port: 80 }
  control.addService(roundRobin(service))
  if (dest.method === 'fullnat') control.addLocalAddress(service, `${NETS[family].inside}${LAST.director}`)
  control.addDest(service, { ...plainDest({ address: `${NETS[to].inside}${LAST.server}`, port: 80 }), ...dest })
  const body = new Random(7).bytes(300_000)
  const answer = httpRequest(lab.client, service.address, 80, { body })
  lab.network.run(20_000)
  expect([answer.failure, answer.content.length]).toEqual([null, body.length])
  expect(Buffer.compare(answer.content, body)).toBe(0)
  expect(lab.server.drops['bad-checksum']).toBeUndefined()
  expect(control.services()[0]?.counters).toMatchObject({ connections: 1 })
}

const TUNNELS: readonly Tunnel[] = [
  IPIP,
  { type: 'gue', port: 6080, checksum: 'none' },
  { type: 'gue', port: 6080, checksum: 'full' },
  { type: 'gue', port: 6080, checksum: 'remote' },
  { type: 'gre', port: 0, checksum: 'none' },
  { type: 'gre', port: 0, checksum: 'full' },
]

describe.each(FAMILIES)('the engine among hosts forwards %s', (family) => {
  it('by masquerading, when the server answers by way of it', () => {
    const lab = topology()
    lab.director.forwarding = true
    for (const { inside, anywhere } of Object.values(NETS)) {
      lab.server.removeRoute(anywhere)
      lab.server.addRoute(anywhere, { gateway: `${inside}${LAST.director}` })
    }
    exchange(lab, family, {})
  })

  it('by direct routing, without IP forwarding, to a server that has the address on lo and answers by itself', () => {
    const lab = topology()
    takeVip(lab.server)
    exchange(lab, family, { method: 'direct-routing' })
  })

  it.each(TUNNELS.flatMap((tunnel) => FAMILIES.map((to) => ({ ...tunnel, to }))))(
    'by $type (checksum: $checksum) over $to',
    ({ to, ...tunnel }) => {
      const lab = topology()
      takeVip(lab.server)
      lab.server.addTunnel(tunnel.type)
      exchange(lab, family, { method: 'tunneling', tunnel }, to)
    },
  )

  it('by FullNAT, without IP forwarding, to a server that knows nothing of it', () => {
    const lab = topology()
    exchange(lab, family, { method: 'fullnat' })
  })
})
