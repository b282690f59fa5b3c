import { describe, expect, it } from 'vitest'
import { virtualClock } from '#base/clock.ts'
import { createSchemaWatch, schemaChannel } from './changes.ts'

const never = new AbortController().signal

/** A database that is told when to let somebody listen, to notify and to hang up. */
function setup(o: { refusals?: number; pollMs?: number } = {}) {
  const clock = virtualClock()
  let refusals = o.refusals ?? 0
  const attempts: number[] = []
  const listeners: { notify: () => void; lose: () => void }[] = []
  let stopped = 0
  const watch = createSchemaWatch({
    clock,
    pollMs: o.pollMs ?? 10_000,
    random: () => 0,
    listen: async (channel, notify, lose) => {
      expect(channel).toBe(schemaChannel)
      attempts.push(clock.now())
      if (refusals-- > 0) throw new Error('cannot execute LISTEN during recovery')
      listeners.push({ notify, lose })
      return async () => {
        stopped++
      }
    },
  })
  /** What `next` says, and when. */
  const next = (signal = never) => {
    const answer: { value?: string; at?: number; error?: unknown } = {}
    watch.next(signal).then(
      (value) => Object.assign(answer, { value, at: clock.now() }),
      (error: unknown) => Object.assign(answer, { error }),
    )
    return answer
  }
  return {
    clock,
    watch,
    next,
    attempts,
    listeners,
    stops: () => stopped,
    last: () => listeners.at(-1) as { notify: () => void; lose: () => void },
  }
}

/** A setup whose first listening has been told already. */
async function settled(o: Parameters<typeof setup>[0] = {}) {
  const s = setup(o)
  const first = s.next()
  await s.clock.advance(100)
  expect(first).toEqual({ value: 'announced', at: 100 })
  return s
}

describe('the schema watch', () => {
  it('takes the beginning of listening for an announcement, as the schema may have changed just before', async () => {
    await settled()
  })

  it('says poll when nothing is announced in time', async () => {
    const s = await settled({ pollMs: 5000 })
    const answer = s.next()
    await s.clock.advance(4999)
    expect(answer).toEqual({})
    await s.clock.advance(1)
    expect(answer).toEqual({ value: 'poll', at: 5100 })
  })

  it('gathers announcements for 100 ms into one answer, however many and however long they go on', async () => {
    const s = await settled()
    const first = s.next()
    for (let i = 0; i < 5; i++) {
      s.last().notify()
      await s.clock.advance(30)
    }
    expect(first).toEqual({ value: 'announced', at: 200 })
    const second = s.next()
    await s.clock.advance(100)
    expect(second).toEqual({ value: 'announced', at: 320 })
    const third = s.next()
    await s.clock.advance(1000)
    expect(third).toEqual({})
  })

  it('keeps an announcement for whoever asks later', async () => {
    const s = await settled()
    s.last().notify()
    await s.clock.advance(3000)
    const answer = s.next()
    await s.clock.advance(0)
    expect(answer).toEqual({ value: 'announced', at: 3100 })
  })

  it('listens again after a loss and then says announced, once', async () => {
    const s = await settled()
    const answer = s.next()
    s.last().lose()
    await s.clock.advance(499)
    expect(s.attempts).toEqual([0])
    await s.clock.advance(1)
    expect(s.attempts).toEqual([0, 600])
    await s.clock.advance(100)
    expect(answer).toEqual({ value: 'announced', at: 700 })
    const quiet = s.next()
    await s.clock.advance(5000)
    expect(quiet).toEqual({})
  })

  it('tries less and less often where listening is refused, and polls meanwhile', async () => {
    const s = setup({ refusals: 9, pollMs: 1000 })
    const answer = s.next()
    await s.clock.advance(1000)
    expect(answer).toEqual({ value: 'poll', at: 1000 })
    await s.clock.advance(200_000)
    const waits = s.attempts.slice(1).map((at, i) => at - (s.attempts[i] as number))
    expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    expect(s.listeners).toHaveLength(1)
  })

  it('begins with short waits again after it has listened', async () => {
    const s = await settled()
    for (let i = 0; i < 3; i++) {
      s.last().lose()
      await s.clock.advance(500)
    }
    expect(s.attempts).toEqual([0, 600, 1100, 1600])
  })

  it('stops waiting when the signal aborts, with its reason', async () => {
    const s = await settled()
    const abort = new AbortController()
    const answer = s.next(abort.signal)
    abort.abort(new Error('draining'))
    await s.clock.advance(0)
    expect(answer.error).toEqual(new Error('draining'))
    await expect(s.watch.next(abort.signal)).rejects.toThrow('draining')
  })

  it('gives up its session, its retries and those who wait when it is closed', async () => {
    const s = await settled()
    const answer = s.next()
    await s.watch.close()
    await s.clock.advance(0)
    expect(answer.error).toEqual(new Error('the schema watch is closed'))
    expect(s.stops()).toBe(1)
    s.last().lose()
    await s.clock.advance(60_000)
    expect(s.attempts).toEqual([0])
    await expect(s.watch.next(never)).rejects.toThrow('closed')
  })

  it('gives up a session that comes only after it was closed', async () => {
    const s = setup()
    await s.watch.close()
    await s.clock.advance(1000)
    expect(s.stops()).toBe(1)
  })
})
