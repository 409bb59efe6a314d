import { describe, expect, it } from 'vitest'
import {
  announcedMss,
  buildIcmp,
  buildIpv4,
  buildTcp,
  buildUdp,
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
    const packet = buildIpv4({
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
    const fragment = buildIpv4({ ...ends, protocol: 6, moreFragments: true, payload: syn.subarray(20) })
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
})
