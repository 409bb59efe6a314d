import { expect, it } from 'vitest'
import { Reason, REASONS } from './reasons.ts'
import { TABLES } from './tables.ts'

it('has a text for the first and the last reason at their numbers, and a row in the table for each', () => {
  expect(REASONS[Reason.Malformed]?.name).toBe('malformed')
  expect(REASONS[Reason.TupleInUse]?.name).toBe('tuple-in-use')
  expect(REASONS[Reason.NoCallId]?.name).toBe('no-call-id')
  expect(REASONS[Reason.NoRoom]?.name).toBe('no-room')
  expect(REASONS[Reason.NoLocalPort]?.name).toBe('no-local-port')
  expect(REASONS.length).toBe(Reason.NoLocalPort + 1)
  expect(TABLES.reasons.capacity).toBeGreaterThanOrEqual(REASONS.length)
})

it('has no two reasons of one name', () => {
  expect(new Set(REASONS.map(({ name }) => name)).size).toBe(REASONS.length)
})
