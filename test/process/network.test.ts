/** A network between gateway and database that loses, delays and cuts. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, sleep, startPostern } from '../support/process.ts'
import { type Sessions, watchSessions } from '../support/sessions.ts'
import { startProxy, type TcpProxy } from '../support/tcp-proxy.ts'

let server: TestPostgres
let proxy: TcpProxy
let sessions: Sessions
let postern: Postern
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  const url = await server.createDatabase('shop')
  await server.sql(
    url,
    `CREATE TABLE orders (id int PRIMARY KEY, note text);
     INSERT INTO orders SELECT g, repeat('x', 100) FROM generate_series(1, 2000) g;
     CREATE FUNCTION nap(seconds float8) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 FROM pg_sleep(seconds)';
     CREATE FUNCTION work(new_id int) RETURNS int LANGUAGE sql VOLATILE AS
       'INSERT INTO orders SELECT new_id FROM pg_sleep(0.5) RETURNING id'`,
  )
  sessions = watchSessions(url)
  proxy = await startProxy(() => server.port)
  postern = await startPostern({
    database: `postgres://postgres@127.0.0.1:${proxy.port}/shop`,
    config: { 'pools.max': 3, 'deadlines.default': '5s' },
  })
})
beforeEach(async () => {
  Object.assign(proxy.weather, { connections: 'pass', latencyMs: 0, sliceBytes: 0, cutAfterBytes: 0 })
  await eventually('it works', async () => (await ask(`${postern.api}/orders?limit=1`)).status === 200)
})
afterAll(async () => {
  await postern.stop()
  await sessions.stop()
  await proxy.stop()
  await server.stop()
})

test('a read whose connection is lost is repeated, and the client does not notice', async () => {
  const read = ask(`${postern.api}/rpc/nap?seconds=0.5`)
  await eventually('it runs', async () => (await sessions.running('nap')) === 1, 450)
  proxy.resetAll()
  expect(await read).toMatchObject({ status: 200, text: '1' })
})

test('a write whose connection is lost is not repeated, and the client is told that nobody knows', async () => {
  const write = ask(`${postern.api}/rpc/work`, { method: 'POST', body: '{"new_id":9001}' })
  await eventually('it runs', async () => (await sessions.running('work')) === 1, 450)
  proxy.resetAll()
  const answer = await write
  expect(answer.status).toBe(503)
  expect(answer.code).toBe('outcome_unknown')
  expect(answer.headers['retry-after']).toBeUndefined()
  await sleep(700)
  const rows = await sessions.sql('SELECT id FROM orders WHERE id = 9001')
  expect(rows.length).toBeLessThanOrEqual(1)
})

test('a repetition of such a write with its Idempotency-Key is told the same, and is not done', async () => {
  const send = () =>
    ask(`${postern.api}/rpc/work`, {
      method: 'POST',
      body: '{"new_id":9002}',
      headers: { 'idempotency-key': 'k-9002' },
    })
  const write = send()
  await eventually('it runs', async () => (await sessions.running('work')) === 1, 450)
  proxy.resetAll()
  expect((await write).code).toBe('outcome_unknown')
  const again = await send()
  expect(again).toMatchObject({ status: 503, code: 'outcome_unknown' })
  expect(again.headers['idempotency-replayed']).toBe('true')
  await sleep(700)
  expect((await sessions.sql('SELECT id FROM orders WHERE id = 9002')).length).toBeLessThanOrEqual(1)
})

test('packets of one byte are read correctly', async () => {
  const whole = (await ask(`${postern.api}/orders?limit=20`)).text
  proxy.weather.sliceBytes = 1
  expect((await ask(`${postern.api}/orders?limit=20`)).text).toBe(whole)
})

test('an answer cut inside a row is repeated or refused, never given in half', async () => {
  proxy.resetAll()
  proxy.weather.cutAfterBytes = 20_000
  const answer = await ask(`${postern.api}/orders?limit=1000`)
  expect(answer.status).toBe(503)
  expect(answer.code).toBe('database_unavailable')
})

test('half an answer of a stream ends with the connection, not with a last chunk', async () => {
  proxy.resetAll()
  proxy.weather.cutAfterBytes = 150_000
  const stream = ask(`${postern.api}/orders`, { headers: { accept: 'application/x-ndjson' } })
  await expect(stream).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('a black hole on connecting: requests fail after acquireTimeout, with no more than two connects open', async () => {
  proxy.resetAll()
  proxy.weather.connections = 'hole'
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(`${postern.api}/orders?limit=1`)))
  for (const answer of answers) {
    expect(answer.status).toBe(503)
    expect(answer.ms).toBeLessThan(500 + 300)
  }
  // Two of the pool, one of the health checks, one that listens for changes of the schema.
  expect(proxy.open()).toBeLessThanOrEqual(4)
})

test('a connection that went dark while idle is found by validation, and nobody is failed for it', async () => {
  const hidden = proxy.open()
  expect(hidden).toBeGreaterThan(0)
  // Connections that are open now hear nothing any more; new ones are fine.
  proxy.darken()
  await sleep(600)
  const answer = await ask(`${postern.api}/orders?limit=1`)
  expect(answer.status).toBe(200)
  expect(await postern.metric('postern_pool_evictions_total{reason="validation"}')).toBeGreaterThan(0)
})

test('latency alone fails nobody', async () => {
  proxy.weather.latencyMs = 100
  const answers = await Promise.all(Array.from({ length: 3 }, () => ask(`${postern.api}/orders?limit=1`)))
  expect(answers.map((a) => a.status)).toEqual([200, 200, 200])
})
