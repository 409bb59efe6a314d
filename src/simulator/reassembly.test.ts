import { describe, expect, it } from 'vitest'
import { ByteRing } from './byte-ring.ts'
import { fragment, Reassembler } from './fragments.ts'
import { Clock } from './clock.ts'
import { buildIp, checksumsAreValid, describePacket, NextHeader, parseIp, parseIpv4, Protocol } from './packets.ts'
import { Random } from './random.ts'
import { TcpReceiver } from './tcp-receiver.ts'

const SEEDS = Array.from({ length: 10 }, (_, i) => i + 1)

describe('putting streams together', () => {
  it.each(SEEDS)(
    'a receiver yields the stream whatever pieces it comes in, and never more than its window (seed %i)',
    (seed) => {
      const random = new Random(seed)
      const stream = random.bytes(20_000)
      // A sequence space that wraps inside the stream.
      const receiver = new TcpReceiver(0xffffffff - 5000, 3000)
      receiver.next = 1
      const taken: Uint8Array[] = []
      let ended = false
      for (let turn = 0; turn < 200_000 && !ended; turn++) {
        const start = Math.max(1, receiver.next - 500 + random.below(4000))
        const end = Math.min(start + random.below(400), stream.length + 1)
        const sequence = (0xffffffff - 5000 + start) % 2 ** 32
        expect(receiver.position(sequence)).toBe(start)
        receiver.add(start, stream.subarray(start - 1, end - 1), end === stream.length + 1)
        expect(receiver.window).toBeGreaterThanOrEqual(0)
        if (random.chance(0.3)) {
          for (let piece = receiver.take(); piece !== null; piece = receiver.take()) taken.push(piece)
          ended ||= receiver.takeEnd()
        }
      }
      for (let piece = receiver.take(); piece !== null; piece = receiver.take()) taken.push(piece)
      expect(ended).toBe(true)
      expect(Buffer.compare(Buffer.concat(taken), stream)).toBe(0)
    },
  )

  it.each(SEEDS)('a ring gives back what was appended, across growth and wrapping (seed %i)', (seed) => {
    const random = new Random(seed)
    const ring = new ByteRing()
    const all: number[] = []
    let start = 0
    for (let turn = 0; turn < 300; turn++) {
      const data = random.bytes(random.below(800))
      ring.append(data)
      all.push(...data)
      start += random.below(Math.min(900, all.length - start) + 1)
      ring.discardTo(start)
      const from = start + random.below(all.length - start + 1)
      const length = random.below(all.length - from + 1)
      expect([...ring.read(from, length)]).toEqual(all.slice(from, from + length))
    }
    expect(ring.length).toBe(all.length)
  })

  it.each(SEEDS)(
    'an IPv6 packet survives fragmentation behind its extension headers and any order of its fragments (seed %i)',
    (seed) => {
      const random = new Random(seed)
      const packet = buildIp({
        source: 'fd01::1',
        destination: 'fd02::2',
        extensions: [{ type: NextHeader.HopByHop }, { type: NextHeader.DestinationOptions, body: random.bytes(20) }],
        protocol: Protocol.Icmpv6,
        // A payload whose pieces look like extension headers to whoever reads on behind a fragment header.
        payload: new Uint8Array(100 + random.below(8000)).fill(NextHeader.DestinationOptions),
      })
      const ip = parseIp(packet)
      if (ip === null) throw new Error(describePacket(packet))
      const pieces = fragment(ip, 1280, seed)
      expect(pieces.every((piece) => piece.length <= 1280)).toBe(true)
      for (let i = pieces.length - 1; i > 0; i--) {
        const j = random.below(i + 1)
        ;[pieces[i], pieces[j]] = [pieces[j] ?? packet, pieces[i] ?? packet]
      }
      const read = pieces.map(parseIp)
      expect(read.map((piece) => [piece?.identification, piece?.protocol])).toEqual(
        pieces.map(() => [seed, Protocol.Icmpv6]),
      )
      const reassembler = new Reassembler(new Clock())
      const whole = read.map((piece) => piece && reassembler.add(piece))
      expect(whole.find((piece) => piece !== null)?.bytes).toEqual(packet)
    },
  )

  it.each(SEEDS)(
    'a packet survives fragmentation twice and any order and repetition of its fragments (seed %i)',
    (seed) => {
      const random = new Random(seed)
      const packet = buildIp({
        source: '10.0.0.1',
        destination: '10.0.0.2',
        protocol: 99,
        identification: seed,
        payload: random.bytes(100 + random.below(8000)),
      })
      const split = (bytes: Uint8Array, mtu: number): Uint8Array[] => {
        const ip = parseIpv4(bytes)
        return ip === null ? [] : fragment(ip, mtu)
      }
      const pieces = split(packet, 1500).flatMap((piece) => split(piece, 68 + random.below(1000)))
      expect(pieces.every(checksumsAreValid)).toBe(true)
      const arriving = [...pieces, ...pieces.slice(0, 3)]
      for (let i = arriving.length - 1; i > 0; i--) {
        const j = random.below(i + 1)
        ;[arriving[i], arriving[j]] = [arriving[j] ?? packet, arriving[i] ?? packet]
      }
      const reassembler = new Reassembler(new Clock())
      const whole = arriving.map((bytes) => parseIpv4(bytes)).map((ip) => ip && reassembler.add(ip))
      expect(whole.find((ip) => ip !== null)?.bytes).toEqual(packet)
    },
  )

  it('a packet with overlapping fragments never becomes whole', () => {
    const reassembler = new Reassembler(new Clock())
    const piece = (fragmentOffset: number, length: number, moreFragments: boolean): unknown => {
      const fields = { source: 1, destination: 2, protocol: 99, fragmentOffset, moreFragments }
      const ip = parseIpv4(buildIp({ ...fields, payload: new Uint8Array(length) }))
      return ip && reassembler.add(ip)
    }
    expect([piece(0, 24, true), piece(16, 16, true), piece(24, 8, false)]).toEqual([null, null, null])
  })
})
