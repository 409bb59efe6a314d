/** Every choice of LVS's schedulers that was recorded, replayed on the engine in Node and in the kernel. */
import { readdirSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { type DirectorBench, memoryBench } from './bench.ts'
import { kernelBench, whyNoKernelBench } from './kernel-bench.ts'
import { replayTrace, TRACES } from './replay-trace.ts'

const FILES = readdirSync(TRACES).filter((file) => file.endsWith('.jsonl'))
const RECORDED = { files: 112, choices: 13330 }
/** Connections before which InActConn may differ: a hundredth. Draws are left out, because LVS drew other servers. */
const MOST_CORRECTED = 133

const skip = whyNoKernelBench()
const BENCHES = [
  { name: 'in Node', make: memoryBench, skip: null },
  { name: 'in the kernel', make: kernelBench, skip },
]

for (const { name, make, skip } of BENCHES) {
  describe.skipIf(skip !== null)(`the engine ${name}${skip === null ? '' : ` (skipped: ${skip})`}`, () => {
    let bench: DirectorBench | null = null
    let choices = 0
    let corrected = 0
    afterEach(() => {
      bench?.close()
      bench = null
    })

    for (const file of FILES) {
      it(`chooses the servers that LVS chose in ${file}`, () => {
        const outcome = replayTrace(file, (bench = make({ connections: 4096 })))
        expect(outcome.differences).toEqual([])
        choices += outcome.choices
        if (!file.startsWith('twos')) corrected += outcome.corrected
      })
    }

    it('has made all choices that were recorded, nearly all of them on counters of its own', () => {
      expect({ files: FILES.length, choices }).toEqual(RECORDED)
      expect(corrected).toBeLessThanOrEqual(MOST_CORRECTED)
      console.log(`${choices} choices, InActConn corrected before ${corrected} of them`)
    })
  })
}
