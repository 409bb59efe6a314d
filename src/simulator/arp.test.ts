/** ARP as Linux does it, on a segment where several hosts have the same virtual address: what direct routing stands and falls with. */
import { describe, expect, it } from 'vitest'
import { parseAddress } from './addresses.ts'
import { ArpOperation, EtherType, FRAME_HEADER, frameType, parseArp } from './ethernet.ts'
import { httpRequest, serveHttp } from './http.ts'
import { Network } from './network.ts'

const VIP = '192.168.1.3'

/** A client, a director with the VIP on its interface, and two servers that have it on lo and serve pages. */
function segment() {
  const network = new Network(1)
  const lan = network.switch()
  const add = (name: string, last: number) => {
    const host = network.host(name)
    network.plug(lan, host.addInterface('eth0', { address: `192.168.1.${last}/24` }))
    return host
  }
  const [client, first, second, director] = [add('client', 10), add('rs1', 4), add('rs2', 5), add('director', 2)]
  director.addAddress('eth0', `${VIP}/32`)
  for (const server of [first, second]) {
    server.addInterface('lo', { address: `${VIP}/32` })
    serveHttp(server, 80)
  }
  const spoken: { isRequest: boolean; sender: number; target: number; mac: number }[] = []
  const port = client.interface('eth0')
  const receive = port.receive.bind(port)
  port.receive = (frame) => {
    const arp = frameType(frame) === EtherType.Arp ? parseArp(frame.subarray(FRAME_HEADER)) : null
    if (arp !== null) spoken.push({ ...arp, mac: arp.senderMac, isRequest: arp.operation === ArpOperation.Request })
    receive(frame)
  }
  const hide = (): void => {
    for (const server of [first, second]) Object.assign(server.arp, { arpIgnore: 1, arpAnnounce: 2 })
  }
  return { network, client, first, second, director, spoken, hide }
}

describe('a virtual address on lo', () => {
  it('is answered for on the segment by every host that has it, and the first answer counts', () => {
    const { network, client, first, spoken } = segment()
    client.ping(VIP)
    network.run(10)
    expect(spoken.filter(({ isRequest, sender }) => !isRequest && sender === parseAddress(VIP))).toHaveLength(3)
    expect(client.neighbour(VIP)).toBe(first.interface('eth0').mac)
  })

  it('is not answered for with arp_ignore 1, but the addresses of the interface are', () => {
    const { network, client, first, director, spoken, hide } = segment()
    hide()
    client.ping(VIP)
    client.ping('192.168.1.4')
    network.run(10)
    expect(spoken.filter(({ isRequest }) => !isRequest).map(({ mac }) => mac)).toEqual([
      director.interface('eth0').mac,
      first.interface('eth0').mac,
    ])
    expect(client.neighbour(VIP)).toBe(director.interface('eth0').mac)
  })

  it('is delivered to, and answers leave with it as their source', () => {
    const { network, client, second, director, hide } = segment()
    hide()
    director.ingressHook = (packet) => ({ verdict: 'forward', packet, nextHop: parseAddress('192.168.1.5') })
    const answer = httpRequest(client, VIP, 80)
    network.run(50)
    expect(answer).toMatchObject({ status: 200, body: 'rs2\n' })
    expect(client.neighbour(VIP)).toBe(director.interface('eth0').mac)
    expect(second.drops).toEqual({})
  })

  it.each([
    [0, VIP],
    [2, '192.168.1.4'],
  ] as const)('with arp_announce %i is asked for from %s', (arpAnnounce, sender) => {
    const { network, first, client, spoken } = segment()
    first.arp.arpAnnounce = arpAnnounce
    first.ping(client.interface('eth0').primaryAddress(4) ?? 0, { source: VIP })
    network.run(10)
    expect(spoken.filter(({ isRequest }) => isRequest)).toMatchObject([{ sender: parseAddress(sender) }])
  })

  it('is taken over by a request that comes later, not by one that follows the answer at once', () => {
    const { network, client, first, second } = segment()
    client.ping(VIP)
    network.run(10)
    second.ping('192.168.1.10', { source: VIP })
    network.run(10)
    expect(client.neighbour(VIP)).toBe(first.interface('eth0').mac)
    network.run(1000)
    first.arp.arpAnnounce = 2
    second.ping('192.168.1.99', { source: VIP })
    network.run(10)
    expect(client.neighbour(VIP)).toBe(second.interface('eth0').mac)
  })
})
