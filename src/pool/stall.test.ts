/** A process that was stopped for a while must not blame the database for it. */
import { describe, expect, it } from 'vitest'
import type { Clock } from '#base/clock.ts'
import { createTicker } from './ticker.ts'
import { within } from './within.ts'

/** A clock whose timers fire only when told to, however late that is. */
function lateClock() {
  let now = 0
  const timers = new Set<{ ms: number; body: () => void }>()
  const clock: Clock = {
    now: () => now,
    wall: () => now,
    after: (ms, body) => {
      const timer = { ms, body }
      timers.add(timer)
      return { cancel: () => timers.delete(timer) }
    },
  }
  const fireAt = async (at: number) => {
    now = at
    const due = [...timers]
    timers.clear()
    for (const timer of due) timer.body()
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
  return { clock, fireAt, timers }
}

describe('a time limit', () => {
  it('that fires in time ends what it limits', async () => {
    const { clock, fireAt, timers } = lateClock()
    const abort = new AbortController()
    const limited = within({ clock, ms: 250, abort, run: () => new Promise(() => {}) })
    const failed = expect(limited).rejects.toThrow('not done within 250 ms')
    await fireAt(251)
    await failed
    expect(abort.signal.aborted).toBe(true)
    expect(timers.size).toBe(0)
  })

  it('that fires late gives the answer time to be read, once', async () => {
    const { clock, fireAt, timers } = lateClock()
    const answer = Promise.withResolvers<string>()
    const read = within({ clock, ms: 250, run: () => answer.promise })
    const unread = within({ clock, ms: 250, run: () => new Promise(() => {}) })
    const failed = expect(unread).rejects.toThrow('not done within 250 ms')
    await fireAt(400)
    expect([...timers].map((t) => t.ms)).toEqual([150, 150])
    answer.resolve('there')
    await expect(read).resolves.toBe('there')
    await fireAt(9000)
    await failed
  })

  it('hands over what comes too late, and tells the other side to stop', async () => {
    const { clock, fireAt } = lateClock()
    const answer = Promise.withResolvers<string>()
    const late: string[] = []
    let told: AbortSignal | undefined
    const limited = within({
      clock,
      ms: 10,
      run: ({ deadline, signal }) => {
        expect(deadline).toBe(10)
        told = signal
        return answer.promise
      },
      late: (value) => late.push(value),
    })
    const failed = expect(limited).rejects.toThrow('not done within 10 ms')
    await fireAt(10)
    await failed
    expect(told?.aborted).toBe(true)
    answer.resolve('straggler')
    await fireAt(11)
    expect(late).toEqual(['straggler'])
  })

  it('turns a throw into a rejection and leaves no timer', async () => {
    const { clock, timers } = lateClock()
    const run = () => {
      throw new Error('at once')
    }
    await expect(within({ clock, ms: 10, run })).rejects.toThrow('at once')
    expect(timers.size).toBe(0)
  })
})

describe('the ticker', () => {
  it('says when a beat came a whole period late, and stops when told to', async () => {
    const { clock, fireAt, timers } = lateClock()
    const beats: [number, boolean][] = []
    const ticker = createTicker(clock, 500, (now, punctual) => beats.push([now, punctual]))
    await fireAt(503)
    await fireAt(3000)
    await fireAt(3510)
    expect(beats).toEqual([
      [503, true],
      [3000, false],
      [3510, true],
    ])
    ticker.stop()
    expect(timers.size).toBe(0)
  })
})
