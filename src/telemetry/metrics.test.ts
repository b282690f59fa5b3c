import { describe, expect, test } from 'vitest'
import type { Observation } from '#base/observation.ts'
import { readExposition } from './exposition.fixture.ts'
import { createMetrics, type PoolNumbers } from './metrics.ts'

const setUp = (o: { pools?: readonly PoolNumbers[]; limit?: number } = {}) => {
  const { observe, render } = createMetrics({
    build: { version: '1.2.3', revision: 'abc' },
    system: () => 'postgresql',
    pools: () => o.pools ?? [],
    endpoints: () => [],
    budget: () => ({ connections: 97, instances: 3 }),
    redis: () => ({ state: 'up' }),
    records: () => ({ entries: 2, bytes: 300, pending: 1 }),
    breakers: () => [{ target: 'primary/read', state: 'ramp' }],
    wall: () => 1_800_000_000_000,
    droppedLines: () => 4,
    ...(o.limit === undefined ? {} : { limit: o.limit }),
  })
  return {
    observe,
    read: () => readExposition(render()),
    /** Samples of one family whose key holds every one of the texts. */
    find: (family: string, ...texts: readonly string[]) =>
      [...(readExposition(render()).get(family)?.samples ?? [])].filter(([key]) =>
        texts.every((text) => key.includes(text)),
      ),
  }
}

const request = (more: Partial<Extract<Observation, { kind: 'request' }>> = {}): Observation => ({
  kind: 'request',
  method: 'GET',
  route: '/api/{version}/{resource}',
  version: 'v1',
  resource: 'orders',
  status: 200,
  ms: 12,
  poolMs: 1,
  dbMs: 10,
  bytes: 100,
  requestId: 'r',
  ...more,
})

describe('metrics', () => {
  test('the names, types and labels of the contract are all there, and the text is strict', () => {
    const { observe, read } = setUp({ pools: [{ name: 'primary', max: 10, inUse: 3, idle: 2, waiting: 1 }] })
    observe(request())
    observe({ kind: 'statement', pool: 'primary', operation: 'select', resource: 'orders', ms: 3, waitMs: 0 })
    observe({ kind: 'pool.wait', pool: 'primary', ms: 1 })
    observe({ kind: 'pool.use', pool: 'primary', ms: 1 })
    observe({ kind: 'pool.create', pool: 'primary', ms: 1 })
    const types = Object.fromEntries([...read()].map(([name, f]) => [name, f.type]))
    expect(types).toMatchObject({
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
      postern_statement_cancels_total: 'counter',
      postern_version_requests_total: 'counter',
      postern_stream_cuts_total: 'counter',
      postern_catalog_loads_total: 'counter',
      postern_catalog_tables: 'gauge',
      postern_draining: 'gauge',
      postern_database_up: 'gauge',
      postern_build_info: 'gauge',
      postern_connection_failures_total: 'counter',
      postern_log_dropped_lines_total: 'counter',
      postern_metric_overflows_total: 'counter',
      process_cpu_seconds_total: 'counter',
      process_resident_memory_bytes: 'gauge',
      nodejs_heap_size_used_bytes: 'gauge',
      nodejs_eventloop_lag_p99_seconds: 'gauge',
      nodejs_gc_duration_seconds: 'histogram',
    })
    // A gauge that ends in _total would be refused by linters of metrics.
    for (const [name, type] of Object.entries(types)) expect(name.endsWith('_total')).toBe(type === 'counter')
  })

  test('a request is counted under its route template, in seconds, and by version', () => {
    const { observe, find } = setUp()
    observe(request({ ms: 12 }))
    observe(request({ ms: 300, status: 503 }))
    const family = 'http_server_request_duration_seconds'
    const labels = (status: number) =>
      `{http_request_method="GET",http_response_status_code="${status}",http_route="/api/{version}/{resource}"}`
    expect(find(family, '_sum', '"200"')).toEqual([[`${family}_sum${labels(200)}`, 0.012]])
    expect(find(family, '_count', '"503"')).toEqual([[`${family}_count${labels(503)}`, 1]])
    expect(find('postern_version_requests_total')).toEqual([
      ['postern_version_requests_total{version="v1"}', 2],
    ])
  })

  test('an unknown method is _OTHER', () => {
    const { observe, find } = setUp()
    observe(request({ method: 'PROPFIND' }))
    expect(find('http_server_request_duration_seconds', '_count')[0]?.[0]).toContain('method="_OTHER"')
  })

  test('a statement carries system, operation, resource and the kind of its fault', () => {
    const { observe, find } = setUp()
    observe({
      kind: 'statement',
      pool: 'primary',
      operation: 'update',
      resource: 'orders',
      ms: 5,
      waitMs: 0,
      error: 'conflict',
    })
    const family = 'db_client_operation_duration_seconds'
    expect(find(family, '_sum')).toEqual([
      [
        `${family}_sum{db_collection_name="orders",db_operation_name="update",db_system_name="postgresql",error_type="conflict"}`,
        0.005,
      ],
    ])
  })

  test('the gauges of pools are read at the scrape, and their counters begin at 0', () => {
    const pool = { name: 'primary', max: 10, inUse: 3, idle: 2, waiting: 1 }
    const { find } = setUp({ pools: [pool] })
    const name = 'db_client_connection_pool_name="primary"'
    const count = () => find('db_client_connection_count').map(([key, n]) => `${key} ${n}`)
    expect(count()).toEqual([
      `db_client_connection_count{${name},db_client_connection_state="used"} 3`,
      `db_client_connection_count{${name},db_client_connection_state="idle"} 2`,
    ])
    pool.inUse = 7
    expect(count()[0]).toMatch(/ 7$/)
    expect(find('db_client_connection_max')).toEqual([[`db_client_connection_max{${name}}`, 10]])
    expect(find('db_client_connection_pending_requests')[0]?.[1]).toBe(1)
    expect(find('db_client_connection_timeouts_total')[0]?.[1]).toBe(0)
  })

  test('events are counted by their bounded word, each of which begins at 0', () => {
    const { observe, find } = setUp()
    expect(find('postern_shed_total').map(([, n]) => n)).toEqual([0, 0, 0, 0, 0, 0, 0])
    observe({ kind: 'shed', reason: 'queue_full' })
    observe({ kind: 'pool.evict', pool: 'primary', reason: 'readonly' })
    observe({ kind: 'cancel', pool: 'primary', why: 'client', outcome: 'failed' })
    observe({ kind: 'stream.cut', reason: 'slow' })
    observe({ kind: 'stream.cut', reason: 'drain' })
    observe({ kind: 'pool.timeout', pool: 'primary', ms: 500 })
    observe({ kind: 'pool.create', pool: 'primary', ms: 5, error: new Error('x') })
    observe({ kind: 'catalog.failed', error: new Error('x') })
    const one = (family: string, text: string) => find(family, text)[0]?.[1]
    expect(one('postern_shed_total', 'queue_full')).toBe(1)
    expect(one('postern_pool_evictions_total', 'readonly')).toBe(1)
    expect(one('postern_statement_cancels_total', 'failed')).toBe(1)
    expect(one('postern_stream_cuts_total', 'slow')).toBe(1)
    expect(one('postern_stream_cuts_total', 'drain')).toBe(1)
    expect(one('db_client_connection_timeouts_total', 'primary')).toBe(1)
    expect(one('postern_connection_failures_total', 'primary')).toBe(1)
    expect(one('postern_catalog_loads_total', 'failure')).toBe(1)
    expect(find('db_client_connection_create_time_seconds')).toEqual([])
  })

  test('states follow what was observed last', () => {
    const { observe, find } = setUp()
    const states = () =>
      ['postern_database_up', 'postern_draining', 'postern_catalog_tables'].map((f) => find(f)[0]?.[1])
    expect(states()).toEqual([0, 0, 0])
    observe({ kind: 'database.up', ms: 1 })
    observe({ kind: 'catalog.loaded', tables: 12, routines: 1, ms: 5, changed: true })
    observe({ kind: 'lifecycle', phase: 'ready' })
    expect(states()).toEqual([1, 0, 12])
    observe({ kind: 'database.down', error: new Error('x') })
    observe({ kind: 'lifecycle', phase: 'draining' })
    expect(states()).toEqual([0, 1, 12])
  })

  test('a configuration that was rejected shows until one is taken', () => {
    const { observe, find } = setUp()
    const states = () =>
      ['last_reload_successful', 'restart_pending_keys'].map((f) => find(`postern_config_${f}`)[0]?.[1])
    expect(states()).toEqual([1, 0])
    observe({ kind: 'config', result: 'applied', changed: [], restart: ['log.level'] })
    observe({ kind: 'config', result: 'rejected', changed: [], restart: [] })
    expect(states()).toEqual([0, 1])
    observe({ kind: 'config', result: 'applied', changed: ['pools.max'], restart: [] })
    expect(states()).toEqual([1, 0])
    expect(find('postern_config_reloads_total', 'applied')[0]?.[1]).toBe(2)
    expect(find('postern_config_last_reload_success_timestamp_seconds')[0]?.[1]).toBe(1_800_000_000)
  })

  test('the number of series is bounded whatever the labels are', () => {
    const { observe, find } = setUp({ limit: 5 })
    for (let i = 0; i < 100; i++) observe(request({ route: `/made/up/${i}` }))
    expect(find('http_server_request_duration_seconds', '_count')).toHaveLength(6)
    expect(find('postern_metric_overflows_total', 'http_server')[0]?.[1]).toBe(95)
  })

  test('build and dropped log lines are told', () => {
    const { find } = setUp()
    expect(find('postern_build_info')[0]?.[0]).toContain('version="1.2.3"')
    expect(find('postern_log_dropped_lines_total')[0]?.[1]).toBe(4)
  })
})
