import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '#base/clock.ts'
import type { Fault } from '#engine/engine.ts'
import { classify } from '#engine/postgres/faults.ts'
import {
  postgresMissing,
  postgresVersions,
  startPostgres,
  type TestPostgres,
} from '../../support/postgres.ts'
import { connect, limits, type TestConnection } from './connection.ts'
import { describeUnless } from '../../support/unless.ts'

const schema = `
CREATE TABLE parents (id int PRIMARY KEY, name text NOT NULL, size int CONSTRAINT positive CHECK (size > 0));
CREATE TABLE children (id int PRIMARY KEY, parent int REFERENCES parents);
CREATE TABLE booked (at int4range, EXCLUDE USING gist (at WITH &&));
CREATE TABLE changing (a int);
CREATE VIEW small AS SELECT * FROM parents WHERE size < 10 WITH CHECK OPTION;
CREATE VIEW counted AS SELECT count(*) AS n FROM parents;
INSERT INTO parents VALUES (1, 'one', 1);
INSERT INTO children VALUES (1, 1);
INSERT INTO booked VALUES ('[1,5)');
CREATE FUNCTION raises(code text) RETURNS void LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''no, because %'', code USING ERRCODE = code; END';
CREATE ROLE outsider LOGIN;`

for (const version of postgresVersions) suite(version)

function suite(version: number) {
  const missing = postgresMissing(version)
  describeUnless(missing)(`PostgreSQL ${version} faults`, () => {
    let server: TestPostgres
    let url: string
    let c: TestConnection

    beforeAll(async () => {
      server = await startPostgres({ version })
      url = await server.createDatabase()
      await server.sql(url, schema)
      c = await connect(url)
    })
    afterAll(async () => {
      await c?.close()
      await server?.stop()
    })

    const faultOf = (attempt: Promise<unknown>): Promise<Fault> =>
      attempt.then(() => {
        throw new Error('the statement was expected to fail')
      }, classify)

    it.each<[string, string, Partial<Fault>]>([
      [
        'a key twice',
        `INSERT INTO parents VALUES (1, 'x')`,
        { kind: 'unique', constraint: 'parents_pkey', table: 'parents' },
      ],
      [
        'an exclusion',
        `INSERT INTO booked VALUES ('[2,3)')`,
        { kind: 'unique', constraint: 'booked_at_excl' },
      ],
      [
        'no parent',
        'INSERT INTO children VALUES (2, 7)',
        { kind: 'foreign_key', constraint: 'children_parent_fkey' },
      ],
      ['a child left', 'DELETE FROM parents', { kind: 'foreign_key', table: 'children' }],
      [
        'no value',
        'INSERT INTO parents VALUES (2, NULL)',
        { kind: 'not_null', table: 'parents', column: 'name' },
      ],
      ['a check', `INSERT INTO parents VALUES (2, 'x', 0)`, { kind: 'check', constraint: 'positive' }],
      ['a row outside its view', `INSERT INTO small VALUES (2, 'x', 99)`, { kind: 'check' }],
      ['no number', `SELECT 'x'::text::int`, { kind: 'bad_value' }],
      ['too large a number', 'SELECT 99999999999::int', { kind: 'bad_value' }],
      ['no table', 'SELECT * FROM nothing', { kind: 'missing_object' }],
      ['no column', 'SELECT nothing FROM parents', { kind: 'missing_object' }],
      ['no function', 'SELECT nothing()', { kind: 'missing_object' }],
      [
        'no unique key',
        `INSERT INTO parents VALUES (1, 'x') ON CONFLICT (name) DO NOTHING`,
        { kind: 'missing_object' },
      ],
      ['a view that cannot be written', 'INSERT INTO counted VALUES (1)', { kind: 'not_supported' }],
      [
        'one row twice in an upsert',
        `INSERT INTO parents VALUES (5, 'x'), (5, 'y') ON CONFLICT (id) DO UPDATE SET name = 'z'`,
        { kind: 'bad_value' },
      ],
      ['RAISE', `SELECT raises('P0001')`, { kind: 'raised', message: 'no, because P0001' }],
      ['a code of its own', `SELECT raises('PT404')`, { kind: 'raised', message: 'no, because PT404' }],
      ['the code of a check', `SELECT raises('23514')`, { kind: 'check' }],
      [
        'the code of a lost connection',
        `SELECT raises('08006')`,
        { kind: 'raised', message: 'no, because 08006' },
      ],
      ['the code of a shutdown', `SELECT raises('57P01')`, { kind: 'raised' }],
    ])('tells %s', async (_, statement, expected) => {
      expect(await faultOf(c.ask(statement))).toMatchObject({ applied: 'no', ...expected })
    })

    it('keeps values of rows out of what is logged', async () => {
      const fault = await faultOf(c.ask(`INSERT INTO parents VALUES (1, 'x')`))
      expect(fault.native).toMatch(/^23505: /)
      expect(fault.native).not.toContain('(id)=(1)')
    })

    it('tells what the user may not do', async () => {
      const outsider = await connect(url.replace('postgres@', 'outsider@'))
      expect((await faultOf(outsider.ask('SELECT * FROM parents'))).kind).toBe('denied')
      await outsider.close()
    })

    it('tells a write in a read-only session', async () => {
      const reader = await connect(url)
      await reader.ask('SET default_transaction_read_only = on')
      expect((await faultOf(reader.ask('DELETE FROM children'))).kind).toBe('read_only')
      await reader.close()
    })

    it('tells a plan that no longer fits its table', async () => {
      const session = await connect(url)
      await session.ask('PREPARE p AS SELECT * FROM changing')
      await session.ask('EXECUTE p')
      await c.ask('ALTER TABLE changing ALTER a TYPE text')
      expect((await faultOf(session.ask('EXECUTE p'))).kind).toBe('stale_plan')
      await session.ask('DEALLOCATE p')
      expect((await faultOf(session.ask('EXECUTE p'))).kind).toBe('stale_plan')
      await session.close()
    })

    it('tells a lock that is not to be had', async () => {
      const holder = await connect(url)
      await holder.ask('BEGIN')
      await holder.ask('SELECT * FROM parents FOR UPDATE')
      expect((await faultOf(c.ask('SELECT * FROM parents FOR UPDATE NOWAIT'))).kind).toBe('conflict')
      await holder.close()
    })

    it('tells our deadline from a cancel by somebody else', async () => {
      const short = { ...limits(), deadline: systemClock.now() + 100 }
      const late = await faultOf((await connect(url)).query('SELECT pg_sleep(10)', [], short))
      expect(late).toMatchObject({ kind: 'timeout', applied: 'no' })

      const victim = await connect(url)
      const [row] = await victim.ask('SELECT pg_backend_pid()')
      const sleeping = faultOf(victim.ask('SELECT pg_sleep(10)'))
      await until(() => asleep(row?.[0]))
      await c.ask(`SELECT pg_cancel_backend(${row?.[0]})`)
      expect(await sleeping).toMatchObject({ kind: 'cancelled', applied: 'no' })
      await victim.close()
    })

    it('does not know what became of a statement whose session was killed', async () => {
      const victim = await connect(url)
      const [row] = await victim.ask('SELECT pg_backend_pid()')
      const sleeping = faultOf(victim.ask('SELECT pg_sleep(10)'))
      await until(() => asleep(row?.[0]))
      await c.ask(`SELECT pg_terminate_backend(${row?.[0]})`)
      expect(await sleeping).toMatchObject({ kind: 'disconnected', applied: 'unknown' })
      expect(await faultOf(victim.ask('SELECT 1'))).toMatchObject({ kind: 'disconnected', applied: 'no' })
    })

    it('tells why there was no connection', async () => {
      const to = (address: string) => faultOf(connect(address))
      expect(await to(url.replace(/\/[^/]+$/, '/nowhere'))).toMatchObject({ kind: 'auth', applied: 'no' })
      expect(await to(url.replace('postgres@', 'nobody@'))).toMatchObject({ kind: 'auth', applied: 'no' })
      expect(await to('postgres://a@127.0.0.1:1/a')).toMatchObject({ kind: 'disconnected', applied: 'no' })
      expect(await to('postgres://a@nowhere.invalid/a')).toMatchObject({
        kind: 'disconnected',
        applied: 'no',
      })
    })

    const asleep = async (pid: string | null | undefined) =>
      (await c.ask(`SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = ${pid}`))[0]?.[0] === 't'
    const until = async (holds: () => Promise<unknown>) => {
      while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })
}
