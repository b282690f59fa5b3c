/** In each turn a few begin, in the order in which they came, with the time of their arrival. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { beginsPerTurn, burstTurns, createTurnstile, longestBurst } from './turnstile.ts'

function setUp(onBegin: (request: number) => void = () => {}) {
  let now = 0
  let due: (() => void)[] = []
  const begun: { request: number; arrived: number; at: number }[] = []
  const turnstile = createTurnstile<number>({
    now: () => now,
    later: (body) => void due.push(body),
    begin: (request, arrived) => {
      begun.push({ request, arrived, at: now })
      onBegin(request)
    },
  })
  return {
    enter: (request: number) => turnstile.enter(request),
    connect: () => turnstile.connected(),
    begun,
    requests: () => begun.map(({ request }) => request),
    /** The end of a turn; what is said there is for the end of the next. @returns whether anything was to be done */
    turn: () => {
      now++
      const bodies = due
      due = []
      for (const body of bodies) body()
      return bodies.length > 0
    },
  }
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i)

test('a few begin at once, without a turn of waiting', () => {
  const { enter, requests } = setUp()
  for (const request of upTo(beginsPerTurn)) enter(request)
  expect(requests()).toEqual(upTo(beginsPerTurn))
})

test('of many that come at once each turn begins as many, and tells when each came', () => {
  const { enter, begun, turn } = setUp()
  const many = 3 * beginsPerTurn + 1
  for (const request of upTo(many)) enter(request)
  while (turn());
  expect(begun).toEqual(
    upTo(many).map((request) => ({ request, arrived: 0, at: Math.floor(request / beginsPerTurn) })),
  )
})

test('with nobody in line no turn is asked for', () => {
  const { enter, turn } = setUp()
  enter(1)
  expect(turn()).toBe(true)
  expect(turn()).toBe(false)
  enter(2)
  expect(turn()).toBe(true)
})

test('who comes while one begins is not lost', () => {
  const last = 2 * beginsPerTurn - 1
  const { enter, requests, turn } = setUp((request) => {
    if (request === last) for (const other of [1, 2, 3]) enter(last + other)
  })
  for (const request of upTo(last + 1)) enter(request)
  while (turn());
  expect(requests()).toEqual(upTo(last + 4))
})

test('whatever comes when: each begins once, in order, and never more in a turn than may', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 3 * beginsPerTurn }), { maxLength: 20 }), (arrivals) => {
      const { enter, begun, requests, turn } = setUp()
      let next = 0
      for (const count of arrivals) {
        for (let i = 0; i < count; i++) enter(next++)
        turn()
      }
      while (turn());
      expect(requests()).toEqual(upTo(next))
      for (const at of new Set(begun.map((b) => b.at)))
        expect(begun.filter((b) => b.at === at).length).toBeLessThanOrEqual(beginsPerTurn)
    }),
  )
})

describe('connections that keep coming', () => {
  /** As many turns, each of which brings a connection. @returns requests begun in each */
  function burst({ connect, turn, begun }: ReturnType<typeof setUp>, turns: number): readonly number[] {
    return Array.from({ length: turns }, () => {
      const before = begun.length
      connect()
      turn()
      return begun.length - before
    })
  }
  const waiting = () => {
    const world = setUp()
    for (const request of upTo(10 * longestBurst)) world.enter(request)
    return world
  }

  test('keep the turns short from the second on, and something begins all the same', () => {
    const counts = burst(waiting(), 1 + 3 * burstTurns)
    expect(counts[0]).toBe(beginsPerTurn)
    expect(counts.slice(1)).toEqual(upTo(3 * burstTurns).map((i) => ((i + 2) % burstTurns === 0 ? 1 : 0)))
  })

  test('hold nobody up when each comes alone', () => {
    const world = waiting()
    for (let i = 0; i < 5; i++) {
      expect(burst(world, 1)).toEqual([beginsPerTurn])
      expect(world.turn()).toBe(true)
    }
    expect(world.begun.length).toBe(beginsPerTurn * 11)
  })

  test('hold nobody up any more when a turn brings none, or when it has been long', () => {
    const world = waiting()
    burst(world, 10)
    const before = world.begun.length
    world.turn()
    expect(world.begun.length - before).toBe(beginsPerTurn)
    const counts = burst(world, longestBurst + 3)
    expect(counts[longestBurst - 2]).toBeLessThanOrEqual(1)
    expect(counts.slice(longestBurst)).toEqual([beginsPerTurn, beginsPerTurn, beginsPerTurn])
  })

  test('leave no turn planned when nobody waits', () => {
    const world = setUp()
    for (const connections of [1, 5]) {
      burst(world, connections)
      expect(world.turn()).toBe(true)
      expect(world.turn()).toBe(false)
    }
    world.enter(1)
    expect(world.requests()).toEqual([1])
  })

  test('are no burst when idle turns lie between them', () => {
    const world = setUp()
    world.connect()
    while (world.turn());
    world.connect()
    world.turn()
    world.enter(1)
    expect(world.requests()).toEqual([1])
  })
})
