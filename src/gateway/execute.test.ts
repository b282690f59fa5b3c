import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import type { Context } from '#base/context.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observation } from '#base/observation.ts'
import type { Connection, Fault, ServerRole } from '#engine/engine.ts'
import type { Pool, Sharing } from '#pool/types.ts'
import { noBreakers } from './breakers.ts'
import { createExecute, type Trip } from './execute.ts'

const read: Trip = { operation: 'select', resource: 'orders', write: false, source: 'url' }
const write: Trip = { operation: 'insert', resource: 'orders', write: true, source: 'body' }

/** Faults are thrown as they are, so that a test names what the database said. */
function setUp(o: { role?: ServerRole } = {}) {
  const clock = virtualClock()
  const seen: Observation[] = []
  const shared: (Sharing | undefined)[] = []
  const calls = { attempts: 0, renewed: 0, mismatches: 0 }
  const connection = { isUsable: () => true, role: async () => o.role ?? 'primary' } as unknown as Connection
  const pool = {
    stats: () => ({ name: 'primary' }),
    use: (
      _signal: AbortSignal,
      _deadline: number,
      body: (c: Connection) => Promise<unknown>,
      shares?: Sharing,
    ) => {
      shared.push(shares)
      return body(connection)
    },
    renew: () => {
      calls.renewed++
    },
  } as unknown as Pool<Connection>
  const execute = createExecute({
    clock,
    engine: { classify: (thrown) => thrown as Error & Fault },
    pool,
    breakers: noBreakers,
    development: false,
    onSchemaMismatch: () => {
      calls.mismatches++
    },
  })
  const abort = new AbortController()
  const ctx = {
    signal: abort.signal,
    deadline: 1000,
    observe: (event: Observation) => seen.push(event),
    timing: { poolMs: 0, dbMs: 0 },
  } as unknown as Context
  /** Fails with each fault in turn, then succeeds. */
  const run = (trip: Trip, ...faults: readonly Partial<Fault>[]) =>
    execute(ctx, trip, async () => {
      const fault = faults[calls.attempts++]
      if (fault) throw Object.assign(new Error('refused'), { applied: 'no', native: '' }, fault)
      return 'done'
    }).catch((error: unknown) => error as GatewayError)
  return { clock, seen, calls, shared, connection, execute, abort, ctx, run }
}
const code = (outcome: unknown) => (outcome instanceof GatewayError ? outcome.code : outcome)

test.each([
  ['a read whose connection was lost', read, { kind: 'disconnected', applied: 'unknown' }, 'done'],
  ['a write that was never sent', write, { kind: 'disconnected', applied: 'no' }, 'done'],
  ['a write that was sent', write, { kind: 'disconnected', applied: 'unknown' }, 'outcome_unknown'],
  ['a collision', write, { kind: 'conflict' }, 'done'],
  ['a plan that went stale', read, { kind: 'stale_plan' }, 'done'],
  ['a value that does not fit', read, { kind: 'bad_value' }, 'invalid_parameter'],
  ['a write with its cancel unconfirmed', write, { kind: 'timeout', applied: 'unknown' }, 'outcome_unknown'],
] as const)('%s', async (_, trip, fault, outcome) => {
  const { calls, run } = setUp()
  expect(code(await run(trip, fault))).toBe(outcome)
  expect(calls.attempts).toBe(outcome === 'done' ? 2 : 1)
})

test('a value that the engine has no form for is blamed on where it came from', async () => {
  const { ctx, execute } = setUp()
  const refuses = async () => {
    throw new GatewayError('bad_value', 'No such date.', { facts: { year: 10_000 } })
  }
  const outcome = (trip: Trip) => execute(ctx, trip, refuses).catch((error: unknown) => error)
  expect(await outcome({ ...read, source: 'url' })).toMatchObject({
    code: 'invalid_parameter',
    facts: { year: 10_000 },
  })
  expect(await outcome({ ...write, source: 'body' })).toMatchObject({ code: 'bad_value' })
})

test('inserts of a resource travel alone for a while when one has disturbed its company', async () => {
  const { clock, ctx, execute, shared, connection } = setUp()
  const insert: Trip = { ...write, shares: 'inserts' }
  const kindOf = async (trip: Trip, disturbed = false) => {
    connection.disturbed = () => disturbed
    expect(await execute(ctx, trip, async () => 'done')).toBe('done')
    return shared.at(-1)
  }
  expect(await kindOf(insert, true)).toBe('inserts')
  expect(await kindOf(insert)).toBeUndefined()
  expect(await kindOf({ ...insert, resource: 'customers' })).toBe('inserts')
  await clock.advance(999)
  expect(await kindOf(insert)).toBeUndefined()
  await clock.advance(1)
  expect(await kindOf(insert)).toBe('inserts')
})

test('nothing is repeated twice, nor once a stream has begun', async () => {
  const twice = setUp()
  const lost = { kind: 'disconnected' } as const
  expect(code(await twice.run(read, lost, lost))).toBe('database_unavailable')
  expect(twice.calls.attempts).toBe(2)
  const begun = setUp()
  expect(code(await begun.run({ ...read, repeatable: () => false }, lost))).toBe('database_unavailable')
  expect(begun.calls.attempts).toBe(1)
})

test('a write refused by a demoted primary makes every connection go, and is repeated', async () => {
  const { calls, run } = setUp({ role: 'replica' })
  expect(await run(write, { kind: 'read_only' })).toBe('done')
  expect(calls).toMatchObject({ attempts: 2, renewed: 1 })
})

test('a write refused by a session that is merely read-only is refused', async () => {
  const { calls, run } = setUp()
  expect(code(await run(write, { kind: 'read_only' }))).toBe('database_unavailable')
  expect(calls).toMatchObject({ attempts: 1, renewed: 0 })
})

test('each attempt is observed with what went wrong, and without any text', async () => {
  const { seen, run, calls } = setUp()
  await run(read, { kind: 'stale_plan' })
  const about = {
    kind: 'statement',
    pool: 'primary',
    operation: 'select',
    resource: 'orders',
    ms: 0,
    waitMs: 0,
  }
  expect(seen).toEqual([{ ...about, error: 'stale_plan' }, about])
  expect(calls.mismatches).toBe(1)
})

test.each([
  [read, 'statement_timeout'],
  [write, 'outcome_unknown'],
] as const)(
  'a database that stands still: the answer comes soon after the deadline (%#)',
  async (trip, expected) => {
    const { clock, ctx, execute } = setUp()
    let outcome: unknown
    execute(ctx, trip, () => new Promise<never>(() => {})).catch((error: unknown) => {
      outcome = error
    })
    await clock.advance(1190)
    expect(outcome).toBeUndefined()
    await clock.advance(20)
    expect(code(outcome)).toBe(expected)
  },
)

test('what was cancelled says why: a client that hung up, or a shutdown', async () => {
  const { abort, run } = setUp()
  abort.abort(new GatewayError('draining', 'The gateway shuts down.', { facts: { waitedMs: 700 } }))
  const error = await run(read, { kind: 'cancelled' })
  expect(error).toMatchObject({ code: 'draining', facts: { waitedMs: 700 } })
})
