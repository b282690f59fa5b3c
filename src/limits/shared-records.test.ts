/** What Redis has not been told yet, in virtual time. How the scripts behave is shown with a real one. */
import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { type Redis, RedisFault } from '#redis/redis.ts'
import type { Claim } from './idempotency.ts'
import { createSharedRecords } from './shared-records.ts'

/** Claims are all first; of the outcomes, each round is written down. */
function setUp() {
  const clock = virtualClock()
  const world = {
    state: 'up' as 'up' | 'down',
    refuses: (_answer: string): boolean => false,
    kept: '',
    asked: 0,
  }
  const ups: (() => void)[] = []
  const redis: Redis = {
    start: () => {},
    stop: () => {},
    clockAt: (at) => at,
    giveUpAt: (deadline) => deadline,
    onUp: (listener) => void ups.push(listener),
    stats: () => ({ address: 'redis', state: world.state, forMs: 0 }),
    run: async (script, _keys, values) => {
      if (script.name === 'claim') return ['first', 'mark'].map(Buffer.from)
      world.asked++
      if (world.state === 'down') throw new RedisFault('not reached', 'no')
      const answer = String(values[2])
      if (world.refuses(answer)) throw new RedisFault('Redis refused the command', 'no')
      world.kept += answer
      return [Buffer.from('kept')]
    },
  }
  const records = createSharedRecords<string>({
    clock,
    observe: () => {},
    redis,
    codec: { write: (text) => Buffer.from(text), read: String },
    keyPrefix: 'test',
    scope: 'scope',
    keep: 60_000,
    sharedEntries: 100,
    memory: 1000,
  })
  const keep = async (answer: string) => {
    const ask = { owner: '', key: answer, fingerprint: '', deadline: clock.now() + 1000 }
    const claim = (await records.claim(ask)) as Extract<Claim<string>, { kind: 'first' }>
    await claim.keep(answer, answer.length)
  }
  const up = () => {
    world.state = 'up'
    for (const listener of ups) listener()
  }
  return { clock, world, keep, up, pending: () => records.stats().pending }
}

test('an outcome that Redis refuses keeps no other from being told, and is offered again', async () => {
  const { clock, world, keep, pending, up } = setUp()
  world.state = 'down'
  for (const answer of ['a', 'b', 'c']) await keep(answer)
  expect(pending()).toBe(3)
  world.refuses = (answer) => answer === 'a'
  up()
  await clock.advance(1)
  expect([world.kept, pending()]).toEqual(['bc', 1])
  await clock.advance(5000)
  expect(pending()).toBe(1)
  world.refuses = () => false
  await clock.advance(500)
  expect([world.kept, pending()]).toEqual(['bca', 0])
})

test('a Redis that does not answer is asked for one outcome at a time', async () => {
  const { clock, world, keep, pending } = setUp()
  world.state = 'down'
  for (const answer of ['a', 'b', 'c']) await keep(answer)
  const { asked } = world
  await clock.advance(500)
  expect([world.asked - asked, pending()]).toEqual([1, 3])
})
