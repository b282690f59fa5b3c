import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Catalog, Column, Routine, Table } from '#catalog/model.ts'
import { CatalogRefused } from '#catalog/refused.ts'
import type { Connection } from '#engine/engine.ts'
import { fingerprint, readCatalog } from '#engine/sqlserver/catalog.ts'
import { sqlServerMissing, startSqlServer, type TestSqlServer } from '../../support/sqlserver.ts'
import { connect, request } from './connection.ts'
import { describeUnless } from '../../support/unless.ts'

const schema = `
CREATE TYPE email FROM varchar(80) NOT NULL;
CREATE TYPE ids AS TABLE (id int);
GO
CREATE SCHEMA far;
GO
CREATE TABLE every_type (
  id bigint IDENTITY PRIMARY KEY, tiny tinyint, small smallint NOT NULL DEFAULT 7, whole int, big bigint, truth bit,
  price decimal(10,2) NOT NULL, exact numeric(38,10), cash money, coins smallmoney, single real, twofold float,
  code char(3), name varchar(40), heap varchar(max), wide nvarchar(40), wider nvarchar(max), widecode nchar(3), note text,
  wide_note ntext, markup xml, uid uniqueidentifier, place hierarchyid, anything sql_variant,
  fixed binary(16), bytes varbinary(9), blob varbinary(max), picture image, version rowversion,
  day date, clock time(3), old datetime, local datetime2(6), short smalldatetime, at datetimeoffset(7),
  mail email, doc nvarchar(max) CHECK (ISJSON(doc) = 1), spot geometry, earth geography, doubled AS (whole * 2) PERSISTED
);
EXEC sp_addextendedproperty 'MS_Description', 'One of each', 'SCHEMA', 'dbo', 'TABLE', 'every_type';
EXEC sp_addextendedproperty 'MS_Description', 'Net, in "EUR"', 'SCHEMA', 'dbo', 'TABLE', 'every_type', 'COLUMN', 'price';
CREATE SEQUENCE numbers;
CREATE TABLE customers (
  region int NOT NULL, number int NOT NULL DEFAULT (NEXT VALUE FOR numbers), name varchar(40) UNIQUE, nick varchar(40),
  title varchar(100), CONSTRAINT customer_key PRIMARY KEY (number, region)
);
CREATE UNIQUE INDEX sparse_nick ON customers (nick) WHERE nick IS NOT NULL;
CREATE UNIQUE INDEX some_titles ON customers (title) WHERE title > 'm';
CREATE UNIQUE INDEX covering ON customers (region, number) INCLUDE (title);
CREATE INDEX plain ON customers (title);
CREATE TABLE orders (
  id int PRIMARY KEY, region int, customer int, parent int,
  CONSTRAINT order_parent FOREIGN KEY (parent) REFERENCES orders (id),
  CONSTRAINT order_customer FOREIGN KEY (customer, region) REFERENCES customers (number, region)
);
CREATE TABLE far.elsewhere (id int PRIMARY KEY, order_id int, FOREIGN KEY (order_id) REFERENCES dbo.orders (id));
CREATE TABLE points_out (id int PRIMARY KEY, away int, FOREIGN KEY (away) REFERENCES far.elsewhere (id));
CREATE TABLE [odd [one]] "'] ([Key] int PRIMARY KEY, [a.b] int);
CREATE TABLE Upper (id int PRIMARY KEY);
CREATE TABLE upper (id int PRIMARY KEY);
CREATE TABLE versioned (
  id int PRIMARY KEY, name varchar(10), since datetime2 GENERATED ALWAYS AS ROW START NOT NULL,
  until datetime2 GENERATED ALWAYS AS ROW END HIDDEN NOT NULL, PERIOD FOR SYSTEM_TIME (since, until)
) WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = dbo.versions));
GO
CREATE VIEW open_orders AS SELECT id, customer, id * 2 AS twice FROM orders;
GO
CREATE VIEW joined AS SELECT o.id, c.name FROM orders o JOIN customers c ON c.number = o.customer;
GO
CREATE VIEW order_counts AS SELECT region, COUNT(*) AS n FROM orders GROUP BY region;
GO
CREATE VIEW by_trigger AS SELECT region, COUNT(*) AS n FROM orders GROUP BY region;
GO
CREATE TRIGGER instead ON by_trigger INSTEAD OF INSERT, DELETE AS RETURN;
GO
CREATE FUNCTION adds(@a int, @b decimal(10,2) = 1.5) RETURNS bigint AS BEGIN RETURN @a + @b END;
GO
EXEC sp_addextendedproperty 'MS_Description', 'Adds.', 'SCHEMA', 'dbo', 'FUNCTION', 'adds';
GO
CREATE FUNCTION orders_of(@customer int) RETURNS TABLE AS RETURN SELECT id, region FROM orders WHERE customer = @customer;
GO
CREATE FUNCTION listed() RETURNS @list TABLE (id int, label nvarchar(20)) AS BEGIN RETURN END;
GO
CREATE PROCEDURE rows_of @n int = 5 AS SELECT TOP (@n) id, parent AS up FROM orders;
GO
CREATE PROCEDURE outs @a int, @b varchar(20) OUTPUT, @c bit = 0 OUTPUT AS SET @b = @a;
GO
CREATE PROCEDURE silent AS UPDATE orders SET region = 1 WHERE id = 0;
GO
CREATE PROCEDURE dynamic @what nvarchar(100) AS EXEC (@what);
GO
CREATE PROCEDURE takes_table @list ids READONLY AS SELECT id FROM @list;
GO
CREATE PROCEDURE far.away AS SELECT 1 AS x;
GO
CREATE USER reader WITHOUT LOGIN;
GRANT SELECT ON customers TO reader;
DENY SELECT ON customers (nick) TO reader;
GRANT SELECT ON orders (id) TO reader;
GRANT UPDATE ON orders (region) TO reader;
GRANT INSERT ON points_out TO reader;
GRANT SELECT, INSERT ON every_type TO reader;
GRANT EXECUTE ON adds TO reader;
GRANT SELECT ON orders_of TO reader;`

const missing = sqlServerMissing()
describeUnless(missing)('SQL Server catalogue', () => {
  let server: TestSqlServer
  let url: string
  let c: Connection
  let catalog: Catalog

  beforeAll(async () => {
    server = await startSqlServer()
    url = await server.createDatabase()
    await server.sql(url, schema)
    c = await connect(url)
    catalog = await readCatalog(c, request())
  })
  afterAll(async () => {
    await c?.close()
    await server?.stop()
  })

  const table = (name: string, of: Catalog = catalog): Table => {
    const found = of.tables.find((t) => t.name === name)
    if (found === undefined) throw new Error(`no table ${name} in the catalogue`)
    return found
  }
  const column = (t: Table, name: string): Column => {
    const found = t.columns.find((col) => col.name === name)
    if (found === undefined) throw new Error(`no column ${name} in ${t.name}`)
    return found
  }
  const routine = (name: string, of: Catalog = catalog): Routine => {
    const found = of.routines.find((r) => r.name === name)
    if (found === undefined) throw new Error(`no routine ${name} in the catalogue`)
    return found
  }
  const names = (of: Catalog) => of.tables.map((t) => t.name)

  it('gives every type its canonical type and family', () => {
    expect(
      table('every_type').columns.map((col) => `${col.name} ${col.type.canonical} ${col.type.native}`),
    ).toEqual([
      'id integer bigint',
      'tiny integer tinyint',
      'small integer smallint',
      'whole integer int',
      'big integer bigint',
      'truth boolean bit',
      'price decimal decimal(10,2)',
      'exact decimal decimal(38,10)',
      'cash decimal money',
      'coins decimal smallmoney',
      'single float real',
      'twofold float float',
      'code string char(3)',
      'name string varchar(40)',
      'heap string varchar(max)',
      'wide string nvarchar(40)',
      'wider string nvarchar(max)',
      'widecode string nchar(3)',
      'note string text',
      'wide_note string ntext',
      'markup string xml',
      'uid string uniqueidentifier',
      'place string hierarchyid',
      'anything string sql_variant',
      'fixed binary binary(16)',
      'bytes binary varbinary(9)',
      'blob binary varbinary(max)',
      'picture binary image',
      'version binary rowversion',
      'day date date',
      'clock time time(3)',
      'old datetime datetime',
      'local datetime datetime2(6)',
      'short datetime smalldatetime',
      'at timestamp datetimeoffset(7)',
      'mail string varchar(80)',
      'doc json nvarchar(max)',
      'spot string geometry',
      'earth string geography',
      'doubled integer int',
    ])
    expect(column(table('every_type'), 'name').type).toMatchObject({
      maxLength: 40,
      collation: 'Latin1_General_100_BIN2_UTF8',
    })
  })

  it('says what is filled in, read only and described', () => {
    const t = table('every_type')
    expect(t).toMatchObject({ comment: 'One of each', rowVersion: 'system', primaryKey: { columns: ['id'] } })
    expect(column(t, 'id')).toMatchObject({ generated: 'identity', hasDefault: true, nullable: false })
    expect(column(t, 'small')).toMatchObject({ generated: 'no', hasDefault: true, nullable: false })
    expect(column(t, 'price')).toMatchObject({ hasDefault: false, nullable: false, comment: 'Net, in "EUR"' })
    expect(column(t, 'doubled')).toMatchObject({ generated: 'always', hasDefault: true })
    expect(column(t, 'version')).toMatchObject({ generated: 'always' })
    expect(column(table('customers'), 'number')).toMatchObject({ generated: 'no', hasDefault: true })
  })

  it('lists keys and relations between what is served', () => {
    const customers = table('customers')
    expect(customers.primaryKey).toEqual({ name: 'customer_key', columns: ['number', 'region'] })
    expect(customers.uniqueKeys.map((key) => key.columns.join())).toEqual(['name', 'nick', 'region,number'])
    expect(table('orders').foreignKeys).toEqual([
      {
        name: 'order_customer',
        columns: ['customer', 'region'],
        target: { schema: 'dbo', name: 'customers' },
        targetColumns: ['number', 'region'],
      },
      {
        name: 'order_parent',
        columns: ['parent'],
        target: { schema: 'dbo', name: 'orders' },
        targetColumns: ['id'],
      },
    ])
    expect(table('points_out').foreignKeys).toEqual([])
  })

  it('keeps names that differ in case only, or hold any character', () => {
    expect(names(catalog)).toEqual(expect.arrayContaining(['Upper', 'upper', `odd [one] "'`]))
    expect(table(`odd [one] "'`).columns.map((col) => col.name)).toEqual(['Key', 'a.b'])
  })

  it('serves periods as read-only columns and history as a read-only table', () => {
    const t = table('versioned')
    expect(t.columns.map((col) => `${col.name} ${col.generated}`)).toEqual([
      'id no',
      'name no',
      'since always',
    ])
    expect(table('versions').can).toEqual({ select: true, insert: false, update: false, delete: false })
  })

  it('knows which views can be written', () => {
    const can = (name: string) =>
      Object.entries(table(name).can)
        .flatMap(([what, may]) => (may ? [what] : []))
        .join(' ')
    expect(can('open_orders')).toBe('select insert update delete')
    expect(column(table('open_orders'), 'twice').generated).toBe('always')
    expect(can('joined')).toBe('select update')
    expect(can('order_counts')).toBe('select')
    expect(can('by_trigger')).toBe('select insert delete')
  })

  it('describes functions', () => {
    expect(routine('adds')).toMatchObject({
      kind: 'function',
      readOnly: true,
      executable: true,
      comment: 'Adds.',
      parameters: [
        { name: 'a', mode: 'in', hasDefault: false, type: { native: 'int' } },
        { name: 'b', mode: 'in', hasDefault: true, type: { native: 'decimal(10,2)' } },
      ],
      returns: { kind: 'scalar', type: { native: 'bigint' }, set: false },
    })
    expect(routine('orders_of').returns).toMatchObject({
      kind: 'rows',
      set: true,
      columns: [{ name: 'id' }, { name: 'region' }],
    })
    expect(routine('listed').returns).toMatchObject({ columns: [{ name: 'id' }, { name: 'label' }] })
  })

  it('describes procedures', () => {
    expect(routine('rows_of')).toMatchObject({
      kind: 'procedure',
      readOnly: false,
      parameters: [{ name: 'n', hasDefault: true }],
      returns: {
        kind: 'rows',
        set: true,
        columns: [{ name: 'id', type: { native: 'int' } }, { name: 'up' }],
      },
    })
    expect(routine('outs')).toMatchObject({
      parameters: [
        { name: 'a', mode: 'in', hasDefault: false },
        { name: 'b', mode: 'inout', hasDefault: true },
        { name: 'c', mode: 'inout', hasDefault: true },
      ],
      returns: { kind: 'rows', set: false, columns: [{ name: 'b' }, { name: 'c' }] },
    })
    expect(routine('silent').returns).toEqual({ kind: 'void' })
    expect(routine('dynamic').returns).toEqual({ kind: 'rows', columns: [], set: true })
    expect(catalog.routines.map((r) => r.name)).not.toContain('takes_table')
    expect(catalog.routines.map((r) => r.name)).not.toContain('away')
  })

  it('tells the server, and what has no canonical form', async () => {
    expect(catalog.server).toMatch(/^(SQL Server|Azure SQL) \d+\.\d+/)
    expect(catalog.unmappable.map((u) => `${u.column} ${u.native} ${u.action}`)).toEqual([
      'spot geometry text',
      'earth geography text',
    ])
    const omitted = await readCatalog(c, request({ unmappable: 'omit' }))
    expect(table('every_type', omitted).columns.map((col) => col.name)).not.toContain('spot')
    await expect(readCatalog(c, request({ unmappable: 'fail' }))).rejects.toThrow('dbo.every_type.earth')
  })

  it('serves the schemas it is told to, whatever their case, and no others', async () => {
    const both = await readCatalog(c, request({ schemas: ['FAR', 'dbo'] }))
    expect(table('points_out', both).foreignKeys).toMatchObject([
      { target: { schema: 'far', name: 'elsewhere' } },
    ])
    expect(routine('away', both).schema).toBe('far')
    const refused = readCatalog(c, request({ schemas: ['nowhere', 'SYS', 'INFORMATION_SCHEMA'] }))
    await expect(refused).rejects.toThrow(CatalogRefused)
    await expect(refused).rejects.toThrow(
      /no schema "nowhere".*"SYS" is a system schema.*"INFORMATION_SCHEMA"/s,
    )
  })

  it('shows a user what that user may use', async () => {
    // Ends with the batch that it stands in.
    const asReader: Pick<Connection, 'query'> = {
      query: (text, values, o) => c.query(`EXECUTE AS USER = 'reader'; ${text}`, values, o),
    }
    const seen = await readCatalog(asReader, request({ schemas: ['dbo'] }))
    expect(names(seen)).toEqual(['customers', 'every_type', 'orders', 'points_out'])
    const shown = (name: string) => table(name, seen).columns.map((col) => col.name)
    expect(shown('customers')).toEqual(['region', 'number', 'name', 'title'])
    expect(table('customers', seen).can).toMatchObject({ select: true, insert: false, update: false })
    expect(shown('orders')).toEqual(['id'])
    expect(table('orders', seen).can).toEqual({ select: true, insert: false, update: true, delete: false })
    expect(table('points_out', seen).can).toMatchObject({ select: false, insert: true })
    // Who may not alter the table may not write its identity.
    expect(column(table('every_type', seen), 'id').generated).toBe('always')
    expect(routine('adds', seen).executable).toBe(true)
  })

  describe('the fingerprint', () => {
    const changes = [
      'CREATE TABLE another (id int)',
      'ALTER TABLE another ADD name varchar(10)',
      'ALTER TABLE another ALTER COLUMN name varchar(20) NOT NULL',
      "EXEC sp_rename 'another.name', 'label', 'COLUMN'",
      "EXEC sp_rename 'another.label', 'Label', 'COLUMN'",
      'CREATE UNIQUE INDEX one ON another (id)',
      'ALTER TABLE another ADD CONSTRAINT other_order FOREIGN KEY (id) REFERENCES orders (id)',
      "EXEC sp_addextendedproperty 'MS_Description', 'More', 'SCHEMA', 'dbo', 'TABLE', 'another'",
      'CREATE OR ALTER PROCEDURE silent AS UPDATE orders SET region = 2 WHERE id = 0',
      'ALTER VIEW open_orders AS SELECT id FROM orders',
      'DISABLE TRIGGER instead ON by_trigger',
      'GRANT DELETE ON another TO reader',
      'DROP TABLE another',
    ]

    it('changes with every change of the schema, and with nothing else', async () => {
      const seen = [await fingerprint(c, request())]
      for (const change of changes) {
        await server.sql(url, change)
        seen.push(await fingerprint(c, request()))
      }
      expect(new Set(seen).size).toBe(changes.length + 1)
      await server.sql(
        url,
        'INSERT INTO orders (id) VALUES (1); DELETE FROM orders; TRUNCATE TABLE points_out',
      )
      expect(await fingerprint(c, request())).toBe(seen.at(-1))
      expect((await readCatalog(c, request())).fingerprint).toBe(seen.at(-1))
    })

    it('is that of the schemas asked for', async () => {
      expect(await fingerprint(c, request({ schemas: ['far'] }))).not.toBe(await fingerprint(c, request()))
    })
  })
})
