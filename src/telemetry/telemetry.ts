/** The one place that decides what becomes of an observation: a log line, a metric, or both. */
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import { createLog } from './log.ts'
import { createMetrics, metricsContentType, type MetricsOptions } from './metrics.ts'
import type { LogOptions } from './options.ts'
import type { Sink } from './sink.ts'

export interface Telemetry {
  /** Never throws. */
  readonly observe: Observe
  /** From now on lines are chosen so. */
  setLog(options: LogOptions): void
  /** What `/metrics` answers. */
  readonly exposition: () => { readonly contentType: string; readonly text: string }
  /** Requests refused unserved since the start, by reason. */
  readonly shed: () => Readonly<Record<string, number>>
  /** Resolves when everything observed so far is written. */
  flush(): Promise<void>
  /** For the `exit` event of the process. */
  flushSync(): void
}

/** Makes the telemetry of one process. */
export function createTelemetry(o: {
  clock: Clock
  log: LogOptions
  sink: Sink
  build: MetricsOptions['build']
  system: () => string
  pools: MetricsOptions['pools']
  breakers: MetricsOptions['breakers']
  endpoints: MetricsOptions['endpoints']
  budget: MetricsOptions['budget']
  redis: MetricsOptions['redis']
  records: MetricsOptions['records']
}): Telemetry {
  const logOf = (options: LogOptions) => createLog({ options, clock: o.clock, write: o.sink.write })
  let log = logOf(o.log)
  const metrics = createMetrics({
    build: o.build,
    system: o.system,
    pools: o.pools,
    breakers: o.breakers,
    endpoints: o.endpoints,
    budget: o.budget,
    redis: o.redis,
    records: o.records,
    wall: o.clock.wall,
    droppedLines: o.sink.dropped,
  })
  return {
    observe: (observation) => {
      try {
        metrics.observe(observation)
        log(observation)
      } catch {
        // Whoever reports must not fail for it; a broken observation loses its line and nothing else.
      }
    },
    setLog: (options) => {
      log = logOf(options)
    },
    exposition: () => ({ contentType: metricsContentType, text: metrics.render() }),
    shed: metrics.shed,
    flush: o.sink.flush,
    flushSync: o.sink.flushSync,
  }
}
