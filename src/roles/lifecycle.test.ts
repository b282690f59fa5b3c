import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { GatewayError } from '#base/errors.ts'
import type { Observation } from '#base/observation.ts'
import { createLifecycle, type Part } from './lifecycle.ts'

function setUp(o: { drainDelayMs?: number; drainTimeoutMs?: number } = {}) {
  const clock = virtualClock()
  const events: string[] = []
  const observed: Observation[] = []
  let signal: (() => void) | undefined
  const lifecycle = createLifecycle({
    clock,
    observe: (e) => {
      observed.push(e)
      if (e.kind === 'lifecycle') events.push(e.phase)
    },
    signals: (body) => {
      signal = () => body('SIGTERM')
      return () => events.push('unlisten')
    },
    drainDelayMs: o.drainDelayMs ?? 0,
    drainTimeoutMs: o.drainTimeoutMs ?? 15_000,
    onDraining: () => events.push('not ready'),
  })
  const part = (name: string, more: Partial<Part> = {}) =>
    lifecycle.register({
      name,
      start: () => void events.push(`start ${name}`),
      drain: () => void events.push(`drain ${name}`),
      stop: () => void events.push(`stop ${name}`),
      ...more,
    })
  return { clock, events, observed, lifecycle, part, terminate: () => signal?.() }
}

const faults = (observed: readonly Observation[]) =>
  observed.flatMap((e) => (e.kind === 'fault' ? [`${e.where}: ${(e.error as Error).message}`] : []))

describe('lifecycle', () => {
  test('parts start in order, drain and stop in reverse, and the exit code is 0', async () => {
    const { clock, events, observed, lifecycle, part, terminate } = setUp()
    part('observe', { drain: undefined as never })
    part('pool')
    part('data')
    const code = lifecycle.run()
    expect(lifecycle.phase()).toBe('starting')
    await clock.advance(1000)
    expect(lifecycle.phase()).toBe('running')
    expect(events).toEqual(['starting', 'start observe', 'start pool', 'start data', 'listening'])
    events.length = 0
    terminate()
    expect(await code).toBe(0)
    expect(lifecycle.phase()).toBe('stopped')
    expect(events).toEqual([
      'not ready',
      'draining',
      'drain data',
      'drain pool',
      'stop data',
      'stop pool',
      'stop observe',
      'stopped',
      'unlisten',
    ])
    expect(faults(observed)).toEqual([])
  })

  test('it goes on serving for the drain delay', async () => {
    const { clock, events, lifecycle, part, terminate } = setUp({ drainDelayMs: 5000 })
    part('data')
    const code = lifecycle.run()
    await clock.advance(0)
    terminate()
    await clock.advance(4999)
    expect(events).toContain('not ready')
    expect(events).not.toContain('drain data')
    await clock.advance(1)
    expect(events).toContain('drain data')
    expect(await code).toBe(0)
  })

  test('requests that outlast the drain time-out are cancelled, and have a second to be answered', async () => {
    const { clock, events, lifecycle, part, terminate } = setUp({ drainTimeoutMs: 3000 })
    part('data', {
      drain: (signal) =>
        new Promise((resolve) => {
          expect(signal).toBe(lifecycle.cancelled)
          signal.addEventListener('abort', () => {
            events.push(`cancelled at ${clock.now()}`)
            clock.after(200, () => {
              events.push('answered')
              resolve()
            })
          })
        }),
    })
    const code = lifecycle.run()
    await clock.advance(0)
    terminate()
    await clock.advance(2999)
    expect(lifecycle.cancelled.aborted).toBe(false)
    await clock.advance(1000)
    expect(await code).toBe(0)
    expect(events.slice(-5)).toEqual(['cancelled at 3000', 'answered', 'stop data', 'stopped', 'unlisten'])
    const reason: unknown = lifecycle.cancelled.reason
    expect(reason).toBeInstanceOf(GatewayError)
    expect(reason).toMatchObject({ code: 'draining', facts: { waitedMs: 3000, drainTimeoutMs: 3000 } })
  })

  test('a second signal cuts delay and drain short', async () => {
    const { clock, events, lifecycle, part, terminate } = setUp({
      drainDelayMs: 60_000,
      drainTimeoutMs: 60_000,
    })
    part('data', {
      drain: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve())),
    })
    const code = lifecycle.run()
    await clock.advance(10)
    terminate()
    await clock.advance(10)
    expect(events).not.toContain('stop data')
    terminate()
    expect(await code).toBe(0)
    expect(clock.now()).toBe(20)
    expect(events).toContain('stop data')
  })

  test('what has drained in time is not waited for any longer', async () => {
    const { clock, lifecycle, part, terminate } = setUp({ drainTimeoutMs: 60_000 })
    part('data', { drain: () => new Promise((resolve) => void clock.after(250, resolve)) })
    const code = lifecycle.run()
    await clock.advance(0)
    terminate()
    await clock.advance(250)
    expect(await code).toBe(0)
  })

  test('a part that fails at start ends the run with its error, and stops itself and those before it', async () => {
    const { clock, events, lifecycle, part } = setUp()
    part('first')
    part('second', {
      start: async () => {
        throw new Error('port is taken')
      },
    })
    part('third')
    await expect(lifecycle.run()).rejects.toThrow('port is taken')
    expect(events).toEqual([
      'starting',
      'start first',
      'not ready',
      'draining',
      'stop second',
      'stop first',
      'stopped',
      'unlisten',
    ])
    expect(clock.now()).toBe(0)
  })

  test('a signal during the start ends it without waiting for the part that is starting', async () => {
    const { clock, events, lifecycle, part, terminate } = setUp()
    let told = false
    part('first')
    part('second', {
      start: (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            told = true
            reject(new Error('cut off'))
          }),
        ),
    })
    part('third')
    const code = lifecycle.run()
    await clock.advance(100)
    terminate()
    expect(await code).toBe(0)
    expect(told).toBe(true)
    expect(events).not.toContain('start third')
    expect(events.filter((e) => e.startsWith('stop '))).toEqual(['stop second', 'stop first'])
  })

  test('a part that throws or hangs while it drains or stops is reported and passed over', async () => {
    const { clock, events, observed, lifecycle, part, terminate } = setUp({ drainTimeoutMs: 100 })
    part('first')
    part('hanging', { stop: () => new Promise(() => {}) })
    part('failing', {
      drain: () => {
        throw new Error('no drain')
      },
      stop: async () => {
        throw new Error('no stop')
      },
    })
    const code = lifecycle.run()
    await clock.advance(0)
    terminate()
    await clock.advance(5000)
    expect(await code).toBe(0)
    expect(faults(observed)).toEqual([
      'drain failing: no drain',
      'stop failing: no stop',
      'stop hanging: did not stop within 5000 ms',
    ])
    expect(events).toContain('stop first')
  })

  test('the real signals keep the process alive until one comes, and then let it end', () => {
    const script = `
      import { processSignals, createLifecycle } from '#roles/lifecycle.ts'
      import { systemClock } from '#base/clock.ts'
      const lifecycle = createLifecycle({ clock: systemClock, observe: () => {}, signals: processSignals,
        drainDelayMs: 0, drainTimeoutMs: 0, onDraining: () => console.log('draining') })
      lifecycle.register({ name: 'killer', start: () => { setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50).unref() ; setTimeout(() => {}, 100) } })
      lifecycle.run().then((code) => console.log('code', code))`
    const { stdout, status, signal } = spawnSync(
      process.execPath,
      ['--input-type=module-typescript', '--eval', script],
      { encoding: 'utf8', timeout: 10_000 },
    )
    expect({ stdout, status, signal }).toEqual({ stdout: 'draining\ncode 0\n', status: 0, signal: null })
  })
})
