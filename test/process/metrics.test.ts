/** What Prometheus sees of the real process. */
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, startPostern } from '../support/process.ts'

let server: TestPostgres
let postern: Postern
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  const url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1);
     CREATE FUNCTION nap(seconds float8) RETURNS int LANGUAGE sql STABLE AS 'SELECT 1 FROM pg_sleep(seconds)'`,
  )
  postern = await startPostern({ database: url, config: { 'deadlines.default': '300ms' } })
  for (let i = 0; i < 5; i++) await ask(`${postern.api}/orders`)
  await ask(`${postern.api}/orders`, { method: 'POST', body: '{"id":2}' })
  await ask(`${postern.api}/orders`, { method: 'POST', body: '{"id":2}' })
  await ask(`${postern.api}/orders/9`)
  await ask(`${postern.api}/nothing/at/all`)
  await ask(`${postern.api}/rpc/nap?seconds=9`)
})
afterAll(async () => {
  await postern.stop()
  await server.stop()
})

const exposition = async () => (await ask(`${postern.observe}/metrics`)).text

function promtool(text: string): Promise<{ code: number | null; said: string } | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', ['check', 'metrics'])
    let said = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        said += part
      })
    child.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? resolve(undefined) : reject(error),
    )
    child.on('close', (code) => resolve({ code, said }))
    child.stdin.on('error', () => {})
    child.stdin.end(text)
  })
}

test('promtool accepts it, without a remark', async (context) => {
  const outcome = await promtool(await exposition())
  if (outcome === undefined) return context.skip('promtool is not installed (Debian package prometheus)')
  expect(outcome).toEqual({ code: 0, said: '' })
})

test('it has the families of the contract', async () => {
  const text = await exposition()
  const families = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map((m) => [m[1], m[2]]))
  const expected = {
    http_server_request_duration_seconds: 'histogram',
    db_client_operation_duration_seconds: 'histogram',
    db_client_connection_count: 'untyped',
    db_client_connection_max: 'gauge',
    db_client_connection_pending_requests: 'gauge',
    db_client_connection_timeouts_total: 'counter',
    db_client_connection_create_time_seconds: 'histogram',
    db_client_connection_wait_time_seconds: 'histogram',
    db_client_connection_use_time_seconds: 'histogram',
    postern_shed_total: 'counter',
    postern_pool_evictions_total: 'counter',
    postern_stream_cuts_total: 'counter',
    postern_version_requests_total: 'counter',
    postern_build_info: 'gauge',
    postern_database_up: 'gauge',
    postern_draining: 'gauge',
    process_resident_memory_bytes: 'gauge',
  }
  for (const [name, type] of Object.entries(expected))
    expect([name, families.get(name)]).toEqual([name, type])
})

test('its counters say what happened, by route template and never by path', async () => {
  const text = await exposition()
  const count = (...labels: string[]) =>
    [...text.matchAll(/^http_server_request_duration_seconds_count\{(.*)\} (\d+)$/gm)]
      .filter((m) => labels.every((label) => m[1]?.includes(label)))
      .reduce((sum, m) => sum + Number(m[2]), 0)
  const rows = 'http_route="/api/{version}/{resource}"'
  expect(count('http_request_method="GET"', rows, 'http_response_status_code="200"')).toBe(5)
  expect(count('http_request_method="POST"', rows, 'http_response_status_code="201"')).toBe(1)
  expect(count('http_request_method="POST"', rows, 'http_response_status_code="409"')).toBe(1)
  expect(count('http_route="/api/{version}/{resource}/{key}"', 'http_response_status_code="404"')).toBe(1)
  expect(count('http_route="_OTHER"', 'http_response_status_code="404"')).toBe(1)
  expect(count('http_response_status_code="504"')).toBe(1)
  expect(text).not.toContain('nothing/at/all')

  const statement = (...labels: string[]) =>
    [...text.matchAll(/^db_client_operation_duration_seconds_count\{(.*)\} (\d+)$/gm)]
      .filter((m) => labels.every((label) => m[1]?.includes(label)))
      .reduce((sum, m) => sum + Number(m[2]), 0)
  expect(statement('db_operation_name="select"', 'db_collection_name="orders"', 'error_type=""')).toBe(6)
  expect(statement('db_operation_name="insert"', 'error_type="unique"')).toBe(1)
  expect(statement('db_operation_name="call"', 'error_type="timeout"')).toBe(1)
  expect(text).toMatch(/^postern_database_up 1$/m)
})

test('labels stay bounded, whatever clients ask for', async () => {
  const series = async () =>
    (await exposition()).split('\n').filter((l) => /^(http|db|postern)_/.test(l)).length
  await ask(`${postern.api}/unknown0`)
  await ask(`${postern.data}/x0`, { method: 'PROPFIND' })
  const before = await series()
  for (let i = 1; i <= 50; i++) {
    await ask(`${postern.api}/unknown${i}`)
    await ask(`${postern.api}/unknown${i}/${i}`)
    await ask(`${postern.data}/x${i}`, { method: 'PROPFIND' })
  }
  // The key route answers 404 already; nothing new may appear.
  expect(await series()).toBe(before)
})

test('a repetition with an Idempotency-Key is a request of its version', async () => {
  const versions = 'postern_version_requests_total{version="v1"}'
  const before = (await postern.metric(versions)) ?? 0
  const again = { method: 'POST', body: '{"id":7}', headers: { 'idempotency-key': 'one' } }
  for (let i = 0; i < 3; i++) expect((await ask(`${postern.api}/orders`, again)).status).toBe(201)
  expect(await postern.metric(versions)).toBe(before + 3)
  // And the one at the start.
  const made = () => postern.requests().filter((l) => l['status'] === 201)
  await eventually('they are in the log', () => made().length === 4)
  expect(made().map((l) => l['version'])).toEqual(['v1', 'v1', 'v1', 'v1'])
})
