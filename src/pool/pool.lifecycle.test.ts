/** How connections and the pool itself end: age, leaks, resize, renew, drain; in virtual time. */
import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { poolOfThings, settings } from './pool.fixture.ts'

const never = new AbortController().signal

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

  it('opens a successor at once for a connection that broke, however long that takes to close', async () => {
    const { clock, weather, things, borrow } = poolOfThings({ max: 1 })
    weather.closeMs = 1000
    const first = borrow()
    await clock.advance(0)
    if (things[0]) things[0].usable = false
    const second = borrow()
    first.end()
    await clock.advance(0)
    expect(second.startedAt).toBe(0)
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

describe('scenario 23: a leak', () => {
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

describe('other settings', () => {
  it('hold from now on: size, queue, waiting and idle times', async () => {
    const { pool, clock, evictions, borrow } = poolOfThings({ max: 1, queue: 4 })
    const first = borrow()
    await clock.advance(0)
    pool.adjust({ ...settings, name: 'other', max: 2, queue: 20, acquireTimeout: 100, idleTimeout: 1000 })
    expect(pool.stats()).toMatchObject({ name: 'primary', max: 2, queueLimit: 20 })
    const second = borrow()
    await clock.advance(0)
    expect(second.startedAt).toBe(0)
    const late = borrow()
    await clock.advance(100)
    expect(late.error?.code).toBe('pool_timeout')
    first.end()
    second.end()
    await clock.advance(2000)
    expect(evictions()).toEqual(['idle', 'idle'])
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

  it('downwards closes a connection that arrives when there is no room for it any more', async () => {
    const { pool, clock, weather, evictions, borrow } = poolOfThings({ max: 2 })
    borrow()
    await clock.advance(0)
    weather.connectMs = 50
    borrow(5)
    await clock.advance(10)
    pool.resize(1)
    await clock.advance(40)
    expect(evictions()).toEqual(['resize'])
    expect(pool.stats()).toMatchObject({ inUse: 1, idle: 0, waiting: 0 })
  })

  it('downwards keeps the queue open while too many connections are in use', async () => {
    const { pool, clock, borrow } = poolOfThings({ max: 4, queue: 4, maxConnecting: 4 })
    for (let i = 0; i < 4; i++) borrow()
    await clock.advance(0)
    pool.resize(1)
    const [queued, refused] = [borrow(), borrow()]
    await clock.advance(0)
    expect(queued.settledAt).toBeUndefined()
    expect(refused.error).toMatchObject({ code: 'queue_full', facts: { queueLimit: 1, inUse: 4, size: 1 } })
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

  it('forgets the failures of the old address', async () => {
    const { pool, clock, weather, borrow } = poolOfThings()
    weather.connect = 'refuse'
    borrow()
    await clock.advance(1)
    weather.connect = 'fine'
    pool.renew()
    const loan = borrow()
    await clock.advance(0)
    expect(loan.startedAt).toBe(1)
  })

  it.each(['fine', 'refuse'] as const)(
    'holds at any moment of the arrival of a connect (%s): what was begun before is not used after',
    async (connect) => {
      for (let moment = 0; moment < 15; moment++) {
        const { pool, clock, weather, things, borrow } = poolOfThings({ max: 3 })
        weather.connect = connect
        const loan = borrow()
        for (let i = 0; i < moment; i++) await Promise.resolve()
        const { inUse, waiting } = pool.stats()
        const old = things.length
        weather.connect = 'fine'
        pool.renew()
        await clock.advance(0)
        if (waiting === 1) expect(loan.thing?.id, `moment ${moment}`).toBeGreaterThanOrEqual(old)
        if (inUse === 1) expect(loan.thing?.id).toBe(0)
        loan.end()
        await clock.advance(0)
        expect(things.filter((t) => !t.closed)).toHaveLength(pool.stats().idle)
      }
    },
  )

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

  it('opens nothing to fill the pool to min', async () => {
    const { pool, clock, calls, borrow } = poolOfThings({ min: 2, max: 2 })
    await clock.advance(0)
    borrow()
    await clock.advance(0)
    void pool.drain(never)
    await clock.advance(2000)
    expect(calls.connect).toBe(2)
  })

  it('is over as soon as the last caller in line has left', async () => {
    for (const leave of ['time', 'abort'] as const) {
      const { pool, clock, weather, borrow } = poolOfThings()
      weather.connect = 'hang'
      const loan = borrow(70)
      await clock.advance(10)
      let over: number | undefined
      void pool.drain(never).then(() => (over = clock.now()))
      if (leave === 'abort') loan.abort.abort()
      await clock.advance(60)
      expect(over).toBe(leave === 'abort' ? 10 : 70)
    }
  })

  it('ends a check and a back-off too', async () => {
    const { pool, clock, weather, borrow } = poolOfThings({ max: 2 })
    borrow().end()
    await clock.advance(600)
    weather.validate = 'hang'
    weather.connect = 'refuse'
    borrow()
    borrow()
    await clock.advance(0)
    const patience = new AbortController()
    const over = pool.drain(patience.signal)
    patience.abort()
    await over
    expect(clock.pending()).toBe(0)
    expect(getEventListeners(patience.signal, 'abort')).toEqual([])
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
