/** Streams of any length: in bounded memory, at the pace of the reader, who must not hold a connection for ever. */
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, sleep, startPostern } from '../support/process.ts'
import { type Sessions, watchSessions } from '../support/sessions.ts'

let server: TestPostgres
let sessions: Sessions
let postern: Postern
let url: string
const rows = 1_000_000
const slowReaderMs = 1500
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE events (id int PRIMARY KEY, note text);
     INSERT INTO events SELECT g, 'a note that makes the row a hundred bytes long or so: ' || md5(g::text) FROM generate_series(1, ${rows}) g;
     CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders SELECT generate_series(1, 5)`,
  )
  sessions = watchSessions(url)
  postern = await startPostern({
    database: url,
    config: { 'pools.max': 2, 'deadlines.slowReader': `${slowReaderMs}ms`, 'deadlines.stream': '60s' },
  })
})
afterAll(async () => {
  await postern.stop()
  await sessions.stop()
  await server.stop()
})

const ndjson = { accept: 'application/x-ndjson' }
const MiB = 1024 ** 2

/** Opens a stream and reads nothing of it yet. */
const open = (path: string, api = postern.api) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    request(`${api}${path}`, { headers: ndjson, agent: false }, (response) => {
      response.pause()
      response.on('error', () => {})
      resolve(response)
    })
      .on('error', reject)
      .end()
  })
const inUse = () =>
  postern.metric(
    'db_client_connection_count{db_client_connection_pool_name="primary",db_client_connection_state="used"}',
  )

test('a million rows arrive whole, in bounded memory', async () => {
  // The memory that a process takes for its first large answer is not what this is about.
  await ask(`${postern.api}/events?limit=100000`, { headers: ndjson })
  const before = await postern.rss()
  let most = 0
  const response = await open('/events')
  expect(response.headers['content-type']).toBe('application/x-ndjson')
  let lines = 0
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    for (const byte of chunk) if (byte === 10) lines++
  })
  response.resume()
  let over = false
  const end = new Promise<void>((resolve, reject) =>
    response.on('end', () => resolve()).on('error', reject),
  ).finally(() => {
    over = true
  })
  while (!over) {
    most = Math.max(most, await postern.rss())
    await sleep(50)
  }
  await end
  expect(lines).toBe(rows)
  expect(bytes).toBeGreaterThan(90 * MiB)
  expect((most - before) / MiB).toBeLessThan(64)
  await eventually('the connection is back', async () => (await inUse()) === 0)
})

test('who reads nothing is cut off, fills no memory, and gives the connection back', async () => {
  const before = await postern.rss()
  const cuts = await postern.metric('postern_stream_cuts_total{reason="slow"}')
  const response = await open('/events')
  const began = performance.now()
  let most = 0
  await eventually(
    'it is cut off',
    async () => {
      most = Math.max(most, await postern.rss())
      return (await postern.metric('postern_stream_cuts_total{reason="slow"}')) === (cuts ?? 0) + 1
    },
    slowReaderMs + 5000,
  )
  expect(performance.now() - began).toBeGreaterThanOrEqual(slowReaderMs - 50)
  expect((most - before) / MiB).toBeLessThan(64)
  await eventually('the connection is back', async () => (await inUse()) === 0, 2000)
  await eventually('no statement runs', async () => (await sessions.running('events')) === 0, 2000)
  // Half a stream must not look like a whole one.
  const truncated = new Promise((resolve) => response.on('close', () => resolve(response.complete)))
  response.resume()
  expect(await truncated).toBe(false)
  expect((await ask(`${postern.api}/orders?limit=1`)).status).toBe(200)
})

test('who hangs up in the middle frees the connection within a second', async () => {
  const response = await open('/events')
  expect(await eventually('it streams', inUse)).toBe(1)
  response.destroy()
  await eventually('the connection is back', async () => (await inUse()) === 0, 1500)
  expect(await postern.metric('postern_stream_cuts_total{reason="client"}')).toBeGreaterThanOrEqual(1)
})

test('a stream waits for a slow reader, and others are not slowed down by it', async () => {
  const response = await open('/events?limit=100000')
  await sleep(500)
  const other = await ask(`${postern.api}/orders`)
  expect(other.status).toBe(200)
  expect(other.ms).toBeLessThan(500)
  let lines = 0
  for await (const chunk of response) for (const byte of chunk as Buffer) if (byte === 10) lines++
  expect(lines).toBe(100_000)
})

test('HEAD gives the head alone and runs no million rows', async () => {
  const head = await ask(`${postern.api}/events`, { method: 'HEAD', headers: ndjson })
  expect(head.status).toBe(200)
  expect(head.headers['content-type']).toBe('application/x-ndjson')
  expect(head.text).toBe('')
  expect(head.ms).toBeLessThan(1000)
  await eventually('the connection is back', async () => (await inUse()) === 0, 1500)
})

test('a stream that cannot begin is a problem document', async () => {
  const refused = await ask(`${postern.api}/events?nope=1`, { headers: ndjson })
  expect(refused.status).toBe(400)
  expect(refused.headers['content-type']).toBe('application/problem+json')
})

test('a stream that outlasts drainTimeout is cut by the shutdown, and told as that', async () => {
  const ending = await startPostern({ database: url, config: { 'lifecycle.drainTimeout': '100ms' } })
  await open('/events', ending.api)
  ending.signal('SIGTERM')
  expect((await ending.line((l) => l.event === 'stream.cut'))['reason']).toBe('drain')
  expect(await ending.ended).toBe(0)
})
