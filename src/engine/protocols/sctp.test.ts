/** The state table against every transition that LVS was recorded to make (conformance/facts/sctp_states_*.json). */
import { describe, expect, it } from 'vitest'
import { chunkType, readTransitions } from '../../testing/reach-state.ts'
import { Mover } from '../records.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { isSctpActive, nextSctpState, opensSctp, SCTP_STATE_NAMES, SctpState, sctpTimeoutMs } from './sctp.ts'

const state = (name: string): number => SCTP_STATE_NAMES.findIndex((each) => each === name)

describe('the table of SCTP states', () => {
  for (const [file, client] of [
    ['sctp_states_nat', Mover.Client],
    ['sctp_states_dr', Mover.ClientAlone],
  ] as const) {
    const { transitions } = readTransitions(`${file}.json`)
    it(`makes each of the ${transitions.length} transitions of ${file}, with its timeout and its share of the counts`, () => {
      for (const { state: from, from: end, packet, next, timeout_s, active } of transitions) {
        const chunk = chunkType(packet)
        const where = `${from}, ${end} ${packet}`
        if (from === 'none' && (end === 'server' || !opensSctp(chunk, DEFAULT_SETTINGS))) {
          expect(next, where).toBe('none')
          continue
        }
        const before = from === 'none' ? SctpState.None : state(from)
        const after = nextSctpState(before, chunk, end === 'client' ? client : Mover.Server)
        expect(SCTP_STATE_NAMES[after], where).toBe(next)
        expect(sctpTimeoutMs(after), where).toBe((timeout_s ?? 0) * 1000)
        expect(isSctpActive(after), where).toBe(active === 1)
      }
    })
  }

  it('takes every chunk type that it does not know for data', () => {
    for (let chunk = 15; chunk < 256; chunk++)
      for (const mover of [Mover.Client, Mover.Server, Mover.ClientAlone])
        for (let from = 0; from < SCTP_STATE_NAMES.length; from++) expect(nextSctpState(from, chunk, mover)).toBe(from)
  })
})
