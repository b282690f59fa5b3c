/** Traces of the real process, as a collector gets them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type Collector, type SeenSpan, startCollector } from '../support/collector.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'
import { ask, eventually, type Postern, type PosternOptions, startPostern } from '../support/process.ts'

let server: TestPostgres
let url: string
const folder = mkdtempSync(join(tmpdir(), 'postern-traces-'))
beforeAll(async () => {
  server = await startPostgres({ version: 18 })
  url = await server.createDatabase()
  await server.sql(
    url,
    `CREATE TABLE orders (id int PRIMARY KEY, note text);
     INSERT INTO orders SELECT g, 'note ' || g FROM generate_series(1, 2000) g;
     CREATE FUNCTION nap(seconds float8) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1 FROM pg_sleep(seconds)'`,
  )
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await server.stop()
})

const trace = '0af7651916cd43dd8448eb211c80319c'
const caller = 'b7ad6b7169203331'
const sampled = { traceparent: `00-${trace}-${caller}-01` }

/** A gateway that tells this collector everything; both end with the test. */
async function watched(
  config: PosternOptions['config'] = {},
): Promise<{ collector: Collector; postern: Postern }> {
  const collector = await startCollector()
  onTestFinished(() => collector.stop())
  const postern = await startPostern({
    database: url,
    config: { 'traces.endpoint': collector.url, 'traces.sample': 1, ...config },
  })
  onTestFinished(async () => void (await postern.stop()))
  return { collector, postern }
}
const named = (spans: readonly SeenSpan[], name: string) => {
  const found = spans.find((span) => span.name === name)
  if (found === undefined)
    throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(', ')}`)
  return found
}

test('a request goes on with the trace of its caller, and has its trips to the database below it', async () => {
  const { collector, postern } = await watched()
  const before = Date.now()
  const answer = await ask(`${postern.api}/orders/7?select=note`, { headers: sampled })
  const after = Date.now()
  const [, traceId, spanId, flags] =
    /^00-(\w{32})-(\w{16})-(\w\w)$/.exec(String(answer.headers['traceparent'])) ?? []
  expect([traceId, flags]).toEqual([trace, '01'])
  await eventually('the span of the request', () => collector.spans.some((span) => span.kind === 2))
  const request = named(collector.spans, 'GET /api/{version}/{resource}/{key}')
  const trip = named(collector.spans, 'select orders')
  expect(request).toMatchObject({ traceId: trace, parentSpanId: caller, spanId, kind: 2, status: 0 })
  expect(request.attributes).toEqual({
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'http.route': '/api/{version}/{resource}/{key}',
    'http.response.status_code': 200,
    'http.response.body.size': answer.text.length,
    'postern.request.id': answer.headers['x-request-id'],
    'postern.resource': 'orders',
    'postern.version': 'v1',
  })
  expect(trip).toMatchObject({ traceId: trace, parentSpanId: spanId, kind: 3, status: 0 })
  expect(trip.attributes).toEqual({
    'db.client.connection.pool.name': 'primary',
    'db.system.name': 'postgresql',
    'db.operation.name': 'select',
    'db.collection.name': 'orders',
  })
  // Wall clocks tell whole milliseconds.
  expect(request.start).toBeGreaterThanOrEqual(before - 2)
  expect(request.end).toBeLessThanOrEqual(after + 2)
  expect(trip.start).toBeGreaterThanOrEqual(request.start)
  expect(trip.end).toBeLessThanOrEqual(request.end)
  expect(collector.resource).toMatchObject({
    'service.name': 'postern',
    'service.version': expect.any(String),
    'service.instance.id': expect.stringMatching(/^postern\/[0-9a-f]{6}$/),
    'telemetry.sdk.language': 'nodejs',
  })
  // The log leads there.
  const line = await postern.line((l) => l['requestId'] === answer.headers['x-request-id'])
  expect(line['traceId']).toBe(trace)
})

test('a wait for a connection, a time-out and an error are seen', async () => {
  const { collector, postern } = await watched({ 'pools.max': 1, 'pools.acquireTimeout': '5s' })
  const nap = ask(`${postern.api}/rpc/nap`, { method: 'POST', body: '{"seconds":1}' })
  const used =
    'db_client_connection_count{db_client_connection_pool_name="primary",db_client_connection_state="used"}'
  await eventually('the connection in use', async () => (await postern.metric(used)) === 1)
  await ask(`${postern.api}/orders?limit=1`, { headers: sampled })
  await nap
  await ask(`${postern.api}/rpc/nap`, {
    method: 'POST',
    body: '{"seconds":5}',
    headers: { prefer: 'wait=0.2' },
  })
  await ask(`${postern.api}/none`)
  await eventually('four requests', () => collector.spans.filter((span) => span.kind === 2).length === 4)
  // The first request has one of its own, for the connection to be opened.
  const mine = collector.spans.filter((span) => span.traceId === trace)
  const wait = named(mine, 'wait for a connection')
  expect(wait).toMatchObject({
    kind: 1,
    attributes: { 'db.client.connection.pool.name': 'primary' },
  })
  expect(wait.end - wait.start).toBeGreaterThan(50)
  expect(named(mine, 'select orders').start).toBeGreaterThanOrEqual(wait.end - 0.01)
  const late = collector.spans.find((span) => span.name === 'call nap' && span.status === 2)
  expect(late?.attributes).toMatchObject({ 'db.operation.name': 'call', 'error.type': 'timeout' })
  const [failed, refused] = [504, 404].map((status) =>
    collector.spans.find((span) => span.attributes['http.response.status_code'] === status),
  )
  expect(failed).toMatchObject({ status: 2, attributes: { 'error.type': 'statement_timeout' } })
  expect(refused).toMatchObject({ status: 0, attributes: { 'error.type': 'unknown_resource' } })
})

test('whoever asks decides what is recorded; of the others the configured share is', async () => {
  const { collector, postern } = await watched({ 'traces.sample': 0 })
  const own = await ask(`${postern.api}/orders/1`)
  expect(own.headers['traceparent']).toMatch(/^00-\w{32}-\w{16}-00$/)
  const unwanted = await ask(`${postern.api}/orders/1`, {
    headers: { traceparent: `00-${trace}-${caller}-00` },
  })
  expect(unwanted.headers['traceparent']).toMatch(new RegExp(`^00-${trace}-\\w{16}-00$`))
  for (const forged of [
    '00-x-y-01',
    `00-${'0'.repeat(32)}-${caller}-01`,
    `ff-${trace}-${caller}-01`,
    'a'.repeat(4000),
  ]) {
    const answer = await ask(`${postern.api}/orders/1`, { headers: { traceparent: forged } })
    expect([answer.status, answer.headers['traceparent']]).toEqual([
      200,
      expect.stringMatching(/^00-\w{32}-\w{16}-00$/),
    ])
    expect(answer.headers['traceparent']).not.toContain(trace)
  }
  await ask(`${postern.api}/orders/2`, { headers: sampled })
  await postern.stop()
  expect(collector.spans.length).toBeGreaterThanOrEqual(2)
  for (const span of collector.spans) expect(span.traceId).toBe(trace)
})

test('a collector that is away is told once, costs nobody anything, and is told when it is back', async () => {
  const { collector, postern } = await watched()
  const told = (result: string, level: string) =>
    postern.log.filter((l) => l.event === 'traces' && l['result'] === result && l.level === level)
  collector.answers = 400
  const lost = 'postern_trace_spans_total{result="failed"}'
  for (let i = 0; i < 3; i++) {
    const failed = (await postern.metric(lost)) as number
    expect((await ask(`${postern.api}/orders/1`)).status).toBe(200)
    await eventually('lost spans', async () => ((await postern.metric(lost)) as number) > failed)
  }
  expect(told('failed', 'warn')).toHaveLength(1)
  collector.answers = 200
  await ask(`${postern.api}/orders/1`)
  await postern.line((l) => l.event === 'traces' && l['result'] === 'exported')
  expect(await postern.metric('postern_trace_spans_total{result="exported"}')).toBe(collector.spans.length)
  expect(collector.spans.length).toBeGreaterThanOrEqual(2)
  expect(told('exported', 'info')).toHaveLength(1)
})

test('what is left is exported at the end, and a collector that says nothing does not hold it up', async () => {
  const { collector, postern } = await watched()
  await ask(`${postern.api}/orders/1`)
  expect(await postern.stop()).toBe(0)
  expect(collector.spans.filter((span) => span.kind !== 1)).toHaveLength(2)

  const silent = await watched({ 'traces.timeout': '500ms' })
  silent.collector.answers = 'silence'
  await ask(`${silent.postern.api}/orders/1`)
  const began = Date.now()
  expect(await silent.postern.stop()).toBe(0)
  expect(Date.now() - began).toBeLessThan(5000)
})

test('headers for the collector come from a file, and stand nowhere else', async () => {
  const [secret, config] = [join(folder, 'token'), join(folder, 'postern.yaml')]
  writeFileSync(secret, 'Bearer geheim\n')
  writeFileSync(config, `traces: {service: shop-gateway, headers: {authorization: 'file:${secret}'}}`)
  const { collector, postern } = await watched({ config, 'log.level': 'debug' })
  await ask(`${postern.api}/orders/1`)
  await eventually('the span of the request', () => collector.spans.some((span) => span.kind === 2))
  expect(collector.headers.authorization).toBe('Bearer geheim')
  expect(collector.resource['service.name']).toBe('shop-gateway')
  expect(named(collector.spans, 'select orders').attributes['db.query.text']).toMatch(/^SELECT .* = \$1/i)
  const status = await ask(`${postern.admin}/status`)
  expect(postern.output.stdout + postern.output.stderr + status.text).not.toContain('geheim')
})

test('without a collector there is neither a trace nor its SDK', async () => {
  const postern = await startPostern({ database: url })
  onTestFinished(async () => void (await postern.stop()))
  const answer = await ask(`${postern.api}/orders/1`, { headers: sampled })
  expect(answer.headers).not.toHaveProperty('traceparent')
  const line = await postern.line((l) => l['requestId'] === answer.headers['x-request-id'])
  expect(line).not.toHaveProperty('traceId')
})

test('an endpoint that is no URL is refused before a port opens', async () => {
  const postern = await startPostern({
    database: url,
    config: { 'traces.endpoint': 'otel:4317', 'traces.sample': 2 },
    until: 'nothing',
  })
  expect(await postern.ended).toBe(64)
  expect(postern.output.stderr).toContain(
    'traces.endpoint: must be a URL that begins with http:// or https://',
  )
  expect(postern.output.stderr).toContain('traces.sample')
})
