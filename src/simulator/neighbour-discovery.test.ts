import { describe, expect, it } from 'vitest'
import { type Address, BROADCAST_MAC } from './addresses.ts'
import { buildFrame, EtherType, FRAME_HEADER, frameDestination } from './ethernet.ts'
import { httpRequest, serveHttp } from './http.ts'
import {
  buildAdvertisement,
  groupMac,
  isNeighbourMessage,
  linkLocalAddress,
  parseNeighbourMessage,
  solicitedNode,
} from './neighbour-discovery.ts'
import { Network } from './network.ts'
import { parseIp } from './packets.ts'

const VIP = 'fd01::3'

/** A client, a director with the VIP on its interface, and two servers that have it on lo and serve pages. */
function segment() {
  const network = new Network(1)
  const lan = network.switch()
  const add = (name: string, last: number) => {
    const host = network.host(name)
    network.plug(lan, host.addInterface('eth0', { address: `fd01::${last}/64` }))
    return host
  }
  const [client, first, second, director] = [add('client', 10), add('rs1', 4), add('rs2', 5), add('director', 2)]
  director.addAddress('eth0', `${VIP}/128`)
  for (const server of [first, second]) {
    server.addInterface('lo', { address: `${VIP}/128` })
    serveHttp(server, 80)
  }
  /** Neighbour messages that pass the client, and where their frames go. */
  const spoken: { isSolicitation: boolean; source: Address; target: Address; mac: number | null; to: number }[] = []
  const port = client.interface('eth0')
  const receive = port.receive.bind(port)
  port.receive = (frame) => {
    const ip = parseIp(frame.subarray(FRAME_HEADER))
    const message = ip !== null && isNeighbourMessage(ip) ? parseNeighbourMessage(ip) : null
    if (message !== null) spoken.push({ ...message, to: frameDestination(frame) })
    receive(frame)
  }
  return { network, client, first, second, director, spoken }
}

describe('neighbour discovery', () => {
  it('has the groups and addresses of RFC 4291 and RFC 2464', () => {
    // The example of RFC 4291 §2.7.1.
    expect(solicitedNode('4037::1:800:200e:8c6c')).toBe('ff02::1:ff0e:8c6c')
    expect(groupMac('ff02::1:ff0e:8c6c')).toBe(0x3333ff0e8c6c)
    // The example of RFC 4291 appendix A: the identifier of 34-56-78-9A-BC-DE.
    expect(linkLocalAddress(0x3456789abcde)).toBe('fe80::3656:78ff:fe9a:bcde')
  })

  it('asks the group of an address once for many packets, and nobody else looks at the question', () => {
    const { network, client, first, second, director } = segment()
    let replies = 0
    for (let i = 0; i < 10; i++) client.ping('fd01::5', {}, () => (replies += 1))
    network.run(10)
    expect(replies).toBe(10)
    expect([first.drops, second.drops, director.drops]).toEqual([
      { 'not-for-this-mac': 1 },
      {},
      { 'not-for-this-mac': 1 },
    ])
  })

  it('answers for the addresses of the interface, not for one on lo', () => {
    const { network, client, director, spoken } = segment()
    client.ping(VIP)
    network.run(10)
    const { mac } = director.interface('eth0')
    expect(spoken).toMatchObject([{ isSolicitation: false, source: VIP, target: VIP, mac }])
    expect(client.neighbour(VIP)).toBe(mac)
  })

  it('delivers to an address on lo, and asks for the way back from the link-local address', () => {
    const { network, client, second, director, spoken } = segment()
    director.ingressHook = (packet) =>
      parseIp(packet)?.destination === VIP
        ? { verdict: 'forward', packet, nextHop: 'fd01::5' }
        : { verdict: 'pass', packet }
    const answer = httpRequest(client, VIP, 80)
    network.run(50)
    expect(answer).toMatchObject({ status: 200, body: 'rs2\n' })
    expect(spoken).toContainEqual({
      isSolicitation: true,
      source: second.interface('eth0').linkLocal,
      target: 'fd01::10',
      mac: second.interface('eth0').mac,
      to: groupMac('ff02::1:ff00:10'),
    })
  })

  it('believes an advertisement of what it has asked for, and no other', () => {
    const { network, client, first } = segment()
    client.ping('fd01::4')
    network.run(10)
    const forge = (target: string): void =>
      client
        .interface('eth0')
        .receive(
          buildFrame(
            BROADCAST_MAC,
            0x029999999999,
            EtherType.Ipv6,
            buildAdvertisement(target, 0x029999999999, 'fd01::10'),
          ),
        )
    forge('fd01::5')
    forge('fd01::10')
    expect([client.neighbour('fd01::4'), client.neighbour('fd01::5'), client.neighbour('fd01::10')]).toEqual([
      first.interface('eth0').mac,
      null,
      null,
    ])
    forge('fd01::4')
    expect(client.neighbour('fd01::4')).toBe(0x029999999999)
  })

  it.each([
    ['has crossed a router', (packet: Uint8Array) => (packet[7] = 254)],
    ['has a wrong checksum', (packet: Uint8Array) => (packet[60] = (packet[60] ?? 0) ^ 1)],
    ['has a code', (packet: Uint8Array) => (packet[41] = 1)],
  ])('discards a message that %s', (_, damage) => {
    const { network, client } = segment()
    client.ping('fd01::4')
    network.run(10)
    const packet = buildAdvertisement('fd01::4', 0x029999999999, 'fd01::10')
    damage(packet)
    client.interface('eth0').receive(buildFrame(BROADCAST_MAC, 0x029999999999, EtherType.Ipv6, packet))
    expect(client.neighbour('fd01::4')).not.toBe(0x029999999999)
    expect(client.drops).toEqual({ malformed: 1 })
  })
})
