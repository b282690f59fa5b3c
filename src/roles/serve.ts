/** `postern serve`: the gateway on its three listeners, until a signal. */
import { type Clock, systemClock } from '#base/clock.ts'
import { asGatewayError, errorTable, type GatewayError, withFacts } from '#base/errors.ts'
import type { Observation } from '#base/observation.ts'
import { type NotedFiles, noteReads } from '#config/files.ts'
import { type Faults, loadConfig } from '#config/load.ts'
import { createReloader, type Reloader } from '#config/reload.ts'
import type { Config } from '#config/schema.ts'
import { createDeadlines } from '#gateway/deadlines.ts'
import { createHealth } from '#gateway/health.ts'
import { requestRunner, transactionRunner } from '#gateway/runner.ts'
import { describeReload, describeStatus } from '#gateway/status.ts'
import { createAdminApp } from '#http/admin.ts'
import { createDataApp } from '#http/app.ts'
import { type Listener, listen, placesOf } from '#http/listen.ts'
import { createObserveApp } from '#http/observe.ts'
import { problemReply } from '#http/problem.ts'
import { createSink } from '#telemetry/sink.ts'
import { createTelemetry } from '#telemetry/telemetry.ts'
import { logCrashes } from './crash-log.ts'
import { describeApi } from './describe-api.ts'
import { createGateway } from './gateway.ts'
import { createApply } from './reload.ts'
import { loadTraces } from './traces.ts'
import { createLifecycle, type Lifecycle, processSignals, type Signals } from './lifecycle.ts'
import { loadRedis, recordsOf } from './records.ts'
import type { RoleIo } from './role.ts'
import { version } from './build.ts'
import { reportFaults } from './faults.ts'

/** What a configuration was read through, and how to read it again. */
interface Source {
  readonly files: NotedFiles
  readonly load: (files: NotedFiles) => { readonly config: Config } | Faults
}

/** A gateway that runs. */
export interface Serving {
  readonly lifecycle: Lifecycle
  /** Known once the listeners are open. */
  readonly urls: { data: string; observe: string; admin: string }
  /** Resolves to the exit code at the end of the life. @throws what kept it from starting */
  readonly done: Promise<number>
  /** Resolves when the listeners are open and the catalogue is read. */
  readonly ready: Promise<void>
}

export async function run(io: RoleIo): Promise<number> {
  const load = (files: NotedFiles) => loadConfig({ argv: io.argv, env: io.env, files })
  const files = noteReads()
  const loaded = load(files)
  if ('faults' in loaded) return reportFaults(io, loaded.faults)
  const serving = await serveGateway(loaded.config, { source: { files, load } })
  return serving.done
}

/**
 * Starts everything: listeners first, so that probes and refusals work from the first moment; the database may come later.
 * @param config belongs to the gateway from now on: what changes while it runs is written into it
 * @param o.signals what ends it; default: SIGTERM and SIGINT of the process
 * @param o.source where the configuration came from, to follow its changes; default: it stays as it is
 */
export async function serveGateway(
  config: Config,
  o: { clock?: Clock; signals?: Signals; fd?: number; source?: Source } = {},
): Promise<Serving> {
  const clock = o.clock ?? systemClock
  const build = { version, revision: process.env['POSTERN_REVISION'] ?? 'unknown' }
  const born = clock.now()
  const sink = createSink({ clock, fd: o.fd ?? 1 })
  const telemetry = createTelemetry({
    clock,
    log: config.log,
    sink,
    build,
    system: () => gateway.engine.system,
    pools: () => gateway.pools.map((pool) => pool.stats()),
    breakers: () => gateway.breakers.flatMap((breakers) => breakers.stats()),
    endpoints: () => gateway.monitor?.stats() ?? [],
    budget: () => gateway.budget?.stats(),
    redis: () => redis?.stats(),
    records: () => records.stats(),
  })
  const urls = { data: '', observe: '', admin: '' }
  let reloader: Reloader | undefined
  const { socket } = config.listeners.data
  const readiness = Promise.withResolvers<void>()
  const observe = (observation: Observation) => {
    telemetry.observe(
      observation.kind === 'lifecycle' && observation.phase === 'listening'
        ? { ...observation, detail: { ...urls, ...(socket === undefined ? {} : { socket }) } }
        : observation,
    )
    if (observation.kind === 'catalog.loaded') {
      health.markCatalog('loaded')
      readiness.resolve()
    } else if (observation.kind === 'catalog.failed') health.markCatalog('failed')
    else if (observation.kind === 'snapshot' && observation.readAt !== undefined)
      health.markRestored(observation.readAt)
  }
  const unwatch = logCrashes({ observe, flush: telemetry.flushSync })
  const gateway = await createGateway(config, {
    clock,
    observe,
    // The password or the certificates may have been replaced a moment ago.
    onRefused: () => reloader?.hint(),
  })
  const traces = await loadTraces(config, { clock, observe, engine: gateway.engine, version })
  const redis = await loadRedis(config, gateway.engine, { clock, observe })
  const records = recordsOf(config, gateway.engine, redis, { clock, observe })
  const lookTimeoutMs = config.pools.acquireTimeout + config.pools.validateTimeout
  const health = createHealth({
    clock,
    observe,
    mode: config.lifecycle.readiness,
    intervalMs: config.lifecycle.probeInterval,
    timeoutMs: lookTimeoutMs,
    startDeadlineMs: config.lifecycle.startDeadline,
    probe: (signal) => gateway.look({ deadline: clock.now() + lookTimeoutMs, signal }),
  })
  const lifecycle = createLifecycle({
    clock,
    observe,
    signals: o.signals ?? processSignals,
    drainDelayMs: config.lifecycle.drainDelay,
    drainTimeoutMs: config.lifecycle.drainTimeout,
    onDraining: () => health.drain(),
  })

  let deadlines = createDeadlines(config.deadlines)
  const limits = { ...config.api, ...config.limits }
  const apply = createApply({
    config,
    gateway,
    clock,
    onApplied: () => {
      deadlines = createDeadlines(config.deadlines)
      Object.assign(limits, config.api, config.limits)
      telemetry.setLog(config.log)
    },
  })
  if (o.source)
    reloader = createReloader({
      clock,
      observe,
      periodMs: config.lifecycle.reloadInterval,
      // What it compares with; `config` itself is written to.
      config: structuredClone(config),
      ...o.source,
      apply,
    })

  const dataApp = createDataApp({
    clock,
    observe,
    trace: traces?.start,
    schema: gateway.schema,
    limits,
    deadlines: (...request) => deadlines(...request),
    stream: {
      get deadlineMs() {
        return config.deadlines.stream
      },
      get slowReaderMs() {
        return config.deadlines.slowReader
      },
    },
    cancelled: lifecycle.cancelled,
    consistency: gateway.consistency,
    read: gateway.read,
    write: gateway.write,
    call: gateway.call,
    runner: (ctx) => requestRunner(ctx, gateway.execute),
    batch: (ctx, { contained }, body) =>
      gateway.execute(
        ctx,
        { operation: 'transaction', resource: 'batch', write: true, source: 'body' },
        (c) =>
          c.transaction({ deadline: ctx.deadline, signal: ctx.signal, contained }, (t) =>
            body(transactionRunner(t)),
          ),
      ),
    idempotency: { records, largestBody: config.idempotency.body },
    openapi: (snapshot, principal) => describeApi(snapshot.contract, principal, config.api),
    defaultReturn: (operation) => (operation === 'delete' ? 'minimal' : 'representation'),
  })
  const observeApp = createObserveApp({ health, exposition: telemetry.exposition })
  const adminApp = createAdminApp({
    host: config.listeners.admin.host,
    status: () =>
      describeStatus({
        build,
        phase: lifecycle.phase(),
        uptimeMs: clock.now() - born,
        database: {
          engine: gateway.engine.kind,
          address: gateway.engine.address,
          session: gateway.engine.sessionName,
        },
        budget: gateway.budget?.stats(),
        redis: redis?.stats(),
        idempotency: records.stats(),
        shed: telemetry.shed(),
        health,
        pools: gateway.pools.map((pool) => pool.stats()),
        breakers: gateway.breakers.flatMap((breakers) => breakers.stats()),
        servers: gateway.monitor?.stats() ?? [],
        config: reloader?.stats(),
        catalog: ((snapshot) =>
          snapshot && {
            content: snapshot.contract.catalog,
            loadedAt: snapshot.loadedAt,
            from: snapshot.from,
          })(gateway.schema.peek()),
      }),
    reload: async () => {
      const looked = (await reloader?.look()) ?? 'unchanged'
      const { result, faults = [] } = reloader?.stats() ?? {}
      // Files that were rejected before, and are the same still, are rejected still.
      const configuration = looked === 'unchanged' && result === 'rejected' ? result : looked
      const before = gateway.schema.peek()?.contract.catalog
      try {
        await gateway.schema.reload()
      } catch (thrown) {
        throw withFacts(asGatewayError(thrown), { configuration, faults })
      }
      return {
        configuration,
        faults,
        ...describeReload(before, gateway.schema.current().contract.catalog),
      }
    },
    quit: config.lifecycle.quit ? () => lifecycle.shutdown() : undefined,
    problem: (thrown) => {
      const reply = problemReply(asGatewayError(thrown), crypto.randomUUID())
      return new Response(reply.body as string, { status: reply.status, headers: reply.headers })
    },
  })

  /** What never becomes a request is counted and logged like one. */
  const refuse = (error: GatewayError) => {
    const requestId = crypto.randomUUID()
    const { status } = errorTable[error.code]
    const about = { method: '_OTHER', route: '_OTHER', status, code: error.code, requestId }
    observe({ kind: 'request', ...about, ms: 0, poolMs: 0, dbMs: 0, bytes: 0 })
    return problemReply(error, requestId)
  }
  const listener = (name: keyof typeof urls, open: () => Promise<Listener>, drains: boolean) => {
    let live: Listener | undefined
    lifecycle.register({
      name: `${name} listener`,
      start: async () => {
        live = await open()
        urls[name] = live.url
        if (name === 'data') health.markListening()
      },
      ...(drains
        ? {
            drain: () => {
              health.markClosed()
              return live?.drain()
            },
          }
        : {}),
      stop: () => live?.close(),
    })
  }
  if (traces !== undefined) lifecycle.register({ name: 'traces', start: () => {}, stop: traces.stop })
  // Stopped in reverse: the probes answer to the very end, the database goes after the last request.
  listener(
    'observe',
    () => listen(observeApp, [config.listeners.observe], undefined, { clock, refuse }),
    false,
  )
  if (redis !== undefined) lifecycle.register({ name: 'redis', start: redis.start, stop: redis.stop })
  lifecycle.register({
    name: 'database',
    start: () => {
      gateway.monitor?.start()
      health.start()
      gateway.schema.start()
      gateway.budget?.start()
      reloader?.start()
    },
    stop: async () => {
      reloader?.stop()
      health.stop()
      await gateway.schema.stop()
      for (const breakers of gateway.breakers) breakers.stop()
      gateway.budget?.stop()
      await gateway.monitor?.stop()
      const limit = AbortSignal.timeout(1000)
      await Promise.all(gateway.pools.map((pool) => pool.drain(limit)))
    },
  })
  listener('admin', () => listen(adminApp, [config.listeners.admin], undefined, { clock, refuse }), false)
  listener(
    'data',
    () =>
      listen(dataApp, placesOf(config.listeners.data), socket, {
        clock,
        refuse,
        maxHeaderSize: config.limits.headers + config.limits.url,
        maxHeaders: config.limits.headers,
      }),
    true,
  )

  const live = async (): Promise<number> => {
    try {
      return await lifecycle.run()
    } finally {
      await telemetry.flush()
      unwatch()
    }
  }
  const done = live()
  done.catch((error: unknown) => readiness.reject(error))
  readiness.promise.catch(() => {})
  return { lifecycle, urls, done, ready: readiness.promise }
}
