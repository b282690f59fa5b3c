/** What the catalogue of MySQL holds beyond that of MariaDB: keys nobody declared, indexes over expressions, defaults, roles. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Catalog, Column, Table } from '#catalog/model.ts'
import { fingerprint, readCatalog } from '#engine/mysql/catalog.ts'
import { mysqlMissing, startMysql, type TestMysql } from '../../support/mysql.ts'
import { connect, request, type TestConnection } from './connection.ts'
import { asUser, databaseOf } from './servers.ts'
import { describeUnless } from '../../support/unless.ts'

const schema = `
CREATE TABLE facts (
  id bigint unsigned AUTO_INCREMENT PRIMARY KEY, filled int(5) zerofill, truth boolean NOT NULL DEFAULT true, flags bit(12),
  born year, doc json, spot point, /*!90000 embedding vector(3), */ said varchar(40) DEFAULT (concat('a', 'b')), code char(36) DEFAULT (uuid()),
  seven int DEFAULT 7, doubled int GENERATED ALWAYS AS (seven * 2) VIRTUAL, hidden int INVISIBLE,
  latin varchar(10) CHARACTER SET latin1, name varchar(40) COMMENT 'Who?', CHECK (seven > 0),
  UNIQUE KEY lower_name ((lower(name))), UNIQUE KEY by_code (code), UNIQUE KEY part (name(3)), FULLTEXT KEY words (name)
) COMMENT = 'All of them';
SET SESSION sql_generate_invisible_primary_key = ON;
CREATE TABLE keyless (n int);
SET SESSION sql_generate_invisible_primary_key = OFF;
CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
CREATE TABLE children (id int PRIMARY KEY, fact_id bigint unsigned, FOREIGN KEY by_fact (fact_id) REFERENCES facts (id));
CREATE VIEW plain AS SELECT id AS number, name AS called, code FROM facts;
CREATE VIEW through AS SELECT called, number AS n FROM plain;
CREATE VIEW without_key AS SELECT name FROM facts;
CREATE VIEW computed AS SELECT id, seven + 1 AS eight FROM facts;
CREATE FUNCTION adds(a int, b decimal(10,2) unsigned) RETURNS bigint DETERMINISTIC NO SQL RETURN a + b;
CREATE PROCEDURE rows_of(n int) READS SQL DATA SELECT * FROM facts LIMIT n;
CREATE PROCEDURE outs(IN a int, OUT b varchar(20), INOUT c json) NO SQL SET b = a;`

const missing = mysqlMissing()
describeUnless(missing)('the catalogue of MySQL', () => {
  let server: TestMysql
  let url: string
  let c: TestConnection
  let catalog: Catalog
  let database: string
  /** Users and roles are the server's; the names of these are this test's own. */
  let reader: string
  let helper: string

  beforeAll(async () => {
    server = startMysql()
    url = await server.createDatabase()
    database = databaseOf(url)
    reader = `r${database.slice(-20)}`
    helper = `h${database.slice(-20)}`
    await server.sql(url, schema)
    await server.sql(
      url,
      `CREATE USER ${reader}@'%' IDENTIFIED BY 'x'; CREATE ROLE ${helper};
       GRANT SELECT (id, name), UPDATE (name) ON facts TO ${reader}@'%'; GRANT DELETE ON children TO ${reader}@'%';
       GRANT EXECUTE ON FUNCTION adds TO ${reader}@'%'; GRANT SELECT, DELETE, SHOW VIEW ON plain TO ${helper};
       GRANT SELECT, INSERT ON parted TO ${helper}; GRANT EXECUTE ON PROCEDURE rows_of TO ${helper};
       GRANT ${helper} TO ${reader}@'%'; SET DEFAULT ROLE ${helper} TO ${reader}@'%'`,
    )
    c = await connect(url)
    catalog = await readCatalog(c, request())
  })
  afterAll(async () => {
    await c?.close()
    await server?.sql(url, `DROP USER ${reader}@'%'; DROP ROLE ${helper}`)
    await server?.stop()
  })

  const table = (name: string, from = catalog): Table => {
    const found = from.tables.find((t) => t.name === name)
    if (found === undefined) throw new Error(`no table ${name}`)
    return found
  }
  const column = (name: string, of = 'facts'): Column => {
    const found = table(of).columns.find((one) => one.name === name)
    if (found === undefined) throw new Error(`no column ${of}.${name}`)
    return found
  }

  /** Since MySQL 9. */
  const hasVectors = () => Number(/^MySQL (\d+)/.exec(catalog.server)?.[1]) >= 9

  it('says which server it is of', () => expect(catalog.server).toMatch(/^MySQL \d+\.\d+\.\d+$/))

  it('knows types as MySQL spells them', () => {
    const types = table('facts').columns.map((one) => `${one.name} ${one.type.family} ${one.type.canonical}`)
    expect(types).toEqual([
      'id bigint unsigned integer',
      'filled int unsigned integer',
      'truth boolean boolean',
      'flags bit integer',
      'born year integer',
      'doc json json',
      'spot geometry string',
      ...(hasVectors() ? ['embedding vector string'] : []),
      'said varchar string',
      'code char string',
      'seven int integer',
      'doubled int integer',
      'latin varchar string',
      'name varchar string',
    ])
    expect(column('latin').type.collation).toBe('latin1_swedish_ci')
    expect(column('code').type.collation).toBe('utf8mb4_0900_bin')
    expect(catalog.unmappable.map((one) => one.column).toSorted()).toEqual(
      hasVectors() ? ['embedding', 'spot'] : ['spot'],
    )
  })

  it('knows defaults, and how to evaluate those that make keys', () => {
    expect(column('id')).toMatchObject({ hasDefault: true, generated: 'identity' })
    expect(column('seven')).toMatchObject({ hasDefault: true, generated: 'no', newValue: '' })
    expect(column('code')).toMatchObject({ hasDefault: true, newValue: 'UUID()' })
    expect(column('said')).toMatchObject({ hasDefault: true, newValue: "CONCAT('a', 'b')" })
    expect(column('doubled')).toMatchObject({ hasDefault: true, generated: 'always' })
    expect(column('born')).toMatchObject({ hasDefault: false })
    expect(column('born').newValue).toBeUndefined()
    expect(column('name').comment).toBe('Who?')
    expect(table('facts').comment).toBe('All of them')
  })

  it('knows keys over whole columns only, and the one that MySQL adds', () => {
    expect(table('facts').primaryKey?.columns).toEqual(['id'])
    expect(table('facts').uniqueKeys).toEqual([{ name: 'by_code', columns: ['code'] }])
    expect(table('keyless').primaryKey?.columns).toEqual(['my_row_id'])
    expect(column('my_row_id', 'keyless').generated).toBe('identity')
    expect(table('parted').primaryKey?.columns).toEqual(['id'])
    expect(column('name').searchConfig).toBe('words')
    expect(table('children').foreignKeys).toMatchObject([{ columns: ['fact_id'], target: { name: 'facts' } }])
  })

  it('knows what tells rows of a view apart', () => {
    expect(table('plain').rowKey).toEqual(['number'])
    expect(table('through').rowKey).toEqual(['n'])
    expect(table('without_key').rowKey).toBeUndefined()
    expect(table('computed').can).toMatchObject({ insert: false, update: true })
    expect(column('eight', 'computed').generated).toBe('always')
    expect(table('plain').primaryKey).toBeUndefined()
  })

  it('knows routines', () => {
    expect(catalog.routines.map(({ name, readOnly, kind }) => `${kind} ${name} ${readOnly}`)).toEqual([
      'function adds true',
      'procedure outs true',
      'procedure rows_of true',
    ])
    expect(catalog.routines[1]?.returns).toMatchObject({
      columns: [{ type: { canonical: 'string' } }, { type: { canonical: 'json' } }],
    })
  })

  it('shows a user no more than it may use, roles included', async () => {
    const other = await connect(asUser(url, reader, 'x'))
    const own = await readCatalog(other, request())
    await other.close()
    expect(own.tables.map((t) => t.name)).toEqual(['facts', 'parted', 'plain'])
    expect(table('facts', own).columns.map((one) => one.name)).toEqual(['id', 'name'])
    expect(table('facts', own).can).toEqual({ select: true, insert: false, update: true, delete: false })
    expect(table('parted', own).can).toEqual({ select: true, insert: true, update: false, delete: false })
    expect(table('plain', own).can).toEqual({ select: true, insert: false, update: false, delete: true })
    const executable = own.routines.filter((r) => r.executable).map((r) => r.name)
    // What a role may execute by the name of the routine, information_schema does not show.
    expect(executable).toEqual(['adds'])
  })

  it('has a fingerprint that changes with the schema and with rights, and not with rows', async () => {
    const other = await connect(asUser(url, reader, 'x'))
    const look = async () => `${await fingerprint(c, request())} ${await fingerprint(other, request())}`
    expect(await fingerprint(c, request())).toBe(catalog.fingerprint)
    let last = await look()
    await server.sql(url, 'INSERT INTO parted VALUES (1); ANALYZE TABLE parted')
    expect(await look()).toBe(last)
    for (const change of [
      'ALTER TABLE parted ADD COLUMN extra int',
      'ALTER TABLE parted MODIFY extra bigint',
      'ALTER TABLE parted ALTER extra SET DEFAULT 5',
      'ALTER TABLE parted ADD UNIQUE KEY extra_key (extra, id)',
      "ALTER TABLE parted COMMENT = 'Parts'",
      'CREATE OR REPLACE VIEW without_key AS SELECT name, id FROM facts',
      'DROP PROCEDURE outs',
      `GRANT UPDATE ON parted TO ${helper}`,
      `REVOKE EXECUTE ON FUNCTION ${database}.adds FROM ${reader}@'%'`,
    ]) {
      await server.sql(url, change)
      const now = await look()
      expect(now, change).not.toBe(last)
      last = now
    }
    await other.close()
  })
})
