/** A loop that was held up refuses what comes until it has caught up; one that is idle has no timer. */
import { expect, test } from 'vitest'
import type { Clock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observation } from '#base/observation.ts'
import { createLoopLag } from './loop-lag.ts'

function setUp(limitMs = 1000) {
  let now = 0
  let timers: { at: number; body: () => void }[] = []
  const clock: Clock = {
    now: () => now,
    wall: () => now,
    soon: queueMicrotask,
    after: (ms, body) => {
      timers.push({ at: now + ms, body })
      return { cancel: () => {} }
    },
  }
  const seen: Observation[] = []
  const world = { busy: false }
  const lag = createLoopLag({ clock, observe: (o) => seen.push(o), limitMs, busy: () => world.busy })
  return {
    world,
    seen,
    timers: () => timers.length,
    /** Time passes without a turn of the loop; then the timers that are due fire, as they do before sockets are read. */
    stand: (ms: number) => {
      now += ms
      const fired = timers.filter((t) => t.at <= now)
      timers = timers.filter((t) => t.at > now)
      for (const { body } of fired) body()
    },
    /** Time passes within one turn: no timer fires. */
    work: (ms: number) => {
      now += ms
    },
    /** @param waited for how long it has waited for its turn (ms) */
    answer: (waited = 0) => {
      try {
        lag.admit(now - waited)
        return 'admitted'
      } catch (error) {
        return error
      }
    },
  }
}

test('while all is well everybody is admitted', () => {
  const { stand, answer } = setUp()
  for (let i = 0; i < 50; i++) {
    expect(answer()).toBe('admitted')
    stand(60)
  }
})

test('after a standstill those who waited in their sockets are refused with numbers, until the loop has turned in time', () => {
  const { stand, answer, seen } = setUp()
  answer()
  stand(2100)
  const refused = answer() as GatewayError
  expect(refused).toBeInstanceOf(GatewayError)
  expect(refused).toMatchObject({ code: 'overloaded', retryAfter: 1, facts: { lagMs: 2000, limitMs: 1000 } })
  expect(answer()).toBeInstanceOf(GatewayError)
  expect(seen).toEqual(Array.from({ length: 2 }, () => ({ kind: 'shed', reason: 'event_loop' })))
  stand(100)
  expect(answer()).toBe('admitted')
})

test('one turn that takes too long refuses those at its end', () => {
  const { work, answer, stand } = setUp()
  answer()
  work(1000)
  expect(answer()).toBe('admitted')
  work(200)
  expect(answer()).toBeInstanceOf(GatewayError)
  // The timer that fires late says the same, and the next one is punctual.
  stand(0)
  expect(answer()).toBeInstanceOf(GatewayError)
  stand(100)
  expect(answer()).toBe('admitted')
})

test('a request under way is enough to see that its answer held up the loop', () => {
  const { stand, world, answer } = setUp()
  answer()
  world.busy = true
  stand(100)
  stand(100)
  stand(100)
  stand(3100)
  expect(answer()).toBeInstanceOf(GatewayError)
})

test('throttled to a tenth of the time, the loop is late, and below the limit', () => {
  const { stand, answer } = setUp()
  for (let i = 0; i < 100; i++) {
    expect(answer()).toBe('admitted')
    stand(900)
  }
})

test('an idle gateway has no timer, and its first request after hours is admitted', () => {
  const { stand, timers, answer } = setUp()
  answer()
  expect(timers()).toBe(1)
  stand(100)
  stand(100)
  expect(timers()).toBe(0)
  stand(3_600_000)
  expect(answer()).toBe('admitted')
})

test('0 refuses nobody and needs no timer', () => {
  const { work, timers, answer } = setUp(0)
  answer()
  work(100_000)
  expect(answer()).toBe('admitted')
  expect(timers()).toBe(0)
})

test('who has waited for its turn beyond the limit is refused, though the loop is punctual', () => {
  const { stand, answer } = setUp()
  answer()
  stand(100)
  expect(answer(1000)).toBe('admitted')
  const refused = answer(1001) as GatewayError
  expect(refused.facts).toMatchObject({ lagMs: 1001, limitMs: 1000 })
  expect(answer()).toBe('admitted')
})
