/** The gateway on MariaDB and MySQL, as a user without rights beyond its data, where time, sessions and the server itself come in: what runs ends, nothing is left behind, and changes are noticed. */
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { startMariadb, type TestMariadb } from '../../support/mariadb.ts'
import type { TestMysql } from '../../support/mysql.ts'
import { asUser, databaseOf, flavours } from './servers.ts'

const schema = `
CREATE TABLE items (id int PRIMARY KEY, name varchar(20));
INSERT INTO items VALUES (1, 'one'), (2, 'two');
-- While it runs it is its definer’s, whom only an administrator may kill: the server’s own limit ends it.
CREATE FUNCTION nap(seconds double) RETURNS int READS SQL DATA RETURN SLEEP(seconds);
CREATE PROCEDURE slow_rows(seconds double) READS SQL DATA SQL SECURITY INVOKER SELECT id, SLEEP(seconds) AS slept FROM items;
CREATE PROCEDURE write_slowly(seconds double) MODIFIES SQL DATA BEGIN
  INSERT INTO items VALUES (100, 'slow');
  DO SLEEP(seconds);
  INSERT INTO items VALUES (101, 'slower');
END;
-- What waits for a lock there is ended by the server.
CREATE PROCEDURE rename_one(new_name varchar(20)) MODIFIES SQL DATA UPDATE items SET name = new_name WHERE id = 1;
CREATE PROCEDURE write_as_caller(seconds double) MODIFIES SQL DATA SQL SECURITY INVOKER BEGIN
  INSERT INTO items VALUES (100, 'slow');
  DO SLEEP(seconds);
  INSERT INTO items VALUES (101, 'slower');
END;`

/** One user for each database: a server may serve several of these tests. */
const grants = (user: string, database: string) => `
CREATE USER ${user}@'%' IDENTIFIED BY 'x';
GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, SHOW VIEW ON ${database}.* TO ${user}@'%';`

for (const { name: flavour, missing, start } of flavours)
  describe(`the gateway on ${flavour}`, () => {
    if (missing !== undefined) {
      it('ends what runs', ({ skip }) => skip(missing))
      return
    }
    const isMariadb = flavour === 'MariaDB'
    const notOurs = `${flavour} is not the tests' own server, to be made read-only, killed or stopped`
    let server: TestMysql
    /** What only a server of our own can be made to go through. */
    let own: TestMariadb
    let url: string
    let user: string
    let gateway: TestGateway
    beforeAll(async () => {
      server = isMariadb ? (own = await startMariadb()) : await start()
      url = await server.createDatabase()
      user = `u${databaseOf(url).slice(-20)}`
      await server.sql(url, schema)
      await server.sql(url, grants(user, databaseOf(url)))
      gateway = await startGateway({
        url: asUser(url, user, 'x'),
        config: { schema: { poll: '1s' }, deadlines: { default: '5s' }, pools: { max: 3 } },
      })
    })
    afterAll(async () => {
      await gateway?.stop()
      await server?.sql(url, `DROP USER ${user}@'%'`)
      await server?.stop()
    })

    const get = (path: string, headers: Record<string, string> = {}) =>
      gateway.request('GET', `/api/v1${path}`, { headers })
    const call = (name: string, body: unknown, headers: Record<string, string> = {}) =>
      gateway.request('POST', `/api/v1/rpc/${name}`, { body, headers })
    /** Statements of the gateway that run now. */
    const running = async () =>
      Number(
        (
          await server.sql(
            url,
            // By database: within a routine the list shows its definer as the user.
            `SELECT count(*) AS n FROM information_schema.PROCESSLIST WHERE DB = '${databaseOf(url)}' AND ID <> CONNECTION_ID() AND COMMAND IN ('Execute', 'Query')`,
          )
        )[0]?.['n'],
      )
    const sessions = async () =>
      (
        await server.sql(
          url,
          `SELECT ID FROM information_schema.PROCESSLIST WHERE USER = '${user}' ORDER BY ID`,
        )
      ).map((row) => row['ID'])

    /** A call that only an administrator may kill ends on MySQL when it looks for its client, as SLEEP does every 5 s. */
    /** What a procedure whose text this user may not see came to is not known: it may commit by itself. */
    const unseen = '503 outcome_unknown'
    const endsIn = (name: string) => (!isMariadb && name === 'write_slowly' ? 12_000 : 2000)
    it.each([
      ['nap', '504 statement_timeout'],
      ['slow_rows', '504 statement_timeout'],
      ['write_slowly', unseen],
    ])(
      'a call of %s that outlasts its deadline is told so in time, and ends in the database',
      async (name, told) => {
        const began = performance.now()
        const answer = await call(name, { seconds: 20 }, { prefer: 'wait=0.5' })
        expect(`${answer.status} ${answer.json.code}`).toBe(told)
        expect(performance.now() - began).toBeLessThan(2000)
        await expect.poll(running, { timeout: endsIn(name) }).toBe(0)
        // What it had written is taken back.
        expect((await get('/items?select=id')).text).toBe('[{"id":1},{"id":2}]')
      },
    )

    it('the session of a cancelled statement serves the next one', async () => {
      await get('/items')
      const before = await sessions()
      for (let i = 0; i < 5; i++) {
        await call('slow_rows', { seconds: 20 }, { prefer: 'wait=0.1' })
        expect((await get('/items/1?select=name')).text).toBe('{"name":"one"}')
      }
      // Those that cancelled are on their way out; the pool may have opened one more for a request that came meanwhile.
      await expect
        .poll(async () => {
          const now = await sessions()
          return now.length <= 3 && before.every((id) => now.includes(id))
        })
        .toBe(true)
    })

    it('a client that hangs up ends its statement', async () => {
      const { hostname, port } = new URL(gateway.url)
      const outgoing = httpRequest({ hostname, port, path: '/api/v1/rpc/slow_rows?seconds=4' })
      outgoing.on('error', () => {})
      outgoing.end()
      await expect.poll(running, { timeout: 3000 }).toBe(1)
      outgoing.destroy()
      await expect.poll(running, { timeout: 1500 }).toBe(0)
      expect((await get('/items/2?select=name')).text).toBe('{"name":"two"}')
    })

    it('a client that hangs up takes its write back', async () => {
      const { hostname, port } = new URL(gateway.url)
      const outgoing = httpRequest({
        hostname,
        port,
        method: 'POST',
        path: '/api/v1/rpc/write_as_caller',
        headers: { 'content-type': 'application/json' },
      })
      outgoing.on('error', () => {})
      outgoing.end('{"seconds":4}')
      await expect.poll(running, { timeout: 3000 }).toBe(1)
      outgoing.destroy()
      await expect.poll(running, { timeout: 1500 }).toBe(0)
      expect((await get('/items?select=id')).text).toBe('[{"id":1},{"id":2}]')
    })

    /** Holds a lock on a row for so many seconds; returns when it is held, with what ends then. */
    const lockedFor = async (seconds: number) => {
      const holding = server.sql(
        url,
        `START TRANSACTION; SELECT * FROM items WHERE id = 1 FOR UPDATE; DO SLEEP(${seconds}); ROLLBACK`,
      )
      const locked = 'SELECT count(*) AS n FROM information_schema.INNODB_TRX WHERE trx_rows_locked > 0'
      // The server makes this list anew when nobody has read it for a tenth of a second.
      await expect
        .poll(async () => Number((await server.sql(url, locked))[0]?.['n']), { timeout: 5000, interval: 250 })
        .toBeGreaterThan(0)
      return { holding }
    }

    it.each([
      ['a statement', '504 statement_timeout', () => gateway.request('PATCH', '/api/v1/items/1', renamed)],
      // The kill is refused, and its session closed; it is the server's limit that ends it.
      [
        'a routine of another definer',
        unseen,
        () => gateway.request('POST', '/api/v1/rpc/rename_one', renaming),
      ],
    ])('a lock that is held is waited for no longer than the deadline by %s', async (_, told, ask) => {
      const { holding } = await lockedFor(8)
      const began = performance.now()
      const answer = await ask()
      expect(`${answer.status} ${answer.json.code}`).toBe(told)
      expect(performance.now() - began).toBeLessThan(2500)
      // Whoever holds the lock is left.
      await expect.poll(running, { timeout: 2500 }).toBe(1)
      await holding
      expect((await get('/items/1?select=name')).text).toBe('{"name":"one"}')
    })
    const headers = { prefer: 'wait=0.5' }
    const renamed = { body: { name: 'uno' }, headers }
    const renaming = { body: { new_name: 'uno' }, headers }

    it('reads that travel together behind a locked table are told at their deadline, and end in the server', async () => {
      const holding = server.sql(url, 'LOCK TABLES items WRITE; DO SLEEP(4); UNLOCK TABLES')
      const sleeps = "SELECT count(*) AS n FROM information_schema.PROCESSLIST WHERE INFO = 'DO SLEEP(4)'"
      await expect.poll(async () => Number((await server.sql(url, sleeps))[0]?.['n'])).toBe(1)
      const began = performance.now()
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => get('/items/1?select=name', { prefer: 'wait=0.5' })),
      )
      expect(performance.now() - began).toBeLessThan(2000)
      // Some came when all connections were waiting.
      for (const { status, json } of answers)
        expect(['504 statement_timeout', '503 pool_timeout']).toContain(`${status} ${json.code}`)
      expect(answers.some(({ status }) => status === 504)).toBe(true)
      // Whoever holds the lock is left.
      await expect.poll(running, { timeout: 1500 }).toBe(1)
      await holding
      for (let i = 0; i < 6; i++) expect((await get('/items/1?select=name')).text).toBe('{"name":"one"}')
    })

    it.each([true, false])(
      '200 reads at once each get their own row, with pipelining %s',
      async (pipelining) => {
        const { request, stop } = await startGateway({
          url: asUser(url, user, 'x'),
          config: {
            database: { pipelining },
            deadlines: { default: '20s' },
            pools: { max: 2, queuePerConnection: 100, acquireTimeout: '10s' },
          },
        })
        try {
          const answers = await Promise.all(
            Array.from({ length: 200 }, (_, i) => request('GET', `/api/v1/items/${1 + (i % 2)}?select=name`)),
          )
          const rows = ['{"name":"one"}', '{"name":"two"}']
          expect(answers.map(({ text }) => text)).toEqual(answers.map((_, i) => rows[i % 2]))
        } finally {
          await stop()
        }
      },
    )

    it('a late cancel hits nobody else’s statement', { timeout: 60_000 }, async () => {
      // Statements that end about when their deadline does, between others that must not be hit.
      for (let round = 0; round < 20; round++) {
        const answers = await Promise.all([
          call('nap', { seconds: 0.1 }, { prefer: 'wait=0.1' }),
          call('nap', { seconds: 0.1 }, { prefer: 'wait=0.1' }),
          call('nap', { seconds: 0.05 }),
          get('/items/1?select=id'),
        ])
        expect(['200', '504']).toContain(String(answers[0].status))
        expect(answers[2].text).toBe('0')
        expect(answers[3].text).toBe('{"id":1}')
        expect((await call('nap', { seconds: 0.02 })).text).toBe('0')
      }
    })

    it('changes of the schema are noticed by looking', async () => {
      await server.sql(url, "ALTER TABLE items ADD COLUMN colour varchar(10) NOT NULL DEFAULT 'red'")
      await expect
        .poll(async () => (await get('/items/1')).text, { timeout: 10_000, interval: 200 })
        .toBe('{"id":1,"name":"one","colour":"red"}')
      await server.sql(url, 'ALTER TABLE items DROP COLUMN colour; CREATE TABLE added (id int PRIMARY KEY)')
      await expect
        .poll(async () => `${(await get('/items/1')).text} ${(await get('/added')).status}`, {
          timeout: 10_000,
          interval: 200,
        })
        .toBe('{"id":1,"name":"one"} 200')
    })

    it('streams any number of rows, and one that is left ends in the database', async () => {
      await server.sql(
        url,
        `CREATE TABLE many (id int PRIMARY KEY, filler varchar(200));
       INSERT INTO many WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
         SELECT (a.i - 1) * 100 + b.i, REPEAT('x', 200) FROM n a, n b WHERE b.i <= 100`,
      )
      await expect.poll(async () => (await get('/many?limit=0')).status, { timeout: 10_000 }).toBe(200)
      const all = await get('/many', { accept: 'application/x-ndjson' })
      expect(all.text.trimEnd().split('\n')).toHaveLength(50_000)
      const { hostname, port } = new URL(gateway.url)
      const outgoing = httpRequest({
        hostname,
        port,
        path: '/api/v1/many',
        headers: { accept: 'application/x-ndjson' },
      })
      outgoing.on('error', () => {})
      await new Promise<void>((resolve) => {
        outgoing.on('response', (incoming) => incoming.once('data', () => resolve()))
        outgoing.end()
      })
      outgoing.destroy()
      await expect
        .poll(
          async () =>
            (
              await server.sql(
                url,
                `SELECT 1 FROM information_schema.PROCESSLIST WHERE USER = '${user}' AND INFO LIKE '%many%'`,
              )
            ).length,
          { timeout: 3000 },
        )
        .toBe(0)
      expect((await get('/items/1?select=id')).text).toBe('{"id":1}')
    })

    it('a server that is read-only takes reads and refuses writes, until it takes them again', async ({
      skip,
    }) => {
      if (!isMariadb) skip(notOurs)
      await server.sql(url, 'SET GLOBAL read_only = ON')
      try {
        expect((await get('/items/1?select=id')).status).toBe(200)
        const refused = await gateway.request('POST', '/api/v1/items', { body: { id: 9 } })
        expect(refused.status, refused.text).toBe(503)
      } finally {
        await server.sql(url, 'SET GLOBAL read_only = OFF')
      }
      await expect
        .poll(async () => (await gateway.request('PUT', '/api/v1/items/9', { body: {} })).status, {
          timeout: 15_000,
          interval: 200,
        })
        .toBeLessThan(300)
      expect((await gateway.request('DELETE', '/api/v1/items/9')).status).toBe(204)
    })

    it('a crash of the server is survived', { timeout: 60_000 }, async ({ skip }) => {
      if (!isMariadb) skip(notOurs)
      const under = call('nap', { seconds: 3 })
      await expect.poll(running, { timeout: 3000 }).toBe(1)
      await own.kill('SIGKILL')
      expect((await under).status).toBe(503)
      expect((await get('/items/1', { prefer: 'wait=1' })).status).toBe(503)
      await own.restart()
      await expect
        .poll(async () => (await get('/items/1?select=name', { prefer: 'wait=1' })).text, {
          timeout: 20_000,
          interval: 200,
        })
        .toBe('{"name":"one"}')
    })

    it('a server that stands still is not waited for beyond the deadline', { timeout: 60_000 }, async ({
      skip,
    }) => {
      if (!isMariadb) skip(notOurs)
      await own.pause()
      try {
        const began = performance.now()
        const answers = await Promise.all([1, 2, 3].map(() => get('/items/1', { prefer: 'wait=0.5' })))
        for (const answer of answers) expect([503, 504]).toContain(answer.status)
        expect(performance.now() - began).toBeLessThan(3000)
      } finally {
        own.resume()
      }
      await expect
        .poll(async () => (await get('/items/1?select=name', { prefer: 'wait=1' })).text, {
          timeout: 20_000,
          interval: 200,
        })
        .toBe('{"name":"one"}')
    })
  })
