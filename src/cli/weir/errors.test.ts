import { describe, expect, it } from 'vitest'
import { ControlError } from '../../control/model.ts'
import { StateError } from '../../control/plan.ts'
import { KernelError } from '../../kernel/errors.ts'
import { describeError } from './errors.ts'

const FORESEEN = [
  new KernelError('locked', 'wait for it'),
  new ControlError('bad-port', 'wait for it'),
  Object.assign(new StateError('x'), { message: 'wait for it' }),
]

describe('an error', () => {
  it.each(FORESEEN)('that was foreseen is its message and nothing else: %o', (error) => {
    expect(describeError(error, false)).toBe('weir: wait for it\n')
  })

  it('that was not says how to get the stack', () => {
    expect(describeError(new TypeError('x is not a function'), false)).toBe(
      'weir: unexpected error: x is not a function\nRun it again with WEIR_DEBUG=1 for the stack, and report that.\n',
    )
  })

  it('shows its stack, and those of its causes, to whoever asks', () => {
    const cause = new Error('EPERM')
    const described = describeError(new KernelError('locked', 'wait for it', { cause }), true)
    expect(described).toMatch(/^weir: KernelError: wait for it\n +at /)
    expect(described).toContain('EPERM')
  })

  it('may be anything that was thrown', () => {
    expect(describeError('a string', false)).toBe('weir: a string\n')
  })
})
