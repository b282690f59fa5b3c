/** Observations of one request → spans of OpenTelemetry: the request, each trip to the database, each wait for a connection. */
import {
  type Attributes,
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapPropagator,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import type { Clock } from '#base/clock.ts'
import type { Observation, Observe } from '#base/observation.ts'
import type { StartTrace } from '#base/trace.ts'
import { methodName } from './method.ts'

type Of<K extends Observation['kind']> = Extract<Observation, { kind: K }>

/** A wait for a connection that is shorter (ms) is no span of its own: most take a few microseconds. */
const shortestWait = 1

export interface SpanSources {
  readonly tracer: Tracer
  readonly propagator: TextMapPropagator
  readonly clock: Pick<Clock, 'now' | 'wall'>
  /** `db.system.name` of OpenTelemetry. */
  readonly system: () => string
  /** Where every observation goes besides. */
  readonly observe: Observe
}

/**
 * Names and attributes are those of OpenTelemetry's conventions for HTTP servers and database clients, but for paths and queries: they
 * hold keys and values of rows, so that templates stand for them.
 */
export function createSpans(o: SpanSources): StartTrace {
  return ({ method, traceparent, tracestate, arrived }) => {
    // Spans are told in wall-clock time; within a request one offset, so that a clock that is set does not tear it.
    const offset = o.clock.wall() - o.clock.now()
    const known = methodName(method)
    const remote = o.propagator.extract(ROOT_CONTEXT, { traceparent, tracestate }, defaultTextMapGetter)
    const span = o.tracer.startSpan(
      known === '_OTHER' ? 'HTTP' : known,
      {
        kind: SpanKind.SERVER,
        startTime: offset + arrived,
        attributes: { 'http.request.method': known, 'url.scheme': 'http' },
      },
      remote,
    )
    const { traceId, spanId, traceFlags } = span.spanContext()
    const inside = trace.setSpan(ROOT_CONTEXT, span)
    const recorded = span.isRecording()
    const note = (observation: Observation): Observation => {
      if (!recorded) return observation.kind === 'request' ? { ...observation, traceId } : observation
      const now = offset + o.clock.now()
      if (observation.kind === 'statement') tripSpans(o, inside, observation, now)
      if (observation.kind !== 'request') return observation
      endRequest(span, known, observation, now)
      return { ...observation, traceId }
    }
    return {
      traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
      observe: (observation) => {
        let noted = observation
        try {
          noted = note(observation)
        } catch {
          // Who is watched must not fail for it.
        }
        o.observe(noted)
      },
    }
  }
}

/** @param now wall-clock ms, at which the trip is over */
function tripSpans(o: SpanSources, inside: Context, trip: Of<'statement'>, now: number): void {
  const began = now - trip.ms
  const made = (name: string, kind: SpanKind, startTime: number, attributes: Attributes) =>
    o.tracer.startSpan(name, { kind, startTime, attributes }, inside)
  const pool = { 'db.client.connection.pool.name': trip.pool }
  if (trip.waitMs >= shortestWait)
    made('wait for a connection', SpanKind.INTERNAL, began - trip.waitMs, pool).end(began)
  const span = made(`${trip.operation} ${trip.resource}`, SpanKind.CLIENT, began, {
    ...pool,
    'db.system.name': o.system(),
    'db.operation.name': trip.operation,
    'db.collection.name': trip.resource,
    ...(trip.text === undefined ? {} : { 'db.query.text': trip.text }),
  })
  if (trip.error !== undefined) {
    span.setAttribute('error.type', trip.error)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end(now)
}

function endRequest(span: Span, method: string, e: Of<'request'>, now: number): void {
  if (e.route !== '_OTHER') {
    span.updateName(`${method} ${e.route}`)
    span.setAttribute('http.route', e.route)
  }
  span.setAttributes({
    'http.response.status_code': e.status,
    'http.response.body.size': e.bytes,
    'postern.request.id': e.requestId,
    ...(e.resource === undefined ? {} : { 'postern.resource': e.resource }),
    ...(e.version === undefined ? {} : { 'postern.version': e.version }),
  })
  // A refusal is the client's error, not the server's (OpenTelemetry, HTTP spans, status).
  if (e.code !== undefined) span.setAttribute('error.type', e.code)
  if (e.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end(now)
}
