/** Deadlines: which one counts, what the client is told, and that the database stops too. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'
import { type Sessions, watchSessions } from '../support/sessions.ts'

let server: TestPostgres
let sessions: Sessions
let postern: Postern
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  const url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1);
     CREATE FUNCTION nap(seconds float8) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 FROM pg_sleep(seconds)';
     CREATE FUNCTION work(seconds float8) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 2 FROM pg_sleep(seconds)'`,
  )
  sessions = watchSessions(url)
  postern = await startPostern({
    database: url,
    config: {
      'pools.max': 1,
      'deadlines.default': '1s',
      'deadlines.rules':
        '[{"methods":["POST"],"path":"/rpc/work","deadline":"30s"},{"path":"/rpc/*","deadline":"600ms"}]',
    },
  })
})
afterAll(async () => {
  await postern.stop()
  await sessions.stop()
  await server.stop()
})

/** Milliseconds a loaded machine may be late. */
const slack = 300

test('scenario 26: a statement that outlasts the deadline is a 504, and ends in the database', async () => {
  const answer = await ask(`${postern.api}/rpc/nap?seconds=20`)
  expect(answer.status).toBe(504)
  expect(answer.code).toBe('statement_timeout')
  expect(answer.json().detail).toMatch(/ within the ([1-5]\d\d|600) ms /)
  expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect(answer.ms).toBeGreaterThanOrEqual(590)
  expect(answer.ms).toBeLessThan(600 + slack)
  await eventually('the backend has stopped', async () => (await sessions.running('nap')) === 0, 1000)
})

test('the connection of a cancelled statement serves the next one', async () => {
  await ask(`${postern.api}/orders`)
  const [before] = await sessions.sql(
    `SELECT array_agg(pid) AS pids FROM pg_stat_activity WHERE application_name LIKE 'postern/%'`,
  )
  expect((await ask(`${postern.api}/rpc/nap?seconds=20`)).status).toBe(504)
  expect((await ask(`${postern.api}/orders`)).json()).toEqual([{ id: 1 }])
  const [after] = await sessions.sql(
    `SELECT array_agg(pid) AS pids FROM pg_stat_activity WHERE application_name LIKE 'postern/%'`,
  )
  expect(after).toEqual(before)
})

test('the first rule that fits method and path counts', async () => {
  const began = performance.now()
  const answer = await ask(`${postern.api}/rpc/work`, { method: 'POST', body: '{"seconds":1.2}' })
  expect(answer.status).toBe(200)
  expect(answer.json()).toBe(2)
  expect(performance.now() - began).toBeGreaterThan(1190)
})

test('Prefer: wait shortens it, and never lengthens it', async () => {
  const short = await ask(`${postern.api}/rpc/work`, {
    method: 'POST',
    body: '{"seconds":20}',
    headers: { prefer: 'wait=1' },
  })
  expect(short.code).toBe('statement_timeout')
  expect(short.ms).toBeGreaterThanOrEqual(990)
  expect(short.ms).toBeLessThan(1000 + slack)
  const long = await ask(`${postern.api}/rpc/nap?seconds=20`, { headers: { prefer: 'wait=60' } })
  expect(long.code).toBe('statement_timeout')
  expect(long.ms).toBeLessThan(600 + slack)
})

test('a lock that is held is waited for no longer than the deadline', async () => {
  await sessions.sql('BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE')
  try {
    const read = await ask(`${postern.api}/orders`)
    expect(read.code).toBe('statement_timeout')
    expect(read.ms).toBeLessThan(1000 + slack)
    const write = await ask(`${postern.api}/orders`, { method: 'POST', body: '{"id":7}' })
    expect(write.code).toBe('statement_timeout')
  } finally {
    await sessions.sql('ROLLBACK')
  }
  // A cancelled write was not applied.
  expect((await ask(`${postern.api}/orders`)).json()).toEqual([{ id: 1 }])
})

test('the log has the time-out with its cause, and the metrics count it', async () => {
  const before = await postern.metric('postern_statement_cancels_total{outcome="sent"}')
  await ask(`${postern.api}/rpc/nap?seconds=20`)
  const line = await postern.line((l) => l['code'] === 'statement_timeout')
  expect(line).toMatchObject({
    level: 'warn',
    status: 504,
    route: '/api/{version}/rpc/{routine}',
    resource: 'nap',
  })
  expect(await postern.metric('postern_statement_cancels_total{outcome="sent"}')).toBe((before ?? 0) + 1)
  const text = (await ask(`${postern.observe}/metrics`)).text
  expect(text).toMatch(
    /db_client_operation_duration_seconds_count\{[^}]*db_operation_name="call"[^}]*error_type="timeout"\} \d+/,
  )
})
