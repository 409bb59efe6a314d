/** Every recorded choice of LVS's schedulers, replayed on the engine. */
import { readdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { Director } from '../control/director.ts'
import { Route } from '../engine/records.ts'
import { MemoryHost } from '../memory/memory-host.ts'
import { replayTrace, type TraceBench, TRACES } from './replay-trace.ts'
import { tickUntilIdle } from './bench.ts'

function bench(): TraceBench {
  const host = new MemoryHost({ connections: 4096, route: () => ({ route: Route.Found, mtu: 1500 }) })
  return {
    control: new Director(host.tables),
    tables: host.tables,
    handle: (packet, mark) => host.handle(packet, mark),
    setClock: (ms) => tickUntilIdle(() => host.tick(ms)),
  }
}

const files = readdirSync(TRACES).filter((file) => file.endsWith('.jsonl'))

it('has all recordings', () => expect(files.length).toBe(112))

for (const file of files) {
  it(`chooses the servers that LVS chose in ${file}`, () => {
    const { choices, corrected, differences } = replayTrace(file, bench())
    console.log(`${file}: ${choices} choices, ${corrected} corrected`)
    expect(differences).toEqual([])
  })
}
