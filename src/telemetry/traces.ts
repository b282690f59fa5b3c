/** Where spans go: OpenTelemetry's SDK and OTLP. Loaded only where the configuration names a collector: it takes a tenth of a second of the start. */
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace'
import type { Clock } from '#base/clock.ts'
import type { Observe } from '#base/observation.ts'
import type { StartTrace } from '#base/trace.ts'
import type { TracesOptions } from './options.ts'
import { createSpans } from './spans.ts'

/** Spans of one export, and how many wait for it (2 MB at most); further ones are lost, and counted. */
const batch = 512
const queue = 4096
/** Milliseconds between two exports: what a crash loses. */
const period = 2000

export interface Traces {
  readonly start: StartTrace
  /** Exports what is left, within `traces.timeout`. */
  stop(): Promise<void>
}

type Exporter = Pick<OTLPTraceExporter, 'export' | 'shutdown' | 'forceFlush'>

/** @param options.endpoint is given */
export function createTraces(
  options: TracesOptions & { readonly endpoint: string },
  o: {
    readonly clock: Clock
    readonly observe: Observe
    readonly system: () => string
    readonly version: string
    /** Name of this gateway among those of its database. */
    readonly instance: string
  },
): Traces {
  const exporter = new OTLPTraceExporter({
    url: options.endpoint,
    headers: { ...options.headers },
    timeoutMillis: options.timeout,
  })
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': options.service,
        'service.version': o.version,
        'service.instance.id': o.instance,
      }),
    ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(options.sample) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: watched(exporter, o.observe),
        maxExportBatchSize: batch,
        maxQueueSize: queue,
        scheduledDelayMillis: period,
        exportTimeoutMillis: options.timeout,
      }),
    ],
  })
  const start = createSpans({
    tracer: provider.getTracer('postern', o.version),
    propagator: new W3CTraceContextPropagator(),
    clock: o.clock,
    system: o.system,
    observe: o.observe,
  })
  return { start, stop: () => provider.shutdown() }
}

/** Tells how each export went. */
function watched(exporter: Exporter, observe: Observe): Exporter {
  let last: 'exported' | 'failed' = 'exported'
  return {
    export: (spans, done) =>
      exporter.export(spans, (outcome) => {
        const result =
          outcome.error === undefined && outcome.code === ExportResultCode.SUCCESS ? 'exported' : 'failed'
        const { error } = outcome
        observe({
          kind: 'traces',
          result,
          changed: result !== last,
          spans: spans.length,
          ...(error === undefined ? {} : { error }),
        })
        last = result
        done(outcome)
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush(),
  }
}
