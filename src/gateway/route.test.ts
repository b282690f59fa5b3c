import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import type { Context } from '#base/context.ts'
import { type ErrorCode, GatewayError } from '#base/errors.ts'
import type { Observation } from '#base/observation.ts'
import { Cancellation } from '#base/signal.ts'
import type { Connection, Mark, Replication, Standing } from '#engine/engine.ts'
import { createGate } from '#pool/lanes.ts'
import { createTokens, createWindows } from './consistency.ts'
import type { Execute, Trip } from './execute.ts'
import { createRoute } from './route.ts'
import type { Seat } from './writer.ts'

const readTrip: Trip = { operation: 'select', resource: 'orders', write: false, source: 'url' }
const writeTrip: Trip = { operation: 'insert', resource: 'orders', write: true, source: 'body' }

type Server = { -readonly [K in keyof Standing]: Standing[K] } & { serves: boolean; lagMs: number }

/** Positions are numbers; on the younger line 2 everything up to 100 of line 1 is kept. */
const holds: Replication['holds'] = (at, wanted) => {
  if (at.line === wanted.line) return Number(at.position) >= Number(wanted.position) ? 'yes' : 'not_yet'
  if (at.line < wanted.line) return 'not_yet'
  return Number(wanted.position) <= 100 ? 'yes' : 'never'
}

function setUp(o: { primaryMax?: number } = {}) {
  const clock = virtualClock()
  const seen: Observation[] = []
  const tokens = createTokens('secret')
  const servers = new Map<string, Server>()
  const server = (name: string, role: Standing['role'], position: number): Server => ({
    server: name,
    role,
    line: '1',
    position: String(position),
    behindMs: undefined,
    forks: [],
    serves: true,
    lagMs: 0,
  })
  servers.set('primary', server('primary', 'primary', 10))
  servers.set('r1', server('r1', 'replica', 10))
  servers.set('r2', server('r2', 'replica', 10))
  const of = (name: string) => servers.get(name) as Server
  const failures = new Map<string, ErrorCode>()
  const strikes: string[] = []
  const load = new Map<string, number>()
  let seat: Seat = { state: 'taken', writer: 'primary', claimed: ['primary'] }
  const going: (() => void)[] = []
  let hold = false
  /** What looks find, one after the other. */
  const looks: ((primary: Server) => void)[] = []

  const execute =
    (name: string): Execute =>
    async (_ctx, _trip, body) => {
      const code = failures.get(name)
      if (code !== undefined) throw new GatewayError(code, `${name} fails`)
      if (hold) await new Promise<void>((resolve) => going.push(resolve))
      return body({ name } as unknown as Connection)
    }
  const pool = (name: string, max: number) => ({
    stats: () => ({
      name,
      max,
      min: 0,
      inUse: load.get(name) ?? 0,
      idle: 0,
      connecting: 0,
      waiting: 0,
      queueLimit: 4 * max,
      generation: 0,
      draining: false,
    }),
  })
  const route = createRoute({
    clock,
    observe: (event) => seen.push(event),
    primary: execute('primary'),
    primaryPool: pool('primary', o.primaryMax ?? 10),
    replicas: ['r1', 'r2'].map((name) => ({ name, execute: execute(name), pool: pool(name, 4) })),
    monitor: {
      serves: (name) => of(name).serves,
      lagMs: (name) => of(name).lagMs,
      standing: of,
      refresh: async (name) => {
        if (name === 'primary') looks.shift()?.(of(name))
        return of(name)
      },
      failed: (name) => void strikes.push(name),
      seat: () => seat,
      wrote: ({ position }) => void servers.set('primary', { ...of('primary'), position }),
      lookAround: async () => {},
    },
    replication: {
      exact: true,
      standing: async () => of('primary'),
      mark: async (): Promise<Mark> => ({ line: of('primary').line, position: '50' }),
      holds,
      younger: (a, b) => Number(a.line) - Number(b.line),
    },
    tokens,
    windows: createWindows(clock, 5000),
    gate: createGate({ clock, name: 'primary', size: () => 2, queuePerSlot: 1, waitMs: 500 }),
    waitMs: 100,
  })
  const context = (token?: string, client?: string): Context => ({
    principal: { subject: 'anonymous', role: 'anonymous', claims: {} },
    signal: new Cancellation(),
    deadline: clock.now() + 2000,
    requestId: 'id',
    observe: () => {},
    timing: { poolMs: 0, dbMs: 0 },
    consistency: { token, client, answer: undefined },
  })
  const where = (ctx: Context, trip: Trip): Promise<string> =>
    route(ctx, trip, async (c) => (c as unknown as { name: string }).name).catch((error: unknown) =>
      error instanceof GatewayError ? error.code : String(error),
    )
  return {
    clock,
    seen,
    of,
    failures,
    strikes,
    load,
    going,
    looks,
    token: (position: number, line = '1') => tokens.write({ line, position: String(position) }),
    read: (token?: string, client?: string) => where(context(token, client), readTrip),
    write: (client?: string) => where(context(undefined, client), writeTrip),
    context,
    where,
    sit: (next: Seat) => {
      seat = next
    },
    holdUp: () => {
      hold = true
    },
  }
}

test('reads take turns on the replicas, writes go to the primary and answer a token', async () => {
  const { read, where, context, token } = setUp()
  expect([await read(), await read(), await read()]).toEqual(['r1', 'r2', 'r1'])
  const ctx = context()
  expect(await where(ctx, writeTrip)).toBe('primary')
  expect(ctx.consistency?.answer).toBe(token(50))
})

test('a replica that fails is followed by another one, then by the primary, and has a strike for each', async () => {
  const { read, failures, strikes } = setUp()
  failures.set('r1', 'database_unavailable')
  expect(await read()).toBe('r2')
  failures.set('r2', 'breaker_open')
  expect(await read()).toBe('primary')
  expect(strikes).toEqual(['r1', 'r1'])
})

test('what the client did wrong is not tried elsewhere', async () => {
  const { read, failures } = setUp()
  failures.set('r1', 'invalid_parameter')
  expect(await read()).toBe('invalid_parameter')
})

test('a stream that has begun is not begun again', async () => {
  const { where, context, failures } = setUp()
  failures.set('r1', 'database_unavailable')
  expect(await where(context(), { ...readTrip, repeatable: () => false })).toBe('database_unavailable')
})

test('full replicas are helped by a primary with room; without it the line of a replica is taken', async () => {
  const { read, load } = setUp()
  load.set('r1', 4)
  expect(await read()).toBe('r2')
  load.set('r2', 4)
  expect(await read()).toBe('primary')
  load.set('primary', 10)
  expect(['r1', 'r2']).toContain(await read())
})

test('without replicas the primary takes so many reads at a time and no more', async () => {
  const { read, of, going, holdUp, clock } = setUp()
  of('r1').serves = false
  of('r2').serves = false
  holdUp()
  const reads = [read(), read(), read(), read(), read()]
  await clock.advance(1)
  expect(going.length).toBe(2)
  expect([await reads[4]]).toEqual(['queue_full'])
  await clock.advance(500)
  expect(await reads[3]).toBe('pool_timeout')
})

test('after a write the reads of that caller go to the primary for the window', async () => {
  const { read, write, clock, seen } = setUp()
  await write('me')
  expect([await read(undefined, 'me'), await read(undefined, 'you'), await read()]).toEqual([
    'primary',
    'r1',
    'r2',
  ])
  expect(seen).toEqual([{ kind: 'ryw', outcome: 'primary' }])
  await clock.advance(5000)
  expect(await read(undefined, 'me')).not.toBe('primary')
})

test('a token is served by a replica that has it, even in the window', async () => {
  const { read, write, of, token } = setUp()
  await write()
  expect(await read()).toBe('primary')
  of('r2').position = '50'
  expect([await read(token(50)), await read(token(50))]).toEqual(['r2', 'r2'])
})

test('a replica that is nearly there is waited for, one that is not leaves the read to the primary', async () => {
  const { read, of, token, clock, seen } = setUp()
  const waiting = read(token(40))
  await clock.advance(50)
  of('r1').position = '40'
  await clock.advance(50)
  expect(await waiting).toBe('r1')
  of('primary').position = '60'
  const late = read(token(60))
  await clock.advance(101)
  expect(await late).toBe('primary')
  of('r1').lagMs = 3000
  of('r2').lagMs = 3000
  expect(await read(token(60))).toBe('primary')
  expect(seen.map((event) => 'outcome' in event && event.outcome)).toEqual(['waited', 'primary', 'primary'])
})

test('a failover: tokens of before are good as far as the primary has them', async () => {
  const { read, of, token, clock } = setUp()
  Object.assign(of('primary'), { line: '2', position: '120' })
  const kept = read(token(90))
  await clock.advance(101)
  expect(await kept).toBe('primary')
  Object.assign(of('r1'), { position: '500' })
  expect(await read(token(101))).toBe('consistency_lost')
  expect(await read(token(10, '3'))).toBe('database_unavailable')
})

test('what the primary has written and not yet flushed is there; what lies beyond is lost', async () => {
  const { read, of, token, clock } = setUp()
  Object.assign(of('primary'), { position: '20', written: '30' })
  const there = read(token(30))
  await clock.advance(101)
  expect(await there).toBe('primary')
  const beyond = read(token(31))
  await clock.advance(101)
  expect(await beyond).toBe('consistency_lost')
})

test('a look that began before the write, and one that fails, are no proof that it is lost', async () => {
  const { read, looks, of, token } = setUp()
  Object.assign(of('r1'), { serves: false })
  Object.assign(of('r2'), { serves: false })
  looks.push(
    () => {},
    (primary) => Object.assign(primary, { position: '60' }),
  )
  expect(await read(token(60))).toBe('primary')
  looks.push(() => {
    throw new Error('no answer')
  })
  expect(await read(token(70))).toBe('database_unavailable')
  expect(await read(token(70))).toBe('consistency_lost')
})

test('nothing is written while it is unclear to whom', async () => {
  const { write, read, sit } = setUp()
  sit({ state: 'several', writer: undefined, claimed: ['a', 'b'] })
  expect(await write()).toBe('database_unavailable')
  expect(await read()).toBe('r1')
})

test('a token that is none is refused, with reads and writes', async () => {
  const { read, where, context } = setUp()
  expect(await read('nonsense')).toBe('malformed_header')
  expect(await where(context('nonsense'), writeTrip)).toBe('malformed_header')
})
