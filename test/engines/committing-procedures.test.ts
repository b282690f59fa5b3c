/** Procedures that commit by themselves: what they did stays, so a call of one is never run again. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { mariadbMissing, startMariadb } from '../support/mariadb.ts'
import { postgresMissing, postgresVersions, startPostgres } from '../support/postgres.ts'
import { describeUnless } from '../support/unless.ts'

interface Server {
  readonly url: string
  sql(text: string): Promise<readonly Record<string, unknown>[]>
  /** Ends the session that runs `slow`. */
  endSlow: string
  stop(): Promise<unknown>
}

/** `plain` counts its runs in what no rollback takes back. */
async function postgres(version: number): Promise<Server> {
  const server = await startPostgres({ version })
  const url = await server.createDatabase()
  const sql = (text: string) => server.sql(url, text)
  await sql(
    `CREATE TABLE done (what text);
     CREATE SEQUENCE runs;
     CREATE PROCEDURE committing(fails boolean) LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO done VALUES ('committing'); COMMIT;
       IF fails THEN RAISE SQLSTATE '40001'; END IF; END $$;
     CREATE PROCEDURE outer_() LANGUAGE plpgsql AS $$ BEGIN CALL committing(true); END $$;
     CREATE PROCEDURE plain() LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO done VALUES ('plain'); PERFORM nextval('runs'); RAISE SQLSTATE '40001'; END $$;
     CREATE PROCEDURE slow() LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO done VALUES ('slow'); COMMIT; PERFORM pg_sleep(5); END $$;
     CREATE FUNCTION nap(seconds float8) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT 1 FROM pg_sleep(seconds)'`,
  )
  const endSlow = `SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
    WHERE query LIKE 'CALL%slow%' AND state = 'active' AND wait_event = 'PgSleep'`
  return { url, sql, endSlow, stop: server.stop }
}

async function mariadb(): Promise<Server> {
  const server = await startMariadb()
  const url = await server.createDatabase('shop')
  const sql = (text: string) => server.sql(url, text)
  await sql(
    `CREATE TABLE done (what varchar(20));
     CREATE SEQUENCE runs;
     CREATE PROCEDURE committing(fails boolean) MODIFIES SQL DATA BEGIN
       INSERT INTO done VALUES ('committing'); COMMIT;
       IF fails THEN SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF; END;
     CREATE PROCEDURE outer_() MODIFIES SQL DATA BEGIN CALL committing(true); END;
     CREATE PROCEDURE plain() MODIFIES SQL DATA BEGIN
       INSERT INTO done VALUES ('plain'); DO NEXT VALUE FOR runs; SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END;
     CREATE PROCEDURE slow() MODIFIES SQL DATA BEGIN
       INSERT INTO done VALUES ('slow'); COMMIT; DO SLEEP(5); END;
     CREATE FUNCTION nap(seconds double) RETURNS int MODIFIES SQL DATA RETURN SLEEP(seconds)`,
  )
  const endSlow = `BEGIN NOT ATOMIC
    FOR one IN (SELECT id FROM information_schema.PROCESSLIST WHERE info LIKE 'DO SLEEP(5)%') DO KILL one.id; END FOR;
    END`
  return { url, sql, endSlow, stop: server.stop }
}

for (const { name, missing, start } of [
  ...postgresVersions.map((version) => ({
    name: `PostgreSQL ${version}`,
    missing: postgresMissing(version),
    start: () => postgres(version),
  })),
  { name: 'MariaDB', missing: mariadbMissing(), start: mariadb },
])
  describeUnless(missing)(`procedures on ${name}`, () => {
    let server: Server
    let gateway: TestGateway
    beforeAll(async () => {
      server = await start()
      gateway = await startGateway({
        url: server.url,
        config: { pools: { max: 1 }, deadlines: { default: '4s' } },
      })
    })
    afterAll(async () => {
      await gateway?.stop()
      await server?.stop()
    })
    beforeEach(() => server.sql('DELETE FROM done'))

    const call = (routine: string, body: unknown = {}, headers = {}) =>
      gateway.request('POST', `/api/v1/rpc/${routine}`, { body, headers })
    const done = async () => (await server.sql('SELECT what FROM done')).map(({ what }) => what)

    it('that commit and then meet a conflict are run once, and the outcome is unknown', async () => {
      const answer = await call('committing', { fails: true })
      expect([answer.status, answer.json.code]).toEqual([503, 'outcome_unknown'])
      expect(answer.json.detail).toContain('may have committed')
      expect(await done()).toEqual(['committing'])
    })

    it('that call such a one are no different', async () => {
      expect((await call('outer_')).json.code).toBe('outcome_unknown')
      expect(await done()).toEqual(['committing'])
    })

    it('that cannot commit are run again after a conflict, and have changed nothing in the end', async () => {
      const answer = await call('plain')
      expect([answer.status, answer.json.code]).toEqual([409, 'conflict'])
      const [runs] = await server.sql(
        'SELECT nextval(runs) AS n'.replace('runs', name === 'MariaDB' ? 'runs' : "'runs'"),
      )
      expect(Number(runs?.['n'])).toBeGreaterThanOrEqual(6)
      expect(await done()).toEqual([])
    })

    it('whose session is lost after their commit are not run again', async () => {
      const answer = call('slow')
      await expect.poll(done).toEqual(['slow'])
      await new Promise((resolve) => setTimeout(resolve, 200))
      await server.sql(server.endSlow)
      expect((await answer).json.code).toBe('outcome_unknown')
      expect(await done()).toEqual(['slow'])
    })

    it('may commit whatever their deadline is, and leave no other behind', async () => {
      expect((await call('committing', { fails: false }, { prefer: 'wait=0.5' })).status).toBe(204)
      expect((await call('committing', { fails: true }, { prefer: 'wait=0.5' })).status).toBe(503)
      expect((await call('nap', { seconds: 1.5 })).status).toBe(200)
    })
  })
