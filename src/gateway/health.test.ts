import { describe, expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observation } from '#base/observation.ts'
import { createHealth, type ReadinessMode } from './health.ts'

type Outcome = 'primary' | 'replica' | 'hang' | Error

function setUp(mode: ReadinessMode = 'serving') {
  const clock = virtualClock(1_000_000)
  const observed: Observation[] = []
  let outcome: Outcome = 'primary'
  let looks = 0
  const signals: AbortSignal[] = []
  const health = createHealth({
    clock,
    observe: (e) => observed.push(e),
    mode,
    intervalMs: 2000,
    timeoutMs: 1000,
    startDeadlineMs: 20_000,
    probe: async (signal) => {
      looks++
      signals.push(signal)
      if (outcome === 'hang') return new Promise(() => {})
      if (outcome instanceof Error) throw outcome
      return { role: outcome }
    },
  })
  const kinds = () => observed.map((e) => (e.kind === 'lifecycle' ? e.phase : e.kind))
  const check = (name: string) => health.ready().checks.find((c) => c.name === name)
  /** Everything but the database is fine, and the database was looked at once. */
  const begin = async () => {
    health.start()
    health.markCatalog('loaded')
    health.markListening()
    await clock.advance(0)
  }
  return {
    clock,
    health,
    kinds,
    check,
    begin,
    signals,
    looks: () => looks,
    become: (next: Outcome) => {
      outcome = next
    },
  }
}

const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })

describe('readiness', () => {
  test('with the schema from the disk says so, and is not the first contact', async () => {
    const { clock, health, check, become } = setUp()
    become(refused)
    health.start()
    health.markListening()
    health.markRestored(Date.UTC(2026, 10, 23, 14, 5, 9))
    await clock.advance(5000)
    expect(check('catalog')).toMatchObject({
      ok: true,
      detail: 'schema from the snapshot of 2026-11-23T14:05:09.000Z',
    })
    expect(health.ready().ok).toBe(false)
    become('primary')
    await clock.advance(1000)
    expect(health.started().ok).toBe(false)
    // The reading itself may fail while the database answers.
    health.markCatalog('failed')
    expect(check('catalog')?.detail).toBe('schema from the snapshot of 2026-11-23T14:05:09.000Z')
    health.markCatalog('loaded')
    expect(check('catalog')?.detail).toBe('schema read')
    expect(health.started().ok).toBe(true)
  })

  test('needs the listener, the catalogue and the database', async () => {
    const { clock, health, kinds } = setUp()
    const failing = () => health.ready().checks.flatMap((c) => (c.ok || !c.required ? [] : [c.name]))
    health.start()
    expect(failing()).toEqual(['listening', 'catalog', 'database'])
    await clock.advance(0)
    expect(failing()).toEqual(['listening', 'catalog'])
    health.markCatalog('loaded')
    expect(failing()).toEqual(['listening'])
    expect(kinds()).toEqual(['database.up'])
    health.markListening()
    expect(health.ready().ok).toBe(true)
    expect(kinds()).toEqual(['database.up', 'ready'])
  })

  test('is lost after three failures in a row and comes back with one success, each said once', async () => {
    const { clock, health, kinds, check, begin, become } = setUp()
    await begin()
    become(refused)
    await clock.advance(4000)
    expect(health.ready().ok).toBe(true)
    expect(check('database')?.detail).toBe('reached before, 2 of 3 looks failed')
    await clock.advance(2000)
    expect(health.ready().ok).toBe(false)
    expect(check('database')).toEqual({
      name: 'database',
      ok: false,
      required: true,
      detail: 'not reached (ECONNREFUSED)',
      since: 1_006_000,
    })
    await clock.advance(20_000)
    expect(check('database')?.since).toBe(1_006_000)
    become('primary')
    await clock.advance(2000)
    expect(health.ready().ok).toBe(true)
    expect(kinds()).toEqual(['database.up', 'ready', 'database.down', 'database.up'])
  })

  test('survives failures that are not in a row', async () => {
    const { clock, health, begin, become } = setUp()
    await begin()
    for (let i = 0; i < 5; i++) {
      become(refused)
      await clock.advance(4000)
      become('primary')
      await clock.advance(2000)
    }
    expect(health.ready().ok).toBe(true)
  })

  test('is asked any number of times without a query', async () => {
    const { clock, health, looks, begin } = setUp()
    await begin()
    for (let i = 0; i < 1000; i++) health.ready()
    await clock.advance(1999)
    expect(looks()).toBe(1)
    await clock.advance(1)
    expect(looks()).toBe(2)
  })

  test('counts a database that does not answer as failing, and aborts the look', async () => {
    const { clock, health, check, begin, become, signals } = setUp()
    await begin()
    become('hang')
    await clock.advance(2000 + 1000 + 2 * 3000)
    expect(health.ready().ok).toBe(false)
    expect(check('database')?.detail).toBe('not reached (deadline_exceeded)')
    expect(signals.map((s) => s.aborted)).toEqual([false, true, true, true])
  })

  test('is not lost because all connections are lent, but because none can be opened', async () => {
    const { clock, health, check, begin, become } = setUp()
    await begin()
    const timeout = (facts: object) =>
      new GatewayError('pool_timeout', 'No connection in 500 ms.', { facts: { ...facts } })
    become(timeout({ size: 10, inUse: 10, connecting: 0 }))
    await clock.advance(60_000)
    expect(health.ready().ok).toBe(true)
    become(timeout({ size: 10, inUse: 8, connecting: 2 }))
    await clock.advance(6000)
    expect(check('database')).toMatchObject({ ok: false, detail: 'not reached (pool_timeout)' })
  })

  test('names the deepest cause of a failure and no text of it', async () => {
    const { clock, check, health, become } = setUp()
    become(
      new GatewayError('database_unavailable', 'secret', {
        cause: Object.assign(new Error('secret'), { code: '28P01' }),
      }),
    )
    health.start()
    await clock.advance(0)
    expect(check('database')?.detail).toBe('not reached yet, 1 of 3 looks failed (28P01)')
    become(Object.assign(new Error('secret'), { code: 'not a code: secret' }))
    await clock.advance(4000)
    expect(check('database')?.detail).toBe('not reached (unknown reason)')
  })

  test('ends with the drain, in every mode', async () => {
    for (const mode of ['primary', 'serving', 'gateway'] as const) {
      const { health, begin, check } = setUp(mode)
      await begin()
      expect(health.ready().ok).toBe(true)
      health.drain()
      expect(health.ready().ok).toBe(false)
      expect(check('shutdown')?.detail).toBe('shutting down')
    }
  })

  test.each([
    ['primary', 'replica', false],
    ['serving', 'replica', true],
    ['gateway', 'replica', true],
    ['primary', refused, false],
    ['serving', refused, false],
    ['gateway', refused, true],
  ] as const)('in mode %s with the database %s is %s', async (mode, outcome, ready) => {
    const { clock, health, begin, become } = setUp(mode)
    become(outcome)
    await begin()
    await clock.advance(10_000)
    expect(health.ready().ok).toBe(ready)
  })

  test('a schema that could not be read is told apart from one that nobody has asked for yet', () => {
    const { health, check } = setUp()
    expect(check('catalog')).toMatchObject({ ok: false, detail: 'schema not read yet' })
    health.markCatalog('failed')
    expect(check('catalog')).toMatchObject({
      ok: false,
      detail: 'schema not read yet, the last reading failed',
    })
  })

  test('a schema that could not be read again is told and does not end it', async () => {
    const { health, begin, check } = setUp()
    await begin()
    health.markCatalog('failed')
    expect(check('catalog')).toMatchObject({
      ok: true,
      detail: 'serving the schema read before, the last reading failed',
    })
    health.markCatalog('loaded')
    expect(check('catalog')?.detail).toBe('schema read')
  })
})

describe('start', () => {
  test('needs the listener and first contact with the database', async () => {
    const { clock, health } = setUp()
    health.start()
    await clock.advance(0)
    expect(health.started().ok).toBe(false)
    health.markCatalog('loaded')
    expect(health.started().ok).toBe(false)
    health.markListening()
    expect(health.started().ok).toBe(true)
  })

  test('passes without a database when the deadline is over, and the gateway is then started but not ready', async () => {
    const { clock, health, become } = setUp()
    become(refused)
    health.start()
    health.markListening()
    await clock.advance(19_999)
    expect(health.started().ok).toBe(false)
    await clock.advance(1)
    expect(health.started().ok).toBe(true)
    expect(health.ready().ok).toBe(false)
  })

  test('is for ever', async () => {
    const { clock, health, begin, become } = setUp()
    await begin()
    become(refused)
    await clock.advance(10_000)
    health.drain()
    expect(health.started().ok).toBe(true)
  })
})

test('after stop nothing is looked at any more, and a late answer is ignored', async () => {
  const { clock, health, looks, kinds, begin, become } = setUp()
  await begin()
  become(refused)
  await clock.advance(2000)
  health.stop()
  await clock.advance(60_000)
  expect(looks()).toBe(2)
  expect(kinds()).toEqual(['database.up', 'ready'])
})
