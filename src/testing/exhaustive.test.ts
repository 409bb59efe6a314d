/** Where a field has few values, all of them, through the engine in Node and in the kernel: equal verdicts, packets and tables. */
import { describe, expect, it } from 'vitest'
import { buildTcp, updateHeaderChecksum, write16, type TcpFields } from '../simulator/build-packet.ts'
import { TCP_STATE_NAMES } from '../engine/protocols/tcp.ts'
import { BenchPair } from './bench-pair.ts'
import { applyChange, type Change } from './configuration.ts'
import { kernelBench, whyNoKernelBench } from './kernel-bench.ts'
import { SHORTEST_PACKET } from './mutations.ts'
import { type Ends, REACHED_BY, reachState, segment } from './reach-state.ts'
import { server, WEB } from './small-director.ts'

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
const SETUP: readonly Change[] = [
  { what: 'add-service', service: WEB },
  { what: 'add-dest', service: WEB, dest: server(1) },
  { what: 'add-service', service: { ...WEB, port: 81 } },
  { what: 'add-dest', service: { ...WEB, port: 81 }, dest: { ...server(2), port: 8080 } },
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

    it('for every combination of flags from either end in every state', () => {
      compare((send, pair) => {
        let ms = 1000
        for (const state of TCP_STATE_NAMES.map((name) => (name === 'NONE' ? 'none' : name))) {
          expect(REACHED_BY[state]).toBeDefined()
          for (let flags = 0; flags < 256; flags++) {
            for (const from of ['client', 'server'] as const) {
              // Past the longest timeout: the last connection has gone.
              pair.apply({ kind: 'clock', ms: (ms += 1_000_000) }, () => undefined)
              for (const bench of [pair.left, pair.right]) reachState(bench, state, ENDS)
              const packet = segment(ENDS, from, '')
              packet[33] = flags
              send(packet, `${state}, ${from} with flags ${flags}`)
            }
          }
        }
      })
    })

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
        for (let length = SHORTEST_PACKET; length <= whole.length; length++) {
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
