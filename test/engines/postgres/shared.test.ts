/** Several borrowers of one session on a real server: each gets its own answer, and nobody feels what befalls another. */
import { afterAll, beforeAll, beforeEach, afterEach, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Compiled, Connection } from '#engine/engine.ts'
import type { PostgresConnection } from '#engine/postgres/driver.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { describeUnless } from '../../support/unless.ts'
import { openSession } from './connection.ts'

const never = new AbortController().signal
const compiled = (text: string): Compiled => ({
  text,
  operation: 'select',
  bind: (values) => values as readonly (string | null)[],
  columns: [{ name: 'v', encoding: 'text', hidden: false }],
  prepare: true,
})
const limits = (ms = 5000, signal: AbortSignal = never) => ({
  deadline: clock.now() + ms,
  signal,
  format: 'array' as const,
})
const echo = compiled('SELECT $1::text AS v')
const divide = compiled('SELECT (10 / $1::int4)::text AS v')
const sleeper = compiled("SELECT coalesce(pg_sleep($1::float8)::text, '') AS v")

/** What became of a seat's statement: its body, or the words of its error. */
const told = (work: ReturnType<Connection['run']>) =>
  work.then(
    ({ body }) => Buffer.from(body).toString(),
    (error: { code?: string; name: string; why?: string }) => error.why ?? error.code ?? error.name,
  )

for (const version of postgresVersions) {
  const missing = postgresMissing(version)

  describeUnless(missing)(`a shared session of PostgreSQL ${version}`, () => {
    let server: TestPostgres
    let c: PostgresConnection
    const open = () => openSession(server.url())
    const count = async (condition: string) => {
      const text = `SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = 'postern/0a1b2c' AND ${condition}`
      return Number((await server.sql(server.url(), text))[0]?.['n'])
    }

    beforeAll(async () => {
      server = await startPostgres({ version })
    })
    afterAll(() => server?.stop())
    beforeEach(async () => {
      c = await open()
    })
    afterEach(() => c.close())

    it('answers each its own, equal statements and different ones, with one statement prepared of each', async () => {
      for (let trip = 0; trip < 3; trip++) {
        const { seats, over } = c.share(5, 'reads')
        const answers = seats.map((seat, i) => told(seat.run(i === 3 ? divide : echo, [String(i)], limits())))
        expect(await Promise.all(answers)).toEqual([
          '[{"v":"0"}]',
          '[{"v":"1"}]',
          '[{"v":"2"}]',
          '[{"v":"3"}]',
          '[{"v":"4"}]',
        ])
        await over
        expect(c.isUsable()).toBe(true)
      }
      const prepared = 'SELECT count(*)::text FROM pg_prepared_statements'
      expect(await c.query(prepared, [], limits())).toEqual([['2']])
    })

    it('sends nothing before every seat is taken or given back', async () => {
      const { seats, over } = c.share(3, 'reads')
      const first = told(seats[0]?.run(echo, ['a'], limits()) as ReturnType<Connection['run']>)
      const second = told(seats[1]?.run(echo, ['b'], limits()) as ReturnType<Connection['run']>)
      expect(c.isUsable()).toBe(true)
      await seats[2]?.close()
      expect(c.isUsable()).toBe(false)
      expect(await Promise.all([first, second])).toEqual(['[{"v":"a"}]', '[{"v":"b"}]'])
      await over
    })

    it('is over at once when no seat is used', async () => {
      const { seats, over } = c.share(2, 'reads')
      for (const seat of seats) await seat.close()
      await over
      expect(c.isUsable()).toBe(true)
    })

    it('gives the error of one to that one', async () => {
      const { seats, over } = c.share(6, 'reads')
      const answers = seats.map((seat, i) => told(seat.run(divide, [String(i % 3)], limits())))
      expect(await Promise.all(answers)).toEqual([
        '22012',
        '[{"v":"10"}]',
        '[{"v":"5"}]',
        '22012',
        '[{"v":"10"}]',
        '[{"v":"5"}]',
      ])
      await over
      expect(c.isUsable()).toBe(true)
    })

    it('prepares anew for those behind a plan that has gone stale', async () => {
      await c.query('CREATE TEMP TABLE shifty AS SELECT 1 AS v', [], limits())
      const stale = compiled('SELECT * FROM shifty')
      await c.run(stale, [], limits())
      await c.query('ALTER TABLE shifty ALTER COLUMN v TYPE bigint', [], limits())
      const { seats, over } = c.share(3, 'reads')
      expect(await Promise.all(seats.map((seat) => told(seat.run(stale, [], limits()))))).toEqual([
        '0A000',
        '[{"v":"1"}]',
        '[{"v":"1"}]',
      ])
      await over
    })

    it('ends the wait of one at its deadline, and the others still get their answers', async () => {
      const { seats, over } = c.share(3, 'reads')
      const began = clock.now()
      const answers = seats.map((seat, i) => told(seat.run(sleeper, ['0.4'], limits(i === 1 ? 100 : 10_000))))
      expect(await answers[1]).toBe('deadline')
      expect(clock.now() - began).toBeLessThan(390)
      expect(await Promise.all(answers)).toEqual(['[{"v":""}]', 'deadline', '[{"v":""}]'])
      await over
      expect(c.isUsable()).toBe(true)
    })

    it('cancels in the server when the last has left, and only then', async () => {
      const { seats, over } = c.share(2, 'reads')
      const callers = [new AbortController(), new AbortController()]
      const answers = seats.map((seat, i) =>
        told(seat.run(sleeper, ['30'], limits(60_000, callers[i]?.signal as AbortSignal))),
      )
      await expect.poll(() => count("state = 'active'")).toBe(1)
      callers[0]?.abort()
      expect(await answers[0]).toBe('client')
      expect(await count("state = 'active'")).toBe(1)
      const began = clock.now()
      callers[1]?.abort()
      expect(await answers[1]).toBe('client')
      await over
      expect(clock.now() - began).toBeLessThan(1200)
      expect(await count("state = 'active'")).toBe(0)
      expect(c.isUsable()).toBe(true)
    })

    it('tells all of them when the session is killed', async () => {
      const { seats, over } = c.share(2, 'reads')
      const answers = seats.map((seat) => told(seat.run(sleeper, ['30'], limits(60_000))))
      await expect.poll(() => count("state = 'active'")).toBe(1)
      await server.sql(
        server.url(),
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'postern/0a1b2c'",
      )
      expect(await Promise.all(answers)).toEqual(['SessionLost', 'SessionLost'])
      await over
      expect(c.isUsable()).toBe(false)
    })

    it('never lets one who leaves hit another (1,000 trips)', { timeout: 120_000 }, async () => {
      let left = 0
      for (let round = 0; round < 1000; round++) {
        const { seats, over } = c.share(4, 'reads')
        const answers = seats.map((seat, i) => {
          // One or two of the four leave at about the moment their answer comes; in every tenth trip all do.
          const leaves = round % 10 === 0 || i === round % 4 || i === (round >> 2) % 4
          const caller = new AbortController()
          if (leaves) setTimeout(() => caller.abort(), round % 3)
          const answer = told(seat.run(sleeper, ['0.0005'], limits(5000, caller.signal)))
          return { leaves, answer }
        })
        for (const { leaves, answer } of answers) {
          const text = await answer
          if (text === 'client') left++
          else expect(text).toBe('[{"v":""}]')
          if (!leaves) expect(text).toBe('[{"v":""}]')
        }
        await over
        if (!c.isUsable()) {
          await c.close()
          c = await open()
        }
      }
      expect(left).toBeGreaterThan(50)
    })
  })
}
