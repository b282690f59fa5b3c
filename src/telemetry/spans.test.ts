import { W3CTraceContextPropagator } from '@opentelemetry/core'
import {
  InMemorySpanExporter,
  ParentBasedSampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import type { Observation } from '#base/observation.ts'
import { createSpans } from './spans.ts'

function setUp({ sample = 1 } = {}) {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sample) }),
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  })
  const seen: Observation[] = []
  const clock = virtualClock()
  const start = createSpans({
    tracer: provider.getTracer('postern'),
    propagator: new W3CTraceContextPropagator(),
    clock,
    system: () => 'postgresql',
    observe: (observation) => void seen.push(observation),
  })
  const begin = (method = 'GET', traceparent?: string) =>
    start({ method, traceparent, tracestate: undefined, arrived: clock.now() })
  return { exporter, clock, seen, begin, offset: clock.wall() - clock.now() }
}
const request = (more: Partial<Extract<Observation, { kind: 'request' }>> = {}): Observation => ({
  kind: 'request',
  method: 'GET',
  route: '/api/{version}/{resource}',
  status: 200,
  ms: 20,
  poolMs: 0,
  dbMs: 0,
  bytes: 2,
  requestId: 'r',
  ...more,
})
const trip = (more: Partial<Extract<Observation, { kind: 'statement' }>> = {}): Observation => ({
  kind: 'statement',
  pool: 'primary',
  operation: 'select',
  resource: 'orders',
  ms: 8,
  waitMs: 0.2,
  ...more,
})
const ms = ([seconds, nanos]: readonly [number, number]) => seconds * 1000 + nanos / 1e6

test('trips lie where they were within their request', async () => {
  const { exporter, clock, begin, offset } = setUp()
  const { observe } = begin()
  await clock.advance(10)
  observe(trip({ ms: 7, waitMs: 2 }))
  await clock.advance(10)
  observe(request())
  const [wait, select, whole] = exporter.getFinishedSpans()
  const times = [wait, select, whole].map(
    (span) => span && [ms(span.startTime), ms(span.endTime)].map((at) => at - offset),
  )
  expect(times).toEqual([
    [1, 3],
    [3, 10],
    [0, 20],
  ])
  expect([wait, select].map((span) => span?.parentSpanContext?.spanId)).toEqual(
    Array(2).fill(whole?.spanContext().spanId),
  )
  expect(whole?.name).toBe('GET /api/{version}/{resource}')
})

test('a short wait is no span, a path that leads nowhere has no name, an odd method is _OTHER', () => {
  const { exporter, begin } = setUp()
  const { observe } = begin('BREW')
  observe(trip({ waitMs: 0.99 }))
  observe(request({ route: '_OTHER', status: 404, code: 'not_found' }))
  const [select, whole] = exporter.getFinishedSpans()
  expect([select?.name, whole?.name]).toEqual(['select orders', 'HTTP'])
  expect(whole?.attributes).toMatchObject({ 'http.request.method': '_OTHER', 'error.type': 'not_found' })
  expect(whole?.attributes).not.toHaveProperty('http.route')
  expect(whole?.status.code).toBe(0)
})

test('every observation goes on as it was; that of the request names the trace', () => {
  const { seen, begin } = setUp({ sample: 0 })
  const { observe, traceparent } = begin()
  const others: Observation[] = [trip(), { kind: 'pool.wait', pool: 'primary', ms: 1 }]
  for (const one of others) observe(one)
  observe(request())
  expect(seen).toEqual([...others, { ...request(), traceId: traceparent.slice(3, 35) }])
})

test('whatever comes as traceparent, the answer is one', () => {
  const { begin } = setUp()
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^0[01]-[0-9a-f]{31,33}-[0-9a-f]{16}-0[0-3]$/)),
      (text) => {
        expect(begin('GET', text).traceparent).toMatch(
          /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/,
        )
      },
    ),
  )
})
