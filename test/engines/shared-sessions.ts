/** What several borrowers of one session are promised, whichever server it is of. */
import { expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Compiled, Connection, Shared } from '#engine/engine.ts'

const never = new AbortController().signal

/** A statement whose one column is a text. */
export const compiled = (text: string): Compiled => ({
  text,
  operation: 'select',
  bind: (values) => values as readonly (string | null)[],
  columns: [{ name: 'v', encoding: 'text', hidden: false }],
  prepare: true,
})

export const limits = (ms = 5000, signal: AbortSignal = never) => ({
  deadline: clock.now() + ms,
  signal,
  format: 'array' as const,
})

/** What became of a seat's statement: its body, why it was left, or the number of its error. */
export async function told(work: ReturnType<Connection['run']> | undefined): Promise<string> {
  try {
    return Buffer.from((await work)?.body ?? 'no seat').toString()
  } catch (thrown) {
    const error = thrown as { code?: string; name: string; why?: string; cancelled?: string }
    return error.why ?? error.cancelled ?? error.code ?? error.name
  }
}

export interface SharedSessionOf {
  readonly connection: () => Connection
  /** For another one after it was lost. */
  readonly reopen: () => Promise<void>
  readonly share: (borrowers: number) => Shared
  /** Gives its value. */
  readonly echo: Compiled
  /** Fails when its value is 0. */
  readonly fussy: Compiled
  readonly error: string
  /** Sleeps for so many seconds. */
  readonly sleeper: Compiled
  readonly slept: string
}

/** The tests that every engine passes which lends a session to several borrowers at once. */
export function itIsShared(s: SharedSessionOf): void {
  const usable = () => s.connection().isUsable()
  const rows = (value: string) => JSON.stringify([{ v: value }])

  it('sends nothing before every seat is taken or given back', async () => {
    const { seats, over } = s.share(3)
    const first = told(seats[0]?.run(s.echo, ['a'], limits()))
    const second = told(seats[1]?.run(s.echo, ['b'], limits()))
    expect(usable()).toBe(true)
    await seats[2]?.close()
    expect(usable()).toBe(false)
    expect(await Promise.all([first, second])).toEqual([rows('a'), rows('b')])
    await over
  })

  it('is over at once when no seat is used', async () => {
    const { seats, over } = s.share(2)
    for (const seat of seats) await seat.close()
    await over
    expect(usable()).toBe(true)
  })

  it('gives the error of one to that one', async () => {
    const { seats, over } = s.share(6)
    const answers = await Promise.all(
      seats.map((seat, i) => told(seat.run(s.fussy, [String(i % 3)], limits()))),
    )
    expect(answers.map((answer) => (answer.startsWith('[') ? 'row' : answer))).toEqual([
      s.error,
      'row',
      'row',
      s.error,
      'row',
      'row',
    ])
    await over
    expect(usable()).toBe(true)
  })

  it('goes on when a statement throws at its values', async () => {
    const broken: Compiled = {
      ...s.echo,
      bind: () => {
        throw new Error('no such value')
      },
    }
    const { seats, over } = s.share(2)
    const answers = [broken, s.echo].map((q, i) => told(seats[i]?.run(q, ['a'], limits())))
    expect(await Promise.all(answers)).toEqual(['Error', rows('a')])
    await over
    expect(usable()).toBe(true)
  })

  it('ends the wait of one at its deadline, and the others still get their answers', async () => {
    const { seats, over } = s.share(3)
    const began = clock.now()
    const answers = seats.map((seat, i) => told(seat.run(s.sleeper, ['0.4'], limits(i === 1 ? 100 : 10_000))))
    expect(await answers[1]).toBe('deadline')
    expect(clock.now() - began).toBeLessThan(390)
    expect(await Promise.all(answers)).toEqual([s.slept, 'deadline', s.slept])
    await over
    expect(usable()).toBe(true)
  })

  it('is not over before it is free, when all have left and are told; what ends in a moment is not cancelled', async () => {
    for (let round = 0; round < 100; round++) {
      const { seats, over } = s.share(4)
      const caller = new AbortController()
      const answers = seats.map((seat) => told(seat.run(s.echo, ['a'], limits(5000, caller.signal))))
      if (round % 2 === 0) setImmediate(() => caller.abort())
      else setTimeout(() => caller.abort(), 1)
      for (const answer of await Promise.all(answers)) expect(['client', rows('a')]).toContain(answer)
      await over
      expect(usable()).toBe(true)
    }
  })

  it('never lets one who leaves hit another (1,000 trips)', { timeout: 120_000 }, async () => {
    let left = 0
    for (let round = 0; round < 1000; round++) {
      const { seats, over } = s.share(4)
      const answers = seats.map((seat, i) => {
        // One or two of the four leave at about the moment their answer comes; in every tenth trip all do.
        const leaves = round % 10 === 0 || i === round % 4 || i === (round >> 2) % 4
        const caller = new AbortController()
        if (leaves) setTimeout(() => caller.abort(), round % 3)
        return { leaves, answer: told(seat.run(s.sleeper, ['0.0005'], limits(5000, caller.signal))) }
      })
      for (const { leaves, answer } of answers) {
        const text = await answer
        if (leaves && text === 'client') left++
        else expect(text).toBe(s.slept)
      }
      await over
      if (!usable()) await s.reopen()
    }
    expect(left).toBeGreaterThan(50)
  })
}
