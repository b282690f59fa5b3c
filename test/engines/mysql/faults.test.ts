import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '#base/clock.ts'
import type { Fault } from '#engine/engine.ts'
import { classify } from '#engine/mysql/faults.ts'
import type { TestMysql } from '../../support/mysql.ts'
import { connect, limits, type TestConnection } from './connection.ts'
import { asUser, flavours } from './servers.ts'

const schema = `
CREATE TABLE parents (
  id int PRIMARY KEY, name varchar(5) NOT NULL, size tinyint, kind enum('a','b'), at datetime, doc json,
  code char(2) UNIQUE, doubled int AS (size * 2) STORED, CONSTRAINT positive CHECK (size > 0)
);
CREATE TABLE children (
  id int PRIMARY KEY, parent int, CONSTRAINT child_parent FOREIGN KEY (parent) REFERENCES parents (id)
);
CREATE TABLE \`odd \`\`name\` (id int PRIMARY KEY, \`a'b\` tinyint, UNIQUE KEY \`for key 'x'\` (\`a'b\`));
CREATE VIEW small AS SELECT id, name, size FROM parents WHERE size < 10 WITH CHECK OPTION;
CREATE VIEW counted AS SELECT count(*) AS n FROM parents;
INSERT INTO parents (id, name, size, code) VALUES (1, 'one', 1, 'x');
INSERT INTO children VALUES (1, 1);
CREATE PROCEDURE signals(state char(5)) BEGIN
  CASE state
    WHEN '45000' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no, because';
    WHEN '23000' THEN SIGNAL SQLSTATE '23000' SET MESSAGE_TEXT = 'no, because';
    WHEN '08S01' THEN SIGNAL SQLSTATE '08S01' SET MESSAGE_TEXT = 'no, because';
    WHEN '99999' THEN SIGNAL SQLSTATE '99999' SET MESSAGE_TEXT = 'no, because';
    ELSE SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no, because', MYSQL_ERRNO = 1062;
  END CASE;
END;
DROP USER IF EXISTS outsider@'%', many@'%';
CREATE USER outsider@'%' IDENTIFIED BY 'x';
GRANT SELECT (id), UPDATE (id) ON parents TO outsider@'%';`

for (const { name, missing, start } of flavours)
  describe(`faults of ${name}`, () => {
    if (missing !== undefined) {
      it('are told', ({ skip }) => skip(missing))
      return
    }
    const isMariadb = name === 'MariaDB'
    let server: TestMysql
    let url: string
    let c: TestConnection

    beforeAll(async () => {
      server = await start()
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
        "INSERT INTO parents (id, name) VALUES (1, 'x')",
        { kind: 'unique', constraint: 'PRIMARY' },
      ],
      [
        'a unique value twice',
        "INSERT INTO parents (id, name, code) VALUES (2, 'x', 'x')",
        { kind: 'unique', constraint: 'code' },
      ],
      [
        'no parent',
        'INSERT INTO children VALUES (2, 7)',
        { kind: 'foreign_key', constraint: 'child_parent', table: 'children' },
      ],
      [
        'a child left',
        'DELETE FROM parents',
        { kind: 'foreign_key', constraint: 'child_parent', table: 'children' },
      ],
      ['NULL', 'INSERT INTO parents (id, name) VALUES (2, NULL)', { kind: 'not_null', column: 'name' }],
      ['a value left out', 'INSERT INTO parents (id) VALUES (2)', { kind: 'not_null', column: 'name' }],
      [
        'a check',
        "INSERT INTO parents (id, name, size) VALUES (2, 'x', 0)",
        { kind: 'check', constraint: 'positive', ...(isMariadb && { table: 'parents' }) },
      ],
      [
        'a document that is none',
        "INSERT INTO parents (id, name, doc) VALUES (2, 'x', '{')",
        // MariaDB's type is a text with a check.
        { kind: isMariadb ? 'check' : 'bad_value' },
      ],
      ['a row outside its view', "INSERT INTO small VALUES (2, 'x', 99)", { kind: 'check' }],
      [
        'too large a number',
        "INSERT INTO parents (id, name, size) VALUES (2, 'x', 128)",
        { kind: 'bad_value', column: 'size' },
      ],
      [
        'no number',
        "INSERT INTO parents (id, name, size) VALUES (2, 'x', 'y')",
        { kind: 'bad_value', column: 'size' },
      ],
      [
        'too long a text',
        "INSERT INTO parents (id, name) VALUES (2, 'longer')",
        { kind: 'bad_value', column: 'name' },
      ],
      [
        'no label',
        "INSERT INTO parents (id, name, kind) VALUES (2, 'x', 'c')",
        { kind: 'bad_value', column: 'kind' },
      ],
      [
        'no date',
        "INSERT INTO parents (id, name, at) VALUES (2, 'x', '2026-02-30')",
        { kind: 'bad_value', column: 'at' },
      ],
      [
        'a value for a generated column',
        "INSERT INTO parents (id, name, doubled) VALUES (2, 'x', 4)",
        { kind: 'bad_value' },
      ],
      ['a number beyond 64 bits', 'SELECT 9223372036854775807 + 1', { kind: 'bad_value' }],
      ['no table', 'SELECT * FROM nothing', { kind: 'missing_object' }],
      ['no column', 'SELECT nothing FROM parents', { kind: 'missing_object' }],
      ['no function', 'SELECT nothing(1)', { kind: 'missing_object' }],
      ['no procedure', 'CALL nothing()', { kind: 'missing_object' }],
      ['a view that cannot be written', 'INSERT INTO counted VALUES (1)', { kind: 'not_supported' }],
      [
        'no full text index',
        "SELECT * FROM parents WHERE MATCH(name) AGAINST ('x')",
        { kind: 'not_supported' },
      ],
      ['broken SQL', 'SELECT FROM WHERE', { kind: 'unknown' }],
      ['SIGNAL', "CALL signals('45000')", { kind: 'raised', message: 'no, because' }],
      ['the state of a constraint', "CALL signals('23000')", { kind: 'check' }],
      ['the state of a lost connection', "CALL signals('08S01')", { kind: 'raised', message: 'no, because' }],
      ['a state of its own', "CALL signals('99999')", { kind: 'raised', message: 'no, because' }],
      ['the number of a unique key', "CALL signals('1062')", { kind: 'unique' }],
    ])('tells %s', async (_, statement, expected) => {
      expect(await faultOf(c.ask(statement))).toMatchObject({ applied: 'no', ...expected })
    })

    it('reads odd names in messages', async () => {
      await c.ask('INSERT INTO `odd ``name` VALUES (1, 1)')
      expect(await faultOf(c.ask('INSERT INTO `odd ``name` VALUES (2, 1)'))).toMatchObject({
        kind: 'unique',
        // What stands behind the last "for key", as good as it gets.
        constraint: expect.stringContaining('x'),
      })
      expect(await faultOf(c.ask('INSERT INTO `odd ``name` VALUES (2, 500)'))).toMatchObject({
        kind: 'bad_value',
        column: "a'b",
      })
    })

    it('tells what the user may not do', async () => {
      const outsider = await connect(asUser(url, 'outsider', 'x'))
      expect((await faultOf(outsider.ask('SELECT * FROM children'))).kind).toBe('denied')
      expect((await faultOf(outsider.ask('SELECT name FROM parents'))).kind).toBe('denied')
      expect((await faultOf(outsider.ask('DELETE FROM parents'))).kind).toBe('denied')
      expect((await faultOf(outsider.ask("CALL signals('x')"))).kind).toBe('denied')
      await outsider.close()
    })

    it('tells a write where only reads are allowed', async () => {
      const reader = await connect(url)
      await reader.ask('START TRANSACTION READ ONLY')
      expect((await faultOf(reader.ask('DELETE FROM children'))).kind).toBe('read_only')
      await reader.close()
      // A MySQL that others run tests on must not change for them.
      if (!isMariadb) return
      await server.sql(url, 'SET GLOBAL read_only = ON')
      const outsider = await connect(asUser(url, 'outsider', 'x'))
      expect((await faultOf(outsider.ask('UPDATE parents SET id = 1 WHERE id = 1'))).kind).toBe('read_only')
      await outsider.close()
      await server.sql(url, 'SET GLOBAL read_only = OFF')
    })

    it('tells a lock that is not to be had, and a deadlock', async () => {
      const holder = await connect(url)
      await holder.ask('START TRANSACTION')
      await holder.ask('SELECT * FROM parents FOR UPDATE')
      expect((await faultOf(c.ask('SELECT * FROM parents FOR UPDATE NOWAIT'))).kind).toBe('conflict')
      const other = await connect(url)
      await other.ask('START TRANSACTION')
      await other.ask('SELECT * FROM children FOR UPDATE')
      const waiting = holder.ask('SELECT * FROM children FOR UPDATE').then(
        () => undefined,
        (e: unknown) => classify(e),
      )
      const closing = other.ask('SELECT * FROM parents FOR UPDATE').then(
        () => undefined,
        (e: unknown) => classify(e),
      )
      const lost = [await waiting, await closing].filter((fault) => fault !== undefined)
      expect(lost).toMatchObject([{ kind: 'conflict', applied: 'no' }])
      await holder.close()
      await other.close()
    })

    it('tells the server’s own limits', async () => {
      const slow = await connect(url)
      await slow.ask(isMariadb ? 'SET max_statement_time = 0.1' : 'SET max_execution_time = 100')
      expect(await faultOf(slow.ask('SELECT SLEEP(5) FROM parents'))).toMatchObject({
        kind: 'timeout',
        applied: 'no',
      })
      await slow.close()
    })

    it('tells our deadline from a cancel by somebody else', async () => {
      const short = { ...limits(), deadline: systemClock.now() + 150 }
      const late = await faultOf((await connect(url)).query('SELECT SLEEP(10) FROM parents', [], short))
      expect(late).toMatchObject({ kind: 'timeout', applied: 'no' })

      const victim = await connect(url)
      const [row] = await victim.ask('SELECT CONNECTION_ID()')
      const sleeping = faultOf(victim.ask('SELECT SLEEP(10) FROM parents'))
      await until(() => asleep(row?.[0]))
      await c.ask(`KILL QUERY ${row?.[0]}`)
      expect(await sleeping).toMatchObject({ kind: 'cancelled', applied: 'no' })
      await victim.close()
    })

    it('does not know what became of a statement whose session was killed', async () => {
      const victim = await connect(url)
      const [row] = await victim.ask('SELECT CONNECTION_ID()')
      const sleeping = faultOf(victim.ask('SELECT SLEEP(10) FROM parents'))
      await until(() => asleep(row?.[0]))
      await c.ask(`KILL CONNECTION ${row?.[0]}`)
      expect(await sleeping).toMatchObject({ kind: 'disconnected', applied: 'unknown' })
      expect(await faultOf(victim.ask('SELECT 1'))).toMatchObject({ kind: 'disconnected', applied: 'no' })
    })

    it('tells why there was no connection', async () => {
      const to = (address: string) => faultOf(connect(address))
      expect(await to(url.replace(/\/[^/]+$/, '/nowhere'))).toMatchObject({ kind: 'auth', applied: 'no' })
      expect(await to(asUser(url, 'nobody', 'x'))).toMatchObject({ kind: 'auth', applied: 'no' })
      expect(await to('mysql://a@127.0.0.1:1/a')).toMatchObject({ kind: 'disconnected', applied: 'no' })
      expect(await to('mysql://a@nowhere.invalid/a')).toMatchObject({ kind: 'disconnected', applied: 'no' })
      await server.sql(url, "CREATE USER many@'%' IDENTIFIED BY 'x' WITH MAX_USER_CONNECTIONS 1")
      const first = await connect(asUser(url, 'many', 'x', ''))
      expect(await to(asUser(url, 'many', 'x', ''))).toMatchObject({
        kind: 'busy',
        applied: 'no',
      })
      await first.close()
    })

    const asleep = async (id: string | null | undefined) =>
      (await c.ask(`SELECT STATE FROM information_schema.PROCESSLIST WHERE ID = ${id}`))[0]?.[0] ===
      'User sleep'
    const until = async (holds: () => Promise<unknown>) => {
      while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })
