/** Observation → Prometheus series: every metric name, label and bucket of the gateway in one place. */
import type { EvictionReason, Observation } from '#base/observation.ts'
import { registerConfig } from './config-series.ts'
import { type GaugeOptions, registerGauges } from './gauges.ts'
import { methodName } from './method.ts'
import { registerRuntime } from './runtime.ts'
import { createRegistry } from './series.ts'

/** What the gauges of a pool need to know; the pool's own statistics fit. */
export interface PoolNumbers {
  readonly name: string
  readonly max: number
  readonly inUse: number
  readonly idle: number
  readonly waiting: number
}

export interface MetricsOptions extends GaugeOptions {
  readonly build: { readonly version: string; readonly revision: string }
  /** `db.system.name` of OpenTelemetry; asked with each statement. */
  readonly system: () => string
  /** Read at each scrape. */
  readonly pools: () => readonly PoolNumbers[]
  /** Wall clock, milliseconds. */
  readonly wall: () => number
  /** Log lines lost because nobody read them; read at each scrape. */
  readonly droppedLines: () => number
  /** Most series per metric. */
  readonly limit?: number
}

export interface Metrics {
  /** Cheap (well under a microsecond) and never throws. */
  observe(observation: Observation): void
  /** Requests refused unserved since the start, by reason; reasons that never came are left out. */
  shed(): Readonly<Record<string, number>>
  /** The exposition text. */
  render(): string
}

/** Media type of `render` (Prometheus text exposition format). */
export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8'

// OpenTelemetry's advice for http.server.request.duration, and two bounds below it: a key read takes less than a millisecond.
const httpBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
// OpenTelemetry's advice for db.client.operation.duration, refined where statements and their deadlines are.
const dbBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
// The default acquire time-out is 0.5 s.
const waitBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const createBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

// The values of bounded labels, so that their series exist with 0 from the start and a rate sees the first event.
const evictions: Record<EvictionReason, true> = {
  lifetime: true,
  idle: true,
  broken: true,
  readonly: true,
  leak: true,
  generation: true,
  resize: true,
  validation: true,
  drain: true,
}
type Of<K extends Observation['kind']> = Extract<Observation, { kind: K }>
const sheds: Record<Of<'shed'>['reason'], true> = {
  queue_full: true,
  pool_timeout: true,
  breaker_open: true,
  overload: true,
  event_loop: true,
  draining: true,
  starting: true,
}
const cuts: Record<Of<'stream.cut'>['reason'], true> = {
  slow: true,
  deadline: true,
  client: true,
  database: true,
  drain: true,
}
const claims: Record<Of<'idempotency'>['result'], true> = {
  first: true,
  repeated: true,
  running: true,
  reused: true,
  unknown: true,
  unavailable: true,
}
const snapshotActions: Record<Of<'snapshot'>['action'], true> = {
  written: true,
  restored: true,
  refused: true,
  failed: true,
}
const cancels: Record<Of<'cancel'>['outcome'], true> = { sent: true, failed: true }

const rywOutcomes: Record<Of<'ryw'>['outcome'], true> = { replica: true, waited: true, primary: true }

/** Makes the metrics of one process; durations come in as milliseconds and are shown in seconds. */
export function createMetrics(o: MetricsOptions): Metrics {
  const registry = createRegistry({ limit: o.limit ?? 2000 })
  const counter = (name: string, help: string, labels: readonly string[], zero: readonly string[] = []) => {
    const made = registry.counter({ name, help, labels })
    for (const value of zero) made.add(0, value)
    return made
  }
  const pool = ['db_client_connection_pool_name']

  const requests = registry.histogram({
    name: 'http_server_request_duration_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labels: ['http_request_method', 'http_route', 'http_response_status_code'],
    buckets: httpBuckets,
  })
  const statements = registry.histogram({
    name: 'db_client_operation_duration_seconds',
    help: 'Time of one statement or transaction in the database, the way there and back included.',
    labels: ['db_system_name', 'db_operation_name', 'db_collection_name', 'error_type'],
    buckets: dbBuckets,
  })
  const created = registry.histogram({
    name: 'db_client_connection_create_time_seconds',
    help: 'Time to open a connection.',
    labels: pool,
    buckets: createBuckets,
  })
  const waited = registry.histogram({
    name: 'db_client_connection_wait_time_seconds',
    help: 'Time a request waited for a connection, also in vain.',
    labels: pool,
    buckets: waitBuckets,
  })
  const used = registry.histogram({
    name: 'db_client_connection_use_time_seconds',
    help: 'Time a connection was lent.',
    labels: pool,
    buckets: dbBuckets,
  })
  const timeouts = counter(
    'db_client_connection_timeouts_total',
    'Requests and looks of the gateway itself that got no connection in time.',
    pool,
  )
  const createFailures = counter(
    'postern_connection_failures_total',
    'Connections that could not be opened.',
    pool,
  )
  const evicted = counter(
    'postern_pool_evictions_total',
    'Connections closed by the pool.',
    ['reason'],
    Object.keys(evictions),
  )
  const shed = counter('postern_shed_total', 'Requests refused unserved.', ['reason'], Object.keys(sheds))
  const cancelled = counter(
    'postern_statement_cancels_total',
    'Statements the gateway asked the database to cancel.',
    ['outcome'],
    Object.keys(cancels),
  )
  const cut = counter(
    'postern_stream_cuts_total',
    'Streams ended before their last row.',
    ['reason'],
    Object.keys(cuts),
  )
  const spans = counter(
    'postern_trace_spans_total',
    'Spans that the collector took, or that were lost.',
    ['result'],
    ['exported', 'failed'],
  )
  const loads = counter(
    'postern_catalog_loads_total',
    'Readings of the database schema.',
    ['result'],
    ['success', 'failure'],
  )
  const snapshots = counter(
    'postern_catalog_snapshots_total',
    'What became of the schema on disk.',
    ['result'],
    Object.keys(snapshotActions),
  )
  const idempotency = counter(
    'postern_idempotency_requests_total',
    'Requests with an Idempotency-Key.',
    ['result'],
    Object.keys(claims),
  )
  const storeFaults = counter(
    'postern_idempotency_store_faults_total',
    'Records in Redis that were lost with its content, or overtaken by those of another gateway.',
    ['fault'],
    ['lost', 'overtaken'],
  )
  const redisCommands = registry.histogram({
    name: 'postern_redis_command_duration_seconds',
    help: 'Time of one command to Redis, the way there and back included.',
    labels: ['command', 'outcome'],
    buckets: waitBuckets,
  })
  const transitions = counter('postern_breaker_transitions_total', 'Changes of a circuit breaker.', [
    'target',
    'state',
  ])
  const ryw = counter(
    'postern_ryw_total',
    'Reads that had to see an earlier write, by who served them.',
    ['outcome'],
    Object.keys(rywOutcomes),
  )
  const versions = counter('postern_version_requests_total', 'Requests by API version.', ['version'])

  const refused: Record<string, number> = {}
  const state = { tables: 0, draining: 0, up: 0, fromDisk: 0 }
  const gauge = (name: string, help: string, read: () => number) =>
    registry.gauge({ name, help, labels: [], read: () => [[read()]] })
  const poolGauge = (name: string, help: string, read: (p: PoolNumbers) => number) =>
    registry.gauge({ name, help, labels: pool, read: () => o.pools().map((p) => [read(p), p.name] as const) })

  registry.gauge({
    name: 'db_client_connection_count',
    // The name is the one of OpenTelemetry's semantic conventions.
    type: 'untyped',
    help: 'Open connections by state.',
    labels: [...pool, 'db_client_connection_state'],
    read: () =>
      o.pools().flatMap((p) => [[p.inUse, p.name, 'used'] as const, [p.idle, p.name, 'idle'] as const]),
  })
  poolGauge('db_client_connection_max', 'Most connections the pool opens.', (p) => p.max)
  poolGauge('db_client_connection_pending_requests', 'Requests that wait for a connection.', (p) => p.waiting)
  registerGauges(registry, o)
  gauge('postern_catalog_tables', 'Tables and views in the catalogue.', () => state.tables)
  gauge(
    'postern_catalog_from_snapshot',
    '1 while the schema in service is the one kept on disk.',
    () => state.fromDisk,
  )
  gauge('postern_draining', '1 while the gateway shuts down.', () => state.draining)
  gauge('postern_database_up', '1 while the background check reaches the database.', () => state.up)
  registry.gauge({
    name: 'postern_log_dropped_lines_total',
    help: 'Log lines lost because standard output took too long.',
    labels: [],
    type: 'counter',
    read: () => [[o.droppedLines()]],
  })
  registry.gauge({
    name: 'postern_build_info',
    help: 'What is running; always 1.',
    labels: ['version', 'revision', 'node_version'],
    read: () => [[1, o.build.version, o.build.revision, process.version]],
  })
  registerRuntime(registry)
  const noteConfig = registerConfig(registry, o.wall)

  return {
    observe: (e) => {
      switch (e.kind) {
        case 'request':
          requests.observe(e.ms / 1000, methodName(e.method), e.route, `${e.status}`)
          if (e.version !== undefined) versions.add(1, e.version)
          break
        case 'statement':
          statements.observe(e.ms / 1000, o.system(), e.operation, e.resource, e.error ?? '')
          break
        case 'pool.wait':
          waited.observe(e.ms / 1000, e.pool)
          break
        case 'pool.use':
          used.observe(e.ms / 1000, e.pool)
          break
        case 'pool.timeout':
          timeouts.add(1, e.pool)
          break
        case 'pool.create':
          if (e.error === undefined) created.observe(e.ms / 1000, e.pool)
          else createFailures.add(1, e.pool)
          break
        case 'pool.evict':
          evicted.add(1, e.reason)
          break
        case 'shed':
          shed.add(1, e.reason)
          refused[e.reason] = (refused[e.reason] ?? 0) + 1
          break
        case 'idempotency':
          idempotency.add(1, e.result)
          break
        case 'idempotency.lost':
          storeFaults.add(1, 'lost')
          break
        case 'idempotency.overtaken':
          storeFaults.add(1, 'overtaken')
          break
        case 'redis.command':
          redisCommands.observe(e.ms / 1000, e.command, e.outcome)
          break
        case 'breaker':
          transitions.add(1, e.target, e.to)
          break
        case 'ryw':
          ryw.add(1, e.outcome)
          break
        case 'cancel':
          cancelled.add(1, e.outcome)
          break
        case 'stream.cut':
          cut.add(1, e.reason)
          break
        case 'traces':
          spans.add(e.spans, e.result)
          break
        case 'catalog.loaded':
          loads.add(1, 'success')
          state.tables = e.tables
          state.fromDisk = 0
          break
        case 'snapshot':
          snapshots.add(1, e.action)
          if (e.action !== 'restored') break
          state.fromDisk = 1
          state.tables = e.tables ?? 0
          break
        case 'catalog.failed':
          loads.add(1, 'failure')
          break
        case 'config':
          noteConfig(e)
          break
        case 'database.up':
          state.up = 1
          break
        case 'database.down':
          state.up = 0
          break
        case 'lifecycle':
          state.draining = e.phase === 'draining' || e.phase === 'stopped' ? 1 : 0
          break
        // pool.evict with reason leak is the count of these.
        case 'pool.leak':
        case 'budget':
        case 'catalog.unmappable':
        case 'replica':
        case 'writer':
        case 'redis':
        case 'unseen':
        case 'fault':
          break
        default:
          e satisfies never
      }
    },
    shed: () => ({ ...refused }),
    render: () => {
      // A pool that never timed out shows 0 rather than nothing.
      for (const p of o.pools()) {
        timeouts.add(0, p.name)
        createFailures.add(0, p.name)
      }
      return registry.render()
    },
  }
}
