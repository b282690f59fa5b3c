/** Several borrowers of one session on a real server: each gets its own answer, and nobody feels what befalls another. */
import { afterAll, beforeAll, beforeEach, afterEach, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { PostgresConnection } from '#engine/postgres/driver.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { describeUnless } from '../../support/unless.ts'
import { compiled, itIsShared, limits, told } from '../shared-sessions.ts'
import { openSession } from './connection.ts'

const echo = compiled('SELECT $1::text AS v')
const divide = compiled('SELECT (10 / $1::int4)::text AS v')
const sleeper = compiled("SELECT coalesce(pg_sleep($1::float8)::text, '') AS v")

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

    itIsShared({
      connection: () => c,
      reopen: async () => {
        await c.close()
        c = await open()
      },
      share: (borrowers) => c.share(borrowers, 'reads'),
      echo,
      fussy: divide,
      error: '22012',
      sleeper,
      slept: '[{"v":""}]',
    })

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
  })
}
