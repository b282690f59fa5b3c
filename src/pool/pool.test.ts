/** The rules of the pool, one by one, in virtual time. */
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
    const { pool, clock, count, borrow } = poolOfThings({ max: 2, queue: 1 })
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
    expect(count('shed')).toBe(1)
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
    expect(seen).toContainEqual({ kind: 'shed', reason: 'pool_timeout' })
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

describe('checking before lending', () => {
  const used = async (changes = {}) => {
    const world = poolOfThings({ max: 2, ...changes })
    const loans = [world.borrow(), world.borrow()]
    await world.clock.advance(0)
    for (const loan of loans) loan.end()
    await world.clock.advance(0)
    return world
  }

  it('is left out for a connection used a moment ago', async () => {
    const { clock, calls, borrow } = await used()
    await clock.advance(500)
    borrow()
    await clock.advance(0)
    expect(calls.validate).toBe(0)
  })

  it('comes after validateAfter without use', async () => {
    const { clock, calls, borrow } = await used()
    await clock.advance(501)
    const loan = borrow()
    await clock.advance(0)
    expect(calls.validate).toBe(1)
    expect(loan.startedAt).toBe(501)
  })

  it('closes who fails, and tries the next while there is time', async () => {
    const { clock, weather, calls, evictions, borrow } = await used()
    await clock.advance(600)
    weather.validate = 'refuse'
    const loan = borrow()
    await clock.advance(0)
    expect(calls.validate).toBe(2)
    expect(evictions()).toEqual(['validation', 'validation'])
    expect(loan.thing?.id).toBe(2)
  })

  it('takes no longer than validateTimeout, then a new connection is opened', async () => {
    const { clock, weather, evictions, things, borrow } = await used({ max: 1 })
    await clock.advance(600)
    weather.validate = 'hang'
    const loan = borrow()
    await clock.advance(249)
    expect(loan.startedAt).toBeUndefined()
    await clock.advance(1)
    expect(evictions()).toEqual(['validation'])
    expect(loan.startedAt).toBe(850)
    expect(loan.thing).toBe(things.at(-1))
  })

  it('goes on for the next caller when the first has left', async () => {
    const { clock, weather, borrow } = await used({ max: 1 })
    await clock.advance(600)
    weather.validateMs = 100
    const [first, second] = [borrow(), borrow()]
    await clock.advance(50)
    first.abort.abort()
    await clock.advance(50)
    expect(second.startedAt).toBe(700)
  })

  it('does not wait for a connect that hangs when an idle connection can be checked', async () => {
    const { clock, weather, calls, borrow } = poolOfThings({ max: 2 })
    const first = borrow()
    await clock.advance(0)
    weather.connect = 'hang'
    const second = borrow(100)
    await clock.advance(100)
    first.end()
    await clock.advance(600)
    const third = borrow()
    await clock.advance(0)
    expect(second.error?.code).toBe('pool_timeout')
    expect(calls.validate).toBe(1)
    expect(third.startedAt).toBe(700)
  })
})

describe('connecting', () => {
  it('opens no more than maxConnecting at a time', async () => {
    const { clock, weather, calls, borrow } = poolOfThings({ max: 6, maxConnecting: 2 })
    weather.connectMs = 50
    const loans = Array.from({ length: 6 }, () => borrow())
    await clock.advance(150)
    expect(calls.mostConnecting).toBe(2)
    expect(loans.map((l) => l.startedAt)).toEqual([50, 50, 100, 100, 150, 150])
  })

  it('keeps a connection that comes too late for its caller', async () => {
    const { pool, clock, weather, calls, borrow } = poolOfThings()
    weather.connectMs = 800
    const first = borrow()
    await clock.advance(800)
    expect(first.error?.code).toBe('pool_timeout')
    expect(pool.stats()).toMatchObject({ idle: 1, connecting: 0 })
    const second = borrow()
    await clock.advance(0)
    expect(second.startedAt).toBe(800)
    expect(calls.connect).toBe(1)
  })

  it('that is refused fails the caller at once, with the failure as cause and the time of the next try', async () => {
    const { clock, weather, refused, borrow } = poolOfThings()
    weather.connect = 'refuse'
    weather.connectMs = 3
    const loans = [borrow(), borrow(), borrow()]
    await clock.advance(3)
    for (const loan of loans) {
      expect(loan.settledAt).toBe(3)
      expect(loan.error).toMatchObject({ code: 'database_unavailable', cause: refused, retryAfter: 1 })
      expect(loan.error?.facts).toMatchObject({ failures: 1, nextAttemptMs: 50, waitedMs: 3 })
    }
  })

  it('is not tried again before the back-off is over, nor does anybody wait for that', async () => {
    const { clock, weather, calls, borrow } = poolOfThings()
    weather.connect = 'refuse'
    borrow()
    await clock.advance(49)
    const early = borrow()
    await clock.advance(0)
    expect(early).toMatchObject({ settledAt: 49, error: { code: 'database_unavailable' } })
    expect(calls.connect).toBe(1)
    weather.connect = 'fine'
    await clock.advance(1)
    const later = borrow()
    await clock.advance(0)
    expect(later.startedAt).toBe(50)
    expect(calls.connect).toBe(2)
  })

  it.each([
    [0, [50, 100, 200, 400, 800, 1600, 2500, 2500]],
    [0.999999, [100, 200, 400, 800, 1600, 3200, 5000, 5000]],
  ])('backs off from 100 ms to 5 s, half of it by chance (%d)', async (chance, expected) => {
    const { clock, weather, seen } = poolOfThings({ min: 1 }, () => chance)
    weather.connect = 'refuse'
    const attempts: number[] = []
    await clock.advance(0)
    while (attempts.length <= expected.length) {
      if (seen.splice(0).some((o) => o.kind === 'pool.create')) attempts.push(clock.now())
      await clock.advance(1)
    }
    const waits = attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0))
    expect(waits).toEqual(expected)
  })

  it('that fails leaves callers waiting for connections in use, and goes on trying', async () => {
    const { clock, weather, calls, borrow } = poolOfThings({ max: 3 })
    const holder = borrow()
    await clock.advance(0)
    weather.connect = 'refuse'
    const [first, second] = [borrow(), borrow()]
    await clock.advance(40)
    expect([first.settledAt, second.settledAt]).toEqual([undefined, undefined])
    holder.end()
    await clock.advance(0)
    expect(first.startedAt).toBe(40)
    weather.connect = 'fine'
    await clock.advance(10)
    expect(second.startedAt).toBe(50)
    expect(calls.connect).toBe(4)
  })

  it('that keeps failing fails them once the last connection breaks', async () => {
    const { clock, weather, borrow } = poolOfThings({ max: 2 })
    const holder = borrow()
    await clock.advance(0)
    weather.connect = 'refuse'
    const loan = borrow()
    await clock.advance(10)
    if (holder.thing) holder.thing.usable = false
    holder.end()
    await clock.advance(0)
    expect(loan).toMatchObject({ settledAt: 10, error: { code: 'database_unavailable' } })
  })

  it('gives its failure as cause when the wait ends for lack of time', async () => {
    const { clock, weather, refused, borrow } = poolOfThings({ max: 2 })
    borrow()
    await clock.advance(0)
    weather.connect = 'refuse'
    const loan = borrow()
    await clock.advance(500)
    expect(loan.error).toMatchObject({ code: 'pool_timeout', cause: refused })
  })

  it('goes on at once when the database is known to answer again', async () => {
    const { pool, clock, weather, borrow } = poolOfThings()
    weather.connect = 'refuse'
    borrow()
    await clock.advance(1)
    weather.connect = 'fine'
    pool.retry()
    const loan = borrow()
    await clock.advance(0)
    expect(loan.startedAt).toBe(1)
  })

  it('is given up when it hangs, and what arrives later is closed', async () => {
    const { pool, clock, weather, things, borrow } = poolOfThings({ max: 1 })
    weather.connectMs = 61_000
    borrow()
    await clock.advance(60_000)
    expect(pool.stats().connecting).toBe(0)
    await clock.advance(1000)
    expect(things.map((t) => t.closed)).toEqual([true])
    expect(pool.stats()).toMatchObject({ idle: 0, connecting: 0 })
  })

  it('treats a connection that is dead on arrival as a failure', async () => {
    const { clock, calls, things, borrow } = poolOfThings()
    const push = things.push.bind(things)
    things.push = (...items) => {
      for (const item of items) item.usable = false
      return push(...items)
    }
    const loan = borrow()
    await clock.advance(0)
    expect(loan.error?.code).toBe('database_unavailable')
    expect(calls.connect).toBe(1)
    expect(things[0]?.closed).toBe(true)
  })
})

describe('age and number', () => {
  it('fills to min from the start and again after a loss', async () => {
    const { pool, clock, things } = poolOfThings({ min: 2, max: 4 })
    await clock.advance(0)
    expect(pool.stats().idle).toBe(2)
    for (const thing of things) thing.usable = false
    await clock.advance(500)
    expect(pool.stats().idle).toBe(2)
    expect(things.map((t) => t.closed)).toEqual([true, true, false, false])
  })

  it('closes connections above min that nobody used for idleTimeout', async () => {
    const { pool, clock, evictions, borrow } = poolOfThings({ min: 1, max: 3, idleTimeout: 10_000 })
    const loans = [borrow(), borrow(), borrow()]
    await clock.advance(0)
    for (const loan of loans) loan.end()
    await clock.advance(9_999)
    expect(pool.stats().idle).toBe(3)
    await clock.advance(501)
    expect(pool.stats().idle).toBe(1)
    expect(evictions()).toEqual(['idle', 'idle'])
    await clock.advance(60_000)
    expect(pool.stats().idle).toBe(1)
  })

  it.each([
    [0, 10_000],
    [0.999999, 7500],
  ])('ends a life at maxLifetime less up to 25 %% (chance %d)', async (chance, life) => {
    const { pool, clock, evictions, borrow } = poolOfThings({ maxLifetime: 10_000 }, () => chance)
    borrow().end()
    await clock.advance(life - 1)
    expect(pool.stats().idle).toBe(1)
    await clock.advance(501)
    expect(evictions()).toEqual(['lifetime'])
  })

  it('does not lend a connection past its life, and closes one on return', async () => {
    const { clock, things, borrow } = poolOfThings({ max: 1, maxLifetime: 1200 })
    const first = borrow()
    await clock.advance(1200)
    expect(things[0]?.closed).toBe(false)
    first.end()
    await clock.advance(0)
    expect(things[0]?.closed).toBe(true)
    const second = borrow()
    await clock.advance(0)
    expect(second.thing?.id).toBe(1)
  })

  it('opens no successor before the server has let go of a connection at max', async () => {
    const { clock, weather, things, borrow } = poolOfThings({ max: 1, maxLifetime: 100 })
    weather.closeMs = 30
    const first = borrow()
    await clock.advance(100)
    const second = borrow()
    first.end()
    await clock.advance(29)
    expect(things).toHaveLength(1)
    await clock.advance(1)
    expect(second.startedAt).toBe(130)
  })

  it('does not let a goodbye that hangs hold a slot for ever', async () => {
    const { clock, weather, things, count, borrow } = poolOfThings({ max: 1, maxLifetime: 100 })
    weather.closeMs = 1e9
    const first = borrow()
    await clock.advance(100)
    first.end()
    await clock.advance(2000)
    const second = borrow()
    await clock.advance(0)
    expect(second.thing).toBe(things[1])
    expect(count('fault')).toBe(1)
  })
})

describe('a leak', () => {
  it('is found leakGrace after the deadline: closed, counted, the slot free, a late end harmless', async () => {
    const { pool, clock, seen, things, evictions, borrow } = poolOfThings({ max: 1, leakGrace: 2000 })
    const leaker = borrow(1000)
    await clock.advance(2999)
    expect(evictions()).toEqual([])
    const waiter = borrow()
    await clock.advance(500)
    expect(evictions()).toEqual(['leak'])
    expect(seen).toContainEqual({ kind: 'pool.leak', pool: 'primary', heldMs: 3000 })
    expect(things[0]?.closed).toBe(true)
    expect(waiter.thing).toBe(things[1])
    leaker.end()
    await clock.advance(0)
    expect(leaker).toMatchObject({ settledAt: 3499, error: undefined })
    expect(pool.stats()).toMatchObject({ inUse: 1, idle: 0 })
  })

  it('is not seen in a loan without a deadline', async () => {
    const { clock, evictions, borrow } = poolOfThings()
    borrow(Number.POSITIVE_INFINITY)
    await clock.advance(3_600_000)
    expect(evictions()).toEqual([])
  })
})

describe('resize', () => {
  it('upwards serves who waits, and gives the queue its share', async () => {
    const { pool, clock, borrow } = poolOfThings({ max: 1, queue: 4 })
    const loans = [borrow(), borrow(), borrow()]
    await clock.advance(5)
    pool.resize(3)
    await clock.advance(0)
    expect(loans.map((l) => l.startedAt)).toEqual([0, 5, 5])
    expect(pool.stats()).toMatchObject({ max: 3, queueLimit: 12 })
  })

  it('downwards closes idle ones now and busy ones on return', async () => {
    const { pool, clock, evictions, borrow } = poolOfThings({ max: 4, maxConnecting: 4 })
    const loans = [borrow(), borrow(), borrow(), borrow()]
    await clock.advance(0)
    loans[0]?.end()
    await clock.advance(0)
    pool.resize(2)
    await clock.advance(0)
    expect(pool.stats()).toMatchObject({ idle: 0, inUse: 3 })
    loans[1]?.end()
    await clock.advance(0)
    expect(pool.stats()).toMatchObject({ idle: 0, inUse: 2 })
    loans[2]?.end()
    await clock.advance(0)
    expect(pool.stats()).toMatchObject({ idle: 1, inUse: 1 })
    expect(evictions()).toEqual(['resize', 'resize'])
  })

  it('refuses a size that is none', () => {
    const { pool } = poolOfThings()
    expect(() => pool.resize(0)).toThrow(RangeError)
    expect(() => pool.resize(1.5)).toThrow(RangeError)
  })
})

describe('renew', () => {
  it('closes idle connections now and busy ones on return', async () => {
    const { pool, clock, things, evictions, borrow } = poolOfThings()
    const [busy, idle] = [borrow(), borrow()]
    await clock.advance(0)
    idle.end()
    await clock.advance(0)
    pool.renew()
    await clock.advance(0)
    expect(things.map((t) => t.closed)).toEqual([false, true])
    busy.end()
    await clock.advance(0)
    expect(things.map((t) => t.closed)).toEqual([true, true])
    expect(evictions()).toEqual(['generation', 'generation'])
    expect(pool.stats().generation).toBe(1)
  })

  it('gives up connects under way and the back-off, so that a new address or password is tried at once', async () => {
    const { pool, clock, weather, things, borrow } = poolOfThings({ max: 1 })
    weather.connectMs = 100
    const loan = borrow()
    await clock.advance(50)
    pool.renew()
    await clock.advance(100)
    expect(loan.startedAt).toBe(150)
    expect(loan.thing).toBe(things[1])
    expect(things[0]?.closed).toBe(true)
  })

  it('closes a connection that was being checked', async () => {
    const { pool, clock, weather, things, borrow } = poolOfThings({ max: 1 })
    borrow().end()
    await clock.advance(600)
    weather.validateMs = 20
    const loan = borrow()
    await clock.advance(10)
    pool.renew()
    await clock.advance(10)
    expect(things[0]?.closed).toBe(true)
    expect(loan.thing).toBe(things[1])
  })
})

describe('drain', () => {
  it('refuses new callers, serves those in line, closes everything and leaves no timer', async () => {
    const { pool, clock, things, borrow } = poolOfThings({ max: 1, min: 1 })
    const [busy, queued] = [borrow(), borrow()]
    await clock.advance(0)
    let over = false
    void pool.drain(never).then(() => (over = true))
    const late = borrow()
    await clock.advance(10)
    expect(late.error).toMatchObject({ code: 'draining', retryAfter: 1 })
    busy.end()
    await clock.advance(10)
    expect(queued.startedAt).toBe(10)
    expect(over).toBe(false)
    queued.end()
    await clock.advance(0)
    expect(over).toBe(true)
    expect(things.every((t) => t.closed)).toBe(true)
    expect(clock.pending()).toBe(0)
  })

  it('takes what is still out when its signal aborts', async () => {
    const { pool, clock, things, evictions, borrow } = poolOfThings({ max: 1 })
    const [busy, queued] = [borrow(), borrow()]
    await clock.advance(0)
    const patience = new AbortController()
    let over = false
    void pool.drain(patience.signal).then(() => (over = true))
    await clock.advance(100)
    patience.abort()
    await clock.advance(0)
    expect(over).toBe(true)
    expect(queued.error?.code).toBe('draining')
    expect(things.map((t) => t.closed)).toEqual([true])
    expect(evictions()).toEqual(['drain'])
    busy.end()
    await clock.advance(0)
    expect(busy.settledAt).toBe(100)
    expect(clock.pending()).toBe(0)
  })

  it('gives up connects under way', async () => {
    const { pool, clock, weather } = poolOfThings({ min: 1 })
    weather.connect = 'hang'
    await clock.advance(10)
    await pool.drain(never)
    expect(clock.pending()).toBe(0)
  })

  it('may be asked for twice, also with a signal that has aborted', async () => {
    const { pool, clock, borrow } = poolOfThings()
    borrow()
    await clock.advance(0)
    const first = pool.drain(never)
    await pool.drain(AbortSignal.abort())
    await first
    expect(clock.pending()).toBe(0)
  })
})
