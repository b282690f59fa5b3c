/** The statements of the side-by-side tables on a real server: each is understood, and those that matter are served by an index. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Table, ValueType } from '#catalog/model.ts'
import type { Compiled, Connection, Result, RowFormat } from '#engine/engine.ts'
import { compile } from '#engine/mysql/dialect.ts'
import { type Flavour, mariadb, mysql } from '#engine/mysql/flavour.ts'
import { cases } from '#engine/statements.cases.ts'
import {
  by,
  columnsOf,
  customer,
  customers,
  embed,
  eq,
  items,
  labels,
  lines,
  orders,
  param,
  ref,
  returning,
  sales,
  select,
  shown,
  toItems,
} from '#engine/statements.fixture.ts'
import { inMysqlWords } from '#engine/statements.words.ts'
import type { Bound, Condition, Param, Select, Statement } from '#plan/ast.ts'
import { mariadbMissing, startMariadb, type TestMariadb } from '../../support/mariadb.ts'
import { connect, limits, type TestConnection } from './connection.ts'
import { describeUnless } from '../../support/unless.ts'

const setup = `
  ALTER DATABASE suite CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
  CREATE TABLE customers (id int AUTO_INCREMENT PRIMARY KEY, name varchar(60) NOT NULL, country char(2));
  CREATE TABLE orders (id bigint AUTO_INCREMENT PRIMARY KEY, customer_id int NOT NULL,
    status enum('open', 'shipped') NOT NULL DEFAULT 'open', total decimal(12, 2) NOT NULL DEFAULT 0,
    placed_at timestamp(6) NOT NULL DEFAULT current_timestamp(6), shipped_at timestamp(6) NULL, note varchar(60),
    tags varchar(60), receipt blob, KEY (customer_id), KEY (placed_at), KEY (shipped_at), KEY (status), FULLTEXT KEY (note));
  CREATE TABLE order_items (order_id bigint, line int, product_id int NOT NULL DEFAULT 0, quantity int NOT NULL DEFAULT 1,
    price decimal(10, 2) NOT NULL DEFAULT 0, PRIMARY KEY (order_id, line));
  CREATE TABLE labels (id int AUTO_INCREMENT PRIMARY KEY, text varchar(60), KEY (text));
  CREATE TABLE order_labels (order_id bigint, label_id int, PRIMARY KEY (order_id, label_id));
  CREATE TABLE sales (country varchar(60), amount decimal(12, 2));
  CREATE TABLE \`od"d\` (id int PRIMARY KEY, \`a"b\` varchar(60), prices int);
  CREATE TABLE files (id int PRIMARY KEY, parts int, home int);
  CREATE FUNCTION \`add\`(a int, b int, c decimal(10, 2)) RETURNS bigint DETERMINISTIC RETURN a + c;
  CREATE PROCEDURE transfer(amount decimal(12, 2), INOUT balance decimal(12, 2), OUT at timestamp)
    BEGIN SET balance = balance + amount; SET at = '2026-01-02 03:04:05'; END;
  INSERT INTO customers SELECT seq, concat('c', seq), if(seq % 5 = 0, NULL, 'DE') FROM seq_1_to_500;
  INSERT INTO orders SELECT seq, 1 + seq % 500, if(seq % 3, 'open', 'shipped'), seq / 7, from_unixtime(1700000000 + seq * 10),
    if(seq % 4 = 0, NULL, from_unixtime(1700000000 + seq * 11)), concat('word', seq % 97, ' note'), NULL, NULL FROM seq_1_to_5000;
  INSERT INTO order_items SELECT 1 + seq DIV 4, seq % 4, seq % 50, seq % 9, seq % 77 + 0.5 FROM seq_1_to_20000;
  INSERT INTO sales VALUES ('DE', 1.5), ('DE', 1.5), ('AT', 2);
  INSERT INTO labels SELECT seq, concat('l', seq) FROM seq_1_to_5000;
  ANALYZE TABLE customers, orders, order_items, labels`

/** The sample tables as they are called here. */
const inSuite = (statement: Statement): Statement => renamed(inMysqlWords(statement)) as Statement
function renamed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(renamed)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key === 'schema' ? 'suite' : renamed(item)]),
  )
}

const sampleOf = ({ canonical, labels: some }: ValueType, slot: number): string => {
  switch (canonical) {
    case 'timestamp':
      return '2026-01-01T00:00:00Z'
    case 'binary':
      return 'AQI='
    case 'integer':
    case 'decimal':
      return String(900_000 + slot)
    default:
      return some?.[0] ?? `a${slot}`
  }
}

/** Some value for every slot of the statement. */
function valuesOf(statement: Statement): Bound[] {
  const values: Bound[] = []
  JSON.stringify(statement, (_, value: unknown) => {
    if (typeof value === 'object' && value !== null && 'slot' in value && 'type' in value) {
      const p = value as Param
      const sample = sampleOf(p.type, p.slot)
      values[p.slot] = p.list ? [sample] : sample
    }
    return value
  })
  return values
}

const undone = new Error('nothing shall stay')

const missing = mariadbMissing()
describeUnless(missing)('the statements on MariaDB', () => {
  let server: TestMariadb
  let connection: TestConnection
  beforeAll(async () => {
    server = await startMariadb()
    const url = await server.createDatabase('suite')
    await server.sql(url, setup)
    connection = await connect(url)
  })
  afterAll(async () => {
    await connection?.close()
    await server?.stop()
  })

  /** Runs it and undoes it. */
  const tried = async (
    q: Compiled,
    values: readonly Bound[],
    format: RowFormat = 'array',
  ): Promise<Result> => {
    let result: Result | undefined
    await connection
      .transaction(limits(), async (t: Parameters<Parameters<Connection['transaction']>[1]>[0]) => {
        result = await t.run(q, values, { format })
        throw undone
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error
      })
    return result as Result
  }
  const run = async (s: Statement, values: readonly Bound[], flavour: Flavour = mariadb) => {
    const { body, affected, hidden } = await tried(compile(inSuite(s), flavour), values)
    return { text: Buffer.from(body).toString(), affected, hidden }
  }

  const compiled = (statement: Statement, flavour: Flavour): Compiled | undefined => {
    try {
      return compile(inSuite(statement), flavour)
    } catch (error) {
      expect(String(error)).toContain('not supported')
      return undefined
    }
  }

  /** Routines of the tables that only other engines can have. */
  const elsewhere = new Set(['a function of nameless parameters', 'a variadic function without values'])

  for (const [name, { statement }] of Object.entries(cases))
    if (!elsewhere.has(name))
      it(`are understood: ${name}`, async () => {
        const q = compiled(statement, mariadb)
        if (q) await tried(q, valuesOf(statement))
        // What MySQL alone can say are tables that refer to the row outside, and aliases in DELETE.
        const other = compiled(statement, mysql)
        if (other === undefined) return
        const onlyThere = / AS e\)/.test(other.text) || /DELETE FROM \S+ AS /.test(other.text)
        if (onlyThere) return
        // The sample's key is one that nothing makes, as MySQL would find out.
        const run = tried(other, valuesOf(statement))
        if (name === 'a new row of defaults')
          await expect(run).rejects.toThrow('made or changed by a trigger')
        else await run
      })

  const filters: readonly [name: string, statement: Select, values: readonly Bound[], plan: RegExp][] = [
    ['a key', select(orders, { where: eq(ref(orders, 'id'), 0) }), ['7'], /t0 const PRIMARY/],
    ['a list of keys', select(orders, { where: inList('id', false) }), [['7', '8']], /t0 eq_ref PRIMARY/],
    [
      'a list of texts',
      select(labels, {
        where: {
          kind: 'in',
          left: ref(labels, 'text'),
          list: param(0, ref(labels, 'text').column.type, true),
          negated: false,
        },
      }),
      [['l7', 'l8']],
      /t0 ref text/,
    ],
    ['a label', select(orders, { where: inList('status', false) }), [['shipped']], /t0 (range|ref) status/],
    [
      'a prefix',
      select(labels, {
        where: { kind: 'like', left: ref(labels, 'text'), pattern: param(0, 'text'), caseless: false },
      }),
      ['l49%'],
      /t0 range text/,
    ],
    [
      'words',
      select(orders, { where: { kind: 'search', left: ref(orders, 'note'), text: param(0, 'text') } }),
      ['word7'],
      /t0 fulltext note/,
    ],
    [
      'the rows behind a cursor',
      select(orders, {
        where: {
          kind: 'after',
          terms: [
            { ...by(orders, 'placed_at', 'desc'), value: param(0, 'timestamptz') },
            { ...by(orders, 'id', 'desc'), value: param(1, 'int8') },
          ],
        },
        order: [by(orders, 'placed_at', 'desc'), by(orders, 'id', 'desc')],
        limit: 10,
      }),
      ['2023-11-14T23:00:00Z', '7'],
      /t0 range placed_at (?!.*filesort)/,
    ],
    [
      'the first rows in the order of a column with NULL',
      select(orders, { order: [by(orders, 'shipped_at'), by(orders, 'id')], limit: 10 }),
      [],
      /t0 range shipped_at [^\n]*\n.*t0 ref shipped_at [^\n]*$/,
    ],
    [
      'related rows of a few',
      select(orders, { outputs: [lines, customer], order: [by(orders, 'id')], limit: 3 }),
      [],
      /t0 index PRIMARY 3 [^\n]*\n(?:.*\n)*t2 ref PRIMARY/,
    ],
    [
      'groups of related rows of a few',
      select(orders, {
        outputs: [
          embed('items', toItems(), true, {
            outputs: [{ kind: 'aggregate', name: 'n', function: 'count', ref: undefined }],
            group: [ref(items, 'product_id', 't2')],
          }),
        ],
        order: [by(orders, 'id')],
        limit: 3,
      }),
      [],
      /t2 ref PRIMARY/,
    ],
  ]
  function inList(name: string, negated: boolean): Condition {
    const left = ref(orders, name)
    return { kind: 'in', left, list: param(0, left.column.type, true), negated }
  }

  for (const [name, statement, values, plan] of filters)
    it(`find ${name} by an index`, async () => {
      const { text, bind } = compile(inSuite(statement), mariadb)
      const rows = await connection.query(`EXPLAIN ${text}`, bind(values), limits())
      const shownPlan = rows
        .map(([, , table, type, , key, , , count, extra]) => [table, type, key, count, extra].join(' '))
        .join('\n')
      expect(shownPlan).toMatch(plan)
      expect((await run(statement, values)).text).not.toBe('[]')
    })

  describe.each([mysql, mariadb])('of %o', (flavour) => {
    const inserted = (
      rows: readonly (readonly Param[])[],
      names: readonly string[],
      table: Table,
    ): Statement => ({
      kind: 'insert',
      table,
      alias: 't0',
      columns: columnsOf(table, names),
      rows,
      upsert: undefined,
      returning: returning(shown(table, names)),
    })

    it('give new rows back in their order', async () => {
      const counted = inserted(
        [[param(0, 'text')], [param(1, 'text')], [param(2, 'text')]],
        ['name'],
        customers,
      )
      expect(await run(counted, ['x', 'y', 'z'], flavour)).toMatchObject({
        text: '[{"name":"x"},{"name":"y"},{"name":"z"}]',
        affected: 3,
      })
      const given = inserted(
        [
          [param(0, 'int4'), param(1, 'text')],
          [param(2, 'int4'), param(3, 'text')],
        ],
        ['id', 'text'],
        labels,
      )
      expect((await run(given, ['9002', 'b', '9001', 'a'], flavour)).text).toBe(
        '[{"id":9002,"text":"b"},{"id":9001,"text":"a"}]',
      )
    })

    it('give changed rows back, wherever their keys went', async () => {
      const changed: Statement = {
        kind: 'update',
        table: items,
        alias: 't0',
        set: [{ column: ref(items, 'line').column, value: param(0, 'int4') }],
        where: { kind: 'and', items: [eq(ref(items, 'order_id'), 1), eq(ref(items, 'line'), 2)] },
        returning: returning(shown(items, ['order_id', 'line'])),
      }
      expect((await run(changed, ['77', '1', '9'], flavour)).text).toBe('[]')
      expect((await run(changed, ['77', '1', '2'], flavour)).text).toBe('[{"order_id":1,"line":77}]')
      const filtered: Statement = {
        kind: 'update',
        table: customers,
        alias: 't0',
        set: [{ column: ref(customers, 'country').column, value: param(0, 'bpchar') }],
        where: { kind: 'in', left: ref(customers, 'name'), list: param(1, 'text', true), negated: false },
        returning: returning(shown(customers, ['id', 'country'])),
      }
      const result = await run(filtered, ['AT', ['c3', 'c5']], flavour)
      expect(result).toMatchObject({
        text: '[{"id":3,"country":"AT"},{"id":5,"country":"AT"}]',
        affected: 2,
      })
    })

    it('give changed rows back where they have no key', async () => {
      const changed: Statement = {
        kind: 'update',
        table: sales,
        alias: 't0',
        set: [{ column: ref(sales, 'amount').column, value: param(0, 'numeric') }],
        where: eq(ref(sales, 'country'), 1),
        returning: returning(shown(sales, ['country', 'amount']), [
          { kind: 'version', alias: 't0', table: sales },
        ]),
      }
      const { text, affected, hidden } = await run(changed, ['7', 'DE'], flavour)
      expect(text).toBe('[{"country":"DE","amount":"7.00"},{"country":"DE","amount":"7.00"}]')
      expect(affected).toBe(2)
      expect(hidden?.[0]).toMatch(/^[0-9a-f]{64}$/)
    })

    it('write a row by its key, and say whether it is new', async () => {
      const upsert: Statement = {
        kind: 'insert',
        table: customers,
        alias: 't0',
        columns: columnsOf(customers, ['id', 'name']),
        rows: [[param(0, 'int4'), param(1, 'text')]],
        upsert: { key: columnsOf(customers, ['id']), reset: columnsOf(customers, ['country']) },
        returning: returning(shown(customers, ['name', 'country']), [{ kind: 'inserted' }]),
      }
      expect(await run(upsert, ['7', 'new'], flavour)).toEqual({
        text: '[{"name":"new","country":null}]',
        affected: 1,
        hidden: ['f'],
      })
      expect(await run(upsert, ['9007', 'new'], flavour)).toMatchObject({ affected: 1, hidden: ['t'] })
    })
  })

  it('give the output parameters of a procedure in their types', async () => {
    const { statement } = cases['a procedure'] as (typeof cases)[string]
    const q = compile(inSuite(statement), mariadb)
    const { body } = await tried(q, ['1.50', '2'], 'object')
    expect(Buffer.from(body).toString()).toBe('{"balance":"3.50","at":"2026-01-02T03:04:05+00:00"}')
  })
})
