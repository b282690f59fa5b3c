/** A line that is never empty, in virtual time. */
import { describe, expect, it } from 'vitest'
import { poolOfThings } from './pool.fixture.ts'

describe('the pool in an overload', () => {
  /** One connection that is lent for 20 ms at a time, and a caller each 5 ms. */
  const overloaded = async (lasting: number) => {
    const world = poolOfThings({ max: 1, queue: 1000, overload: { wait: 100, lasting } })
    const loans = []
    for (let ms = 0; ms < 4000; ms += 5) {
      const loan = world.borrow()
      loans.push({ loan, asked: ms })
      await world.clock.advance(5)
      for (const { loan: held } of loans)
        if (
          held.startedAt !== undefined &&
          held.settledAt === undefined &&
          world.clock.now() - held.startedAt >= 20
        )
          held.end()
    }
    return { ...world, loans }
  }

  it('counts a caller once whose time is up just when the one before it makes the pool give up on the line', async () => {
    const overload = { wait: 100, lasting: 1100 }
    const { pool, clock, borrow } = poolOfThings({ max: 1, queue: 10, acquireTimeout: 500, overload })
    const first = borrow()
    const second = borrow()
    borrow()
    await clock.advance(10)
    first.end()
    // From here on somebody always waits, and the second keeps the connection.
    await clock.advance(390)
    borrow()
    await clock.advance(400)
    const [fifth, sixth] = [borrow(), borrow()]
    await clock.advance(500)
    expect([fifth.error?.code, sixth.error?.code]).toEqual(['pool_timeout', 'overloaded'])
    expect(pool.stats()).toMatchObject({ inUse: 1, waiting: 0 })
    second.end()
    const next = borrow()
    await clock.advance(0)
    expect(next.startedAt).toBe(clock.now())
  })

  it('refuses those who wait longest, so that the others are served in time', {
    timeout: 20_000,
  }, async () => {
    const { loans, seen } = await overloaded(1000)
    const late = loans.filter(({ asked }) => asked > 2000)
    const waits = late.flatMap(({ loan, asked }) =>
      loan.startedAt === undefined ? [] : [loan.startedAt - asked],
    )
    expect(waits.length).toBeGreaterThan(80)
    expect(Math.max(...waits)).toBeLessThanOrEqual(125)
    const refused = late.find(({ loan }) => loan.error !== undefined)
    expect(refused?.loan.error).toMatchObject({
      code: 'overloaded',
      facts: { pool: 'primary', size: 1, inUse: 1 },
    })
    expect(refused?.loan.error?.message).toMatch(
      /^Pool primary is overloaded: for \d+ ms there always was somebody waiting, and this request has waited for \d+ ms \(limit 100\)/,
    )
    expect(loans.filter(({ loan }) => loan.error?.code === 'overloaded').length).toBeGreaterThan(100)
    // Whoever is served or refused has waited, and shows among the waits.
    const over = loans.filter(({ loan }) => loan.startedAt !== undefined || loan.error !== undefined)
    expect(seen.filter((o) => o.kind === 'pool.wait')).toHaveLength(over.length)
    // Work goes on at full speed.
    expect(waits.length).toBeGreaterThanOrEqual(1950 / 25 - 2)
  })

  it('leaves everybody to acquireTimeout where that is wished', { timeout: 20_000 }, async () => {
    const { loans } = await overloaded(Number.POSITIVE_INFINITY)
    const codes = new Set(loans.flatMap(({ loan }) => (loan.error === undefined ? [] : [loan.error.code])))
    expect([...codes]).toEqual(['pool_timeout'])
  })

  it('is over as soon as the line has been empty', async () => {
    const { clock, borrow } = poolOfThings({ max: 1, overload: { wait: 100, lasting: 1000 } })
    const holder = borrow()
    const first = borrow()
    await clock.advance(400)
    holder.end()
    await clock.advance(0)
    const second = borrow()
    await clock.advance(400)
    first.end()
    await clock.advance(0)
    const third = borrow()
    await clock.advance(400)
    second.end()
    await clock.advance(0)
    expect([first.startedAt, second.startedAt, third.startedAt]).toEqual([400, 800, 1200])
  })

  it('is not seen while the pool still grows', async () => {
    const { clock, weather, borrow } = poolOfThings({
      max: 2,
      queue: 10,
      acquireTimeout: 5000,
      maxConnecting: 1,
      overload: { wait: 100, lasting: 1000 },
    })
    weather.connectMs = 900
    const loans = Array.from({ length: 6 }, () => borrow())
    const settle = async () => {
      for (const loan of loans) if (loan.startedAt !== undefined) loan.end()
      await clock.advance(0)
    }
    await clock.advance(900)
    // The first connection does nothing for 800 ms; then comes the second, and with both the line is gone in time.
    await clock.advance(900)
    expect(loans.filter((loan) => loan.startedAt !== undefined)).toHaveLength(2)
    await clock.advance(500)
    for (let i = 0; i < 5; i++) await settle()
    expect(loans.map((loan) => loan.error)).toEqual(loans.map(() => undefined))
    expect(loans.every((loan) => loan.settledAt === 2300)).toBe(true)
  })
})
