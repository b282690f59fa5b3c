import { describe, expect, it } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { createRecords, type LocalClaim } from './idempotency.ts'

const setUp = (o: { keep?: number; entries?: number; memory?: number } = {}) => {
  const clock = virtualClock()
  const records = createRecords<string>({ clock, keep: 1000, entries: 3, memory: 100, ...o })
  const claim = (key: string, fingerprint = 'f', owner = 'ann') =>
    records.claim({ owner, key, fingerprint, deadline: 1000 })
  const first = (key: string): Extract<LocalClaim<string>, { kind: 'first' }> => {
    const claimed = claim(key)
    if (claimed.kind !== 'first') throw new Error(`${key} is ${claimed.kind}`)
    return claimed
  }
  return { clock, records, claim, first }
}

describe('records', () => {
  it('give the first answer to every repetition', () => {
    const { claim, first } = setUp()
    first('k').keep('done', 4)
    expect(claim('k')).toEqual({ kind: 'repeated', answer: 'done' })
    expect(claim('k')).toEqual({ kind: 'repeated', answer: 'done' })
  })

  it('let one of two at once run, and tell the other for how long', async () => {
    const { clock, claim, first } = setUp()
    first('k')
    await clock.advance(5)
    expect(claim('k')).toEqual({ kind: 'running', forMs: 5 })
  })

  it('refuse the key for another request, while the first runs and after', () => {
    const { claim, first } = setUp()
    const running = first('k')
    expect(claim('k', 'other').kind).toBe('reused')
    running.keep('done', 4)
    expect(claim('k', 'other').kind).toBe('reused')
  })

  it('forget what had no effect', () => {
    const { claim, first } = setUp()
    first('k').release()
    expect(claim('k', 'other').kind).toBe('first')
  })

  it('keep callers apart, whatever their names and keys are made of', () => {
    const { claim } = setUp()
    expect(claim('b","c', 'f', 'a').kind).toBe('first')
    expect(claim('c', 'f', 'a","b').kind).toBe('first')
    expect(claim('c', 'f', 'a').kind).toBe('first')
  })

  it('are kept for a time, counted from the answer', async () => {
    const { clock, claim, first } = setUp()
    const slow = first('k')
    await clock.advance(5000)
    slow.keep('done', 4)
    await clock.advance(999)
    expect(claim('k').kind).toBe('repeated')
    await clock.advance(1)
    expect(claim('k').kind).toBe('first')
  })

  it('make room for new ones, the oldest first, by number and by bytes', () => {
    const { records, claim, first } = setUp()
    for (const key of ['a', 'b', 'c', 'd']) first(key).keep(key, 10)
    expect(records.stats()).toEqual({ store: 'memory', entries: 3, bytes: 30, pending: 0 })
    expect(claim('b').kind).toBe('repeated')
    first('e').keep('e', 85)
    expect(records.stats()).toMatchObject({ entries: 2, bytes: 95 })
    expect(claim('d').kind).toBe('repeated')
    expect(claim('c').kind).toBe('first')
  })
})
