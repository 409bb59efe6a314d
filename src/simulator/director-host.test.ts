import { describe, expect, it } from 'vitest'
import { Director } from '../control/director.ts'
import { plainDest, roundRobin } from '../testing/small-director.ts'
import { buildFrame, EtherType } from './ethernet.ts'
import { makeDirector } from './director-host.ts'
import { httpRequest, serveHttp } from './http.ts'
import { Network } from './network.ts'
import type { IngressHook } from './ip-stack.ts'
import { BROADCAST_MAC, buildTcp, formatAddress, type Ipv4, parseIpv4, parseTcp, type Tcp } from './packets.ts'
import { Random } from './random.ts'

const VIP = '192.0.2.100'

/** A client behind a router's link, a director with the VIP, and servers behind the director, whose default route it is. */
function topology() {
  const network = new Network(1)
  const director = network.host('director')
  const client = network.host('client')
  director.forwarding = true
  director.addInterface('eth0', { address: '192.0.2.1/24' })
  director.addAddress('eth0', `${VIP}/32`)
  director.addInterface('eth1', { address: '10.0.0.1/24' })
  client.addInterface('eth0', { address: '192.0.2.10/24' })
  network.link(client.interface('eth0'), director.interface('eth0'))
  const inside = network.switch()
  network.plug(inside, director.interface('eth1'))
  const servers = [1, 2, 3].map((number) => {
    const server = network.host(`rs${number}`)
    network.plug(inside, server.addInterface('eth0', { address: `10.0.0.1${number}/24` }))
    server.addRoute('0.0.0.0/0', { gateway: '10.0.0.1' })
    serveHttp(server, 8080)
    return server
  })
  return { network, director, client, servers }
}

/** Masquerading to one server, written for the test: what the engine does, done by building the packets anew. */
function natHook(server: string): IngressHook {
  const rebuild = (ip: Ipv4, tcp: Tcp, changes: object): ReturnType<IngressHook> => {
    const fields = { ...ip, ...tcp, ttl: ip.ttl - 1, ...changes }
    const packet = buildTcp({ ...fields, options: tcp.options, payload: tcp.payload })
    return { verdict: 'forward', packet, nextHop: parseIpv4(packet)?.destination ?? 0 }
  }
  return (packet) => {
    const ip = parseIpv4(packet)
    const tcp = ip && parseTcp(ip)
    if (!ip || !tcp) return { verdict: 'pass', packet }
    if (formatAddress(ip.destination) === VIP) return rebuild(ip, tcp, { destination: server, destinationPort: 8080 })
    if (formatAddress(ip.source) === server) return rebuild(ip, tcp, { source: VIP, sourcePort: 80 })
    return { verdict: 'pass', packet }
  }
}

describe('a director in the simulator', () => {
  it('forwards by a hook that rewrites packets, and none is lost while ARP is unresolved', () => {
    const { network, client, director } = topology()
    director.ingressHook = natHook('10.0.0.12')
    const answer = httpRequest(client, VIP, 80)
    network.run(20)
    expect(answer).toMatchObject({ status: 200, body: 'rs2\n', failure: null })
  })

  it('forwards with the engine: masquerading, round robin, counters', () => {
    const { network, client, director, servers } = topology()
    const engine = makeDirector(director)
    const control = new Director(engine.tables)
    const service = { protocol: 'tcp', address: VIP, port: 80 } as const
    control.addService(roundRobin(service))
    servers.forEach((_, index) => control.addDest(service, plainDest({ address: `10.0.0.1${index + 1}`, port: 8080 })))
    const bodies: string[] = []
    for (let request = 0; request < 6; request++) {
      const answer = httpRequest(client, VIP, 80)
      network.run(50)
      bodies.push(answer.body)
    }
    expect(bodies).toEqual(['rs3\n', 'rs2\n', 'rs1\n', 'rs3\n', 'rs2\n', 'rs1\n'])
    expect(control.services()[0]?.counters.connections).toBe(6)
    expect(control.connections()).toHaveLength(6)
    network.run(300_000)
    expect(control.connections()).toEqual([])
  })

  it('refuses a client of a service without usable dest', () => {
    const { network, client, director } = topology()
    const control = new Director(makeDirector(director).tables)
    control.addService(roundRobin({ protocol: 'tcp', address: VIP, port: 80 }))
    const answer = httpRequest(client, VIP, 80)
    network.run(1000)
    expect(answer.failure).toBe('refused')
  })

  it('outlives random and damaged packets', () => {
    const { network, client, director } = topology()
    const control = new Director(makeDirector(director).tables)
    control.addService(roundRobin({ protocol: 'tcp', address: VIP, port: 80 }))
    control.addDest({ protocol: 'tcp', address: VIP, port: 80 }, plainDest({ address: '10.0.0.11', port: 8080 }))
    const random = new Random(99)
    for (let i = 0; i < 5000; i++) {
      const packet = buildTcp({
        source: '192.0.2.10',
        destination: VIP,
        sourcePort: random.below(100),
        destinationPort: 80,
        flags: random.below(256),
        sequence: random.next32(),
        payload: random.bytes(random.below(40)),
      })
      for (let damage = random.below(3); damage > 0; damage--) packet[random.below(packet.length)] = random.below(256)
      director
        .interface('eth0')
        .receive(
          buildFrame(
            BROADCAST_MAC,
            0x029999999999,
            EtherType.Ipv4,
            packet.subarray(0, random.chance(0.2) ? random.below(60) : 60),
          ),
        )
    }
    network.run(10_000)
    const answer = httpRequest(client, VIP, 80, { sourcePort: 4000 })
    network.run(10_000)
    expect(answer.body).toBe('rs1\n')
  })
})
