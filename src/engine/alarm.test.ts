/** The alarm of a session: at the deadline, but after a standstill only when the socket has been read. */
import { expect, test } from 'vitest'
import { createAlarm } from './alarm.ts'

function setUp() {
  let now = 0
  let timers: { at: number; body: () => void }[] = []
  const world = { current: undefined as number | undefined, expired: 0 }
  const alarm = createAlarm({
    now: () => now,
    after: (ms, body) => {
      const timer = { at: now + ms, body }
      timers.push(timer)
      return { cancel: () => void (timers = timers.filter((t) => t !== timer)) }
    },
    current: () => world.current,
    expire: () => {
      world.expired++
      world.current = undefined
    },
  })
  const at = (time: number) => {
    now = time
    const due = timers.filter((t) => t.at <= now)
    timers = timers.filter((t) => t.at > now)
    for (const { body } of due) body()
  }
  const begin = (deadline: number) => {
    world.current = deadline
    alarm.watch(deadline)
  }
  return { world, at, begin, timers: () => timers.length }
}

test('in time it ends what is over, and waits on for what is not', () => {
  const { world, at, begin, timers } = setUp()
  begin(1000)
  world.current = undefined
  begin(1500)
  expect(timers()).toBe(1)
  at(1000)
  expect(world.expired).toBe(0)
  at(1500)
  expect(world.expired).toBe(1)
})

test('after a standstill the answer has a moment to be read', () => {
  const { world, at, begin } = setUp()
  begin(1000)
  at(3000)
  expect(world.expired).toBe(0)
  world.current = undefined
  at(3100)
  expect(world.expired).toBe(0)
})

test('after a standstill what has no answer ends a moment later', () => {
  const { world, at, begin } = setUp()
  begin(1000)
  at(3000)
  at(3100)
  expect(world.expired).toBe(1)
})

test('a statement that begins in that moment keeps its own deadline', () => {
  const { world, at, begin } = setUp()
  begin(1000)
  at(3000)
  begin(4000)
  at(3100)
  expect(world.expired).toBe(0)
  at(4000)
  expect(world.expired).toBe(1)
})
