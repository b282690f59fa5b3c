import { expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { readExposition } from './exposition.fixture.ts'
import { createSink } from './sink.ts'
import { createTelemetry } from './telemetry.ts'

const setUp = () => {
  const clock = virtualClock()
  let text = ''
  const telemetry = createTelemetry({
    clock,
    log: { level: 'info', requests: 'all' },
    sink: createSink({
      clock,
      fd: 1,
      files: {
        write: (_, data, done) => {
          text += Buffer.from(data).toString()
          done(null, data.length)
        },
        writeSync: () => 0,
      },
    }),
    build: { version: '1.2.3', revision: 'abc' },
    system: () => 'postgresql',
    pools: () => [],
    endpoints: () => [],
    budget: () => undefined,
    redis: () => undefined,
    records: () => ({ entries: 0, bytes: 0, pending: 0 }),
    breakers: () => [],
  })
  return { telemetry, text: () => text }
}

test('an observation becomes a log line and a number', async () => {
  const { telemetry, text } = setUp()
  telemetry.observe({ kind: 'database.up', ms: 3 })
  await telemetry.flush()
  expect(JSON.parse(text())).toMatchObject({ level: 'info', event: 'database.up', ms: 3 })
  const { contentType, text: exposition } = telemetry.exposition()
  expect(contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(readExposition(exposition).get('postern_database_up')?.samples.get('postern_database_up')).toBe(1)
})

test('the level may change on the way', async () => {
  const { telemetry, text } = setUp()
  telemetry.setLog({ level: 'error', requests: 'all' })
  telemetry.observe({ kind: 'lifecycle', phase: 'draining' })
  telemetry.setLog({ level: 'info', requests: 'all' })
  telemetry.observe({ kind: 'lifecycle', phase: 'stopped' })
  await telemetry.flush()
  expect(JSON.parse(text())).toMatchObject({ phase: 'stopped' })
})

test('an observation that cannot be written does not fail whoever reports it', async () => {
  const { telemetry, text } = setUp()
  const ring: Record<string, unknown> = {}
  ring['ring'] = ring
  expect(() => telemetry.observe({ kind: 'lifecycle', phase: 'listening', detail: ring })).not.toThrow()
  telemetry.observe({ kind: 'lifecycle', phase: 'stopped' })
  await telemetry.flush()
  expect(JSON.parse(text())).toMatchObject({ phase: 'stopped' })
})
