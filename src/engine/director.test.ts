/** What the director forwards and how: the whole packet, against one that the simulator builds. */
import { describe, expect, it } from 'vitest'
import { buildTcp, buildUdp, type TcpFields } from '../simulator/build-packet.ts'
import { fragment } from '../simulator/fragments.ts'
import { parseIp } from '../simulator/parse-ip.ts'
import { TcpFlag } from '../simulator/parse-packet.ts'
import { checksumsAreValid } from '../simulator/verify-packet.ts'
import { SmallDirector, WEB } from '../testing/small-director.ts'

const CLIENT = { source: '10.1.0.1', sourcePort: 1025 }
const TO_VIP = { destination: WEB.address, destinationPort: WEB.port }
const SYN: TcpFields = { ...CLIENT, ...TO_VIP, flags: TcpFlag.Syn, sequence: 7, dontFragment: true, identification: 9 }

/** Of 32 bytes and a header. */
function pieces(packet: Uint8Array): Uint8Array[] {
  const ip = parseIp(packet)
  return ip === null ? [] : fragment(ip, 52)
}

function handled(packet: Uint8Array) {
  return new SmallDirector(1).bench.handle(packet)
}

describe('a packet to a service', () => {
  it('goes to the server one hop older, nothing else changed', () => {
    const { verdict, packet } = handled(buildTcp(SYN))
    expect(verdict).toBe('forward')
    expect(packet).toEqual(buildTcp({ ...SYN, destination: '10.2.0.1', destinationPort: 80, ttl: 63 }))
  })

  it('keeps its IP options, TCP options, type of service and an odd payload', () => {
    const rich = { ...SYN, ipOptions: Uint8Array.of(7, 3, 4, 1), options: Uint8Array.of(2, 4, 5, 180), tos: 0xb8, payload: Uint8Array.of(1, 2, 3) } // prettier-ignore
    expect(handled(buildTcp(rich)).packet).toEqual(buildTcp({ ...rich, destination: '10.2.0.1', ttl: 63 }))
  })

  it('keeps its wrong TCP checksum wrong', () => {
    const packet = buildTcp(SYN)
    packet[36] = (packet[36] ?? 0) ^ 0x55
    const out = handled(packet)
    expect(out.verdict).toBe('forward')
    expect(checksumsAreValid(out.packet)).toBe(false)
  })

  it('passes with a wrong IP checksum if it could move a connection, and goes on if it could not', () => {
    const director = new SmallDirector(1)
    const spoiled = (fields: TcpFields): Uint8Array => {
      const packet = buildTcp(fields)
      packet[10] = (packet[10] ?? 0) ^ 1
      return packet
    }
    expect(director.bench.handle(spoiled(SYN)).verdict).toBe('pass')
    director.bench.handle(buildTcp(SYN))
    expect(director.bench.handle(spoiled({ ...SYN, flags: TcpFlag.Rst })).verdict).toBe('pass')
    const data = director.bench.handle(spoiled({ ...SYN, flags: TcpFlag.Ack }))
    expect(data.verdict).toBe('forward')
    expect(checksumsAreValid(data.packet)).toBe(false)
  })

  it('passes while it is cut anywhere within its headers, whatever its length says', () => {
    const packet = buildTcp({ ...SYN, options: Uint8Array.of(2, 4, 5, 180) })
    for (let length = 0; length < packet.length; length++) {
      const cut = packet.slice(0, length)
      const out = handled(cut)
      expect(out.verdict, `${length} bytes`).toBe('pass')
      expect(out.packet, `${length} bytes`).toEqual(cut)
    }
  })

  it('passes for every version and header length but the right ones, unchanged', () => {
    for (let first = 0; first < 256; first++) {
      const packet = buildTcp(SYN)
      packet[0] = first
      expect(handled(packet).verdict, `first byte ${first}`).toBe(first === 0x45 ? 'forward' : 'pass')
    }
  })

  it('passes for every data offset that is too short or longer than the packet', () => {
    for (let words = 0; words < 16; words++) {
      const packet = buildTcp(SYN)
      packet[32] = words << 4
      expect(handled(packet).verdict, `${words} words`).toBe(words === 5 ? 'forward' : 'pass')
    }
  })
})

describe('a packet in fragments', () => {
  it('goes to the server piece by piece, as the whole one cut to pieces', () => {
    const director = new SmallDirector(1)
    const whole: TcpFields = { ...SYN, dontFragment: false, payload: new Uint8Array(60).fill(7) }
    const there = buildTcp({ ...whole, destination: '10.2.0.1', ttl: 63 })
    const sent = pieces(buildTcp(whole)).map((piece) => director.bench.handle(piece))
    expect(sent.map(({ verdict }) => verdict)).toEqual(['forward', 'forward', 'forward'])
    expect(sent.map(({ packet }) => packet)).toEqual(pieces(there))
  })
})

describe('a packet that is none of the director’s', () => {
  it('passes unchanged: UDP, a fragment whose first is not known, to another port', () => {
    for (const packet of [
      buildUdp({ ...CLIENT, ...TO_VIP, payload: Uint8Array.of(1) }),
      buildTcp({ ...SYN, fragmentOffset: 8 }),
      buildTcp({ ...SYN, destinationPort: 81 }),
    ]) {
      const out = handled(packet)
      expect(out.verdict).toBe('pass')
      expect(out.packet).toEqual(packet)
    }
  })
})
