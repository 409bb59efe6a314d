import { describe, expect, it } from 'vitest'
import {
  announcedMss,
  buildIcmp,
  buildIp,
  buildTcp,
  buildUdp,
  parseUdp,
  parseIpv6,
  NextHeader,
  parseIpv6Address,
  formatIpv6Address,
  buildSctp,
  checksumsAreValid,
  describePacket,
  IcmpType,
  type Ipv4,
  mssOption,
  parseAddress,
  parseIcmp,
  parseIpv4,
  parseQuotedIpv4,
  parseTcp,
  read8,
  TcpFlag,
  Unreachable,
} from './packets.ts'

const ends = { source: '192.0.2.1', destination: '198.51.100.80' }
const syn = buildTcp({
  ...ends,
  sourcePort: 40000,
  destinationPort: 80,
  flags: TcpFlag.Syn,
  sequence: 0xfffffffe,
  options: mssOption(1460),
})

function ipOf(bytes: Uint8Array): Ipv4 {
  const ip = parseIpv4(bytes)
  if (ip === null) throw new Error(describePacket(bytes))
  return ip
}

describe('packets', () => {
  it('reproduces the header checksum of a packet from the literature', () => {
    // The worked example that RFC 1071 explanations use: 4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7.
    const packet = buildIp({
      source: '192.168.0.1',
      destination: '192.168.0.199',
      protocol: 17,
      dontFragment: true,
      payload: new Uint8Array(95),
    })
    expect(Buffer.from(packet.subarray(0, 20)).toString('hex')).toBe('45000073000040004011b861c0a80001c0a800c7')
  })

  it('reads back what it has built', () => {
    const ip = ipOf(syn)
    expect(ip).toMatchObject({ source: parseAddress(ends.source), ttl: 64, protocol: 6, totalLength: 44 })
    const tcp = parseTcp(ip)
    expect(tcp).toMatchObject({ sourcePort: 40000, destinationPort: 80, sequence: 0xfffffffe, flags: 2, window: 65535 })
    expect(announcedMss(tcp?.options ?? new Uint8Array(0))).toBe(1460)
  })

  it('computes right checksums for payloads of odd length, IP options and every protocol', () => {
    const payload = Uint8Array.of(1, 2, 3)
    const ports = { sourcePort: 1, destinationPort: 2 }
    expect(checksumsAreValid(buildTcp({ ...ends, ...ports, flags: 0, payload, ipOptions: Uint8Array.of(1) }))).toBe(
      true,
    )
    expect(checksumsAreValid(buildUdp({ ...ends, ...ports, payload }))).toBe(true)
    expect(checksumsAreValid(buildIcmp({ ...ends, type: IcmpType.Echo, payload }))).toBe(true)
  })

  it('finds every single flipped bit', () => {
    for (let bit = 0; bit < syn.length * 8; bit++) {
      const damaged = syn.slice()
      damaged[bit >> 3] = read8(damaged, bit >> 3) ^ (1 << (bit & 7))
      expect(checksumsAreValid(damaged), `bit ${bit}`).toBe(false)
    }
  })

  it('rejects a packet that ends before its length says, except as a quote', () => {
    const cut = syn.subarray(0, 28)
    expect(parseIpv4(cut)).toBeNull()
    expect(parseQuotedIpv4(cut)?.payload.length).toBe(8)
  })

  it('takes no segment from a fragment', () => {
    const fragment = buildIp({ ...ends, protocol: 6, moreFragments: true, payload: syn.subarray(20) })
    expect(parseTcp(ipOf(fragment))).toBeNull()
  })

  it('ends the search for an MSS at options that lie about their length', () => {
    for (const options of [[2], [2, 0], [8, 1], [3, 9, 0], [2, 4, 5]]) {
      expect(announcedMss(Uint8Array.from(options))).toBeNull()
    }
  })

  it('describes packets in the manner of tcpdump', () => {
    expect(describePacket(syn)).toBe(
      'IP 192.0.2.1.40000 > 198.51.100.80.80: Flags [S], seq 4294967294, win 65535, options [mss 1460], length 0, ttl 64',
    )
    const error = buildIcmp({
      source: '198.51.100.1',
      destination: ends.source,
      type: IcmpType.Unreachable,
      code: Unreachable.FragmentationNeeded,
      rest: 1400,
      payload: syn.subarray(0, 28),
    })
    expect(parseIcmp(ipOf(error))?.rest).toBe(1400)
    expect(describePacket(error)).toBe(
      'IP 198.51.100.1 > 192.0.2.1: ICMP unreachable - need to frag (mtu 1400) for tcp 192.0.2.1.40000 > ' +
        '198.51.100.80.80, length 36, ttl 64',
    )
  })

  it('writes IPv6 addresses as RFC 5952 does', () => {
    for (const [text, short] of [
      ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['0:0:0:0:0:0:0:0', '::'],
      ['::1', '::1'],
      ['fe80::', 'fe80::'],
      ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
      ['10:100:1000:0:0:a00:0:0', '10:100:1000::a00:0:0'],
    ] as const)
      expect(formatIpv6Address(parseIpv6Address(text))).toBe(short)
    for (const text of ['1::2::3', '1:2:3', '12345::', 'fd00::g', ''])
      expect(() => parseIpv6Address(text), text).toThrow(RangeError)
  })

  it('reads back IPv6 with extension headers, and computes right checksums behind them', () => {
    const extensions = [
      { type: NextHeader.HopByHop, body: Uint8Array.of(1, 4, 0, 0, 0, 0) },
      { type: NextHeader.DestinationOptions, body: new Uint8Array(20) },
    ]
    const six = { source: 'fd01::1', destination: 'fd02::2', extensions, tos: 0xb8, flowLabel: 0xabcde, ttl: 7 }
    const ports = { sourcePort: 1, destinationPort: 2, payload: Uint8Array.of(1, 2, 3) }
    const packets = [
      buildTcp({ ...six, ...ports, flags: 2 }),
      buildUdp({ ...six, ...ports }),
      buildSctp({ ...six, ...ports, chunks: [{ type: 1, value: Uint8Array.of(9) }, { type: 0 }] }),
      buildIcmp({ ...six, type: 128, payload: ports.payload }),
    ]
    for (const packet of packets) {
      const ip = parseIpv6(packet)
      expect(ip).toMatchObject({ trafficClass: 0xb8, flowLabel: 0xabcde, hopLimit: 7, extensions: [0, 60] })
      expect(checksumsAreValid(packet), describePacket(packet)).toBe(true)
      for (let at = 40 + 8 + 24; at < packet.length; at++) {
        const damaged = packet.slice()
        damaged[at] = read8(damaged, at) ^ 0x10
        expect(checksumsAreValid(damaged), `${describePacket(packet)}, byte ${at}`).toBe(false)
      }
    }
  })

  it('sends a UDP checksum that comes to 0 as 65535, and leaves it out only where asked', () => {
    const fields = { ...ends, sourcePort: 1, destinationPort: 2 }
    const sum = parseUdp(ipOf(buildUdp({ ...fields, payload: Uint8Array.of(0, 0) })))?.checksum ?? 0
    const none = buildUdp({ ...fields, payload: Uint8Array.of(sum >>> 8, sum) })
    expect(parseUdp(ipOf(none))?.checksum).toBe(0xffff)
    expect(checksumsAreValid(none)).toBe(true)
    expect(parseUdp(ipOf(buildUdp({ ...fields, withChecksum: false })))?.checksum).toBe(0)
    expect(
      checksumsAreValid(
        buildUdp({ source: 'fd01::1', destination: 'fd02::1', sourcePort: 1, destinationPort: 2, withChecksum: false }),
      ),
    ).toBe(false)
  })

  it('describes IPv6, SCTP and ICMPv6', () => {
    const six = { source: 'fd01::1', destination: 'fd02::2' }
    const sctp = buildSctp({ ...six, sourcePort: 5, destinationPort: 6, chunks: [{ type: 1 }] })
    expect(describePacket(sctp)).toBe('IP6 fd01::1.5 > fd02::2.6: SCTP (1, length 4), hlim 64')
    const error = buildIcmp({ ...six, type: 2, rest: 1280, payload: sctp })
    expect(describePacket(error)).toBe(
      'IP6 fd01::1 > fd02::2: ICMP6 type 2 code 0 rest 1280 for fd01::1 > fd02::2, length 64, hlim 64',
    )
  })
})
