/** Batches on MariaDB and MySQL that call what may commit by itself: all or nothing all the same, and nothing is left behind. */
import { existsSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startGateway, type TestGateway } from '../../support/gateway.ts'
import { mariadbMissing, startMariadb } from '../../support/mariadb.ts'
import type { TestMysql } from '../../support/mysql.ts'
import { type Served, serve } from '../../support/served.ts'
import { describeUnless } from '../../support/unless.ts'
import { asUser, databaseOf, flavours } from './servers.ts'

const procedure = (name: string, body: string, parameters = '') =>
  `CREATE PROCEDURE ${name}(${parameters}) MODIFIES SQL DATA BEGIN ${body} END;`
const note = (what: string) => `INSERT INTO done VALUES ('${what}');`

/** What ends a transaction, by the name of the procedure that does it. */
const endings = {
  says_commit: 'COMMIT;',
  chains: 'COMMIT AND CHAIN;',
  says_rollback: 'ROLLBACK;',
  starts: 'START TRANSACTION;',
  creates: 'CREATE TABLE made (x int);',
  truncates: 'TRUNCATE other;',
  analyzes: 'ANALYZE TABLE other;',
  commits_by_setting: 'SET autocommit = 0; SET autocommit = 1;',
  prepares: "SET @s = 'COMMIT'; PREPARE s FROM @s; EXECUTE s;",
  calls: 'CALL only_commits();',
}

const schema = `
CREATE TABLE done (what varchar(30) PRIMARY KEY);
CREATE TABLE other (x int);
CREATE TABLE hot (id int PRIMARY KEY, n int);
INSERT INTO hot VALUES (1, 0), (2, 0);
${procedure('only_commits', 'COMMIT;')}
${Object.entries(endings)
  .map(([name, ending]) => procedure(name, note('inside') + ending))
  .join('\n')}
${procedure('rolls_back_and_tells', `DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END; ${note('inside')} COMMIT;`)}
${procedure('rolls_back_silently', `DECLARE EXIT HANDLER FOR SQLEXCEPTION ROLLBACK; ${note('inside')} COMMIT;`)}
${procedure('goes_on', `DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END; ${note('inside')} COMMIT; ROLLBACK; ${note('on')}`)}
${procedure('gives_up', `DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN END; ${note('inside')} COMMIT; ${note('on')}`)}
${procedure('harmless', `${note('inside')} SELECT what FROM done ORDER BY what;`)}
${procedure('with_savepoint', `SAVEPOINT s; ${note('gone')} ROLLBACK TO SAVEPOINT s; ${note('inside')}`)}
${procedure('with_temporary', `CREATE TEMPORARY TABLE own (x int); INSERT INTO own VALUES (1); DROP TEMPORARY TABLE own; ${note('inside')}`)}
${procedure('slow', `${note('inside')} DO SLEEP(seconds);`, 'seconds double')}
${procedure('raises', `UPDATE hot SET n = n + 1 WHERE id = which; ${note('inside')}`, 'which int')}
${procedure('raises_and_goes_on', `DECLARE CONTINUE HANDLER FOR SQLEXCEPTION BEGIN END; UPDATE hot SET n = n + 1 WHERE id = which; ${note('inside')}`, 'which int')}
${procedure('leaves_autocommit_off', 'SET autocommit = 0;')}`

/** The list of transactions is made anew only when nobody has looked for 100 ms. */
const slowly = { interval: 250, timeout: 8000 }

const first = { method: 'POST', path: '/done', body: { what: 'before' } }
const last = { method: 'POST', path: '/done', body: { what: 'after' } }
const calling = (name: string, body: unknown = {}) => ({ method: 'POST', path: `/rpc/${name}`, body })

for (const { name: flavour, missing, start } of flavours)
  describeUnless(missing)(`a batch on ${flavour} with a procedure`, () => {
    let server: TestMysql
    let url: string
    let user: string
    /** Of a user who may not see the texts of procedures. */
    let blind: TestGateway
    /** Of their definer. */
    let seeing: TestGateway
    beforeAll(async () => {
      server = await start()
      url = await server.createDatabase()
      user = `u${databaseOf(url).slice(-20)}`
      await server.sql(url, schema)
      await server.sql(
        url,
        `CREATE USER ${user}@'%' IDENTIFIED BY 'x';
         GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, SHOW VIEW ON ${databaseOf(url)}.* TO ${user}@'%'`,
      )
      const config = { pools: { max: 1 }, deadlines: { default: '5s' } } as const
      blind = await startGateway({ url: asUser(url, user, 'x'), config })
      seeing = await startGateway({ url, config })
    })
    afterAll(async () => {
      await blind?.stop()
      await seeing?.stop()
      await server?.sql(url, `DROP USER ${user}@'%'`)
      await server?.stop()
    })
    beforeEach(() => server.sql(url, 'DELETE FROM done'))

    const batch = (items: unknown, headers = {}, gateway = blind) =>
      gateway.request('POST', '/api/v1/batch', { body: items, headers })
    const done = async () =>
      (await server.sql(url, 'SELECT what FROM done ORDER BY what')).map(({ what }) => what)
    /** Transactions that are open or prepared, whose they may be. */
    const open = async () => [
      ...(await server.sql(url, 'SELECT trx_id FROM information_schema.INNODB_TRX')),
      ...(await server.sql(url, 'XA RECOVER')),
    ]

    const nothingOpen = () => expect.poll(open, slowly).toEqual([])

    const ending = [...Object.keys(endings), 'rolls_back_and_tells', 'rolls_back_silently']
    it.each(ending)('that %s is refused and undone', async (name) => {
      for (const gateway of [blind, seeing]) {
        const answer = await batch([first, calling(name), last], {}, gateway)
        expect([answer.status, answer.json.code, answer.json.item], answer.text).toEqual([
          422,
          'routine_failed',
          1,
        ])
        expect(answer.json.detail).toContain('a batch is one transaction')
        expect(await done()).toEqual([])
        await nothingOpen()
      }
    })

    it('is known however its path is written', async () => {
      for (const path of ['/api/v1/rpc/says_commit', '/rpc/says%5Fcommit']) {
        const answer = await batch([first, { method: 'POST', path, body: {} }])
        expect([answer.status, await done()]).toEqual([422, []])
      }
    })

    it.each([
      ['goes_on', ['after', 'before', 'inside', 'on']],
      ['gives_up', ['after', 'before', 'inside']],
    ])('that would commit and %s when it may not is part of it, and undone with it', async (name, all) => {
      const failing = await batch([first, calling(name), last, first])
      expect([failing.status, failing.json.code, failing.json.item]).toEqual([409, 'constraint_unique', 3])
      expect(await done()).toEqual([])
      await nothingOpen()
      expect((await batch([first, calling(name), last])).status).toBe(200)
      expect(await done()).toEqual(all)
      await nothingOpen()
    })

    it.each(['harmless', 'with_savepoint'])(
      'that is %s is part of it, its text seen or not',
      async (name) => {
        for (const gateway of [blind, seeing]) {
          const answer = await batch([first, calling(name), last], {}, gateway)
          expect(answer.status, answer.text).toBe(200)
          if (name === 'harmless')
            expect(answer.json[1].body).toEqual([{ what: 'before' }, { what: 'inside' }])
          expect(await done()).toEqual(['after', 'before', 'inside'])
          await nothingOpen()
          await server.sql(url, 'DELETE FROM done')
        }
      },
    )

    it('that has temporary tables is part of it where its text is seen', async () => {
      expect((await batch([first, calling('with_temporary'), last], {}, seeing)).status).toBe(200)
      expect(await done()).toEqual(['after', 'before', 'inside'])
      await server.sql(url, 'DELETE FROM done')
      const answer = await batch([first, calling('with_temporary'), last])
      // MySQL has no temporary tables in XA transactions.
      if (flavour === 'MariaDB') expect(answer.status).toBe(200)
      else expect([answer.status, answer.json.code, await done()]).toEqual([501, 'not_supported', []])
    })

    it('that is late is undone, and the session is of use', async () => {
      const answer = await batch([first, calling('slow', { seconds: 4 })], { prefer: 'wait=0.3' })
      expect([answer.status, answer.json.code]).toEqual([504, 'statement_timeout'])
      await nothingOpen()
      expect(await done()).toEqual([])
      expect((await batch([first, calling('harmless')])).status).toBe(200)
      expect(await done()).toEqual(['before', 'inside'])
    })

    it('whose client hangs up is undone', async () => {
      const body = JSON.stringify([first, calling('slow', { seconds: 3 })])
      const request = httpRequest(`${blind.url}/api/v1/batch`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      })
      request.on('error', () => {})
      request.end(body)
      await expect.poll(open, slowly).toHaveLength(1)
      request.destroy()
      await nothingOpen()
      expect(await done()).toEqual([])
    })

    it('whose session is lost before the commit is run again, as nothing of it can be done', async () => {
      const answer = batch([first, calling('slow', { seconds: 1 }), last])
      const sleeper = `SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '${databaseOf(url)}' AND INFO LIKE '%SLEEP(%' AND ID <> CONNECTION_ID()`
      await expect.poll(() => server.sql(url, sleeper)).toHaveLength(1)
      const [found] = await server.sql(url, sleeper)
      await server.sql(url, `KILL ${Number(found?.['ID'])}`)
      expect((await answer).status).toBe(200)
      expect(await done()).toEqual(['after', 'before', 'inside'])
      await nothingOpen()
    })

    it.each([
      ['raises', () => blind],
      ['raises_and_goes_on', () => blind],
      ['raises_and_goes_on', () => seeing],
    ])('that %s meets a deadlock, and is done as a whole in the end', async (name, gateway) => {
      const other = await createConnection({ uri: url, multipleStatements: true })
      try {
        // The one that has written more is spared.
        await other.query(
          `START TRANSACTION; INSERT INTO other VALUES ${Array.from({ length: 50 }, () => '(1)').join()};
           UPDATE hot SET n = n + 1 WHERE id = 2`,
        )
        const lock = { method: 'PATCH', path: '/hot/1', body: { n: 5 } }
        const answer = batch([first, lock, calling(name, { which: 2 }), last], {}, gateway())
        const waiting = "SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT'"
        await expect.poll(() => server.sql(url, waiting), slowly).toHaveLength(1)
        await other.query('UPDATE hot SET n = n + 1 WHERE id = 1; ROLLBACK')
        expect((await answer).status, (await answer).text).toBe(200)
      } finally {
        other.destroy()
      }
      expect(await done()).toEqual(['after', 'before', 'inside'])
      await nothingOpen()
    })

    it('that leaves autocommit off takes no later write with it', async () => {
      for (const items of [[first, calling('leaves_autocommit_off')], undefined]) {
        const answer =
          items === undefined
            ? await blind.request('POST', '/api/v1/rpc/leaves_autocommit_off', { body: {} })
            : await batch(items)
        expect(answer.status, answer.text).toBeLessThan(300)
        const written = await blind.request('POST', '/api/v1/done', {
          body: { what: `later ${items?.length ?? 0}` },
          headers: { prefer: 'return=minimal' },
        })
        expect(written.status).toBe(201)
      }
      expect(await done()).toEqual(['before', 'later 0', 'later 2'])
      await nothingOpen()
    })
  })

const galera = '/usr/lib/galera/libgalera_smm.so'
const galeraMissing = (): string | undefined =>
  mariadbMissing() ??
  (existsSync(galera) ? undefined : `Galera is not installed (${galera} is missing; Debian package galera-4)`)

describeUnless(galeraMissing())('a batch on a Galera cluster, which has no XA transactions', () => {
  let gateway: Served
  beforeAll(async () => {
    const server = await startMariadb({
      settings: {
        'binlog-format': 'ROW',
        'innodb-autoinc-lock-mode': 2,
        'wsrep-on': 'ON',
        'wsrep-provider': galera,
        'wsrep-cluster-address': 'gcomm://',
        'wsrep-node-address': '127.0.0.1',
        'wsrep-sst-method': 'rsync',
        'wsrep-provider-options': 'gmcast.listen_addr=tcp://127.0.0.1:0',
      },
    })
    gateway = await serve(server, schema)
  })
  afterAll(() => gateway?.stop())

  it('is refused with what may commit, and run with what cannot', async () => {
    const refused = await gateway.request('POST', '/api/v1/batch', { body: [first, calling('says_commit')] })
    expect([refused.status, refused.json.code], refused.text).toEqual([501, 'not_supported'])
    expect(refused.json.detail).toContain('by a request of its own')
    expect(await gateway.sql('SELECT * FROM done')).toEqual([])
    const run = await gateway.request('POST', '/api/v1/batch', { body: [first, calling('harmless')] })
    expect(run.status, run.text).toBe(200)
    expect(await gateway.sql('SELECT * FROM done')).toHaveLength(2)
  })
})
