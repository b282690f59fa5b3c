import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Catalog, Column, Routine, Table } from '#catalog/model.ts'
import { CatalogRefused } from '#catalog/refused.ts'
import { fingerprint, readCatalog } from '#engine/mysql/catalog.ts'
import { mariadbMissing, startMariadb, type TestMariadb } from '../../support/mariadb.ts'
import { connect, request, type TestConnection } from './connection.ts'
import { describeUnless } from '../../support/unless.ts'

const schema = `
CREATE TABLE every_type (
  id bigint unsigned AUTO_INCREMENT PRIMARY KEY,
  tiny tinyint, tiny_u tinyint unsigned, small smallint DEFAULT 7, medium mediumint unsigned, whole int NOT NULL,
  filled int(5) zerofill, big bigint, born year, flags bit(12), flag bit, truth boolean NOT NULL DEFAULT true,
  price decimal(10,2) NOT NULL COMMENT 'Net, in "EUR"', exact decimal(65,30) unsigned, single float, twofold double,
  code char(3), name varchar(40), note text, longer longtext, shape enum('round','it''s "odd"'), tags set('a','b'),
  uid uuid, ip4 inet4, ip6 inet6, doc json, text_doc longtext CHECK (json_valid(text_doc)), raw_text longtext,
  fixed binary(16), bytes varbinary(9), heap blob, day date, clock time(3), local_time datetime(6),
  at timestamp(6) NULL, touched timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp,
  spot point, doubled int GENERATED ALWAYS AS (whole * 2) STORED, halved int AS (whole div 2) VIRTUAL,
  said varchar(40) DEFAULT (concat('a', 'b')), nothing int DEFAULT NULL, hidden int INVISIBLE
) COMMENT = 'One of each';

CREATE TABLE customers (
  region int, number int, name varchar(40) UNIQUE, nick varchar(40), body text, title varchar(100),
  PRIMARY KEY (number, region), UNIQUE KEY part_of_nick (nick(3)), FULLTEXT KEY body_words (body),
  FULLTEXT KEY both_words (title, body)
);
CREATE TABLE orders (
  id int PRIMARY KEY, region int, customer int, parent int,
  FOREIGN KEY order_parent (parent) REFERENCES orders (id),
  CONSTRAINT order_customer FOREIGN KEY (customer, region) REFERENCES customers (number, region)
);
CREATE TABLE far.elsewhere (id int PRIMARY KEY, order_id int, FOREIGN KEY (order_id) REFERENCES main.orders (id));
CREATE TABLE points_out (id int PRIMARY KEY, away int, FOREIGN KEY (away) REFERENCES far.elsewhere (id));
CREATE TABLE \`odd \`\`one\`\` "\\\` (\`Key\` int PRIMARY KEY, \`a.b\` int);
CREATE TABLE Upper (id int PRIMARY KEY);
CREATE TABLE upper (id int PRIMARY KEY);
CREATE TABLE hidden_key (id int INVISIBLE AUTO_INCREMENT PRIMARY KEY, name varchar(10));
CREATE TABLE versioned (id int PRIMARY KEY, name varchar(10)) WITH SYSTEM VERSIONING;
CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 3;
CREATE SEQUENCE numbers;

CREATE VIEW open_orders AS SELECT id, customer, id * 2 AS twice FROM orders;
CREATE VIEW plain_orders AS SELECT id AS number, customer FROM orders;
CREATE VIEW through AS SELECT number, customer FROM plain_orders;
CREATE VIEW generated AS SELECT id, whole, price, doubled FROM every_type;
CREATE VIEW joined AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.number = o.customer;
CREATE VIEW order_counts AS SELECT region, count(*) AS n FROM orders GROUP BY region;

CREATE FUNCTION adds(a int, b decimal(10,2) unsigned) RETURNS bigint DETERMINISTIC NO SQL COMMENT 'Adds.' RETURN a + b;
CREATE FUNCTION writes(a varchar(20)) RETURNS varchar(20) MODIFIES SQL DATA RETURN a;
CREATE FUNCTION silent(a int) RETURNS int RETURN a;
CREATE FUNCTION place() RETURNS point NO SQL RETURN point(1, 2);
CREATE PROCEDURE rows_of(n int) READS SQL DATA SELECT * FROM orders LIMIT n;
CREATE PROCEDURE outs(IN a int, OUT b varchar(20), INOUT c tinyint(1)) NO SQL SET b = a;
CREATE PROCEDURE near(spot point) READS SQL DATA SELECT 1;
CREATE PROCEDURE far.away() SELECT 1;

CREATE USER reader@'%' IDENTIFIED BY 'x';
GRANT SELECT (id, region), UPDATE (region) ON orders TO reader@'%';
GRANT DELETE ON customers TO reader@'%';
GRANT INSERT (id) ON points_out TO reader@'%';
GRANT EXECUTE ON FUNCTION adds TO reader@'%';
CREATE ROLE helper;
GRANT SELECT ON open_orders TO helper;
GRANT SELECT, DELETE ON plain_orders TO helper;
GRANT EXECUTE ON PROCEDURE rows_of TO helper;
GRANT helper TO reader@'%';
SET DEFAULT ROLE helper FOR reader@'%';`

const missing = mariadbMissing()
describeUnless(missing)('MariaDB catalogue', () => {
  let server: TestMariadb
  let url: string
  let c: TestConnection
  let catalog: Catalog

  beforeAll(async () => {
    server = await startMariadb()
    await server.createDatabase('far')
    url = await server.createDatabase('main')
    await server.sql(url, schema)
    c = await connect(url)
    catalog = await readCatalog(c, request())
  })
  afterAll(async () => {
    await c?.close()
    await server?.stop()
  })

  const table = (name: string, from = catalog): Table => {
    const found = from.tables.find((t) => t.name === name)
    if (found === undefined) throw new Error(`no table ${name}`)
    return found
  }
  const column = (name: string, of = 'every_type', from = catalog): Column => {
    const found = table(of, from).columns.find((c) => c.name === name)
    if (found === undefined) throw new Error(`no column ${of}.${name}`)
    return found
  }
  const routine = (name: string, from = catalog): Routine => {
    const found = from.routines.find((r) => r.name === name)
    if (found === undefined) throw new Error(`no routine ${name}`)
    return found
  }

  it('says which server it is of', () => expect(catalog.server).toMatch(/^MariaDB \d+\.\d+\.\d+$/))

  it('holds tables and views of the database, in order, and nothing else', () =>
    expect(catalog.tables.map((t) => `${t.schema} ${t.kind} ${t.name}`)).toEqual([
      'main table Upper',
      'main table customers',
      'main table every_type',
      'main view generated',
      'main table hidden_key',
      'main view joined',
      'main table odd `one` "\\',
      'main view open_orders',
      'main view order_counts',
      'main table orders',
      'main table parted',
      'main view plain_orders',
      'main table points_out',
      'main view through',
      'main table upper',
      'main table versioned',
    ]))

  it('knows every type', () => {
    const types = table('every_type').columns.map((c) => `${c.name} ${c.type.family} ${c.type.canonical}`)
    expect(types).toEqual([
      'id bigint unsigned integer',
      'tiny tinyint integer',
      'tiny_u tinyint unsigned integer',
      'small smallint integer',
      'medium mediumint unsigned integer',
      'whole int integer',
      'filled int unsigned integer',
      'big bigint integer',
      'born year integer',
      'flags bit integer',
      'flag bit1 boolean',
      'truth boolean boolean',
      'price decimal decimal',
      'exact decimal decimal',
      'single float float',
      'twofold double float',
      'code char string',
      'name varchar string',
      'note text string',
      'longer text string',
      'shape enum string',
      'tags set string',
      'uid uuid string',
      'ip4 inet4 string',
      'ip6 inet6 string',
      'doc json json',
      'text_doc json json',
      'raw_text text string',
      'fixed binary binary',
      'bytes varbinary binary',
      'heap blob binary',
      'day date date',
      'clock time time',
      'local_time datetime datetime',
      'at timestamp timestamp',
      'touched timestamp timestamp',
      'spot geometry string',
      'doubled int integer',
      'halved int integer',
      'said varchar string',
      'nothing int integer',
    ])
    expect(column('shape').type.labels).toEqual(['round', 'it\'s "odd"'])
  })

  it('knows defaults, identities, generated columns and comments', () => {
    const facts = (name: string) => {
      const { nullable, hasDefault, generated } = column(name)
      return `${nullable ? 'null' : 'not null'} ${hasDefault ? 'default' : 'none'} ${generated}`
    }
    expect(facts('id')).toBe('not null default identity')
    expect(facts('small')).toBe('null default no')
    expect(facts('whole')).toBe('not null none no')
    expect(facts('big')).toBe('null none no')
    expect(facts('nothing')).toBe('null none no')
    expect(facts('said')).toBe('null default no')
    expect(facts('truth')).toBe('not null default no')
    expect(facts('touched')).toBe('not null default no')
    expect(facts('doubled')).toBe('null default always')
    expect(facts('halved')).toBe('null default always')
    expect(column('price').comment).toBe('Net, in "EUR"')
    expect(column('whole').comment).toBeUndefined()
    expect(table('every_type').comment).toBe('One of each')
    expect(table('open_orders').comment).toBeUndefined()
  })

  it('knows keys over whole columns, and shows an invisible column only in one', () => {
    expect(table('customers').primaryKey?.columns).toEqual(['number', 'region'])
    expect(table('customers').uniqueKeys).toEqual([{ name: 'name', columns: ['name'] }])
    expect(table('odd `one` "\\').primaryKey?.columns).toEqual(['Key'])
    expect(table('hidden_key')).toMatchObject({
      primaryKey: { columns: ['id'] },
      columns: [{ name: 'id' }, { name: 'name' }],
    })
    expect(table('open_orders').primaryKey).toBeUndefined()
    expect(table('versioned').columns.map((c) => c.name)).toEqual(['id', 'name'])
  })

  it('knows foreign keys between served tables', () => {
    expect(table('orders').foreignKeys).toEqual([
      {
        name: 'order_customer',
        columns: ['customer', 'region'],
        target: { schema: 'main', name: 'customers' },
        targetColumns: ['number', 'region'],
      },
      expect.objectContaining({ columns: ['parent'], target: { schema: 'main', name: 'orders' } }),
    ])
    expect(table('points_out').foreignKeys).toEqual([])
  })

  it('knows the full text index over one column', () => {
    expect(column('body', 'customers').searchConfig).toBe('body_words')
    expect(column('title', 'customers').searchConfig).toBeUndefined()
  })

  it('knows which views can be written, and which of their columns', () => {
    const can = (name: string) => {
      const { select, insert, update, delete: remove } = table(name).can
      return [select && 'select', insert && 'insert', update && 'update', remove && 'delete']
        .filter(Boolean)
        .join(' ')
    }
    expect(can('orders')).toBe('select insert update delete')
    expect(can('plain_orders')).toBe('select insert update delete')
    expect(can('through')).toBe('select insert update delete')
    expect(can('open_orders')).toBe('select update delete')
    expect(can('joined')).toBe('select')
    expect(can('order_counts')).toBe('select')
    expect(column('twice', 'open_orders').generated).toBe('always')
    expect(column('id', 'generated')).toMatchObject({ generated: 'identity', hasDefault: true })
    expect(column('doubled', 'generated').generated).toBe('always')
    expect(table('orders').rowVersion).toBe('hash')
  })

  it('knows routines', () => {
    expect(catalog.routines.map((r) => r.name)).toEqual([
      'adds',
      'near',
      'outs',
      'place',
      'rows_of',
      'silent',
      'writes',
    ])
    expect(routine('adds')).toMatchObject({
      kind: 'function',
      readOnly: true,
      executable: true,
      comment: 'Adds.',
      parameters: [
        { name: 'a', mode: 'in', hasDefault: false, type: { family: 'int' } },
        { name: 'b', mode: 'in', hasDefault: false, type: { family: 'decimal', precision: 10, scale: 2 } },
      ],
      returns: { kind: 'scalar', set: false, type: { family: 'bigint' } },
    })
    expect(routine('writes').readOnly).toBe(false)
    // Nothing is promised by what is written by default.
    expect(routine('silent').readOnly).toBe(false)
    expect(routine('rows_of')).toMatchObject({
      kind: 'procedure',
      readOnly: true,
      returns: { kind: 'rows', columns: [], set: true },
    })
    expect(routine('outs')).toMatchObject({
      parameters: [{ mode: 'in' }, { mode: 'out' }, { mode: 'inout' }],
      returns: {
        kind: 'rows',
        set: false,
        columns: [
          { name: 'b', type: { family: 'varchar' } },
          { name: 'c', type: { family: 'boolean' } },
        ],
      },
    })
  })

  it('says which types have no canonical form', async () => {
    expect(
      catalog.unmappable.map((u) => `${u.table.name}.${u.column} ${u.native} ${u.action}`).sort(),
    ).toEqual(['every_type.spot point text', 'near.spot point text', 'place. point text'])
    const without = await readCatalog(c, request({ unmappable: 'omit' }))
    expect(table('every_type', without).columns.some((c) => c.name === 'spot')).toBe(false)
    expect(without.routines.map((r) => r.name)).not.toContain('near')
    expect(without.routines.map((r) => r.name)).not.toContain('place')
    await expect(readCatalog(c, request({ unmappable: 'fail' }))).rejects.toThrow(
      'main.every_type.spot is of type point, which has no canonical form',
    )
  })

  it('holds the databases that are asked for, and relations between them', async () => {
    const both = await readCatalog(c, request({ schemas: ['main', 'far'] }))
    expect(both.tables.some((t) => t.schema === 'far' && t.name === 'elsewhere')).toBe(true)
    expect(table('points_out', both).foreignKeys[0]?.target).toEqual({ schema: 'far', name: 'elsewhere' })
    expect(routine('away', both).schema).toBe('far')
    const far = await readCatalog(c, request({ schemas: ['far'] }))
    expect(far.tables.map((t) => t.name)).toEqual(['elsewhere'])
    expect(far.tables[0]?.foreignKeys).toEqual([])
  })

  it('refuses databases that are missing or the server’s own, all at once', async () => {
    const refused = await readCatalog(c, request({ schemas: ['main', 'none', 'mysql'] })).catch(
      (e: unknown) => e,
    )
    expect(refused).toBeInstanceOf(CatalogRefused)
    expect((refused as CatalogRefused).refusals.map((r) => r.message)).toEqual([
      'the server has no database "none", or this user may not know of it',
      '"mysql" is a system database, which is never served',
    ])
    const lost = await connect(server.url())
    await expect(readCatalog(lost, request())).rejects.toThrow('no default database')
    await lost.close()
  })

  it('shows a user no more than it may use, roles included', async () => {
    const reader = await connect(url.replace('root@', 'reader:x@'))
    const own = await readCatalog(reader, request())
    await reader.close()
    expect(own.tables.map((t) => t.name)).toEqual(['open_orders', 'orders', 'plain_orders', 'points_out'])
    expect(table('orders', own).columns.map((c) => c.name)).toEqual(['id', 'region'])
    expect(table('orders', own).can).toEqual({ select: true, insert: false, update: true, delete: false })
    // Of a table that may only be written, what may be written.
    expect(table('points_out', own).columns.map((c) => c.name)).toEqual(['id'])
    expect(table('points_out', own).can).toEqual({
      select: false,
      insert: true,
      update: false,
      delete: false,
    })
    // Without SHOW VIEW nobody knows what a view is made of.
    expect(table('plain_orders', own).can).toEqual({
      select: true,
      insert: false,
      update: false,
      delete: false,
    })
    const executable = own.routines.filter((r) => r.executable).map((r) => r.name)
    expect(executable).toEqual(['adds', 'rows_of'])
  })

  it('has a fingerprint that changes with the schema, and not with the rows', async () => {
    const look = () => fingerprint(c, request())
    expect(catalog.fingerprint).toBe(await look())
    let last = await look()
    await server.sql(url, `INSERT INTO orders VALUES (1, NULL, NULL, NULL); ANALYZE TABLE orders`)
    expect(await look()).toBe(last)
    for (const change of [
      'ALTER TABLE orders ADD COLUMN extra int',
      'ALTER TABLE orders MODIFY extra bigint',
      'ALTER TABLE orders ALTER extra SET DEFAULT 5',
      'ALTER TABLE orders RENAME COLUMN extra TO extras',
      'ALTER TABLE orders ADD UNIQUE KEY extras_key (extras)',
      "ALTER TABLE orders COMMENT = 'All of them'",
      'ALTER TABLE orders DROP FOREIGN KEY order_customer',
      'ALTER TABLE orders DROP COLUMN extras',
      'CREATE OR REPLACE VIEW plain_orders AS SELECT id AS number, customer + 1 AS customer FROM orders',
      'CREATE TABLE another (id int)',
      'DROP TABLE another',
      'CREATE OR REPLACE FUNCTION silent(a bigint) RETURNS int RETURN a',
      'DROP PROCEDURE near',
      'ALTER TABLE customers ADD CHECK (json_valid(body))',
    ]) {
      await server.sql(url, change)
      const now = await look()
      expect(now, change).not.toBe(last)
      last = now
    }
    await server.sql(url, 'CREATE TABLE far.unseen (id int)')
    expect(await look()).toBe(last)
  })

  it('has a fingerprint that changes with what the user may do', async () => {
    await server.sql(url, "GRANT SELECT (id) ON upper TO reader@'%'")
    const reader = await connect(url.replace('root@', 'reader:x@'))
    const look = () => fingerprint(reader, request())
    let last = await look()
    for (const change of [
      "GRANT UPDATE (id) ON upper TO reader@'%'",
      "GRANT DELETE ON upper TO reader@'%'",
      "REVOKE DELETE ON upper FROM reader@'%'",
      "GRANT EXECUTE ON FUNCTION silent TO reader@'%'",
    ]) {
      await server.sql(url, change)
      const now = await look()
      expect(now, change).not.toBe(last)
      last = now
    }
    await reader.close()
  })

  it('is read in seconds where there are 5,000 tables', { timeout: 120_000 }, async () => {
    await server.createDatabase('big')
    // Only some of them with what makes a foreign key possible, which takes InnoDB a hundred times as long.
    const tables = Array.from({ length: 5000 }, (_, i) => {
      const [engine, key] =
        i < 200 ? ['InnoDB', 'FOREIGN KEY (ref) REFERENCES t0 (id)'] : ['MEMORY', 'KEY (ref)']
      return `CREATE TABLE t${i} (id int AUTO_INCREMENT PRIMARY KEY, a varchar(20), b decimal(10,2), ref int, ${key}) ENGINE = ${engine}`
    })
    await server.sql(server.url('big'), tables.join(';\n'))
    const began = performance.now()
    const big = await readCatalog(c, request({ schemas: ['big'] }))
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(big.tables).toHaveLength(5000)
    expect(big.tables.reduce((sum, t) => sum + t.foreignKeys.length, 0)).toBe(200)
  })
})
