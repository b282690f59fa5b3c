/** Random schedules: whatever happens in whatever order, the promises of the pool hold. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Loan, poolOfThings, settings, type Weather } from './pool.fixture.ts'
import type { Sharing } from './types.ts'

type Action =
  | { kind: 'use'; deadlineIn: number; shares: Sharing | undefined }
  | { kind: 'end'; which: number; broken: boolean }
  | { kind: 'abort'; which: number }
  | { kind: 'break'; which: number }
  | { kind: 'weather'; change: Partial<Weather> }
  | { kind: 'advance'; ms: number }
  | { kind: 'resize'; max: number }
  | { kind: 'renew' }
  | { kind: 'retry' }
  | { kind: 'drain' }
  | { kind: 'cut' }

const which = fc.nat(50)
const someMs = fc.constantFrom(0, 0, 1, 30, 100, 300, 700)
const mood = fc.constantFrom('fine' as const, 'fine' as const, 'refuse' as const, 'hang' as const)
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 48,
    arbitrary: fc.record({
      kind: fc.constant('use'),
      deadlineIn: fc.constantFrom(0, 1, 50, 400, 2000),
      shares: fc.constantFrom('reads' as const, 'inserts' as const, undefined),
    }),
  },
  {
    weight: 32,
    arbitrary: fc.record({ kind: fc.constant('end'), which, broken: fc.constantFrom(false, false, true) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('abort'), which }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('break'), which }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('weather'),
      change: fc.oneof(
        fc.record({ connect: mood }),
        fc.record({ validate: mood }),
        fc.record({ connectMs: someMs }),
        fc.record({ validateMs: someMs }),
        fc.record({ closeMs: someMs }),
        fc.record({ overMs: someMs }),
      ),
    }),
  },
  {
    weight: 32,
    arbitrary: fc.record({ kind: fc.constant('advance'), ms: fc.constantFrom(0, 1, 20, 100, 500, 3000) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('resize'), max: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('renew', 'retry') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('drain', 'cut') }) },
)

const shape = fc.record({
  min: fc.nat(2),
  max: fc.integer({ min: 2, max: 4 }),
  queue: fc.nat(6),
  maxConnecting: fc.integer({ min: 1, max: 3 }),
  maxLifetime: fc.constantFrom(900, 4000, 1_800_000),
  idleTimeout: fc.constantFrom(600, 5000, 600_000),
})

it('keeps every promise under any schedule', { timeout: 30_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      shape,
      fc.array(action, { maxLength: 80, size: 'max' }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      run,
    ),
    { numRuns: 150 },
  )
})

async function run(changes: Partial<typeof settings>, actions: Action[], chance: number): Promise<void> {
  const loans: (Loan & { askedAt: number; limit: number; shares: Sharing | undefined })[] = []
  /** What a pool that has shrunk has too much of may only become less. */
  let allowed = 0
  let allowedWaiting = 0
  let overfull = false
  const checkNumber = () => {
    const { max, inUse, idle, connecting } = world.pool.stats()
    const taken = inUse + idle + connecting
    if (taken > Math.max(max, allowed)) overfull = true
    allowed = taken
  }
  /** Until when (monotonic ms) somebody may wait for the second try after a connect that failed. */
  let hopeUntil = 0
  const world = poolOfThings(
    changes,
    () => chance,
    (o) => {
      checkNumber()
      if (o.kind === 'pool.create' && 'error' in o) hopeUntil = clock.now() + 100
    },
  )
  const { pool, clock, weather, things, borrow } = world
  const patience = new AbortController()
  const drains: Promise<void>[] = []

  const checkAll = () => {
    checkNumber()
    expect(overfull, 'never more than max').toBe(false)
    const { max, waiting, queueLimit, inUse, connecting } = pool.stats()
    for (const thing of things) {
      expect(thing.borrowers, 'one borrower each').toBeLessThanOrEqual(1)
      if (thing.seats > 0) expect(thing.borrowers, 'shared or lent').toBe(0)
    }
    for (const shares of ['reads', 'inserts', undefined]) {
      const started = loans.filter((l) => l.startedAt !== undefined && l.shares === shares)
      const order = started.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))
      expect(order, 'first come, first served').toEqual(started)
    }
    for (const loan of loans) {
      const answered = loan.startedAt ?? loan.settledAt ?? Number.POSITIVE_INFINITY
      expect(answered <= loan.limit || clock.now() < loan.limit, 'answered in time').toBe(true)
    }
    expect(waiting).toBe(loans.filter((l) => l.startedAt === undefined && l.settledAt === undefined).length)
    expect(waiting).toBeLessThanOrEqual(Math.max(queueLimit + max, allowedWaiting))
    allowedWaiting = waiting
    const closing = things.some((t) => t.closing && !t.closed)
    const hope = inUse + connecting > 0 || closing || clock.now() <= hopeUntil
    if (waiting > 0) expect(hope, 'nobody waits without hope').toBe(true)
  }

  for (const step of actions) {
    switch (step.kind) {
      case 'use': {
        const askedAt = clock.now()
        const limit = askedAt + Math.min(step.deadlineIn, settings.acquireTimeout)
        const { deadlineIn, shares } = step
        loans.push(Object.assign(borrow(deadlineIn, shares), { askedAt, limit, shares }))
        break
      }
      case 'end': {
        const held = loans.filter((l) => l.startedAt !== undefined && l.settledAt === undefined)
        const loan = held[step.which % held.length]
        if (loan?.thing && step.broken) loan.thing.usable = false
        loan?.end()
        break
      }
      case 'abort':
        loans[step.which % loans.length]?.abort.abort()
        break
      case 'break': {
        const thing = things[step.which % things.length]
        if (thing) thing.usable = false
        break
      }
      case 'weather':
        Object.assign(weather, step.change)
        break
      case 'advance':
        await clock.advance(step.ms)
        break
      case 'resize':
        pool.resize(step.max)
        break
      case 'renew':
        pool.renew()
        break
      case 'retry':
        pool.retry()
        break
      case 'drain':
        drains.push(pool.drain(patience.signal))
        break
      case 'cut':
        drains.push(pool.drain(AbortSignal.abort()))
        break
      default:
        step satisfies never
    }
    await clock.advance(0)
    checkAll()
  }

  let over = false
  void pool.drain(patience.signal).then(() => (over = true))
  for (const loan of loans) loan.end()
  await clock.advance(2000)
  patience.abort()
  await clock.advance(2000)
  expect(over, 'a drain ends').toBe(true)
  await Promise.all(drains)
  expect(clock.pending(), 'no timer is left').toBe(0)
  await clock.advance(100_000)
  for (const loan of loans) expect(loan.settledAt, 'every caller gets an answer').toBeDefined()
  for (const thing of things) expect(thing.closed, 'nothing is left open').toBe(true)
  expect(pool.stats()).toMatchObject({ inUse: 0, idle: 0, connecting: 0, waiting: 0 })
}
