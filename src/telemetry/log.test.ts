import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observation } from '#base/observation.ts'
import { createLog } from './log.ts'
import type { LogOptions } from './options.ts'

const setUp = (options: Partial<LogOptions> = {}) => {
  const clock = virtualClock(Date.UTC(2026, 10, 23, 14, 5, 9, 7))
  const lines: string[] = []
  const observe = createLog({
    options: { level: 'info', requests: 'all', ...options },
    clock,
    write: (line) => lines.push(line),
  })
  return {
    clock,
    lines,
    observe,
    parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

const request: Extract<Observation, { kind: 'request' }> = {
  kind: 'request',
  method: 'GET',
  route: '/api/{version}/{resource}',
  version: 'v1',
  resource: 'orders',
  status: 200,
  ms: 12.34567,
  poolMs: 0.1,
  dbMs: 10,
  bytes: 100,
  requestId: '0195f3c8',
}

describe('the line of a request', () => {
  test('says who, what, how long, in this order', () => {
    const { lines, observe } = setUp()
    observe(request)
    expect(lines).toEqual([
      '{"level":"info","time":"2026-11-23T14:05:09.007Z","event":"http.request","msg":"request ended",' +
        '"requestId":"0195f3c8","method":"GET","route":"/api/{version}/{resource}","version":"v1",' +
        '"resource":"orders","status":200,"ms":12.346,"poolMs":0.1,"dbMs":10,"bytes":100}\n',
    ])
  })

  test('carries the time of its own moment', async () => {
    const { clock, observe, parsed } = setUp()
    for (const ms of [0, 92, 900, 1]) {
      await clock.advance(ms)
      observe(request)
    }
    expect(parsed().map((l) => String(l.time).slice(17))).toEqual([
      '09.007Z',
      '09.099Z',
      '09.999Z',
      '10.000Z',
    ])
  })

  test('is one line of JSON with the same values, whatever they are', () => {
    const text = fc.string({ unit: 'binary', maxLength: 12 })
    fc.assert(
      fc.property(
        fc.record({ requestId: text, method: text, route: text, resource: text, ms: fc.double() }),
        (values) => {
          const { lines, observe } = setUp()
          observe({ ...request, ...values })
          expect(lines).toHaveLength(1)
          expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1)
          const { ms, ...texts } = values
          const parsed = JSON.parse(lines[0] as string) as Record<string, unknown>
          // Well-formed UTF-8 cannot hold lone surrogates, so JSON escapes them; parsed back they are the same.
          expect(parsed).toMatchObject(texts)
          expect(parsed.ms).toBe(
            Number.isFinite(ms * 1000) ? (JSON.parse(`${Math.round(ms * 1000) / 1000}`) as number) : null,
          )
        },
      ),
      { numRuns: 50 },
    )
  })

  test.each([
    [404, 'row_not_found', 'info'],
    [499, 'client_closed', 'info'],
    [503, 'pool_timeout', 'warn'],
    [504, 'statement_timeout', 'warn'],
    [503, 'outcome_unknown', 'error'],
    [500, 'internal', 'error'],
  ] as const)('%i %s is at level %s', (status, code, level) => {
    const { observe, parsed } = setUp()
    observe({ ...request, status, code })
    expect(parsed()[0]).toMatchObject({ level, status, code })
  })

  test('of an internal error holds the causes with frames; of a refusal only the causes', () => {
    const { observe, parsed } = setUp()
    const cause = new GatewayError('internal', 'An unforeseen fault.', {
      cause: new TypeError('x is not a function'),
    })
    observe({ ...request, status: 500, code: 'internal', cause })
    observe({ ...request, status: 503, code: 'pool_timeout', cause })
    observe({ ...request, status: 404, code: 'row_not_found', cause })
    const [internal, refused, missing] = parsed()
    expect(internal?.error).toMatchObject({
      message: 'An unforeseen fault.',
      cause: { name: 'TypeError', message: 'x is not a function', stack: expect.arrayContaining([]) },
    })
    expect(refused?.error).toEqual({
      name: 'GatewayError',
      code: 'internal',
      message: 'An unforeseen fault.',
      cause: { name: 'TypeError', message: 'x is not a function' },
    })
    expect(missing).not.toHaveProperty('error')
  })

  test.each([
    [{ requests: 'all' }, [200, 404, 503]],
    [{ requests: 'errors' }, [404, 503]],
    [{ requests: 'none' }, []],
    [{ level: 'warn' }, [503]],
  ] as const)('with %o there are lines for %o', (options, expected) => {
    const { observe, parsed } = setUp(options)
    for (const status of [200, 404, 503])
      observe({ ...request, status, ...(status === 503 ? { code: 'queue_full' as const } : {}) })
    expect(parsed().map((l) => l.status)).toEqual(expected)
  })
})

describe('the line of anything else', () => {
  const kinds: readonly [Observation, string | undefined][] = [
    [
      {
        kind: 'statement',
        pool: 'primary',
        operation: 'select',
        resource: 'orders',
        ms: 1,
        waitMs: 0,
        text: 'select 1',
      },
      'debug',
    ],
    [{ kind: 'pool.wait', pool: 'primary', ms: 1 }, undefined],
    [{ kind: 'pool.use', pool: 'primary', ms: 1 }, undefined],
    [{ kind: 'pool.timeout', pool: 'primary', ms: 1 }, undefined],
    [{ kind: 'shed', reason: 'queue_full' }, undefined],
    [{ kind: 'pool.create', pool: 'primary', ms: 1 }, 'debug'],
    [{ kind: 'pool.create', pool: 'primary', ms: 1, error: new Error('no') }, 'warn'],
    [{ kind: 'pool.evict', pool: 'primary', reason: 'lifetime' }, 'debug'],
    [{ kind: 'pool.evict', pool: 'primary', reason: 'broken' }, 'info'],
    [{ kind: 'pool.evict', pool: 'primary', reason: 'readonly' }, 'warn'],
    [{ kind: 'pool.leak', pool: 'primary', heldMs: 5000 }, 'error'],
    [{ kind: 'cancel', pool: 'primary', why: 'client', outcome: 'sent' }, 'debug'],
    [{ kind: 'cancel', pool: 'primary', why: 'client', outcome: 'failed' }, 'warn'],
    [{ kind: 'stream.cut', reason: 'client' }, 'info'],
    [{ kind: 'stream.cut', reason: 'slow' }, 'warn'],
    [{ kind: 'catalog.loaded', tables: 1, routines: 0, ms: 5, changed: true }, 'info'],
    [{ kind: 'catalog.loaded', tables: 1, routines: 0, ms: 5, changed: false }, 'debug'],
    [{ kind: 'catalog.failed', error: new Error('no') }, 'error'],
    [{ kind: 'catalog.unmappable', table: 't', column: 'c', native: 'box', action: 'text' }, 'warn'],
    [{ kind: 'database.up', ms: 5 }, 'info'],
    [{ kind: 'config', result: 'applied', changed: ['pools.max'], restart: [] }, 'info'],
    [{ kind: 'config', result: 'postponed', changed: ['database.password'], restart: [] }, 'warn'],
    [{ kind: 'config', result: 'rejected', changed: [], restart: [], faults: ['x'] }, 'error'],
    [{ kind: 'database.down', error: new Error('no') }, 'error'],
    [{ kind: 'lifecycle', phase: 'listening', detail: { port: 6420 } }, 'info'],
    [{ kind: 'fault', where: 'health', error: new Error('no') }, 'error'],
  ]

  test.each(kinds)('%o is at level %s', (observation, level) => {
    const { observe, parsed } = setUp({ level: 'debug' })
    observe(observation)
    expect(parsed().map((l) => [l.level, l.event])).toEqual(
      level === undefined ? [] : [[level, observation.kind]],
    )
    for (const line of parsed()) expect(line.msg).toEqual(expect.any(String))
  })

  test('at level info nothing of level debug is written', () => {
    const { observe, parsed } = setUp()
    for (const [observation] of kinds) observe(observation)
    expect(parsed().map((l) => l.level)).not.toContain('debug')
    expect(parsed()).toHaveLength(
      kinds.filter(([, level]) => level !== undefined && level !== 'debug').length,
    )
  })

  test('a fault shows its frames, a database that is away does not', () => {
    const { observe, parsed } = setUp()
    observe({ kind: 'fault', where: 'health', error: new Error('no') })
    observe({ kind: 'database.down', error: new Error('no') })
    expect(parsed()[0]).toMatchObject({ where: 'health', error: { message: 'no', stack: expect.any(Array) } })
    expect(parsed()[1]?.error).toEqual({ name: 'Error', message: 'no' })
  })
})
