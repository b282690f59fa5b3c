/** The position of a write that comes along with its commit: in the same trip, never before the commit, never at its cost. */
import { connect as tcpConnect, createServer } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock as clock } from '#base/clock.ts'
import type { Compiled } from '#engine/engine.ts'
import type { PostgresConnection } from '#engine/postgres/driver.ts'
import { createReplication, readLsn } from '#engine/postgres/replication.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { describeUnless } from '../../support/unless.ts'
import { openSession } from './connection.ts'

const never = new AbortController().signal
const write = (sql: string): Compiled => ({
  text: sql,
  operation: 'insert',
  bind: (values) => values as readonly (string | null)[],
  columns: [],
  prepare: true,
})
const within = (ms: number) => ({ deadline: clock.now() + ms, signal: never, format: 'array' as const })
const replication = createReplication()
const lsn = (text: string | null | undefined) => readLsn(text ?? '') ?? -1n

for (const version of postgresVersions) {
  const missing = postgresMissing(version)

  describeUnless(missing)(`a position along with a commit on PostgreSQL ${version}`, () => {
    let server: TestPostgres
    const open = (url = server.url(), options: Record<string, unknown> = {}) =>
      openSession(url, { timeout: 20_000, options })
    const one = async (c: PostgresConnection, sql: string) => (await c.query(sql, [], within(20_000)))[0]?.[0]
    const insert = write('INSERT INTO orders (note) VALUES ($1)')

    beforeAll(async () => {
      server = await startPostgres({ version, settings: { max_prepared_transactions: 5 } })
      await server.sql(
        server.url(),
        `CREATE TABLE orders (id serial PRIMARY KEY, note text UNIQUE DEFERRABLE INITIALLY IMMEDIATE);
         CREATE TABLE late (id int UNIQUE DEFERRABLE INITIALLY DEFERRED);
         CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END';
         CREATE TABLE slow (id int);
         CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON slow DEFERRABLE INITIALLY DEFERRED
           FOR EACH ROW EXECUTE FUNCTION wait();`,
      )
    })
    afterAll(() => server?.stop())

    it('lies behind the commit, of a statement and of a transaction', async () => {
      const c = await open()
      // What is flushed when a commit has been answered holds its record; others may write meanwhile, but not before it.
      const commitsOf = async (body: () => Promise<unknown>) => {
        const before = lsn(await one(c, 'SELECT pg_current_wal_insert_lsn()::text'))
        const heard = replication.along?.(c)
        await body()
        const mark = heard?.()
        const [flushed, written] = (
          await c.query(
            `SELECT pg_current_wal_flush_lsn()::text, pg_current_wal_insert_lsn()::text`,
            [],
            within(20_000),
          )
        )[0] as [string, string]
        return { before, mark: lsn(mark?.position), flushed: lsn(flushed), written: lsn(written) }
      }
      let exact = 0
      for (let i = 0; i < 30; i++) {
        const { before, mark, flushed, written } = await commitsOf(() =>
          i % 2 === 0
            ? c.run(insert, [`a${i}`], within(20_000))
            : c.transaction(within(20_000), (t) => t.run(insert, [`b${i}`], { format: 'array' })),
        )
        expect(mark).toBeGreaterThan(before)
        expect(mark).toBeLessThanOrEqual(written)
        if (mark >= flushed) exact++
      }
      // The server's own housekeeping may come between the commit and the look, but hardly ever.
      expect(exact).toBeGreaterThanOrEqual(25)
      // A commit that takes its time: the position is that after it, not of the moment it was asked for.
      const slow = await commitsOf(() => c.run(write('INSERT INTO slow VALUES (1)'), [], within(20_000)))
      expect(slow.mark).toBeGreaterThan(slow.before)
      expect(slow.mark).toBeGreaterThanOrEqual(slow.flushed - 200n)
      await c.close()
    })

    it('costs no trip: the server is sent everything at once', async () => {
      let pieces = 0
      const counter = createServer((client) => {
        const upstream = tcpConnect(server.port, '127.0.0.1')
        client.on('data', (chunk: Buffer) => {
          pieces++
          upstream.write(chunk)
        })
        upstream.pipe(client)
        for (const socket of [client, upstream]) socket.on('error', () => {})
        client.on('close', () => upstream.destroy())
      })
      await new Promise<void>((resolve) => counter.listen(0, '127.0.0.1', resolve))
      const { port } = counter.address() as { port: number }
      const c = await open(`postgres://postgres@127.0.0.1:${port}/postgres`, { tls: { mode: 'disable' } })
      pieces = 0
      const heard = replication.along?.(c)
      await c.run(insert, ['once'], within(20_000))
      expect([pieces, heard?.()?.line]).toEqual([1, '1'])
      await c.close()
      counter.close()
    })

    it('does not come with a write that failed, and leaves its error and the session as they are', async () => {
      const c = await open()
      await c.run(insert, ['taken'], within(20_000))
      const heard = replication.along?.(c)
      await expect(c.run(insert, ['taken'], within(20_000))).rejects.toMatchObject({ code: '23505' })
      await expect(c.run(write('INSERT INTO nowhere VALUES (1)'), [], within(20_000))).rejects.toMatchObject({
        code: '42P01',
      })
      const both = c.transaction(within(20_000), async (t) => {
        await t.run(write('INSERT INTO late VALUES (1)'), [], { format: 'array' })
        return t.run(write('INSERT INTO late VALUES (1)'), [], { format: 'array' })
      })
      await expect(both).rejects.toMatchObject({ code: '23505' })
      expect(c.isUsable()).toBe(true)
      // Prepared statements are what the session believes them to be.
      for (let i = 0; i < 3; i++) expect((await c.run(insert, [`fine${i}`], within(20_000))).affected).toBe(1)
      expect(heard?.()?.line).toBe('1')
      await c.close()
    })

    it('counts for the last commit alone, and ends when it is taken', async () => {
      const c = await open()
      const heard = replication.along?.(c)
      await c.run(insert, ['x'], within(20_000))
      await c.run(insert, ['y'], within(20_000))
      const mark = heard?.()
      await c.run(insert, ['z'], within(20_000))
      const after = lsn(await one(c, 'SELECT pg_current_wal_insert_lsn()::text'))
      expect(lsn(mark?.position)).toBeLessThan(after)
      expect(heard?.()).toEqual(mark)
      await c.close()
    })

    it('is no reason to lose a write: a session that is killed in between answers it', async () => {
      const c = await open()
      const killer = await open()
      const pid = await one(c, 'SELECT pg_backend_pid()::text')
      const heard = c.follow('SELECT pg_sleep(9)')
      const running = c.run(insert, ['kept'], within(20_000))
      // Behind the commit the session sleeps; then it is gone.
      await expect.poll(() => one(killer, "SELECT count(*)::text FROM orders WHERE note = 'kept'")).toBe('1')
      await one(killer, `SELECT pg_terminate_backend(${pid})::text`)
      expect((await running).affected).toBe(1)
      expect([heard(), c.isUsable()]).toEqual([undefined, false])
      await Promise.all([c.close(), killer.close()])
    })

    it('is waited for no longer than 250 ms', async () => {
      const c = await open()
      const heard = c.follow('SELECT pg_sleep(9)')
      const began = clock.now()
      expect((await c.run(insert, ['late'], within(20_000))).affected).toBe(1)
      expect(clock.now() - began).toBeLessThan(5000)
      expect([heard(), c.isUsable()]).toEqual([undefined, false])
      await c.close()
    })

    it('is not what a cancel hits: a write that was cancelled says so, one that was done stays done', async () => {
      let done = 0
      let cancelled = 0
      let c = await open()
      for (let i = 0; i < 60; i++) {
        if (!c.isUsable()) {
          await c.close()
          c = await open()
        }
        const abort = new AbortController()
        const heard = replication.along?.(c)
        const q = write('INSERT INTO orders (note) SELECT $1 FROM pg_sleep(0.004)')
        const timer = setTimeout(() => abort.abort(), i / 8)
        const outcome = await c.run(q, [`race${i}`], { ...within(20_000), signal: abort.signal }).then(
          () => 'done',
          (error: { code?: string; name: string; sent?: boolean }) => error.code ?? error.name,
        )
        clearTimeout(timer)
        heard?.()
        const rows = await server.sql(server.url(), `SELECT 1 AS n FROM orders WHERE note = 'race${i}'`)
        if (outcome === 'done') done++
        else cancelled++
        expect([outcome, rows.length]).toEqual(outcome === 'done' ? ['done', 1] : [expect.anything(), 0])
      }
      expect(done + cancelled).toBe(60)
      await c.close()
    })
  })
}
