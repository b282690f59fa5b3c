/** Which procedures cannot end the transaction of their call, by their texts. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readCatalog } from '#engine/mysql/catalog.ts'
import type { TestMysql } from '../../support/mysql.ts'
import { describeUnless } from '../../support/unless.ts'
import { connect, request, type TestConnection } from './connection.ts'
import { flavours } from './servers.ts'

const raise = "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213;"
const atomic: readonly string[] = [
  'INSERT INTO t VALUES (1);',
  'INSERT INTO t (created) VALUES (1); UPDATE t SET created = 1;',
  'CREATE TEMPORARY TABLE own (x int); DROP  TEMPORARY\n TABLE IF EXISTS own;',
  raise,
  'DECLARE ended int; DECLARE CONTINUE HANDLER FOR NOT FOUND SET ended = 1; DO 1;',
  `DECLARE CONTINUE HANDLER FOR SQLSTATE '23000' DO 1; ${raise}`,
  'SAVEPOINT one; DO 1;',
]
const mayCommit: readonly string[] = [
  'COMMIT;',
  'IF 1 THEN\nROLLBACK; END IF;',
  'CREATE TABLE other (x int);',
  'CREATE/**/TABLE other (x int);',
  'CREATE\n\n TABLE temporary_one (x int);',
  'DROP TABLE IF EXISTS tempo;',
  'CREATE TEMPORARY TABLE own (x int); DROP TABLE own;',
  'TRUNCATE t;',
  'SET autocommit = 1;',
  "SET @s = 'DO 1'; PREPARE s FROM @s; EXECUTE s;",
  'DECLARE CONTINUE HANDLER FOR SQLEXCEPTION DO 1; DO 1;',
  'DECLARE EXIT HANDLER FOR NOT FOUND, SQLEXCEPTION DO 1; DO 1;',
  'DECLARE CONTINUE HANDLER FOR 1213 DO 1; DO 1;',
  "DECLARE CONTINUE HANDLER FOR SQLSTATE '40001' DO 1; DO 1;",
  'DECLARE dead CONDITION FOR 1213; DECLARE EXIT HANDLER FOR dead DO 1; DO 1;',
]

for (const { name: flavour, missing, start } of flavours)
  describeUnless(missing)(`a procedure on ${flavour}`, () => {
    let server: TestMysql
    let c: TestConnection
    /** By the name of the procedure. */
    let found: ReadonlyMap<string, boolean>
    const all = [...atomic, ...mayCommit]
    const nameOf = (body: string) => `p${all.indexOf(body)}`
    beforeAll(async () => {
      server = await start()
      const url = await server.createDatabase()
      const procedures = all.map(
        (body) => `CREATE PROCEDURE ${nameOf(body)}() MODIFIES SQL DATA BEGIN ${body} END;`,
      )
      await server.sql(url, `CREATE TABLE t (created int); ${procedures.join('\n')}`)
      c = await connect(url)
      const { routines } = await readCatalog(c, request())
      found = new Map(routines.map((routine) => [routine.name, routine.atomic === true]))
    })
    afterAll(async () => {
      await c?.close()
      await server?.stop()
    })

    it.each(atomic)('cannot end its transaction by %j', (body) => expect(found.get(nameOf(body))).toBe(true))
    it.each(mayCommit)('may end its transaction by %j', (body) => expect(found.get(nameOf(body))).toBe(false))
  })
