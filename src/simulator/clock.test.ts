import { describe, expect, it } from 'vitest'
import { Clock, Timer } from './clock.ts'
import { Random } from './random.ts'

describe('the clock', () => {
  it('runs events in order of time and, at the same time, in order of their scheduling', () => {
    const clock = new Clock()
    const random = new Random(5)
    const scheduled = Array.from({ length: 2000 }, (_, order) => ({ atUs: random.below(50), order }))
    const ran: typeof scheduled = []
    for (const event of scheduled) {
      clock.after(event.atUs, () => {
        expect(clock.nowUs).toBe(event.atUs)
        ran.push(event)
      })
    }
    clock.runFor(1)
    expect(ran).toEqual(scheduled.toSorted((a, b) => a.atUs - b.atUs || a.order - b.order))
    expect([clock.nowMs, clock.pending]).toEqual([1, 0])
  })

  it('stops as soon as the condition holds, and at the limit if it never does', () => {
    const clock = new Clock()
    let count = 0
    const again = (): void => {
      count += 1
      clock.after(1000, again)
    }
    again()
    expect(clock.runUntil(() => count === 5, 100)).toBe(true)
    expect(clock.nowMs).toBe(4)
    expect(clock.runUntil(() => false, 10)).toBe(false)
    expect(clock.nowMs).toBe(14)
  })
})

describe('a timer', () => {
  it('expires once, at the deadline set last, whether that was moved back or forth', () => {
    const clock = new Clock()
    const expired: number[] = []
    const timer = new Timer(clock, () => expired.push(clock.nowMs))
    timer.set(10)
    timer.set(20)
    clock.runFor(15)
    timer.set(1)
    clock.runFor(100)
    expect(expired).toEqual([16])
    timer.set(5)
    timer.clear()
    clock.runFor(100)
    expect(expired).toEqual([16])
  })

  it('has one event in the clock however often it is pushed back', () => {
    const clock = new Clock()
    const timer = new Timer(clock, () => undefined)
    for (let i = 0; i < 1000; i++) timer.set(100 + i)
    expect(clock.pending).toBe(1)
  })
})
