/** Callers who share a connection: who rides with whom, and when the connection is free again; in virtual time. */
import { describe, expect, it } from 'vitest'
import { most } from './party.ts'
import { poolOfThings } from './pool.fixture.ts'

/** A pool whose connections are open and idle. */
async function warm(max: number, changes = {}) {
  const world = poolOfThings({ max, min: max, maxConnecting: max, queue: 100, ...changes })
  await world.clock.advance(0)
  expect(world.pool.stats().idle).toBe(max)
  return world
}
type World = Awaited<ReturnType<typeof warm>>
const sharers = (world: World, count: number) =>
  Array.from({ length: count }, () => world.borrow(10_000, 'reads'))

describe('sharing', () => {
  it('takes all who came in one turn along, and gives the connection back when the last is done', async () => {
    const world = await warm(1)
    const loans = sharers(world, 3)
    await world.clock.advance(0)
    expect(world.parties).toEqual([3])
    expect(loans.every((l) => l.startedAt === 0)).toBe(true)
    expect(new Set(loans.map((l) => l.thing)).size).toBe(3)
    loans[0]?.end()
    loans[2]?.end()
    await world.clock.advance(5)
    expect(world.pool.stats()).toMatchObject({ inUse: 1, idle: 0 })
    loans[1]?.end()
    await world.clock.advance(0)
    expect(world.pool.stats()).toMatchObject({ inUse: 0, idle: 1 })
    expect(world.count('pool.wait')).toBe(3)
    expect(world.count('pool.use')).toBe(1)
  })

  it('lends the connection to nobody before the trip is over', async () => {
    const world = await warm(1)
    world.weather.overMs = 40
    const [first] = sharers(world, 1)
    await world.clock.advance(0)
    first?.end()
    await world.clock.advance(0)
    expect(first?.settledAt).toBe(0)
    const next = world.borrow()
    await world.clock.advance(39)
    expect(next.startedAt).toBeUndefined()
    await world.clock.advance(1)
    expect(next.startedAt).toBe(40)
  })

  it('is of sixteen at most: the others take a connection of their own', async () => {
    const world = await warm(3)
    sharers(world, 2 * most + 1)
    await world.clock.advance(0)
    expect(most).toBe(16)
    expect(world.parties).toEqual([16, 16, 1])
  })

  it('leaves those who want a connection alone in their place', async () => {
    const world = await warm(1)
    const holder = world.borrow()
    const loans = [world.borrow(), ...sharers(world, 2), world.borrow(), ...sharers(world, 2)]
    await world.clock.advance(0)
    holder.end()
    for (const expected of [
      [true, false, false, false, false, false],
      [true, true, true, false, true, true],
      [true, true, true, true, true, true],
    ]) {
      await world.clock.advance(1)
      expect(loans.map((l) => l.startedAt !== undefined)).toEqual(expected)
      for (const loan of loans) if (loan.startedAt !== undefined) loan.end()
    }
    expect(world.parties).toEqual([4])
  })

  it('is among those of one kind: reads and inserts never mix', async () => {
    const world = await warm(1)
    const holder = world.borrow()
    const mixed = (['reads', 'inserts', 'reads', 'inserts', 'inserts'] as const).map((kind) =>
      world.borrow(10_000, kind),
    )
    await world.clock.advance(0)
    holder.end()
    await world.clock.advance(0)
    expect(mixed.map((l) => l.startedAt !== undefined)).toEqual([true, false, true, false, false])
    for (const loan of mixed) if (loan.startedAt !== undefined) loan.end()
    await world.clock.advance(0)
    expect(mixed.every((l) => l.startedAt !== undefined)).toBe(true)
    expect(world.parties).toEqual([2, 3])
    expect(world.kinds).toEqual(['reads', 'inserts'])
  })

  it('bounds the wait of each, and the line, as for anybody', async () => {
    const world = await warm(1, { queue: 2 })
    const holder = world.borrow(60_000)
    const [first, , third] = sharers(world, 3)
    await world.clock.advance(0)
    expect(third?.error?.code).toBe('queue_full')
    first?.abort.abort()
    await world.clock.advance(500)
    expect(first?.error?.code).toBe('client_closed')
    const late = sharers(world, 1)[0]
    await world.clock.advance(100)
    holder.end()
    await world.clock.advance(0)
    expect(late?.startedAt).toBe(600)
    expect(world.parties).toEqual([1])
  })

  it('drops a connection that broke under a party, once, when all have left it', async () => {
    const world = await warm(1)
    const loans = sharers(world, 2)
    await world.clock.advance(0)
    ;(world.things[0] as { usable: boolean }).usable = false
    for (const loan of loans) loan.end()
    await world.clock.advance(0)
    expect(world.evictions()).toEqual(['broken'])
  })
})
