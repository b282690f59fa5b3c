/** The pool follows its share: asked for in the background, and held still when nobody can be asked. */
import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import type { Observation } from '#base/observation.ts'
import { createFollower } from './follower.ts'
import type { PoolStats } from './types.ts'

function setUp(instances: number | 'auto' = 'auto') {
  const clock = virtualClock()
  const seen: Observation[] = []
  const world = { peers: 1, open: 0, answers: true, asked: 0, cap: undefined as number | undefined }
  let max = 1
  const follower = createFollower({
    clock,
    observe: (o) => seen.push(o),
    random: () => 0.5,
    pool: {
      stats: () =>
        ({ name: 'primary', max, inUse: world.open, idle: 0, connecting: 0, draining: false }) as PoolStats,
      resize: (to) => {
        max = to
      },
    },
    budget: { connections: 'auto', reserved: 0, instances, surge: 0.25 },
    max: () => world.cap,
    ask: async () => {
      world.asked++
      if (!world.answers) return new Promise<never>(() => {})
      return {
        connections: 17,
        self: 'g0',
        peers: Array.from({ length: world.peers }, (_, i) => ({ name: `g${i}`, sessions: 1 })),
      }
    },
  })
  const budgets = () =>
    seen.flatMap((o) => (o.kind === 'budget' ? [[o.from, o.to, o.instances, o.blind]] : []))
  return { clock, world, follower, budgets, size: () => max }
}

test('grows after a while, shrinks at the next look, and tells of changes alone', async () => {
  const { clock, world, follower, budgets, size } = setUp()
  follower.start()
  await clock.advance(2900)
  expect(size()).toBe(1)
  await clock.advance(1200)
  expect(size()).toBe(14)
  world.peers = 3
  await clock.advance(1300)
  expect(size()).toBe(4)
  await clock.advance(5000)
  expect(budgets()).toEqual([
    [1, 14, 1, false],
    [14, 4, 3, false],
  ])
  expect(follower.stats()).toEqual({ connections: 17, reserved: 0, instances: 3, share: 4, blind: false })
  follower.stop()
})

test('keeps what is open when nobody answers for two and a half seconds, and asks on', async () => {
  const { clock, world, follower, budgets, size } = setUp()
  follower.start()
  await clock.advance(5000)
  world.answers = false
  world.open = 6
  await clock.advance(1500)
  expect(size()).toBe(14)
  await clock.advance(1100)
  expect(size()).toBe(6)
  expect(follower.stats().blind).toBe(true)
  expect(budgets().at(-1)).toEqual([14, 6, 1, true])
  world.answers = true
  await clock.advance(6000)
  expect(size()).toBe(14)
  follower.stop()
})

test('with the number of gateways written down takes its part of what the server says at once', async () => {
  const { clock, follower, size } = setUp(4)
  follower.start()
  await clock.advance(10)
  expect(size()).toBe(4)
  follower.stop()
})

test('asks no more once it is stopped', async () => {
  const { clock, world, follower } = setUp()
  follower.start()
  await clock.advance(3000)
  follower.stop()
  const { asked } = world
  await clock.advance(10_000)
  expect(world.asked).toBe(asked)
})

test('a changed pools.max counts at once, up and down, and is told', async () => {
  const { clock, world, follower, budgets, size } = setUp()
  world.cap = 3
  follower.start()
  await clock.advance(5000)
  expect(size()).toBe(3)
  world.cap = 6
  follower.adjust()
  expect(size()).toBe(6)
  world.cap = 2
  follower.adjust()
  expect(size()).toBe(2)
  world.cap = undefined
  follower.adjust()
  expect(size()).toBe(14)
  expect(budgets().map(([from, to]) => [from, to])).toEqual([
    [1, 3],
    [3, 6],
    [6, 2],
    [2, 14],
  ])
  follower.stop()
})
