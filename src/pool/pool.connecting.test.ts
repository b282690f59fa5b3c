/** How the pool comes by connections: checks before lending, connects, back-off; in virtual time. */
import { describe, expect, it } from 'vitest'
import { poolOfThings, type Thing } from './pool.fixture.ts'

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

  it('comes at once for those that lay idle when another one broke', async () => {
    const { clock, calls, weather, evictions, borrow } = await used()
    const loan = borrow()
    await clock.advance(1)
    expect(calls.validate).toBe(0)
    ;(loan.thing as Thing).usable = false
    loan.end()
    await clock.advance(0)
    weather.validate = 'refuse'
    const next = borrow()
    await clock.advance(0)
    expect(evictions()).toEqual(['broken', 'validation'])
    expect(next.thing?.id).toBe(2)
    next.end()
    await clock.advance(1)
    // What was made or used since is above suspicion.
    borrow()
    await clock.advance(0)
    expect(calls.validate).toBe(1)
  })

  it('may say that the connection is read-only now, which has a reason of its own', async () => {
    const { clock, weather, things, evictions, borrow } = await used({ max: 1 })
    weather.validate = 'readonly'
    await clock.advance(501)
    const loan = borrow()
    await clock.advance(0)
    expect(evictions()).toEqual(['readonly'])
    expect(loan.thing).toBe(things[1])
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

  it('opens no connection for a caller whose connection is being checked', async () => {
    const { clock, weather, calls, borrow } = await used({ max: 4 })
    await clock.advance(600)
    weather.validateMs = 10
    const loans = [borrow(), borrow()]
    await clock.advance(10)
    expect(loans.map((l) => l.startedAt)).toEqual([610, 610])
    expect(calls).toMatchObject({ connect: 2, validate: 2 })
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
    await clock.advance(50)
    borrow()
    await clock.advance(99)
    const early = borrow()
    await clock.advance(0)
    expect(early).toMatchObject({ settledAt: 149, error: { code: 'database_unavailable' } })
    expect(calls.connect).toBe(2)
    weather.connect = 'fine'
    await clock.advance(1)
    const later = borrow()
    await clock.advance(0)
    expect(later.startedAt).toBe(150)
    expect(calls.connect).toBe(3)
  })

  it('that failed once before a caller came is tried again for it', async () => {
    const { clock, weather, calls, borrow } = poolOfThings()
    weather.connect = 'refuse'
    borrow()
    await clock.advance(49)
    const [lucky, other] = [borrow(), borrow()]
    weather.connect = 'fine'
    await clock.advance(1)
    expect([lucky.startedAt, other.startedAt]).toEqual([50, 50])
    expect(calls.connect).toBe(3)
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

  it('that succeeds ends the row of failures', async () => {
    const { pool, clock, weather, things, borrow } = poolOfThings({ max: 1 })
    for (let outage = 0; outage < 2; outage++) {
      weather.connect = 'refuse'
      const refused = borrow()
      await clock.advance(50)
      expect(refused.error?.facts).toMatchObject({ failures: 1, nextAttemptMs: 50 })
      weather.connect = 'fine'
      borrow().end()
      await clock.advance(0)
      expect(pool.stats().idle).toBe(1)
      for (const thing of things) thing.usable = false
    }
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

  it('that hangs is given up for a new one when the database is known to answer again', async () => {
    const { pool, clock, weather, borrow } = poolOfThings({ max: 1 })
    weather.connect = 'hang'
    const loan = borrow()
    await clock.advance(1)
    weather.connect = 'fine'
    pool.retry()
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
