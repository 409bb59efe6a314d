import { describe, expect, it } from 'vitest'
import { BROADCAST_MAC, type Family, formatAddress, toAddress } from './addresses.ts'
import { ArpOperation, buildFrame, EtherType, frameType, FRAME_HEADER, parseArp } from './ethernet.ts'
import { httpRequest, serveHttp } from './http.ts'
import { PERFECT } from './link.ts'
import { Network } from './network.ts'
import {
  announcedMss,
  buildIcmp,
  buildIp,
  buildTcp,
  buildUdp,
  type Icmp,
  parseIp,
  parseIpv4,
  parseTcp,
} from './packets.ts'
import { Random } from './random.ts'

/** What the two families write differently. */
const FAMILIES = {
  4: {
    left: '10.1.0.',
    right: '10.2.0.',
    bits: 24,
    anywhere: '0.0.0.0/0',
    nowhere: '203.0.113.1',
    narrow: 576,
    header: 20,
    errors: {
      noRoute: { type: 3, code: 0 },
      host: { type: 3, code: 1 },
      protocol: { type: 3, code: 2 },
      port: { type: 3, code: 3 },
      tooBig: { type: 3, code: 4, rest: 576 },
      timeExceeded: { type: 11, code: 0 },
    },
  },
  6: {
    left: 'fd01::',
    right: 'fd02::',
    bits: 64,
    anywhere: '::/0',
    nowhere: '2001:db8::1',
    narrow: 1280,
    header: 40,
    errors: {
      noRoute: { type: 1, code: 0 },
      host: { type: 1, code: 3 },
      protocol: { type: 4, code: 1, rest: 6 },
      port: { type: 1, code: 4 },
      tooBig: { type: 2, code: 0, rest: 1280 },
      timeExceeded: { type: 3, code: 0 },
    },
  },
} as const

/** left — router — right, with the MTU of the right link as given. */
function routed(rightMtu = 1500, family: Family = 4) {
  const { left: l, right: r, bits, anywhere } = FAMILIES[family]
  const network = new Network(1)
  const [left, router, right] = [network.host('left'), network.host('router'), network.host('right')]
  router.forwarding = true
  left.addInterface('eth0', { address: `${l}2/${bits}` })
  router.addInterface('eth0', { address: `${l}1/${bits}` })
  router.addInterface('eth1', { address: `${r}1/${bits}`, mtu: rightMtu })
  right.addInterface('eth0', { address: `${r}2/${bits}`, mtu: rightMtu })
  network.link(left.interface('eth0'), router.interface('eth0'))
  network.link(router.interface('eth1'), right.interface('eth0'), { mtu: rightMtu })
  left.addRoute(anywhere, { gateway: `${l}1` })
  right.addRoute(anywhere, { gateway: `${r}1` })
  const errors: Icmp[] = []
  left.onIcmp = (icmp) => errors.push(icmp)
  return { network, left, router, right, errors, ends: { source: `${l}2`, destination: `${r}2` } }
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

describe.each([4, 6] as const)('a router of IPv%i', (family) => {
  const { left: l, right: r, bits, anywhere, nowhere, narrow, errors: expected } = FAMILIES[family]

  it('takes one from the hops and tells the sender when none is left', () => {
    const { network, left, errors } = routed(1500, family)
    let replies = 0
    left.ping(`${r}2`, { ttl: 2 }, () => (replies += 1))
    left.ping(`${r}2`, { ttl: 1 }, () => expect.unreachable())
    network.run(10)
    expect(replies).toBe(1)
    expect(errors.filter(({ type }) => type === expected.timeExceeded.type)).toHaveLength(1)
  })

  it('answers a packet to nowhere with no route', () => {
    const { network, left, errors } = routed(1500, family)
    left.ping(nowhere)
    network.run(10)
    expect(errors).toMatchObject([expected.noRoute])
  })

  it('reports a neighbour that does not answer three requests as unreachable', () => {
    const { network, left, router, errors } = routed(1500, family)
    left.ping(`${r}99`)
    network.run(2900)
    expect(errors).toEqual([])
    network.run(200)
    expect(errors).toMatchObject([expected.host])
    expect(router.drops).toMatchObject({ 'neighbour-unreachable': 1 })
  })

  it('says what fits when a packet must not be fragmented', () => {
    const { network, left, errors } = routed(narrow, family)
    left.ping(`${r}2`, { payloadBytes: 1400, dontFragment: true })
    network.run(10)
    expect(errors).toMatchObject([expected.tooBig])
  })

  it("chooses the longest prefix, of the packet's own family", () => {
    const { network, left, router, right, errors } = routed(1500, family)
    const [long, short] = family === 4 ? ['203.0.113.128/25', '203.0.113.0/24'] : ['2001:db8:1::/48', '2001:db8::/47']
    const [inLong, inShort] = family === 4 ? ['203.0.113.129', '203.0.113.1'] : ['2001:db8:1::1', '2001:db8::1']
    router.addRoute(FAMILIES[family === 4 ? 6 : 4].anywhere, { interface: 'eth0' })
    router.addRoute(short, { gateway: `${r}2` })
    router.addRoute(long, { gateway: `${l}2` })
    expect(router.lookupRoute(`${l}2`, inShort, 1500)).toEqual({ result: 'found' })
    left.ping(inShort)
    left.ping(inLong, { ttl: 5 })
    network.run(10)
    // The first dies at the right host, which is no router; so would the second at the left one.
    expect(errors).toEqual([])
    expect([left.drops, router.drops, right.drops]).toEqual([{ 'not-local': 1 }, {}, { 'not-local': 1 }])
  })

  it('tells a director what a route takes', () => {
    const { router } = routed(narrow, family)
    const source = `${l}2`
    expect(router.lookupRoute(source, `${r}2`, narrow + 1)).toEqual({ result: 'too-big', mtu: narrow })
    expect(router.lookupRoute(source, `${r}2`, narrow)).toEqual({ result: 'found' })
    expect(router.lookupRoute(source, `${r}1`, 100)).toEqual({ result: 'none' })
    expect(router.lookupRoute(source, nowhere, 100)).toEqual({ result: 'none' })
    router.forwarding = false
    expect(router.lookupRoute(source, `${r}2`, 100)).toEqual({ result: 'forwarding-disabled' })
    expect(router.lookupRoute(null, `${r}2`, 100)).toEqual({ result: 'found' })
    expect([router.sourceFor(`${r}2`), router.sourceFor(`${l}2`)].map(String)).toEqual(
      [`${r}1`, `${l}1`].map((text) => String(toAddress(text))),
    )
  })

  it('has no way to a gateway that is on none of its links', () => {
    const { right } = routed(1500, family)
    right.removeRoute(anywhere)
    expect(() => right.addRoute(anywhere, { gateway: `${l}9` })).toThrow(`can't reach gateway ${l}9`)
    expect(() => right.addRoute(`${r}0/${bits + 200}`, { interface: 'eth0' })).toThrow(`${r}0/${bits + 200}`)
  })
})

describe('fragments', () => {
  it('are made of IPv4 by a router, where they may be, and put together by the receiver', () => {
    const { network, left } = routed(576)
    let replies = 0
    left.ping('10.2.0.2', { payloadBytes: 4000 }, () => (replies += 1))
    network.run(10)
    expect(replies).toBe(1)
  })

  it('are made of IPv6 by the sender alone, and put together by the receiver', () => {
    const { network, left, right, router } = routed(1500, 6)
    const capture = network.capture(router.interface('eth0'))
    let replies = 0
    left.ping('fd02::2', { payloadBytes: 4000 }, () => (replies += 1))
    network.run(10)
    // Solicitation and advertisement, three fragments, and three of the reply.
    expect([replies, capture.frames]).toEqual([1, 8])
    // The sender knows nothing of the narrow link behind the router, and no path MTU but TCP's is remembered.
    right.interface('eth0').mtu = 1280
    router.interface('eth1').mtu = 1280
    left.ping('fd02::2', { payloadBytes: 4000 }, () => (replies += 1))
    network.run(10)
    expect(router.drops).toEqual({ 'too-big': 2 })
    expect(replies).toBe(1)
  })
})

describe.each([4, 6] as const)('a host of IPv%i', (family) => {
  const { left: l, right: r, header, errors: expected } = FAMILIES[family]

  it('answers UDP and unknown protocols with ICMP, but never an ICMP error', () => {
    const { network, left, right, errors, ends } = routed(1500, family)
    left.sendPacket(buildUdp({ ...ends, sourcePort: 1, destinationPort: 53 }))
    left.sendPacket(buildIp({ ...ends, protocol: 99, payload: new Uint8Array(8) }))
    network.run(10)
    expect(errors).toMatchObject([expected.port, expected.protocol])
    left.sendPacket(buildIcmp({ ...ends, ...expected.host }))
    left.sendPacket(
      buildIp({ ...ends, protocol: family === 4 ? 1 : 58, payload: Uint8Array.of(3, 3, 0, 0, 0, 0, 0, 0) }),
    )
    network.run(10)
    expect(errors).toHaveLength(2)
    expect(right.drops).toEqual({ 'bad-checksum': 1, 'not-understood': 2 })
  })

  it('quotes in an error as much as every way takes', () => {
    const { network, left, errors, ends } = routed(1500, family)
    left.sendPacket(buildUdp({ ...ends, sourcePort: 1, destinationPort: 53, payload: new Uint8Array(1400) }))
    network.run(10)
    const most = family === 4 ? 576 : 1280
    expect(errors.map(({ payload }) => payload.length + 8 + header)).toEqual([most])
  })

  it('drops packets whose checksums are wrong and keeps those whose are right', () => {
    const { network, left, right, ends } = routed(1500, family)
    const packet = buildUdp({ ...ends, sourcePort: 1, destinationPort: 2 })
    packet[packet.length - 1] = 0x55
    left.sendPacket(packet)
    network.run(10)
    expect(right.drops).toEqual({ 'bad-checksum': 1 })
  })

  it('carries a connection over a narrow link by path MTU discovery', () => {
    const { network, left, right } = routed(1400, family)
    // Both ends believe in 1500: only the router knows better.
    right.interface('eth0').mtu = 1500
    const page = 'x'.repeat(200_000)
    serveHttp(left, 80, () => page)
    const answer = httpRequest(right, `${l}2`, 80)
    network.run(2000)
    expect(answer.body.length).toBe(page.length)
  })

  it('announces segments that fill the MTU', () => {
    const { network, left, right } = routed(1500, family)
    const capture = network.capture(right.interface('eth0'))
    const announced: (number | null)[] = []
    const port = right.interface('eth0')
    const receive = port.receive.bind(port)
    port.receive = (frame) => {
      const ip = parseIp(frame.subarray(FRAME_HEADER))
      const tcp = ip && parseTcp(ip)
      if (tcp) announced.push(announcedMss(tcp.options))
      receive(frame)
    }
    left.tcp.connect(`${r}2`, 80)
    network.run(10)
    expect(announced).toEqual([1500 - header - 20])
    expect(capture.frames).toBeGreaterThan(0)
  })

  it('talks to itself', () => {
    const { network, left } = routed(1500, family)
    serveHttp(left, 80)
    const answer = httpRequest(left, `${l}2`, 80)
    network.run(10)
    expect(answer).toMatchObject({ status: 200, body: 'left\n' })
  })

  it('talks to itself past its own ingress hook, as over lo', () => {
    const { network, left } = routed(1500, family)
    const seen: string[] = []
    left.ingressHook = (packet) => {
      const ip = parseIp(packet)
      if (ip !== null) seen.push(`${formatAddress(ip.source)} > ${formatAddress(ip.destination)}`)
      return { verdict: 'drop', packet }
    }
    left.ping(`${l}2`, {}, () => expect.unreachable())
    network.run(10)
    expect(seen).toEqual([`${l}2 > ${l}2`])
    expect(left.drops).toEqual({ director: 1 })
  })

  it('gives up a connection to a host that is not there', () => {
    const { network, left } = routed(1500, family)
    const answer = httpRequest(left, `${r}99`, 80)
    network.run(10_000)
    expect(answer.failure).toBe('unreachable')
  })

  it('listens on one address or on all of both families', () => {
    const { network, left, right } = routed(1500, family)
    right.addAddress('eth0', `${r}3/${family === 4 ? 32 : 128}`)
    serveHttp(right, 80, () => 'all\n')
    serveHttp(right, 80, () => 'one\n', { address: `${r}3` })
    const answers = [2, 3].map((last) => httpRequest(left, `${r}${last}`, 80))
    network.run(100)
    expect(answers.map(({ body }) => body)).toEqual(['all\n', 'one\n'])
  })

  it.each([1, 2, 3, 4])('outlives whatever arrives and still answers (seed %i)', (seed) => {
    const { network, left, right, router, ends } = routed(1500, family)
    const random = new Random(seed)
    serveHttp(right, 80)
    for (let i = 0; i < 10_000; i++) {
      const kind = random.below(4)
      const port = 1 + random.below(4)
      const packet =
        kind === 0
          ? random.bytes(random.below(100))
          : kind === 1
            ? buildIp({
                ...ends,
                protocol: [1, 6, 17, 47, 4, 58][random.below(6)] ?? 0,
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
      const type = random.chance(0.1) ? EtherType.Arp : family === 4 ? EtherType.Ipv4 : EtherType.Ipv6
      const frame = buildFrame(BROADCAST_MAC, random.below(2 ** 40), type, packet)
      const target = random.chance(0.8) ? right : router
      target.interface('eth0').receive(random.chance(0.05) ? frame.subarray(0, random.below(20)) : frame)
      if (i % 100 === 0) network.run(1)
    }
    network.run(600_000)
    const answer = httpRequest(left, `${r}2`, 80)
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
