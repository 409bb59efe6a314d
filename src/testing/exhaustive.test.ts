/** Where a field has few values, all of them, through the engine in Node and in the kernel: equal verdicts, packets and tables. */
import { describe, expect, it } from 'vitest'
import type { AddressedService } from '../control/model.ts'
import {
  buildSctp,
  buildTcp,
  buildUdp,
  updateHeaderChecksum,
  write16,
  type TcpFields,
} from '../simulator/build-packet.ts'
import { BenchPair } from './bench-pair.ts'
import { applyChange, type Change } from './configuration.ts'
import { kernelBench, whyNoKernelBench } from './kernel-bench.ts'
import { shortestPacket } from './mutations.ts'
import { type Ends, packetOf, readTransitions, segment, sendSteps } from './reach-state.ts'
import { plainDest, roundRobin, server, WEB } from './small-director.ts'

const CLIENT = { address: '10.1.0.1', port: 1024 }
const ENDS: Ends = { client: CLIENT, virtual: WEB, server: server(1) }
const REQUEST: TcpFields = {
  source: CLIENT.address,
  sourcePort: CLIENT.port,
  destination: WEB.address,
  destinationPort: WEB.port,
  flags: 0x10,
}
const SYN = { ...REQUEST, flags: 0x02 }
/** The server's port differs from the service's, so that the port changes as well. */
const OTHER: AddressedService = { ...WEB, port: 81 }
const ASSOCIATIONS: AddressedService = { ...WEB, protocol: 'sctp' }
const SIX: AddressedService = { protocol: 'tcp', address: 'fd09::1', port: 80 }
const DATAGRAMS: readonly AddressedService[] = [
  { ...WEB, protocol: 'udp' },
  { ...SIX, protocol: 'udp' },
]
const SERVER_SIX = plainDest({ address: 'fd02:0:0:1::ffff:1', port: 8080 })
const SIX_REQUEST: TcpFields = {
  source: 'fd01::1',
  sourcePort: 1024,
  destination: SIX.address,
  destinationPort: SIX.port,
  flags: 0x02,
}

const SETUP: readonly Change[] = [
  { what: 'add-service', service: roundRobin(WEB) },
  { what: 'add-dest', service: WEB, dest: server(1) },
  { what: 'add-service', service: roundRobin(OTHER) },
  { what: 'add-dest', service: OTHER, dest: { ...server(2), port: 8080 } },
  { what: 'add-service', service: roundRobin(ASSOCIATIONS) },
  { what: 'add-dest', service: ASSOCIATIONS, dest: server(1) },
  { what: 'add-service', service: roundRobin(SIX) },
  { what: 'add-dest', service: SIX, dest: SERVER_SIX },
  ...DATAGRAMS.flatMap((service, at): Change[] => [
    { what: 'add-service', service: roundRobin(service) },
    { what: 'add-dest', service, dest: at === 0 ? { ...server(2), port: 8080 } : SERVER_SIX },
  ]),
]

/** Runs `send` on a pair of benches whose clock stands at a second; `send` gives it packets, all compared. */
function compare(send: (packet: (bytes: Uint8Array, what: string) => void, pair: BenchPair) => void): void {
  const pair = new BenchPair(kernelBench, { connections: 256 })
  try {
    for (const change of SETUP) for (const { control } of [pair.left, pair.right]) applyChange(control, change)
    pair.apply({ kind: 'clock', ms: 1000 }, () => undefined)
    let sent = 0
    send((bytes, what) => {
      sent += 1
      const difference = pair.packet(bytes)
      if (difference !== null) expect.fail(`${what}: ${difference}`)
    }, pair)
    expect(pair.compareTables()).toBeNull()
    expect(sent).toBeGreaterThan(0)
  } finally {
    pair.close()
  }
}

const skip = whyNoKernelBench()

describe.skipIf(skip !== null)(
  `the engine in the kernel is that in Node${skip === null ? '' : ` (skipped: ${skip})`}`,
  () => {
    it('for every TCP checksum that a packet can carry, through both ports and addresses', () => {
      compare((send) => {
        for (const destinationPort of [80, 81]) {
          send(buildTcp({ ...SYN, destinationPort }), 'SYN')
          const packet = buildTcp({ ...REQUEST, destinationPort })
          for (let checksum = 0; checksum < 65536; checksum++) {
            write16(packet, 36, checksum)
            send(packet, `checksum ${checksum}`)
          }
        }
      })
    })

    for (const { address } of DATAGRAMS) {
      it(`for every UDP checksum that a packet to ${address} can carry, none and 65535 among them`, () => {
        compare((send) => {
          const packet = buildUdp({ ...(address.includes(':') ? SIX_REQUEST : REQUEST), payload: Uint8Array.of(7) })
          for (let checksum = 0; checksum < 65536; checksum++) {
            write16(packet, packet.length - 3, checksum)
            send(packet, `checksum ${checksum}`)
          }
        })
      })
    }

    it('for every first byte, next header, hop limit and extension header of IPv6, and every length', () => {
      compare((send) => {
        const extensions = [{ type: 0 }, { type: 60, body: new Uint8Array(10) }, { type: 43 }]
        const packet = buildTcp({ ...SIX_REQUEST, extensions })
        const each = (at: number, what: string): void => {
          for (let value = 0; value < 256; value++) {
            const changed = packet.slice()
            changed[at] = value
            send(changed, `${what} ${value}`)
          }
        }
        each(0, 'first byte')
        each(6, 'next header')
        each(7, 'hop limit')
        for (const at of [40, 48, 64]) {
          each(at, `next header at ${at}`)
          each(at + 1, `extension's length at ${at}`)
        }
        for (let length = shortestPacket(packet); length <= packet.length; length++) {
          for (let says = 0; says <= packet.length - 36; says++) {
            const shorter = packet.slice(0, length)
            write16(shorter, 4, says)
            send(shorter, `${length} bytes that say ${says}`)
          }
        }
      })
    })

    it('for every number of extension headers up to 9, of 8 to 264 bytes each', () => {
      compare((send) => {
        for (let count = 0; count <= 9; count++)
          for (const body of [6, 14, 30, 62, 126, 254])
            for (const type of [0, 43, 60]) {
              const extensions = Array.from({ length: count }, () => ({ type, body: new Uint8Array(body) }))
              send(buildTcp({ ...SIX_REQUEST, extensions }), `${count} extensions of ${body} bytes`)
            }
      })
    })

    it('for every place behind an extension header that a transport header can have', () => {
      compare((send) => {
        for (let body = 6; body <= 2046; body += 8) {
          const fields = { ...SIX_REQUEST, extensions: [{ type: 60, body: new Uint8Array(body) }] }
          send(buildTcp(fields), `TCP behind ${body + 2} bytes`)
          send(buildUdp(fields), `UDP behind ${body + 2} bytes`)
          send(buildSctp({ ...fields, chunks: [] }), `SCTP behind ${body + 2} bytes`)
        }
      })
    })

    it('for every first chunk of SCTP from either end in every state', () => {
      const ends: Ends = { client: CLIENT, virtual: ASSOCIATIONS, server: server(1) }
      const { reachedBy } = readTransitions('sctp_states_nat.json')
      compare((send, pair) => {
        let ms = 1000
        for (const [state, steps] of Object.entries(reachedBy)) {
          for (let chunk = 0; chunk < 256; chunk++) {
            for (const from of ['client', 'server'] as const) {
              pair.apply({ kind: 'clock', ms: (ms += 1_000_000) }, () => undefined)
              for (const bench of [pair.left, pair.right]) sendSteps(bench, 'sctp', steps, ends)
              const packet = packetOf('sctp', ends, from, 'DATA')
              packet[32] = chunk
              send(packet, `${state}, ${from} with chunk ${chunk}`)
            }
          }
        }
      })
    })

    it('for every length of SCTP data and UDP payload from 0 to 2000 bytes, of both families', () => {
      compare((send) => {
        for (const fields of [REQUEST, SIX_REQUEST])
          for (let length = 0; length <= 2000; length++) {
            const payload = new Uint8Array(length).fill(length)
            send(buildUdp({ ...fields, payload }), `${length} bytes of UDP`)
            send(buildSctp({ ...fields, chunks: [{ type: 1, value: payload }] }), `${length} bytes of SCTP`)
          }
      })
    })

    it('for every header checksum that a packet can carry', () => {
      compare((send) => {
        send(buildTcp(SYN), 'SYN')
        const packet = buildTcp(REQUEST)
        for (let checksum = 0; checksum < 65536; checksum++) {
          write16(packet, 10, checksum)
          send(packet, `checksum ${checksum}`)
        }
      })
    })

    for (const [file, secureTcp] of [
      ['tcp_states_nat', 0],
      ['tcp_states_nat_secure_tcp', 3],
    ] as const) {
      it(`for every combination of flags from either end in every state of ${file}`, () => {
        const { reachedBy } = readTransitions(`${file}.json`)
        compare((send, pair) => {
          pair.apply({ kind: 'change', change: { what: 'set', values: { secureTcp } } }, () => undefined)
          let ms = 1000
          for (const [state, steps] of Object.entries(reachedBy)) {
            for (let flags = 0; flags < 256; flags++) {
              for (const from of ['client', 'server'] as const) {
                // Past the longest timeout: the last connection has gone.
                pair.apply({ kind: 'clock', ms: (ms += 1_000_000) }, () => undefined)
                for (const bench of [pair.left, pair.right]) sendSteps(bench, 'tcp', steps, ENDS)
                const packet = segment(ENDS, from, '')
                packet[33] = flags
                send(packet, `${state}, ${from} with flags ${flags}`)
              }
            }
          }
        })
      })
    }

    it('for every version, header length and data offset, the header checksum right or wrong', () => {
      compare((send) => {
        const options = { ipOptions: new Uint8Array(40), options: new Uint8Array(40) }
        for (const fields of [SYN, { ...SYN, ...options }, { ...REQUEST, ...options }]) {
          for (let first = 0; first < 256; first++) {
            for (let offset = 0; offset < 16; offset++) {
              const packet = buildTcp(fields)
              const tcpAt = ((packet[0] ?? 0) & 15) * 4
              packet[0] = first
              packet[tcpAt + 12] = offset << 4
              const what = `first byte ${first}, data offset ${offset}`
              send(packet, what)
              updateHeaderChecksum(packet)
              send(packet, what)
            }
          }
        }
      })
    })

    it('for every length that a packet is cut to or says to have', () => {
      compare((send) => {
        const whole = buildTcp({
          ...SYN,
          ipOptions: new Uint8Array(8),
          options: new Uint8Array(12),
          payload: Uint8Array.of(1, 2, 3),
        })
        for (let length = shortestPacket(whole); length <= whole.length; length++) {
          for (let says = 0; says <= whole.length + 4; says++) {
            const packet = whole.slice(0, length)
            write16(packet, 2, says)
            updateHeaderChecksum(packet)
            send(packet, `${length} bytes that say ${says}`)
          }
        }
      })
    })

    it('for every time to live, type of service and fragment field, with and without a way wide enough', () => {
      compare((send) => {
        for (const payload of [new Uint8Array(0), new Uint8Array(1461)]) {
          const packet = buildTcp({ ...SYN, payload })
          const each = (at: number, what: string): void => {
            for (let value = 0; value < 256; value++) {
              const changed = packet.slice()
              changed[at] = value
              updateHeaderChecksum(changed)
              send(changed, `${what} ${value}`)
            }
          }
          each(1, 'type of service')
          each(6, 'fragment, upper byte')
          each(7, 'fragment, lower byte')
          each(8, 'time to live')
          each(9, 'protocol')
        }
      })
    })

    it('for every length of payload from 0 to 2000 bytes, with DF and without', () => {
      compare((send) => {
        for (let length = 0; length <= 2000; length++)
          for (const dontFragment of [true, false])
            send(buildTcp({ ...SYN, dontFragment, payload: new Uint8Array(length).fill(length) }), `${length} bytes`)
      })
    })
  },
)
