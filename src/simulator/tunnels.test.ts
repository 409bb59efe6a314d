import { describe, expect, it } from 'vitest'
import { httpRequest, serveHttp } from './http.ts'
import type { IngressResult } from './ip-stack.ts'
import { Network } from './network.ts'
import {
  buildTcp,
  buildTunnelled,
  buildUdp,
  checksumsAreValid,
  describePacket,
  GUE_PORT,
  parseAddress,
  parseIpv4,
  parseIpv6,
  parseTunnelled,
  read8,
  TcpFlag,
  type TunnelFields,
  type TunnelType,
} from './packets.ts'

const VIP = '192.0.2.80'
const ports = { sourcePort: 40000, destinationPort: 80, flags: TcpFlag.Syn }
const INSIDE = {
  IPv4: buildTcp({ source: '192.0.2.1', destination: VIP, ...ports, payload: Uint8Array.of(1, 2, 3) }),
  IPv6: buildTcp({ source: 'fd01::1', destination: 'fd02::2', ...ports, payload: Uint8Array.of(1, 2, 3) }),
}
const OUTSIDE = {
  IPv4: { source: '10.0.0.1', destination: '10.0.0.2' },
  IPv6: { source: 'fd0a::1', destination: 'fd0a::2' },
}
const KINDS: readonly (readonly [type: TunnelType, withChecksum: boolean])[] = [
  ['ipip', false],
  ['gue', false],
  ['gue', true],
  ['gre', false],
  ['gre', true],
]
const FAMILIES = ['IPv4', 'IPv6'] as const
const CASES = KINDS.flatMap(([type, withChecksum]) =>
  FAMILIES.flatMap((outer) => FAMILIES.map((inner) => ({ type, withChecksum, outer, inner }))),
)

/** The bytes of a packet as a hex dump has them, without spaces. */
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('packets in tunnels', () => {
  it.each(CASES)('$type (checksum: $withChecksum) over $outer gives back $inner as it was', (each) => {
    const packet = buildTunnelled({ ...OUTSIDE[each.outer], ...each, packet: INSIDE[each.inner] })
    const ip = parseIpv4(packet) ?? parseIpv6(packet)
    const carried = ip && parseTunnelled(ip)
    expect(carried?.type).toBe(each.type)
    expect(carried?.packet).toEqual(INSIDE[each.inner])
    expect(checksumsAreValid(packet)).toBe(true)
    for (let at = packet.length - 3; at < packet.length; at++) {
      const damaged = packet.slice()
      damaged[at] = read8(damaged, at) ^ 1
      expect(checksumsAreValid(damaged), `byte ${at}`).toBe(false)
    }
  })

  it('has the headers that their documents draw', () => {
    const packet = INSIDE.IPv4
    const behind = (fields: Partial<TunnelFields> & { type: TunnelType }): string =>
      hex(buildTunnelled({ ...OUTSIDE.IPv4, packet, ...fields }).subarray(20, 36)).replace(hex(packet).slice(0, 8), '|')
    // UDP: ports 49152 and 6080, length 8 + 4 + 43; GUE: variant 0, IPv4 in IP, no flags.
    expect(behind({ type: 'gue' })).toBe('c00017c00037000000040000|')
    expect(behind({ type: 'gre' })).toMatch(/^00000800\|/)
    expect(hex(buildTunnelled({ ...OUTSIDE.IPv4, packet, type: 'ipip' }).subarray(9, 10))).toBe('04')
    expect(hex(buildTunnelled({ ...OUTSIDE.IPv4, packet: INSIDE.IPv6, type: 'ipip' }).subarray(9, 10))).toBe('29')
    expect(hex(buildTunnelled({ ...OUTSIDE.IPv6, packet: INSIDE.IPv6, type: 'gre' }).subarray(40, 44))).toBe('000086dd')
  })

  it('are described with what is inside', () => {
    const inner = 'IP 192.0.2.1.40000 > 192.0.2.80.80: Flags [S], seq 0, win 65535, length 3, ttl 64'.replace(
      'seq 0',
      'seq 0:3',
    )
    const describe = (type: TunnelType): string =>
      describePacket(buildTunnelled({ ...OUTSIDE.IPv4, type, packet: INSIDE.IPv4, ttl: 63 }))
    expect(describe('ipip')).toBe(`IP 10.0.0.1 > 10.0.0.2: ipip [ ${inner} ], ttl 63`)
    expect(describe('gre')).toBe(`IP 10.0.0.1 > 10.0.0.2: gre [ ${inner} ], ttl 63`)
    expect(describe('gue')).toBe(`IP 10.0.0.1.49152 > 10.0.0.2.${GUE_PORT}: gue [ ${inner} ], ttl 63`)
    const damaged = buildTunnelled({ ...OUTSIDE.IPv4, type: 'gre', packet: INSIDE.IPv4, withChecksum: true })
    damaged[24] = read8(damaged, 24) ^ 1
    expect(describePacket(damaged)).toMatch(/^IP .*: gre \[ IP .*, ttl 64 \], ttl 64, bad payload checksum$/)
  })

  it.each([
    ['GRE with a key', 47, [0x20, 0, 8, 0, 0, 0, 0, 1]],
    ['GRE of version 1', 47, [0, 1, 8, 0]],
    ['GRE with Ethernet inside', 47, [0, 0, 0x65, 0x58]],
    ['a GUE control message', 17, [0x20, 4, 0, 0]],
    ['GUE with an extension', 17, [1, 4, 0, 0, 0, 0, 0, 0]],
    ['GUE of variant 1', 17, [0x45, 0, 0, 20]],
  ])('%s is none', (_, protocol, header) => {
    const payload = Uint8Array.of(...header, ...INSIDE.IPv4)
    const udp = buildUdp({ ...OUTSIDE.IPv4, sourcePort: 1, destinationPort: GUE_PORT, payload })
    const ip = parseIpv4(udp)
    if (ip === null) throw new Error(describePacket(udp))
    expect(parseTunnelled(protocol === 17 ? ip : { ...ip, protocol, payload })).toBeNull()
  })
})

/** A client, a director that sends all that comes for the VIP into a tunnel to the server, and the server, on one segment. */
function topology(wrap: (packet: Uint8Array) => Uint8Array) {
  const network = new Network(1)
  const lan = network.switch()
  const add = (name: string, last: number) => {
    const host = network.host(name)
    network.plug(lan, host.addInterface('eth0', { address: `192.0.2.${last}/24` }))
    return host
  }
  const [client, director, server] = [add('client', 1), add('director', 2), add('rs', 3)]
  director.addAddress('eth0', `${VIP}/32`)
  server.addInterface('lo', { address: `${VIP}/32` })
  Object.assign(server.arp, { arpIgnore: 1, arpAnnounce: 2 })
  serveHttp(server, 80)
  director.ingressHook = (packet): IngressResult => {
    if (parseIpv4(packet)?.destination !== parseAddress(VIP)) return { verdict: 'pass', packet }
    return { verdict: 'forward', packet: wrap(packet), nextHop: parseAddress('192.0.2.3') }
  }
  return { network, client, server }
}

const outer = { source: '192.0.2.2', destination: '192.0.2.3' }

describe('a real server at the end of a tunnel', () => {
  it.each(KINDS)('answers what comes by %s (checksum: %j)', (type, withChecksum) => {
    const { network, client, server } = topology((packet) =>
      buildTunnelled({ ...outer, type, packet, withChecksum, destinationPort: 7000 }),
    )
    server.addTunnel(type, 7000)
    const answer = httpRequest(client, VIP, 80)
    network.run(100)
    expect(answer).toMatchObject({ status: 200, body: 'rs\n' })
  })

  it.each([
    ['gue', 26],
    ['gre', 24],
  ] as const)('takes nothing whose %s checksum is wrong', (type, at) => {
    const { network, client, server } = topology((packet) => {
      const wrapped = buildTunnelled({ ...outer, type, packet, withChecksum: true })
      wrapped[at] = read8(wrapped, at) ^ 1
      return wrapped
    })
    server.addTunnel(type)
    const answer = httpRequest(client, VIP, 80, { timeoutMs: 100 })
    network.run(200)
    expect(answer.failure).toBe('no-answer')
    expect(server.drops).toEqual({ 'bad-checksum': 1 })
  })

  it('without the tunnel refuses its packets', () => {
    const { network, client, server } = topology((packet) => buildTunnelled({ ...outer, type: 'ipip', packet }))
    server.addTunnel('gre')
    httpRequest(client, VIP, 80, { timeoutMs: 100 })
    network.run(200)
    expect(server.drops).toEqual({ 'not-understood': 1 })
  })
})
