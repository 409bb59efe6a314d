/** What LVS was recorded to do, replayed on the engine in Node and in the kernel: states of connections, transcripts. */
import { afterEach, describe, expect, it } from 'vitest'
import type { AddressedService, Protocol, SettingValues } from '../control/model.ts'
import { type DirectorBench, memoryBench } from './bench.ts'
import { kernelBench, whyNoKernelBench } from './kernel-bench.ts'
import { type Ends, packetOf, readFacts, readTransitions, sendSteps, type Transition } from './reach-state.ts'
import { replayTranscript, type TranscriptOptions } from './replay-transcript.ts'
import { plainDest, roundRobin } from './small-director.ts'

interface StateTable {
  readonly file: string
  readonly protocol: Protocol
  readonly settings?: Partial<SettingValues>
  readonly transitions: number
}

const STATE_TABLES: readonly StateTable[] = [
  { file: 'tcp_states_nat', protocol: 'tcp', transitions: 104 },
  { file: 'tcp_states_nat_sloppy_tcp', protocol: 'tcp', settings: { sloppyTcp: 1 }, transitions: 104 },
  { file: 'tcp_states_nat_secure_tcp', protocol: 'tcp', settings: { secureTcp: 3 }, transitions: 117 },
  { file: 'udp_states_nat', protocol: 'udp', transitions: 4 },
  { file: 'sctp_states_nat', protocol: 'sctp', transitions: 336 },
]

function endsOf(protocol: Protocol): Ends & { virtual: AddressedService } {
  return {
    client: { address: '10.1.0.1', port: 1001 },
    virtual: { protocol, address: '10.9.0.1', port: 80 },
    server: { address: '10.2.0.1', port: 80 },
  }
}

/** With the fewest steps that must be replayed: what is left out can't grow unnoticed. */
const TRANSCRIPTS: readonly { file: string; atLeast: number; options?: TranscriptOptions }[] = [
  { file: 'server_removed', atLeast: 28 },
  { file: 'server_removed_udp', atLeast: 11 },
  { file: 'service_removed', atLeast: 15 },
  { file: 'reuse', atLeast: 27 },
  { file: 'stats_modes', atLeast: 23 },
  { file: 'quiesced', atLeast: 16 },
  { file: 'no_server', atLeast: 9 },
  { file: 'no_service', atLeast: 33 },
  { file: 'timeouts', atLeast: 12, options: { established: endsOf('tcp') } },
  { file: 'direct_client', atLeast: 10 },
  { file: 'persistence', atLeast: 22 },
  { file: 'persistence_kinds', atLeast: 34, options: { marks: { '10.9.0.4': 9 } } },
  { file: 'persistence_quiesce', atLeast: 14 },
  // A datagram's connection lasts 3 s. The first had gone when the 7th datagram of the first service came, or the 8th of the second.
  { file: 'thresholds', atLeast: 56, options: { flowSteps: [550, 465] } },
  { file: 'one_packet', atLeast: 11 },
  { file: 'on_the_wire', atLeast: 83 },
  { file: 'icmp', atLeast: 11 },
]

/** Long enough for every connection to expire. */
const AGES_MS = 1_000_000

/** `at` is a time in ms, `AGES_MS` after the last one. */
function transition(
  bench: DirectorBench,
  protocol: Protocol,
  steps: string,
  { from, packet }: Transition,
  at: number,
): Partial<Transition> {
  const ends = endsOf(protocol)
  bench.setClock(at)
  sendSteps(bench, protocol, steps, ends)
  bench.setClock(at + 1000)
  bench.handle(packetOf(protocol, ends, from, packet))
  const [connection] = bench.control.connections()
  const [dest] = bench.control.service(ends.virtual)?.dests ?? []
  return {
    next: connection?.state ?? 'none',
    timeout_s: connection === undefined ? null : connection.remainingMs / 1000,
    active: dest?.active ?? -1,
    inactive: dest?.inactive ?? -1,
  }
}

const skip = whyNoKernelBench()
const BENCHES = [
  { name: 'in Node', make: memoryBench, skip: null },
  { name: 'in the kernel', make: kernelBench, skip },
]

for (const { name, make, skip } of BENCHES) {
  describe.skipIf(skip !== null)(`the engine ${name}${skip === null ? '' : ` (skipped: ${skip})`}`, () => {
    let bench: DirectorBench | null = null
    const start = (connections = 4096): DirectorBench => (bench = make({ connections }))
    afterEach(() => {
      bench?.close()
      bench = null
    })

    for (const { file, protocol, settings, transitions: count } of STATE_TABLES) {
      it(`goes from every state to the next as LVS does, in all ${count} transitions of ${file}`, () => {
        const { reachedBy, transitions } = readTransitions(`${file}.json`)
        expect(transitions).toHaveLength(count)
        const bench = start(16)
        const { virtual, server } = endsOf(protocol)
        bench.control.addService(roundRobin(virtual))
        bench.control.addDest(virtual, plainDest(server))
        bench.control.set(settings ?? {})
        transitions.forEach((recorded, index) => {
          const { state, from, packet, ...outcome } = recorded
          const found = transition(bench, protocol, reachedBy[state] ?? '', recorded, (index + 1) * AGES_MS)
          expect(found, `${state}, ${from} ${packet}`).toEqual(outcome)
        })
      })
    }

    for (const { file, atLeast, options } of TRANSCRIPTS) {
      it(`sends and lists what LVS did in ${file}.txt`, async () => {
        const { replayed, leftOut, differences } = await replayTranscript(readFacts(`${file}.txt`), start(), options)
        console.log(`${file}: ${replayed} replayed, left out: ${JSON.stringify(leftOut)}`)
        expect(differences).toEqual([])
        expect(replayed).toBeGreaterThanOrEqual(atLeast)
      })
    }
  })
}
