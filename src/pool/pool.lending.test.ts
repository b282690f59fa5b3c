/** How the pool lends: order, the bounded queue, one deadline over all of it; in virtual time. */
import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '#base/errors.ts'
import { poolOfThings } from './pool.fixture.ts'

const never = new AbortController().signal

describe('lending', () => {
  it('hands out what the body returns, and gives the connection back when it throws', async () => {
    const { pool } = poolOfThings({ max: 1 })
    expect(await pool.use(never, 1000, async (c) => c.id)).toBe(0)
    await expect(pool.use(never, 1000, async () => Promise.reject(new Error('mine')))).rejects.toThrow('mine')
    expect(await pool.use(never, 1000, async (c) => c.id)).toBe(0)
    expect(pool.stats()).toMatchObject({ inUse: 0, idle: 1, waiting: 0 })
  })

  it('gives the connection back when the body throws before it returns a promise', async () => {
    const { pool } = poolOfThings()
    const broken = () => {
      throw new Error('at once')
    }
    await expect(pool.use(never, 1000, broken)).rejects.toThrow('at once')
    expect(pool.stats()).toMatchObject({ inUse: 0, idle: 1 })
  })

  it('makes no timer for a loan when a young connection lies ready', async () => {
    const { pool, clock, borrow } = poolOfThings()
    await pool.use(never, 1000, async () => 0)
    const before = clock.pending()
    const loan = borrow()
    await clock.advance(0)
    expect(loan.startedAt).toBe(0)
    expect(clock.pending()).toBe(before)
  })

  it('serves callers in the order in which they came', async () => {
    const { clock, borrow } = poolOfThings({ max: 1 })
    const loans = [borrow(), borrow(), borrow()]
    for (const [i, loan] of loans.entries()) {
      await clock.advance(10)
      expect(loans.map((l) => l.startedAt !== undefined)).toEqual([0, 1, 2].map((n) => n <= i))
      loan.end()
    }
  })

  it('lends the connection used last first', async () => {
    const { clock, borrow } = poolOfThings({ max: 3, maxConnecting: 3 })
    const loans = [borrow(), borrow(), borrow()]
    await clock.advance(0)
    for (const i of [2, 0, 1]) {
      loans[i]?.end()
      await clock.advance(1)
    }
    const next = borrow()
    await clock.advance(0)
    expect(next.thing).toBe(loans[1]?.thing)
  })

  it('reports wait and use of every loan in milliseconds', async () => {
    const { clock, seen, borrow } = poolOfThings({ max: 1 })
    const [first, second] = [borrow(), borrow()]
    await clock.advance(30)
    first.end()
    await clock.advance(20)
    second.end()
    await clock.advance(0)
    expect(seen.filter((o) => o.kind === 'pool.wait')).toEqual([
      { kind: 'pool.wait', pool: 'primary', ms: 0 },
      { kind: 'pool.wait', pool: 'primary', ms: 30 },
    ])
    expect(seen.filter((o) => o.kind === 'pool.use').map((o) => o.ms)).toEqual([30, 20])
  })

  it('closes a connection that comes back unusable and opens another for who waits', async () => {
    const { clock, things, evictions, borrow } = poolOfThings({ max: 1 })
    const [first, second] = [borrow(), borrow()]
    await clock.advance(0)
    if (first.thing) first.thing.usable = false
    first.end()
    await clock.advance(0)
    expect(evictions()).toEqual(['broken'])
    expect(things[0]?.closed).toBe(true)
    expect(second.thing).toBe(things[1])
  })

  it('does not lend an idle connection that has died', async () => {
    const { clock, things, borrow } = poolOfThings({ max: 1 })
    borrow().end()
    await clock.advance(0)
    if (things[0]) things[0].usable = false
    const loan = borrow()
    await clock.advance(0)
    expect(loan.thing).toBe(things[1])
  })
})

describe('the queue', () => {
  it('refuses at once whom it has no room for, with the numbers', async () => {
    const { pool, clock, borrow } = poolOfThings({ max: 2, queue: 1 })
    const loans = [borrow(), borrow(), borrow()]
    await clock.advance(0)
    const refused = borrow()
    await clock.advance(0)
    expect(refused.settledAt).toBe(0)
    expect(refused.error?.code).toBe('queue_full')
    expect(refused.error?.facts).toMatchObject({
      pool: 'primary',
      size: 2,
      inUse: 2,
      idle: 0,
      connecting: 0,
      waiting: 1,
      queueLimit: 1,
      waitedMs: 0,
    })
    expect(refused.error?.message).toContain('2 of 2 connections in use, 0 idle, 0 connecting, 1 waiting')
    expect(refused.error?.retryAfter).toBe(1)
    expect(loans.every((l) => l.error === undefined)).toBe(true)
    expect(pool.stats().waiting).toBe(1)
  })

  it('does not count callers for whom a connection can still be opened', async () => {
    const { clock, borrow } = poolOfThings({ max: 2, queue: 0 })
    const loans = [borrow(), borrow(), borrow()]
    await clock.advance(0)
    expect(loans.map((l) => l.error?.code)).toEqual([undefined, undefined, 'queue_full'])
    expect(loans.map((l) => l.startedAt)).toEqual([0, 0, undefined])
  })

  it('lets a caller that hangs up leave at once', async () => {
    const { pool, clock, borrow } = poolOfThings({ max: 1 })
    const [holder, quitter, last] = [borrow(), borrow(), borrow()]
    await clock.advance(5)
    quitter.abort.abort()
    await clock.advance(0)
    expect(quitter).toMatchObject({ settledAt: 5, startedAt: undefined })
    expect(quitter.error?.code).toBe('client_closed')
    expect(pool.stats().waiting).toBe(1)
    holder.end()
    await clock.advance(0)
    expect(last.startedAt).toBe(5)
  })

  it('leaves nothing behind on the signal of a caller that waited', async () => {
    const { clock, borrow } = poolOfThings({ max: 1 })
    const loans = [borrow(), borrow(), borrow(), borrow(300)]
    await clock.advance(0)
    loans[2]?.abort.abort()
    loans[0]?.end()
    await clock.advance(400)
    expect(loans.map((l) => l.startedAt)).toEqual([0, 0, undefined, undefined])
    for (const loan of loans) expect(getEventListeners(loan.abort.signal, 'abort')).toEqual([])
  })

  it('throws the reason of the abort when that is an error for callers', async () => {
    const { clock, borrow } = poolOfThings({ max: 1 })
    borrow()
    const loan = borrow()
    await clock.advance(0)
    loan.abort.abort(new GatewayError('draining', 'The gateway stops.'))
    await clock.advance(0)
    expect(loan.error?.code).toBe('draining')
  })

  it('refuses a caller that had hung up or run out of time before it asked', async () => {
    const { pool, clock, borrow } = poolOfThings()
    await pool.use(never, 1000, async () => 0)
    await expect(pool.use(AbortSignal.abort(), 1000, async () => 0)).rejects.toMatchObject({
      code: 'client_closed',
    })
    const late = borrow(0)
    await clock.advance(0)
    expect(late.error?.code).toBe('deadline_exceeded')
    expect(late.startedAt).toBeUndefined()
  })

  it('leaves an abort while the body runs to the body', async () => {
    const { pool, clock, borrow } = poolOfThings()
    const loan = borrow()
    await clock.advance(0)
    loan.abort.abort()
    await clock.advance(100)
    expect(pool.stats().inUse).toBe(1)
    loan.end()
    await clock.advance(0)
    expect(loan).toMatchObject({ settledAt: 100, error: undefined })
  })
})

describe('the deadline', () => {
  it('ends the wait after acquireTimeout, with the numbers', async () => {
    const { clock, seen, borrow } = poolOfThings({ max: 1, acquireTimeout: 500 })
    borrow()
    await clock.advance(7)
    const loan = borrow()
    await clock.advance(499)
    expect(loan.settledAt).toBeUndefined()
    await clock.advance(1)
    expect(loan.settledAt).toBe(507)
    expect(loan.error?.code).toBe('pool_timeout')
    expect(loan.error?.message).toBe(
      'No connection of pool primary came free within 500 ms (pools.acquireTimeout): 1 of 1 connections in use, 0 idle, 0 connecting, 0 waiting.',
    )
    expect(loan.error?.facts).toEqual({
      pool: 'primary',
      size: 1,
      inUse: 1,
      idle: 0,
      connecting: 0,
      waiting: 0,
      waitedMs: 500,
    })
    expect(seen).toContainEqual({ kind: 'pool.timeout', pool: 'primary', ms: 500 })
    expect(seen).toContainEqual({ kind: 'pool.wait', pool: 'primary', ms: 500 })
  })

  it('of the caller counts when it is the nearer one', async () => {
    const { clock, borrow } = poolOfThings({ max: 1 })
    borrow()
    const loan = borrow(120)
    await clock.advance(120)
    expect(loan.settledAt).toBe(120)
    expect(loan.error?.message).toContain('within 120 ms (the deadline of the request)')
  })

  it('covers connecting: a dark server keeps nobody longer', async () => {
    const { clock, weather, calls, borrow } = poolOfThings({ max: 10, maxConnecting: 2 })
    weather.connect = 'hang'
    const loans = Array.from({ length: 8 }, () => borrow())
    await clock.advance(500)
    expect(loans.map((l) => l.error?.code)).toEqual(Array(8).fill('pool_timeout'))
    expect(calls.connect).toBe(2)
  })

  it('covers waiting and checking together', async () => {
    const { clock, weather, borrow } = poolOfThings({ max: 1, validateTimeout: 250 })
    const holder = borrow()
    await clock.advance(0)
    holder.end()
    await clock.advance(1000)
    weather.validate = 'hang'
    weather.connect = 'hang'
    const loan = borrow()
    await clock.advance(499)
    expect(loan.settledAt).toBeUndefined()
    await clock.advance(1)
    expect(loan.settledAt).toBe(1500)
  })

  it('is enough to find out that all idle connections went dark, and to open another', async () => {
    const { clock, weather, evictions, borrow } = poolOfThings({ max: 3, validateTimeout: 250 })
    const holders = [borrow(), borrow(), borrow()]
    await clock.advance(0)
    for (const holder of holders) holder.end()
    await clock.advance(1000)
    weather.validate = 'hang'
    const loan = borrow()
    await clock.advance(250)
    // The first check has failed; the others would take as long again, each.
    expect(loan.startedAt).toBe(1250)
    expect(evictions()).toEqual(['validation'])
    expect(loan.thing?.id).toBeGreaterThan(Math.max(...holders.map((h) => h.thing?.id ?? 0)))
  })

  it('says in Retry-After how long the line should take', async () => {
    const { clock, borrow } = poolOfThings({ max: 1, queue: 9, acquireTimeout: 60_000 })
    for (let i = 0; i < 60; i++) {
      const loan = borrow()
      await clock.advance(400)
      loan.end()
      await clock.advance(0)
    }
    const loans = Array.from({ length: 11 }, () => borrow())
    await clock.advance(0)
    expect(loans.at(-1)?.error).toMatchObject({ code: 'queue_full', retryAfter: 4 })
  })
})
