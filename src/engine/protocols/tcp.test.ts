/** The state table against every transition that LVS was recorded to make (conformance/facts/tcp_states_nat.json). */
import { expect, it } from 'vitest'
import { flagBits } from '../../testing/packet-notation.ts'
import { TRANSITIONS } from '../../testing/reach-state.ts'
import { Direction } from '../records.ts'
import { isTcpActive, isTcpReusable, nextTcpState, opensTcp, TCP_STATE_NAMES, TcpState, tcpTimeoutMs } from './tcp.ts'

const state = (name: string): number => TCP_STATE_NAMES.findIndex((each) => each === name)

it('makes each recorded transition, with its timeout and its share of the counts', () => {
  for (const { state: from, from: end, packet, next, timeout_s, active } of TRANSITIONS) {
    const flags = flagBits(packet)
    const where = `${from}, ${end} ${packet}`
    const opens = end === 'client' && opensTcp(flags)
    if (from === 'none' && !opens) {
      expect(next, where).toBe('none')
      continue
    }
    // Where a SYN begins another connection, that one begins in no state.
    const begins = from === 'none' || (opens && isTcpReusable(state(from)))
    const before = begins ? TcpState.None : state(from)
    const after = nextTcpState(before, flags, end === 'client' ? Direction.In : Direction.Out)
    expect(TCP_STATE_NAMES[after], where).toBe(next)
    expect(tcpTimeoutMs(after), where).toBe((timeout_s ?? 0) * 1000)
    expect(isTcpActive(after), where).toBe(active === 1)
  }
})

it('has a state for every combination of flags, in every state and direction', () => {
  for (let from = 0; from < TCP_STATE_NAMES.length; from++)
    for (const direction of [Direction.In, Direction.Out])
      for (let flags = 0; flags < 256; flags++)
        expect(TCP_STATE_NAMES[nextTcpState(from, flags, direction)]).toBeDefined()
})

it('closes a connection whose packet has none of RST, SYN, FIN, ACK', () => {
  expect(nextTcpState(TcpState.Established, flagBits('PU'), Direction.In)).toBe(TcpState.Close)
})

it('counts by RST before SYN before FIN before ACK', () => {
  expect(nextTcpState(TcpState.Established, flagBits('FSRA'), Direction.In)).toBe(TcpState.Close)
  expect(nextTcpState(TcpState.FinWait, flagBits('FSA'), Direction.In)).toBe(TcpState.SynRecv)
  expect(nextTcpState(TcpState.Established, flagBits('FA'), Direction.In)).toBe(TcpState.CloseWait)
})

it('knows no timeout and no activity of a state that does not exist', () => {
  expect(tcpTimeoutMs(8)).toBe(0)
  expect(isTcpActive(8)).toBe(false)
})
