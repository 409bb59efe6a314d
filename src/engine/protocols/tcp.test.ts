/** The state tables against every transition that LVS was recorded to make (conformance/facts/tcp_states_*.json). */
import { describe, expect, it } from 'vitest'
import { flagBits } from '../../testing/packet-notation.ts'
import { readTransitions } from '../../testing/reach-state.ts'
import { Mover, type Settings } from '../records.ts'
import { DEFAULT_SETTINGS } from '../settings.ts'
import { isTcpActive, nextTcpState, opensTcp, replacesTcp, TCP_STATE_NAMES, TcpState, tcpTimeoutMs } from './tcp.ts'

const state = (name: string): number => TCP_STATE_NAMES.findIndex((each) => each === name)
const next = (from: number, flags: string, mover: number): number =>
  nextTcpState(from, flagBits(flags), mover, DEFAULT_SETTINGS)

const RECORDINGS: readonly [file: string, client: number, set: Settings][] = [
  ['tcp_states_nat', Mover.Client, DEFAULT_SETTINGS],
  ['tcp_states_nat_sloppy_tcp', Mover.Client, { ...DEFAULT_SETTINGS, sloppyTcp: 1 }],
  ['tcp_states_nat_secure_tcp', Mover.Client, { ...DEFAULT_SETTINGS, secureTcp: 3 }],
  ['tcp_states_dr', Mover.ClientAlone, DEFAULT_SETTINGS],
  ['tcp_states_tun', Mover.ClientAlone, DEFAULT_SETTINGS],
]

describe('the table of TCP states', () => {
  for (const [file, client, set] of RECORDINGS) {
    const { transitions } = readTransitions(`${file}.json`)
    it(`makes each of the ${transitions.length} transitions of ${file}, with its timeout and its share of the counts`, () => {
      for (const { state: from, from: end, packet, next: recorded, timeout_s, active } of transitions) {
        const flags = flagBits(packet)
        const where = `${from}, ${end} ${packet}`
        const opens = end === 'client' && opensTcp(flags, set)
        if (from === 'none' && !opens) {
          expect(recorded, where).toBe('none')
          continue
        }
        // Where a SYN begins another connection, that one begins in no state.
        const begins = from === 'none' || (end === 'client' && replacesTcp(state(from), flags, set))
        const before = begins ? TcpState.None : state(from)
        const after = nextTcpState(before, flags, end === 'client' ? client : Mover.Server, set)
        expect(TCP_STATE_NAMES[after], where).toBe(recorded)
        expect(tcpTimeoutMs(after, set), where).toBe((timeout_s ?? 0) * 1000)
        expect(isTcpActive(after), where).toBe(active === 1)
      }
    })
  }

  it('has a state for every combination of flags, in every state, for every side, under attack or not', () => {
    for (const secureTcp of [0, 3])
      for (const mover of [Mover.Client, Mover.Server, Mover.ClientAlone])
        for (let from = 0; from < TCP_STATE_NAMES.length; from++)
          for (let flags = 0; flags < 256; flags++)
            expect(TCP_STATE_NAMES[nextTcpState(from, flags, mover, { ...DEFAULT_SETTINGS, secureTcp })]).toBeDefined()
  })
})

it('closes a connection whose packet has none of RST, SYN, FIN, ACK', () => {
  expect(next(TcpState.Established, 'PU', Mover.Client)).toBe(TcpState.Close)
})

it('counts by RST before SYN before FIN before ACK', () => {
  expect(next(TcpState.Established, 'FSRA', Mover.Client)).toBe(TcpState.Close)
  expect(next(TcpState.FinWait, 'FSA', Mover.Client)).toBe(TcpState.SynRecv)
  expect(next(TcpState.Established, 'FA', Mover.Client)).toBe(TcpState.CloseWait)
})

it('knows no timeout and no activity of a state that does not exist', () => {
  expect(tcpTimeoutMs(TCP_STATE_NAMES.length, DEFAULT_SETTINGS)).toBe(0)
  expect(isTcpActive(TCP_STATE_NAMES.length)).toBe(false)
})
