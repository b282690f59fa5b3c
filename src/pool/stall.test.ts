/** A process that was stopped for a while must not blame the database for it. */
import { describe, expect, it } from 'vitest'
import type { Clock } from '#base/clock.ts'
import { createConnector } from './connector.ts'
import { settings } from './pool.fixture.ts'
import { createPool } from './pool.ts'
import { createTicker } from './ticker.ts'
import { within } from './within.ts'

/** A clock whose timers fire only when told to: however late, or up to 1 ms early as those of Node may. */
function lateClock() {
  let now = 0
  const timers = new Set<{ at: number; body: () => void }>()
  const clock: Clock = {
    now: () => now,
    soon: (body: () => void) => queueMicrotask(body),
    wall: () => now,
    after: (ms, body) => {
      const timer = { at: now + ms, body }
      timers.add(timer)
      return { cancel: () => timers.delete(timer) }
    },
  }
  const fireAt = async (at: number) => {
    now = at
    for (const timer of [...timers].filter((t) => t.at <= now + 1)) if (timers.delete(timer)) timer.body()
    for (let i = 0; i < 20; i++) await Promise.resolve()
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
    expect([...timers].map((t) => t.at)).toEqual([550, 550])
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

describe('the pool', () => {
  const outside = { observe: () => {}, random: () => 0, validate: async () => undefined }
  const thing = { isUsable: () => true, close: async () => {} }

  it('finds no leak when the event loop stood still: borrowers get their grace again', async () => {
    const { clock, fireAt } = lateClock()
    const pool = createPool(settings, { ...outside, clock, connect: async () => thing })
    const idle = new AbortController().signal
    void pool.use(idle, 100, () => new Promise(() => {}))
    await fireAt(0)
    await fireAt(500)
    await fireAt(9000)
    expect(pool.stats().inUse).toBe(1)
    for (let at = 9500; at < 11_000; at += 500) {
      await fireAt(at)
      expect(pool.stats().inUse).toBe(1)
    }
    await fireAt(11_000)
    expect(pool.stats().inUse).toBe(0)
  })

  it('sees no overload in a time in which nothing could be given back', async () => {
    const { clock, fireAt } = lateClock()
    const overload = { wait: 100, lasting: 1000 }
    const pool = createPool(
      { ...settings, max: 1, acquireTimeout: 20_000, overload },
      { ...outside, clock, connect: async () => thing },
    )
    const idle = new AbortController().signal
    const held = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const served: number[] = []
    const use = (i: number) =>
      pool.use(idle, 20_000, () => {
        served.push(i)
        return held[i]?.promise ?? Promise.resolve()
      })
    const all = [0, 1, 2].map(use)
    await fireAt(0)
    held[0]?.resolve()
    await fireAt(100)
    await fireAt(3000)
    held[1]?.resolve()
    await fireAt(3100)
    await Promise.all(all)
    expect(served).toEqual([0, 1, 2])
  })

  it('ends the back-off with its timer, even if that fires a fraction early', async () => {
    const { clock, fireAt } = lateClock()
    const connect = () => Promise.reject(new Error('refused'))
    const ready: boolean[] = []
    const connector = createConnector(
      settings,
      { ...outside, clock, connect },
      { connected: () => {}, failed: () => {}, ready: () => ready.push(connector.mayStart(clock.now())) },
    )
    connector.start()
    await fireAt(0)
    expect(connector.mayStart(49)).toBe(false)
    await fireAt(49.6)
    expect(ready).toEqual([true])
  })
})
