/** Inserts that share a session of a real server: committed together or not at all, and nobody is told what is not so. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
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
const insert: Compiled = {
  text: 'INSERT INTO things (id, parent) VALUES ($1::int4, $2::int4) RETURNING xmin::text AS v, id::text AS k',
  operation: 'insert',
  bind: (values) => values as readonly (string | null)[],
  columns: [
    { name: 'k', encoding: 'text', hidden: true },
    { name: 'id', encoding: 'text', hidden: false },
  ],
  prepare: true,
}
const limits = (ms = 5000, signal: AbortSignal = never) => ({
  deadline: clock.now() + ms,
  signal,
  format: 'object' as const,
})

/** `done`, with the transaction that did it, or the words of the error. */
const told = (work: ReturnType<Connection['run']>) =>
  work.then(
    ({ hidden, affected }) => ({ outcome: affected === 1 ? 'done' : `${affected} rows`, by: hidden?.[0] }),
    (error: { code?: string; name: string; why?: string; cancelled?: string }) => ({
      outcome: error.why ?? error.cancelled ?? error.code ?? error.name,
      by: undefined,
    }),
  )

for (const version of postgresVersions) {
  const missing = postgresMissing(version)

  describeUnless(missing)(`inserts that share a session of PostgreSQL ${version}`, () => {
    let server: TestPostgres
    let c: PostgresConnection
    const sql = (text: string) => server.sql(server.url(), text)
    const open = () => openSession(server.url())
    const ids = async () => (await sql('SELECT id FROM things ORDER BY 1')).map(({ id }) => Number(id))
    const send = (rows: readonly (readonly [id: number, parent?: number])[], ms?: number) => {
      const { seats, over } = c.share(rows.length, 'inserts')
      const answers = rows.map(([id, parent], i) =>
        told(
          (seats[i] as Connection).run(
            insert,
            [String(id), parent === undefined ? null : String(parent)],
            limits(ms),
          ),
        ),
      )
      const disturbed = () => seats.map((seat) => seat.disturbed?.())
      return { answers: Promise.all(answers), over, disturbed }
    }
    const outcomes = (answers: Awaited<ReturnType<typeof send>['answers']>) =>
      answers.map(({ outcome }) => outcome)

    beforeAll(async () => {
      server = await startPostgres({ version })
      await sql(
        `CREATE TABLE parents (id int PRIMARY KEY);
         CREATE TABLE things (id int PRIMARY KEY,
           parent int REFERENCES parents DEFERRABLE INITIALLY DEFERRED)`,
      )
    })
    afterAll(() => server?.stop())
    beforeEach(async () => {
      await sql('TRUNCATE things')
      c = await open()
    })
    afterEach(() => c.close())

    it('are one transaction, and each is told of its own row', async () => {
      const { answers, over } = send([[1], [2], [3]])
      const all = await answers
      expect(outcomes(all)).toEqual(['done', 'done', 'done'])
      expect(new Set(all.map(({ by }) => by)).size).toBe(1)
      await over
      expect(await ids()).toEqual([1, 2, 3])
      expect(c.isUsable()).toBe(true)
    })

    it('are done each by itself when one fails, and it is known which', async () => {
      await sql('INSERT INTO things VALUES (2)')
      const { answers, over, disturbed } = send([[1], [2], [3]])
      const all = await answers
      expect(outcomes(all)).toEqual(['done', '23505', 'done'])
      expect(all[0]?.by).not.toBe(all[2]?.by)
      await over
      expect(disturbed()).toEqual([false, true, false])
      expect(await ids()).toEqual([1, 2, 3])
      expect(c.isUsable()).toBe(true)
    })

    it('are not said to be done before the commit, where a constraint may still be violated', async () => {
      const { answers, over, disturbed } = send([[1], [2, 404], [3]])
      expect(outcomes(await answers)).toEqual(['done', '23503', 'done'])
      await over
      expect(disturbed()).toEqual([false, false, false])
      expect(await ids()).toEqual([1, 3])
    })

    it('fail as they always did when there is nobody else', async () => {
      await sql('INSERT INTO things VALUES (2)')
      const { answers, over } = send([[2]])
      expect(outcomes(await answers)).toEqual(['23505'])
      await over
    })

    it('keep nobody waiting for a lock longer than a quarter of a second at a time', async () => {
      const other = await open()
      await other.transaction(limits(), async (t) => {
        await t.run(insert, ['2', null], { format: 'object' })
        await t.run(insert, ['4', null], { format: 'object' })
        const began = clock.now()
        const { answers, over, disturbed } = send([[1], [2], [3], [4], [5]], 2000)
        let open = 5
        void answers.then(() => (open = 0))
        await expect.poll(async () => (await sql('SELECT count(*)::int AS n FROM things'))[0]?.['n']).toBe(3)
        // Patience for the trip, and for the other one that waits; the first waits last.
        expect(clock.now() - began).toBeLessThan(1500)
        expect(open).toBe(5)
        const all = await answers
        expect(outcomes(all)).toEqual(['done', 'deadline', 'done', 'deadline', 'done'])
        expect(clock.now() - began).toBeGreaterThanOrEqual(1990)
        await over
        expect(disturbed()).toEqual([false, true, false, true, false])
      })
      await other.close()
      expect(await ids()).toEqual([1, 2, 3, 4, 5])
      expect(c.isUsable()).toBe(true)
    })

    it('wait on when they are the last', async () => {
      const other = await open()
      let sent: ReturnType<typeof send> | undefined
      await other.transaction(limits(), async (t) => {
        await t.run(insert, ['2', null], { format: 'object' })
        sent = send([[1], [2]])
        await new Promise((resolve) => setTimeout(resolve, 800))
      })
      await other.close()
      expect(outcomes((await sent?.answers) ?? [])).toEqual(['done', '23505'])
      await sent?.over
    })

    it('end at the deadline of each', async () => {
      const other = await open()
      await other.transaction(limits(), async (t) => {
        await t.run(insert, ['2', null], { format: 'object' })
        const { seats, over } = c.share(2, 'inserts')
        const began = clock.now()
        const answers = [2, 3].map((id, i) =>
          told((seats[i] as Connection).run(insert, [String(id), null], limits(i === 0 ? 100 : 5000))),
        )
        expect(outcomes(await Promise.all(answers))).toEqual(['deadline', 'done'])
        expect(clock.now() - began).toBeLessThan(240)
        await over
      })
      await other.close()
      expect(await ids()).toEqual([2, 3])
    })

    it('that are too late for one are not too late for the others', async () => {
      const { seats, over } = c.share(2, 'inserts')
      const answers = [1, 2].map((id, i) =>
        told((seats[i] as Connection).run(insert, [String(id), null], limits(i === 0 ? -1 : 5000))),
      )
      expect(outcomes(await Promise.all(answers))).toEqual(['deadline', 'done'])
      await over
      expect(c.isUsable()).toBe(true)
      expect(await ids()).toEqual([2])
    })

    /** Two who insert 1 and 2 at once; the callers named leave when that is on its way. */
    const leaving = async (who: readonly number[]) => {
      const { seats, over } = c.share(2, 'inserts')
      const callers = [new AbortController(), new AbortController()]
      const answers = callers.map(({ signal }, i) =>
        told((seats[i] as Connection).run(insert, [String(i + 1), null], limits(5000, signal))),
      )
      for (const i of who) callers[i]?.abort()
      const all = outcomes(await Promise.all(answers))
      await over
      return all
    }

    it('tell who hangs up what became of it, and not before that is known', async () => {
      expect(await leaving([0])).toEqual(['done', 'done'])
      expect(await ids()).toEqual([1, 2])
    })

    it('are done all the same when all hang up and it takes no time', async () => {
      expect(await leaving([0, 1])).toEqual(['done', 'done'])
      expect(await ids()).toEqual([1, 2])
    })

    it('are cancelled when all hang up and it takes long', async () => {
      const other = await open()
      await other.transaction(limits(), async (t) => {
        await t.run(insert, ['2', null], { format: 'object' })
        expect(await leaving([0, 1])).toEqual(['client', 'client'])
      })
      await other.close()
      expect(await ids()).toEqual([2])
      expect(c.isUsable()).toBe(true)
    })

    it('are not done for who has hung up when they must begin again', async () => {
      await sql('INSERT INTO things VALUES (2)')
      expect(await leaving([0])).toEqual(['client', '23505'])
      expect(await ids()).toEqual([2])
    })

    it('of one alone tell the truth as well', async () => {
      const caller = new AbortController()
      const { seats, over } = c.share(1, 'inserts')
      const answer = told((seats[0] as Connection).run(insert, ['1', null], limits(5000, caller.signal)))
      // It has been sent now, and cannot have been answered yet.
      for (let i = 0; i < 10; i++) await Promise.resolve()
      caller.abort()
      expect(await answer).toMatchObject({ outcome: 'done' })
      await over
      expect(await ids()).toEqual([1])
    })

    it('have an unknown outcome when the session is lost under them', async () => {
      const other = await open()
      await other.transaction(limits(), async (t) => {
        await t.run(insert, ['2', null], { format: 'object' })
        const { answers, over } = send([[1], [2]])
        await sql(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'postern/0a1b2c'",
        )
        expect(outcomes(await answers)).toEqual(['SessionLost', 'SessionLost'])
        await over
      })
      await other.close()
    })

    it('ask for the role of the server behind the statements of all, once', async () => {
      const { seats, over } = c.share(2, 'inserts')
      await expect(seats[0]?.role(limits())).rejects.toThrow('a shared session')
      const answers = [1, 2].map((id, i) =>
        told((seats[i] as Connection).run(insert, [String(id), null], limits())),
      )
      expect(await Promise.all(seats.map((seat) => seat.role(limits())))).toEqual(['primary', 'primary'])
      expect(outcomes(await Promise.all(answers))).toEqual(['done', 'done'])
      await over
    })
  })
}
