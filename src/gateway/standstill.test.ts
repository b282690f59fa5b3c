import { expect, test } from 'vitest'
import { createStandstill } from './standstill.ts'

/** A clock whose timers fire when they are told to, as those of a process that stood still do. */
function manual() {
  let now = 0
  let timer: { at: number; body: () => void } | undefined
  return {
    now: () => now,
    after: (ms: number, body: () => void) => {
      timer = { at: now + ms, body }
      return { cancel: () => {} }
    },
    /** The process does nothing for so long; nothing fires. */
    stand: (ms: number) => {
      now += ms
    },
    fire: () => {
      const due = timer
      if (due === undefined || due.at > now) return
      timer = undefined
      due.body()
    },
    /** Runs punctually for so long. */
    run: (ms: number) => {
      for (const end = now + ms; now < end; ) {
        now++
        if (timer !== undefined && timer.at <= now) {
          const { body } = timer
          timer = undefined
          body()
        }
      }
    },
    idle: () => timer === undefined,
  }
}

test('a process that runs stood still for nothing, and looks only while something is under way', () => {
  const clock = manual()
  const standstill = createStandstill(clock)
  const end = standstill.begin()
  clock.run(3000)
  expect(end()).toBe(0)
  clock.run(100)
  expect(clock.idle()).toBe(true)
})

test.each([
  ['the timer fires first', true],
  ['the answer is read first', false],
])('a standstill is counted when %s', (_, timerFirst) => {
  const clock = manual()
  const standstill = createStandstill(clock)
  const end = standstill.begin()
  clock.run(50)
  clock.stand(2500)
  if (timerFirst) clock.fire()
  const stood = end()
  expect(stood).toBeGreaterThan(2400)
  expect(stood).toBeLessThanOrEqual(2500)
  // Told once: what comes later is not this one's.
  clock.stand(1000)
  expect(end()).toBe(stood)
})

test('what stood still before it began is not counted, though the timer has not fired yet', () => {
  const clock = manual()
  const standstill = createStandstill(clock)
  const first = standstill.begin()
  clock.stand(2000)
  const second = standstill.begin()
  clock.fire()
  clock.run(100)
  expect(second()).toBe(0)
  expect(first()).toBeGreaterThan(1900)
})

test('a quota of a twentieth of the CPU counts as standing still nearly all the time', () => {
  const clock = manual()
  const standstill = createStandstill(clock)
  const end = standstill.begin()
  for (let i = 0; i < 20; i++) {
    clock.run(5)
    clock.stand(95)
    clock.fire()
  }
  expect(end()).toBeGreaterThan(0.7 * 2000)
})
