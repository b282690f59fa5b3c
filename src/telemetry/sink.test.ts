import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { createSink, type Files } from './sink.ts'

/** A descriptor that answers only when told, and takes as much as it is told. */
function setUp(o: { limit?: number } = {}) {
  const clock = virtualClock()
  let text = ''
  let pending: { data: Uint8Array; done: Parameters<Files['write']>[2] } | undefined
  let writes = 0
  const take = (data: Uint8Array) => {
    text += Buffer.from(data).toString()
  }
  const sink = createSink({
    clock,
    fd: 1,
    ...o,
    files: {
      write: (fd, data, done) => {
        expect(fd).toBe(1)
        expect(pending).toBeUndefined()
        writes++
        pending = { data, done }
      },
      writeSync: (_, data) => {
        take(data.subarray(0, 3))
        return Math.min(3, data.length)
      },
    },
  })
  const answer = (outcome: number | string = Number.POSITIVE_INFINITY) => {
    const now = pending
    pending = undefined
    if (!now) return
    if (typeof outcome === 'string') return now.done(Object.assign(new Error(outcome), { code: outcome }), 0)
    const written = Math.min(outcome, now.data.length)
    take(now.data.subarray(0, written))
    now.done(null, written)
  }
  return { clock, sink, answer, text: () => text, writes: () => writes, waits: () => pending !== undefined }
}

describe('sink', () => {
  test('gathers lines for 100 ms and writes them at once', async () => {
    const { clock, sink, answer, text, writes } = setUp()
    sink.write('a\n')
    await clock.advance(99)
    sink.write('b\n')
    expect(writes()).toBe(0)
    await clock.advance(1)
    answer()
    expect(text()).toBe('a\nb\n')
    expect(writes()).toBe(1)
  })

  test('writes at once when 32 KiB have gathered', () => {
    const { sink, writes } = setUp()
    for (let i = 0; i < 33; i++) sink.write(`${'x'.repeat(1023)}\n`)
    expect(writes()).toBe(1)
  })

  test('continues after partial writes, and tries again when the descriptor is not ready', async () => {
    const { clock, sink, answer, text, waits } = setUp()
    sink.write('line äöü\n')
    await clock.advance(100)
    answer(6) // in the middle of a character
    answer('EAGAIN')
    expect(waits()).toBe(false)
    await clock.advance(10)
    answer()
    expect(Buffer.from(text()).length).toBeGreaterThan(6)
    expect(sink.dropped()).toBe(0)
  })

  test('holds a bounded amount while nobody reads, and counts what it drops', async () => {
    const { clock, sink, answer, text } = setUp({ limit: 10 })
    sink.write('first\n')
    await clock.advance(100)
    sink.write('second\n')
    sink.write('third\n')
    expect(sink.dropped()).toBe(1)
    answer()
    await clock.advance(100)
    answer()
    expect(text()).toBe('first\nsecond\n')
  })

  test('a broken pipe drops everything from then on', async () => {
    const { clock, sink, answer, writes } = setUp()
    sink.write('a\nb\n')
    await clock.advance(100)
    answer('EPIPE')
    sink.write('c\n')
    await clock.advance(100)
    expect(sink.dropped()).toBe(3)
    expect(writes()).toBe(1)
  })

  test('a full disk loses what was under way and goes on', async () => {
    const { clock, sink, answer, text } = setUp()
    sink.write('a\n')
    await clock.advance(100)
    answer('ENOSPC')
    sink.write('b\n')
    await clock.advance(100)
    answer()
    expect(text()).toBe('b\n')
    expect(sink.dropped()).toBe(1)
  })

  test('flush resolves when everything is out', async () => {
    const { sink, answer, text } = setUp()
    sink.write('a\n')
    const first = sink.flush()
    sink.write('b\n')
    let flushed = false
    void first.then(() => {
      flushed = true
    })
    await Promise.resolve()
    expect(flushed).toBe(false)
    answer()
    answer()
    await first
    expect(text()).toBe('a\nb\n')
    await sink.flush()
  })

  test('flushSync writes what waits, in as many calls as it takes', () => {
    const { sink, text } = setUp()
    sink.write('some line\n')
    sink.flushSync()
    expect(text()).toBe('some line\n')
  })

  test('however the descriptor behaves, lines come out in order, whole and once', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('line' as const), n: fc.integer({ min: 0, max: 20_000 }) }),
      fc.record({ kind: fc.constant('answer' as const), n: fc.integer({ min: 1, max: 50_000 }) }),
      fc.record({ kind: fc.constant('busy' as const), n: fc.constant(0) }),
      fc.record({ kind: fc.constant('time' as const), n: fc.integer({ min: 0, max: 200 }) }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { clock, sink, answer, text, waits } = setUp()
        let expected = ''
        for (const { kind, n } of steps) {
          if (kind === 'line') {
            const line = `${expected.length}${'x'.repeat(n)}\n`
            expected += line
            sink.write(line)
          } else if (kind === 'answer') answer(n)
          else if (kind === 'busy') answer('EAGAIN')
          else await clock.advance(n)
        }
        const flushed = sink.flush()
        for (let i = 0; i < 200; i++) {
          await clock.advance(10)
          if (waits()) answer()
        }
        await flushed
        expect(text()).toBe(expected)
      }),
      { numRuns: 30 },
    )
  })
})
