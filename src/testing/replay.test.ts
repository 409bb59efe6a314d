/** What LVS was recorded to do, replayed on the engine in Node and in the kernel: TCP states, transcripts, choices of round robin. */
import { afterEach, describe, expect, it } from 'vitest'
import type { ServiceId } from '../control/model.ts'
import { type DirectorBench, memoryBench } from './bench.ts'
import { kernelBench, whyNoKernelBench } from './kernel-bench.ts'
import { type Ends, reachState, readFacts, segment, type Transition, TRANSITIONS } from './reach-state.ts'
import { replayTrace } from './replay-trace.ts'
import { replayTranscript, type TranscriptOptions } from './replay-transcript.ts'

const SERVICE: ServiceId = { protocol: 'tcp', address: '10.9.0.1', port: 80 }
const ENDS: Ends = {
  client: { address: '10.1.0.1', port: 1001 },
  virtual: SERVICE,
  server: { address: '10.2.0.1', port: 80 },
}

/** With the fewest steps that must be replayed: what is left out can't grow unnoticed. */
const TRANSCRIPTS: readonly { file: string; atLeast: number; options?: TranscriptOptions }[] = [
  { file: 'server_removed', atLeast: 20 },
  { file: 'service_removed', atLeast: 15 },
  { file: 'reuse', atLeast: 15 },
  { file: 'stats_modes', atLeast: 13 },
  // wlc and rr choose alike from one server.
  { file: 'quiesced', atLeast: 11, options: { replace: [[' wlc', ' rr']] } },
  { file: 'no_server', atLeast: 4 },
  { file: 'no_service', atLeast: 16 },
  { file: 'timeouts', atLeast: 3, options: { established: ENDS } },
  { file: 'direct_client', atLeast: 10 },
]

/** Long enough for every connection to expire. */
const AGES_MS = 1_000_000

/** `at` is a time in ms, `AGES_MS` after the last one. */
function transition(bench: DirectorBench, { state, from, packet }: Transition, at: number): Partial<Transition> {
  bench.setClock(at)
  reachState(bench, state, ENDS)
  bench.setClock(at + 1000)
  bench.handle(segment(ENDS, from, packet))
  const [connection] = bench.control.connections()
  const [dest] = bench.control.service(SERVICE)?.dests ?? []
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

    it(`goes from every TCP state to the next as LVS does, in all ${TRANSITIONS.length} recorded transitions`, () => {
      expect(TRANSITIONS.length).toBe(104)
      const bench = start(16)
      const { control } = bench
      control.addService({ ...SERVICE, scheduler: 'rr' })
      control.addDest(SERVICE, { ...ENDS.server, weight: 1, method: 'masquerading' })
      TRANSITIONS.forEach((recorded, index) => {
        const { state, from, packet, ...outcome } = recorded
        const found = transition(bench, recorded, (index + 1) * AGES_MS)
        expect(found, `${state}, ${from} ${packet}`).toEqual(outcome)
      })
    })

    for (const { file, atLeast, options } of TRANSCRIPTS) {
      it(`sends and lists what LVS did in ${file}.txt`, async () => {
        const { replayed, leftOut, differences } = await replayTranscript(readFacts(`${file}.txt`), start(), options)
        console.log(`${file}: ${replayed} replayed, left out: ${JSON.stringify(leftOut)}`)
        expect(differences).toEqual([])
        expect(replayed).toBeGreaterThanOrEqual(atLeast)
      })
    }

    for (const [file, opens] of [
      ['equal-1000', 120],
      ['weights-1001', 120],
      ['churn-1002', 100],
    ] as const) {
      it(`chooses the servers that LVS chose in all ${opens} connections of rr-${file}`, () => {
        const { choices, differences } = replayTrace(`rr-${file}.jsonl`, start())
        expect(differences).toEqual([])
        expect(choices).toBe(opens)
      })
    }
  })
}
