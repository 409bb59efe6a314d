import { describe, expect, it } from 'vitest'
import { BROADCAST_MAC } from './addresses.ts'
import { ArpOperation, buildFrame, EtherType, frameType, FRAME_HEADER, parseArp } from './ethernet.ts'
import { httpRequest, serveHttp } from './http.ts'
import { PERFECT } from './link.ts'
import { Network } from './network.ts'
import { buildIp, buildTcp, buildUdp, type Icmp, IcmpType, parseIpv4, Protocol, Unreachable } from './packets.ts'
import { Random } from './random.ts'

/** left — router — right, with the MTU of the right link as given; `sniffed` gathers the frames at the left host. */
function routed(rightMtu = 1500) {
  const network = new Network(1)
  const [left, router, right] = [network.host('left'), network.host('router'), network.host('right')]
  router.forwarding = true
  left.addInterface('eth0', { address: '10.1.0.2/24' })
  router.addInterface('eth0', { address: '10.1.0.1/24' })
  router.addInterface('eth1', { address: '10.2.0.1/24', mtu: rightMtu })
  right.addInterface('eth0', { address: '10.2.0.2/24', mtu: rightMtu })
  network.link(left.interface('eth0'), router.interface('eth0'))
  network.link(router.interface('eth1'), right.interface('eth0'), { mtu: rightMtu })
  left.addRoute('0.0.0.0/0', { gateway: '10.1.0.1' })
  right.addRoute('0.0.0.0/0', { gateway: '10.2.0.1' })
  const errors: Icmp[] = []
  left.onIcmp = (icmp) => errors.push(icmp)
  return { network, left, router, right, errors }
}

describe('ARP', () => {
  it('asks once for many packets and sends them all, in order, when the answer comes', () => {
    const { network, left, router } = routed()
    const asked: number[] = []
    const replies: number[] = []
    const arrived: number[] = []
    const port = router.interface('eth0')
    const receive = port.receive.bind(port)
    port.receive = (frame) => {
      const arp = frameType(frame) === EtherType.Arp ? parseArp(frame.subarray(FRAME_HEADER)) : null
      if (arp?.operation === ArpOperation.Request) asked.push(arp.target)
      else if (arp === null) arrived.push(parseIpv4(frame.subarray(FRAME_HEADER))?.identification ?? -1)
      receive(frame)
    }
    for (let i = 0; i < 500; i++) left.ping('10.1.0.1', {}, () => replies.push(i))
    network.run(10)
    expect(asked).toHaveLength(1)
    expect(arrived).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    expect(replies).toHaveLength(500)
  })

  it('reports a neighbour that does not answer three requests as unreachable', () => {
    const { network, left, router, errors } = routed()
    left.ping('10.2.0.99')
    network.run(2900)
    expect(errors).toEqual([])
    network.run(200)
    expect(errors).toMatchObject([{ type: IcmpType.Unreachable, code: Unreachable.Host }])
    expect(router.drops).toMatchObject({ 'neighbour-unreachable': 1 })
  })

  it('asks again when an answer has become old', () => {
    const { network, left, router } = routed()
    const capture = network.capture(router.interface('eth0'))
    left.ping('10.1.0.1')
    network.run(10)
    expect(capture.frames).toBe(4)
    left.ping('10.1.0.1')
    network.run(30_000)
    expect(capture.frames).toBe(6)
    network.run(60_000)
    left.ping('10.1.0.1')
    network.run(10)
    expect(capture.frames).toBeGreaterThanOrEqual(10)
  })
})

describe('a switch', () => {
  it('sends frames to one port once it knows where their destination is', () => {
    const network = new Network(1)
    const lan = network.switch()
    const hosts = [1, 2, 3].map((n) => {
      const host = network.host(`h${n}`)
      network.plug(lan, host.addInterface('eth0', { address: `10.0.0.${n}/24` }))
      return host
    })
    const [first, , third] = hosts
    let replies = 0
    for (let i = 0; i < 10; i++) first?.ping('10.0.0.2', {}, () => (replies += 1))
    network.run(10)
    expect(replies).toBe(10)
    // Of all these frames the third host has seen the broadcast alone.
    expect(third?.drops).toEqual({})
  })
})

describe('a router', () => {
  it('takes one from the TTL and tells the sender when none is left', () => {
    const { network, left, errors } = routed()
    let replies = 0
    left.ping('10.2.0.2', { ttl: 2 }, () => (replies += 1))
    left.ping('10.2.0.2', { ttl: 1 }, () => expect.unreachable())
    network.run(10)
    expect(replies).toBe(1)
    expect(errors.filter((error) => error.type === IcmpType.TimeExceeded)).toHaveLength(1)
  })

  it('answers a packet to nowhere with net unreachable', () => {
    const { network, left, errors } = routed()
    left.ping('203.0.113.1')
    network.run(10)
    expect(errors).toMatchObject([{ type: IcmpType.Unreachable, code: Unreachable.Network }])
  })

  it('fragments what may be, and the receiver puts it together', () => {
    const { network, left } = routed(576)
    let replies = 0
    left.ping('10.2.0.2', { payloadBytes: 4000 }, () => (replies += 1))
    network.run(10)
    expect(replies).toBe(1)
  })

  it('says what fits when a packet must not be fragmented', () => {
    const { network, left, errors } = routed(576)
    left.ping('10.2.0.2', { payloadBytes: 1000, dontFragment: true })
    network.run(10)
    expect(errors).toMatchObject([{ type: IcmpType.Unreachable, code: Unreachable.FragmentationNeeded, rest: 576 }])
  })

  it('chooses the longest prefix', () => {
    const { network, left, router, errors } = routed()
    router.addRoute('203.0.113.0/24', { gateway: '10.2.0.2' })
    router.addRoute('203.0.113.128/25', { gateway: '10.1.0.2' })
    expect(router.lookupRoute(0, 0xcb007101, 1500)).toEqual({ result: 'found' })
    left.ping('203.0.113.1')
    left.ping('203.0.113.129', { ttl: 5 })
    network.run(10)
    // The first dies at the right host, which is no router; so would the second at the left one.
    expect(errors).toEqual([])
    expect([left.drops, router.drops]).toEqual([{ 'not-local': 1 }, {}])
  })

  it('tells a director what a route takes', () => {
    const { router } = routed(576)
    expect(router.lookupRoute(0, 0x0a020002, 577)).toEqual({ result: 'too-big', mtu: 576 })
    expect(router.lookupRoute(0, 0x0a020002, 576)).toEqual({ result: 'found' })
    expect(router.lookupRoute(0, 0x0a020001, 100)).toEqual({ result: 'none' })
    expect(router.lookupRoute(0, 0xcb007101, 100)).toEqual({ result: 'none' })
    router.forwarding = false
    expect(router.lookupRoute(0, 0x0a020002, 100)).toEqual({ result: 'forwarding-disabled' })
  })
})

describe('a host', () => {
  it('answers UDP and unknown protocols with ICMP, but never an ICMP error or a broadcast', () => {
    const { network, left, right, errors } = routed()
    const ends = { source: '10.1.0.2', destination: '10.2.0.2' }
    left.sendPacket(buildUdp({ ...ends, sourcePort: 1, destinationPort: 53 }))
    left.sendPacket(buildIp({ ...ends, protocol: 47, payload: new Uint8Array(8) }))
    network.run(10)
    expect(errors.map((error) => error.code)).toEqual([Unreachable.Port, Unreachable.Protocol])
    left.sendPacket(buildIp({ ...ends, protocol: Protocol.Icmp, payload: Uint8Array.of(3, 3, 0, 0, 0, 0, 0, 0) }))
    network.run(10)
    expect(errors).toHaveLength(2)
    expect(right.drops['bad-checksum']).toBe(1)
  })

  it('drops packets whose checksums are wrong and keeps those whose are right', () => {
    const { network, left, right } = routed()
    const packet = buildUdp({ source: '10.1.0.2', destination: '10.2.0.2', sourcePort: 1, destinationPort: 2 })
    packet[packet.length - 1] = 0x55
    left.sendPacket(packet)
    network.run(10)
    expect(right.drops).toEqual({ 'bad-checksum': 1 })
  })

  it('carries a connection over a narrow link by path MTU discovery', () => {
    const { network, left, right } = routed(1400)
    // Both ends believe in 1500: only the router knows better.
    right.interface('eth0').mtu = 1500
    const page = 'x'.repeat(200_000)
    serveHttp(left, 80, () => page)
    const answer = httpRequest(right, '10.1.0.2', 80)
    network.run(2000)
    expect(answer.body.length).toBe(page.length)
  })

  it('talks to itself', () => {
    const { network, left } = routed()
    serveHttp(left, 80)
    const answer = httpRequest(left, '10.1.0.2', 80)
    network.run(10)
    expect(answer).toMatchObject({ status: 200, body: 'left\n' })
  })

  it('gives up a connection to a host that is not there', () => {
    const { network, left } = routed()
    const answer = httpRequest(left, '10.2.0.99', 80)
    network.run(10_000)
    expect(answer.failure).toBe('unreachable')
  })

  it.each([1, 2, 3, 4])('outlives whatever arrives and still answers (seed %i)', (seed) => {
    const { network, left, right, router } = routed()
    const random = new Random(seed)
    serveHttp(right, 80)
    const ends = { source: '10.1.0.2', destination: '10.2.0.2' }
    for (let i = 0; i < 10_000; i++) {
      const kind = random.below(4)
      const port = 1 + random.below(4)
      const packet =
        kind === 0
          ? random.bytes(random.below(100))
          : kind === 1
            ? buildIp({
                ...ends,
                protocol: [1, 6, 17, 47][random.below(4)] ?? 0,
                fragmentOffset: random.chance(0.5) ? random.below(8192) * 8 : random.below(4) * 8,
                moreFragments: random.chance(0.5),
                identification: random.below(4),
                ipOptions: random.bytes(random.below(41)),
                payload: random.bytes(random.below(64)),
              })
            : buildTcp({
                ...ends,
                sourcePort: port,
                destinationPort: 80,
                sequence: random.below(100),
                acknowledgment: random.next32(),
                flags: random.below(64),
                window: random.below(65536),
                options: random.bytes(random.below(41)),
                payload: random.bytes(random.below(64)),
              })
      if (random.chance(0.1) && packet.length > 0) packet[random.below(packet.length)] = random.below(256)
      const type = random.chance(0.1) ? EtherType.Arp : EtherType.Ipv4
      const frame = buildFrame(BROADCAST_MAC, random.below(2 ** 40), type, packet)
      const target = random.chance(0.8) ? right : router
      target.interface('eth0').receive(random.chance(0.05) ? frame.subarray(0, random.below(20)) : frame)
      if (i % 100 === 0) network.run(1)
    }
    network.run(600_000)
    const answer = httpRequest(left, '10.2.0.2', 80)
    network.run(10_000)
    expect(answer.body, `seed ${seed}`).toBe('right\n')
  })
})

describe('a link', () => {
  it('takes its time by its bandwidth and drops what its queue does not hold', () => {
    const network = new Network(1)
    const [a, b] = [network.host('a'), network.host('b')]
    a.addInterface('eth0', { address: '10.0.0.1/24' })
    b.addInterface('eth0', { address: '10.0.0.2/24' })
    const link = network.link(a.interface('eth0'), b.interface('eth0'), { bitsPerSecond: 1e6, queueBytes: 10_000 })
    const times: number[] = []
    a.ping('10.0.0.2', {}, (ms) => times.push(ms))
    network.run(100)
    // ARP request and reply, 42 bytes each, ping and pong, 98 each, 8 µs a byte; and four times 100 µs of delay.
    expect(times[0]).toBeCloseTo((2 * 42 + 2 * 98) * 0.008 + 4 * 0.1)
    for (let i = 0; i < 20; i++) a.ping('10.0.0.2', { payloadBytes: 1400 })
    expect(link.out.lost).toBe(20 - Math.floor(10_000 / 1442))
  })

  it('has perfect conditions unless told otherwise', () => {
    const network = new Network(1)
    const [a, b] = [network.host('a').addInterface('eth0'), network.host('b').addInterface('eth0')]
    expect(network.link(a, b).back.conditions).toEqual(PERFECT)
    expect(() => network.link(a, b)).toThrow('plugged in already')
  })
})
