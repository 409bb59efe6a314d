/** The PROXY header on its way to a server, segment by segment: whole packets, against ones that the simulator builds. */
import { describe, expect, it } from 'vitest'
import type { AddressedService } from '../../control/model.ts'
import { toAddress } from '../../simulator/addresses.ts'
import { buildIcmp, buildTcp, type TcpFields } from '../../simulator/build-packet.ts'
import { fragment } from '../../simulator/fragments.ts'
import { type IpPacket, parseIp } from '../../simulator/parse-ip.ts'
import { read16, read32, TcpFlag } from '../../simulator/parse-packet.ts'
import { readProxyHeader } from '../../simulator/proxy-header.ts'
import { checksumsAreValid } from '../../simulator/verify-packet.ts'
import { type DirectorBench, memoryBench } from '../../testing/bench.ts'
import { plainDest, roundRobin } from '../../testing/small-director.ts'

const [SYN, ACK, PSH] = [TcpFlag.Syn, TcpFlag.Ack, TcpFlag.Psh]
const [FIN, RST, URG] = [TcpFlag.Fin, TcpFlag.Rst, TcpFlag.Urg]

const FAMILIES = {
  IPv4: { client: '10.1.0.1', vip: '10.9.0.1', local: '192.168.2.1', server: '10.2.0.1', header: 28 },
  IPv6: { client: 'fd01::1', vip: 'fd09::1', local: 'fdaa:2::1', server: 'fd02::1', header: 52 },
} as const
const CLIENT_PORT = 4660

/** The client's first byte, just behind the wrap of sequence numbers. */
const FIRST = 5
const behind = (first: number): number => first >>> 0

describe.each(['IPv4', 'IPv6'] as const)('over %s', (family) => {
  const ends = FAMILIES[family]
  const service: AddressedService = { protocol: 'tcp', address: ends.vip, port: 80 }

  function proxied() {
    const bench = memoryBench({ connections: 64 })
    bench.setClock(1000)
    bench.control.addService({ ...roundRobin(service), proxyProtocol: true })
    bench.control.addLocalAddress(service, ends.local)
    bench.control.addDest(service, { ...plainDest({ address: ends.server, port: 8080 }), method: 'fullnat' })
    const first = bench.handle(fromClient({ flags: SYN, sequence: behind(FIRST - 1) }))
    const localPort = read16((parseIp(first.packet) as IpPacket).payload, 0)
    return { bench, first, localPort }
  }

  function fromClient(fields: Partial<TcpFields>): Uint8Array {
    const tuple = { source: ends.client, sourcePort: CLIENT_PORT, destination: ends.vip, destinationPort: 80 }
    return buildTcp({ ...tuple, flags: ACK, acknowledgment: 77, dontFragment: true, ...fields })
  }

  /** What the server gets of a segment, which has its client's fields but for these. */
  function atServer(localPort: number, fields: Partial<TcpFields>): Uint8Array {
    const tuple = { source: ends.local, sourcePort: localPort, destination: ends.server, destinationPort: 8080 }
    return buildTcp({ flags: ACK, acknowledgment: 77, dontFragment: true, ...fields, ...tuple, ttl: 63 })
  }

  function fromServer(localPort: number, fields: Partial<TcpFields>): Uint8Array {
    const tuple = { source: ends.server, sourcePort: 8080, destination: ends.local, destinationPort: localPort }
    return buildTcp({ ...tuple, flags: ACK, sequence: 77, ...fields })
  }

  function atClient(fields: Partial<TcpFields>): Uint8Array {
    const tuple = { source: ends.vip, sourcePort: 80, destination: ends.client, destinationPort: CLIENT_PORT }
    return buildTcp({ flags: ACK, sequence: 77, ...fields, ...tuple, ttl: 63 })
  }

  function answer(bench: DirectorBench, localPort: number, fields: Partial<TcpFields>): Uint8Array {
    return bench.handle(fromServer(localPort, fields)).packet
  }

  /** The header as a server reads it, written by hand. */
  const HEADER = Buffer.concat([
    Buffer.from('0d0a0d0a000d0a515549540a', 'hex'),
    family === 'IPv4'
      ? Buffer.from('2111000c' + '0a010001' + '0a090001', 'hex')
      : Buffer.from(`21210024fd01${'0000'.repeat(6)}0001fd09${'0000'.repeat(6)}0001`, 'hex'),
    Buffer.from('12340050', 'hex'),
  ])
  const BEFORE = behind(FIRST - ends.header)
  const data = (bytes: number): Uint8Array => new Uint8Array(bytes).fill(0xa5)

  it('is what the receiving side reads as the client’s and the virtual address and port', () => {
    expect(readProxyHeader(HEADER)).toEqual({
      length: ends.header,
      client: { address: ends.client, port: CLIENT_PORT },
      virtual: { address: ends.vip, port: 80 },
    })
  })

  it('has its place before the client’s first byte, which the SYN makes', () => {
    const { first, localPort } = proxied()
    expect(first.packet).toEqual(atServer(localPort, { flags: SYN, sequence: behind(BEFORE - 1) }))
  })

  it('lets the client know that its SYN has arrived', () => {
    const { bench, localPort } = proxied()
    expect(answer(bench, localPort, { flags: SYN | ACK, acknowledgment: BEFORE })).toEqual(
      atClient({ flags: SYN | ACK, acknowledgment: FIRST }),
    )
    expect(answer(bench, localPort, { flags: RST | ACK, acknowledgment: BEFORE })).toEqual(
      atClient({ flags: RST | ACK, acknowledgment: FIRST }),
    )
  })

  it('goes in the bare acknowledgment that ends the handshake, once', () => {
    const { bench, localPort } = proxied()
    answer(bench, localPort, { flags: SYN | ACK, acknowledgment: BEFORE })
    expect(bench.handle(fromClient({ sequence: FIRST })).packet).toEqual(
      atServer(localPort, { flags: ACK | PSH, sequence: BEFORE, payload: HEADER }),
    )
    for (const fields of [{ sequence: FIRST }, { flags: ACK | PSH, sequence: FIRST, payload: data(99) }]) {
      expect(bench.handle(fromClient(fields)).packet).toEqual(atServer(localPort, fields))
    }
  })

  it('goes in front of the client’s first bytes where no bare acknowledgment came', () => {
    const { bench, localPort } = proxied()
    const payload = data(333)
    const options = Uint8Array.of(1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2)
    const fields = { flags: ACK | PSH | FIN, options }
    expect(bench.handle(fromClient({ ...fields, sequence: FIRST, payload })).packet).toEqual(
      atServer(localPort, { ...fields, sequence: BEFORE, payload: Buffer.concat([HEADER, payload]) }),
    )
  })

  it.each([
    ['too long for both', { payload: data(1400), flags: ACK | FIN }],
    ['urgent', { payload: data(10), flags: ACK | URG }],
  ])('goes instead of the client’s first bytes where they are %s', (_, fields) => {
    const { bench, localPort } = proxied()
    expect(bench.handle(fromClient({ ...fields, sequence: FIRST })).packet).toEqual(
      atServer(localPort, { flags: ACK | PSH, sequence: BEFORE, payload: HEADER }),
    )
    expect(bench.handle(fromClient({ ...fields, sequence: FIRST })).packet).toEqual(
      atServer(localPort, { ...fields, sequence: FIRST }),
    )
  })

  it('goes with the bytes of a SYN that has some', () => {
    const { bench, localPort } = proxied()
    expect(bench.handle(fromClient({ flags: SYN, sequence: behind(FIRST - 1), payload: data(10) })).packet).toEqual(
      atServer(localPort, {
        flags: SYN | PSH,
        sequence: behind(BEFORE - 1),
        payload: Buffer.concat([HEADER, data(10)]),
      }),
    )
  })

  it('does not go with later bytes, nor with a fragment', () => {
    const { bench, localPort } = proxied()
    const later = { sequence: FIRST + 1, payload: data(10) }
    expect(bench.handle(fromClient(later)).packet).toEqual(atServer(localPort, later))
    const whole = { sequence: FIRST, payload: data(100), dontFragment: false, identification: 7 }
    const pieces = (packet: Uint8Array): Uint8Array[] => fragment(parseIp(packet) as IpPacket, 104, 7)
    expect(pieces(fromClient(whole)).map((piece) => bench.handle(piece).packet)).toEqual(
      pieces(atServer(localPort, whole)),
    )
  })

  it('goes again in the next bare acknowledgment, wherever that stands, after the server has shown that it is missing', () => {
    const { bench, localPort } = proxied()
    bench.handle(fromClient({ sequence: FIRST }))
    bench.handle(fromClient({ sequence: FIRST, payload: data(9) }))
    expect(answer(bench, localPort, { acknowledgment: BEFORE, payload: data(3) })).toEqual(
      atClient({ acknowledgment: FIRST, payload: data(3) }),
    )
    expect(bench.handle(fromClient({ sequence: FIRST + 9 })).packet).toEqual(
      atServer(localPort, { flags: ACK | PSH, sequence: BEFORE, payload: HEADER }),
    )
  })

  it('changes nothing any more once the server has acknowledged it', () => {
    const { bench, localPort } = proxied()
    bench.handle(fromClient({ sequence: FIRST }))
    expect(answer(bench, localPort, { acknowledgment: FIRST })).toEqual(atClient({ acknowledgment: FIRST }))
    for (const fields of [{ sequence: FIRST }, { sequence: FIRST, payload: data(5) }, { flags: SYN, sequence: 1234 }]) {
      expect(bench.handle(fromClient(fields)).packet).toEqual(atServer(localPort, fields))
    }
    expect(answer(bench, localPort, { acknowledgment: BEFORE })).toEqual(atClient({ acknowledgment: BEFORE }))
  })

  it('goes again on a connection whose ports are used again', () => {
    const { bench, localPort } = proxied()
    bench.control.set({ connReuseMode: 0 })
    bench.handle(fromClient({ sequence: FIRST }))
    answer(bench, localPort, { acknowledgment: FIRST })
    bench.handle(fromClient({ flags: RST, sequence: FIRST }))
    const second = { flags: SYN, sequence: 999_999 }
    expect(bench.handle(fromClient(second)).packet).toEqual(
      atServer(localPort, { ...second, sequence: second.sequence - ends.header }),
    )
    expect(bench.handle(fromClient({ sequence: 1_000_000 })).packet).toEqual(
      atServer(localPort, { flags: ACK | PSH, sequence: 1_000_000 - ends.header, payload: HEADER }),
    )
  })

  it('is not believed to have arrived by what an earlier connection of the server’s acknowledges', () => {
    const { bench, localPort } = proxied()
    const stale = { acknowledgment: FIRST + 5000 }
    expect(answer(bench, localPort, stale)).toEqual(atClient(stale))
    expect(bench.handle(fromClient({ sequence: FIRST })).packet.length).toBe(fromClient({}).length + ends.header)
  })

  it.each([
    ['the SYN', { flags: SYN, sequence: behind(BEFORE - 1) }, behind(FIRST - 1)],
    ['the header', { sequence: BEFORE, payload: HEADER }, FIRST],
    ['a keepalive', { sequence: behind(FIRST - 1) }, behind(FIRST - 1)],
    ['later bytes', { sequence: FIRST + 7 }, FIRST + 7],
  ])('does not show in what an error quotes of %s', (_, sent, known) => {
    const { bench, localPort } = proxied()
    const type = family === 'IPv4' ? 3 : 1
    const payload = atServer(localPort, sent)
    const { packet } = bench.handle(buildIcmp({ source: ends.server, destination: ends.local, type, code: 1, payload }))
    const { source, destination, payload: error } = parseIp(packet) as IpPacket
    expect([source, destination]).toEqual([toAddress(ends.vip), toAddress(ends.client)])
    const transport = family === 'IPv4' ? 20 : 40
    const quoted = error.subarray(8)
    expect([read16(quoted, transport), read16(quoted, transport + 2)]).toEqual([CLIENT_PORT, 80])
    expect(read32(quoted, transport + 4)).toBe(known)
    expect(checksumsAreValid(packet)).toBe(true)
  })

  it('stays away from connections that were there before the service wanted it, and stays with those that have it', () => {
    const { bench } = proxied()
    bench.control.editService({ ...roundRobin(service), proxyProtocol: false })
    expect(bench.handle(fromClient({ sequence: FIRST })).packet.length).toBe(fromClient({}).length + ends.header)
    const other = { sourcePort: 4661, flags: SYN, sequence: 8 }
    const plain = bench.handle(fromClient(other))
    expect(plain.packet.length).toBe(fromClient(other).length + (family === 'IPv4' ? 8 : 20))
    bench.control.editService({ ...roundRobin(service), proxyProtocol: true })
    const bare = { sourcePort: 4661, sequence: 9 }
    expect(bench.handle(fromClient(bare)).packet.length).toBe(fromClient(bare).length + (family === 'IPv4' ? 8 : 20))
  })
})
