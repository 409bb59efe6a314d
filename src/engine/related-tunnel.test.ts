/** What a client is told of errors about the tunnel to its server: the whole packet, against one that the simulator builds. */
import { describe, expect, it } from 'vitest'
import type { AddressedService, FamilyNumber, Tunnel } from '../control/model.ts'
import { buildIcmp, buildTcp, buildUdp, type IcmpFields } from '../simulator/build-packet.ts'
import { parseIpv4, TcpFlag } from '../simulator/parse-packet.ts'
import { buildTunnelled } from '../simulator/tunnels.ts'
import { type BenchResult, memoryBench } from '../testing/bench.ts'
import { plainDest, roundRobin } from '../testing/small-director.ts'

const FAMILIES: readonly FamilyNumber[] = [4, 6]
const CLIENT = { 4: '10.1.0.1', 6: 'fd01::1' }
const VIP = { 4: '10.9.0.1', 6: 'fd09::1' }
const SERVER = { 4: '10.2.0.1', 6: 'fd02::1' }
/** What the director sends from. */
const DIRECTOR = { 4: '192.168.2.1', 6: 'fdaa:2::1' }
const ROUTER = { 4: '10.77.0.1', 6: 'fd77::1' }
const HEADER = { 4: 20, 6: 40 }
/** What an error may quote. */
const ROOM = { 4: 548, 6: 1232 }
/** Internetwork control of IPv4's errors. */
const TOS = { 4: 0xc0, 6: 0 }

const GUE: Tunnel = { type: 'gue', port: 6080, checksum: 'none' }
const TUNNELS: readonly (Tunnel & { readonly header: number })[] = [
  { type: 'ipip', port: 0, checksum: 'none', header: 0 },
  { ...GUE, header: 12 },
  { type: 'gue', port: 7000, checksum: 'full', header: 12 },
  { type: 'gre', port: 0, checksum: 'none', header: 4 },
  { type: 'gre', port: 0, checksum: 'full', header: 8 },
]
const IPIP = TUNNELS[0] as Tunnel

const TOO_BIG = { 4: { type: 3, code: 4 }, 6: { type: 2, code: 0 } }
const PORT_UNREACHABLE = { 4: { type: 3, code: 3 }, 6: { type: 1, code: 4 } }
const HOST_UNREACHABLE = { 4: { type: 3, code: 1 }, 6: { type: 1, code: 3 } }
const TIME_EXCEEDED = { 4: { type: 11, code: 0 }, 6: { type: 3, code: 0 } }

/** A director with a service of one family whose only server is at the end of a tunnel through another, and a connection of a client. */
class Scene {
  readonly bench = memoryBench({ connections: 16 })
  /** The client's packet as the director has sent it on: alone, and in the tunnel. */
  readonly inside: Uint8Array
  readonly outer: Uint8Array
  private readonly service: AddressedService

  constructor(
    readonly family: FamilyNumber,
    readonly through: FamilyNumber,
    readonly tunnel: Tunnel,
    private readonly fields: { readonly dontFragment?: boolean; readonly length?: number } = {},
  ) {
    this.service = { protocol: 'tcp', address: VIP[family], port: 80 }
    this.bench.setClock(1000)
    this.bench.control.addService(roundRobin(this.service))
    const dest = plainDest({ address: SERVER[through], port: 80 })
    this.bench.control.addDest(this.service, { ...dest, method: 'tunneling', tunnel })
    this.bench.handle(this.packet(TcpFlag.Syn, 64, 0))
    const { length = 1400 } = fields
    this.outer = this.bench.handle(this.packet(TcpFlag.Ack, 64, length - HEADER[family] - 20)).packet
    this.inside = this.packet(TcpFlag.Ack, 63, length - HEADER[family] - 20)
    expect(this.outer.subarray(this.outer.length - this.inside.length)).toEqual(this.inside)
  }

  private packet(flags: number, ttl: number, payload: number): Uint8Array {
    return buildTcp({
      source: CLIENT[this.family],
      destination: VIP[this.family],
      sourcePort: 1025,
      destinationPort: 80,
      flags,
      ttl,
      sequence: 99,
      dontFragment: this.fields.dontFragment ?? true,
      payload: new Uint8Array(payload).fill(0xa5),
    })
  }

  /** An error of a router about the outer packet. */
  error(fields: Partial<IcmpFields>): Uint8Array {
    return buildIcmp({
      source: ROUTER[this.through],
      destination: DIRECTOR[this.through],
      ...TOO_BIG[this.through],
      payload: this.outer.subarray(0, ROOM[this.through]),
      ...fields,
    })
  }

  /** What the client is to receive about its packet, of which the router has quoted `quoted` bytes. */
  told(fields: { readonly type: number; readonly code: number; readonly rest?: number }, quoted: number): Uint8Array {
    const { family } = this
    const payload = this.inside.subarray(0, Math.min(quoted, ROOM[family]))
    return buildIcmp({ source: VIP[family], destination: CLIENT[family], tos: TOS[family], ...fields, payload })
  }

  get counters() {
    return this.bench.control.services()[0]?.counters
  }

  reason(name: string): number {
    return this.bench.control.reasons().find((one) => one.name === name)?.packets ?? 0
  }
}

/** Expects the error to go on to the host's stack as it came, and nothing else to happen. */
function expectLeft(scene: Scene, error: Uint8Array, what = ''): void {
  const before = scene.counters
  const { verdict, packet }: BenchResult = scene.bench.handle(error)
  expect(verdict, what).toBe('pass')
  expect(packet, what).toEqual(error)
  expect(scene.counters, what).toEqual(before)
}

const COMBINATIONS = TUNNELS.flatMap((tunnel) =>
  FAMILIES.flatMap((family) => FAMILIES.map((through) => ({ ...tunnel, family, through }))),
)

describe.each(COMBINATIONS)(
  'IPv$family by $type (port $port, checksum $checksum) over IPv$through',
  ({ family, through, header, ...tunnel }) => {
    const overhead = HEADER[through] + header

    it('a client whose packet is too big for a router learns the MTU less the tunnel’s headers', () => {
      const scene = new Scene(family, through, tunnel)
      const { verdict, packet } = scene.bench.handle(scene.error({ rest: 1380 }))
      expect(verdict).toBe('forward')
      expect(packet).toEqual(scene.told({ ...TOO_BIG[family], rest: 1380 - overhead }, ROOM[through] - overhead))
      expect(scene.reason('too-big')).toBe(1)
    })

    it.each([
      ['a host', HOST_UNREACHABLE, HOST_UNREACHABLE],
      ['a port', PORT_UNREACHABLE, PORT_UNREACHABLE],
      ['a network', { 4: { type: 3, code: 0 }, 6: { type: 1, code: 0 } }, HOST_UNREACHABLE],
      ['a firewall', { 4: { type: 3, code: 13 }, 6: { type: 1, code: 1 } }, HOST_UNREACHABLE],
      ['a hop too many', TIME_EXCEEDED, TIME_EXCEEDED],
    ])('a client whose packet ended at %s is told so', (_, said, told) => {
      const scene = new Scene(family, through, tunnel)
      const { verdict, packet } = scene.bench.handle(scene.error(said[through]))
      expect(verdict).toBe('forward')
      expect(packet).toEqual(scene.told(told[family], ROOM[through] - overhead))
      expect(scene.reason('too-big')).toBe(0)
    })

    it('a quotation of 8 bytes of the client’s TCP header is enough, and less is left to the host', () => {
      const scene = new Scene(family, through, tunnel)
      const least = overhead + HEADER[family] + 8
      const error = (bytes: number) => scene.error({ rest: 1380, payload: scene.outer.subarray(0, bytes) })
      for (let bytes = 0; bytes < least; bytes++) expectLeft(scene, error(bytes), `${bytes} bytes`)
      const { packet } = scene.bench.handle(error(least))
      expect(packet).toEqual(scene.told({ ...TOO_BIG[family], rest: 1380 - overhead }, least - overhead))
    })
  },
)

describe('an error about a tunnel', () => {
  it('counts as a packet of the server’s side, with the bytes that it quotes', () => {
    const scene = new Scene(4, 4, IPIP)
    scene.bench.handle(scene.error({ rest: 1380 }))
    expect(scene.counters).toMatchObject({ inPackets: 2, outPackets: 1, outBytes: 528 })
  })

  it('leaves the connection in its state', () => {
    const scene = new Scene(4, 4, IPIP)
    const [before] = scene.bench.control.connections()
    scene.bench.handle(scene.error(PORT_UNREACHABLE[4]))
    expect(scene.bench.control.connections()).toEqual([before])
  })

  it('is answered 100 times in 100 ms and not more often', () => {
    const scene = new Scene(4, 4, IPIP)
    const verdicts = Array.from({ length: 102 }, () => scene.bench.handle(scene.error({ rest: 1380 })).verdict)
    expect(verdicts.filter((verdict) => verdict === 'forward')).toHaveLength(100)
    expect(verdicts.slice(100)).toEqual(['drop', 'drop'])
    expect(scene.reason('icmp-limited')).toBe(2)
  })

  it('quotes nothing that follows the client’s packet', () => {
    const scene = new Scene(4, 4, IPIP, { length: 60 })
    const extended = new Uint8Array(128 + 12)
    extended.set(scene.outer)
    const { packet } = scene.bench.handle(scene.error({ ...HOST_UNREACHABLE[4], payload: extended }))
    expect(packet).toEqual(scene.told(HOST_UNREACHABLE[4], 60))
  })

  it('of a router that says no MTU says none to the client', () => {
    const scene = new Scene(4, 4, IPIP)
    expect(scene.bench.handle(scene.error({ rest: 0 })).packet).toEqual(scene.told(TOO_BIG[4], 528))
  })

  it('that carries an extension’s length beside the MTU says the MTU alone', () => {
    const scene = new Scene(4, 4, IPIP)
    const { packet } = scene.bench.handle(scene.error({ rest: (32 << 16) | 1380 }))
    expect(packet).toEqual(scene.told({ ...TOO_BIG[4], rest: 1360 }, 528))
  })

  it.each(FAMILIES)('never tells a client of IPv6 less than 1280 bytes, over IPv%d', (through) => {
    const scene = new Scene(6, through, IPIP)
    const { packet } = scene.bench.handle(scene.error({ rest: 1290 }))
    expect(packet).toEqual(scene.told({ ...TOO_BIG[6], rest: 1280 }, ROOM[through] - HEADER[through]))
  })
})

it.each([
  [4, 1400, true, true],
  [4, 1400, false, false],
  [6, 1281, false, true],
  [6, 1280, false, false],
] as const)(
  'routers may cut the outer IPv4 packet where its client could not act on an error: IPv%d, %d bytes, DF %s → %s',
  (family, length, dontFragment, isSet) => {
    const { outer } = new Scene(family, 4, IPIP, { length, dontFragment })
    expect(parseIpv4(outer)?.dontFragment).toBe(isSet)
  },
)

describe('left to the host is', () => {
  it('a packet too big about one of IPv6 that is no longer than 1280 bytes', () => {
    const scene = new Scene(6, 6, IPIP, { length: 1280 })
    expectLeft(scene, scene.error({ rest: 1290 }))
  })

  it('one that says more than the packet’s own length', () => {
    const scene = new Scene(4, 4, IPIP)
    expectLeft(scene, scene.error({ rest: 1420 }))
    expect(scene.bench.handle(scene.error({ rest: 1419 })).verdict).toBe('forward')
  })

  it('one about a packet that its client lets routers cut', () => {
    const scene = new Scene(4, 6, IPIP, { dontFragment: false })
    expectLeft(scene, scene.error({ rest: 1380 }))
    expect(scene.bench.handle(scene.error(HOST_UNREACHABLE[6])).verdict).toBe('forward')
  })

  it('a source quench, a reassembly that took too long, an echo', () => {
    const scene = new Scene(4, 4, IPIP)
    for (const [type, code] of [[4, 0], [11, 1], [12, 0], [8, 0]] as const) expectLeft(scene, scene.error({ type, code })) // prettier-ignore
    const over6 = new Scene(4, 6, IPIP)
    for (const [type, code] of [[3, 1], [4, 1], [128, 0]] as const) expectLeft(over6, over6.error({ type, code })) // prettier-ignore
  })

  it('one whose checksum, or whose IP header’s, is wrong', () => {
    for (const through of FAMILIES) {
      const scene = new Scene(4, through, IPIP)
      for (const at of through === 4 ? [4, 30, 22] : [42, 51, 900]) {
        const error = scene.error({ rest: 1380 })
        error[at] = (error[at] ?? 0) ^ 1
        expectLeft(scene, error, `byte ${at}`)
      }
      expect(scene.reason('malformed')).toBe(3)
    }
  })

  it('one to another address than the outer packet came from', () => {
    const scene = new Scene(4, 4, IPIP)
    expectLeft(scene, scene.error({ destination: '192.168.2.9' }))
  })

  it('one about a tunnel that another director made', () => {
    const scene = new Scene(4, 4, IPIP)
    const payload = buildTunnelled({
      source: '192.168.2.9',
      destination: SERVER[4],
      type: 'ipip',
      packet: scene.inside,
    })
    expectLeft(scene, scene.error({ destination: '192.168.2.9', payload }))
  })

  it.each(COMBINATIONS)(
    'one about a tunnel to another server, or of another kind than $type of IPv$family over IPv$through',
    ({ family, through, type, port, checksum }) => {
      const tunnel: Tunnel = { type, port, checksum }
      const scene = new Scene(family, through, tunnel)
      const like = { source: DIRECTOR[through], packet: scene.inside, withChecksum: true }
      const elsewhere = buildTunnelled({ ...like, destination: through === 4 ? '10.2.0.2' : 'fd02::2', type, destinationPort: port }) // prettier-ignore
      expectLeft(scene, scene.error({ payload: elsewhere }))
      const there = { ...like, destination: SERVER[through] }
      const others = (['ipip', 'gue', 'gre'] as const).filter((each) => each !== type)
      for (const other of others)
        expectLeft(scene, scene.error({ payload: buildTunnelled({ ...there, type: other }) }), other)
      if (type !== 'gue') return
      const payload = buildTunnelled({ ...there, type: 'gue', destinationPort: port + 1 })
      expectLeft(scene, scene.error({ payload }), 'another port')
    },
  )

  it('one whose GUE or GRE has flags that the director doesn’t set, or carries no IP', () => {
    const gue = new Scene(4, 4, GUE)
    for (const at of [28, 29, 30]) {
      const payload = gue.outer.slice()
      payload[at] = 1
      expectLeft(gue, gue.error({ payload }), `byte ${at}`)
    }
    const gre = new Scene(4, 4, { type: 'gre', port: 0, checksum: 'none' })
    for (const at of [20, 22]) {
      const payload = gre.outer.slice()
      payload[at] = 0x20
      expectLeft(gre, gre.error({ payload }), `byte ${at}`)
    }
  })

  it('one about a packet of no connection, of one by another method, and of one that is over', () => {
    const scene = new Scene(4, 4, IPIP)
    const stranger = buildUdp({ source: CLIENT[4], destination: VIP[4], sourcePort: 1025, destinationPort: 80 })
    const payload = buildTunnelled({ source: DIRECTOR[4], destination: SERVER[4], type: 'ipip', packet: stranger })
    expectLeft(scene, scene.error({ payload }))
    scene.bench.setClock(3_600_000)
    expectLeft(scene, scene.error({ rest: 1380 }))

    const direct = new Scene(4, 4, IPIP)
    const service: AddressedService = { protocol: 'tcp', address: VIP[4], port: 81 }
    direct.bench.control.addService(roundRobin(service))
    direct.bench.control.addDest(service, { ...plainDest({ address: SERVER[4], port: 81 }), method: 'direct-routing' })
    const syn = buildTcp({ source: CLIENT[4], destination: VIP[4], sourcePort: 1025, destinationPort: 81, flags: TcpFlag.Syn, dontFragment: true }) // prettier-ignore
    expect(direct.bench.handle(syn).verdict).toBe('forward')
    const quoted = buildTunnelled({ source: DIRECTOR[4], destination: SERVER[4], type: 'ipip', packet: syn })
    expectLeft(direct, direct.error({ ...HOST_UNREACHABLE[4], payload: quoted }))
  })
})
