/** Writes and calls, with the SQL each engine writes. */
import type { Case } from './statements.cases.ts'
import {
  address,
  arrayOf,
  column,
  columnsOf,
  customer,
  customers,
  eq,
  files,
  labels,
  lines,
  orders,
  param,
  ref,
  returning,
  routine,
  shown,
  type,
  version,
} from './statements.fixture.ts'
const id = ref(orders, 'id')

export const writeCases: Readonly<Record<string, Case>> = {
  'one new row': {
    statement: {
      kind: 'insert',
      table: orders,
      alias: 't0',
      columns: columnsOf(orders, ['customer_id', 'total']),
      rows: [[param(0, 'int4'), param(1, 'numeric')]],
      upsert: undefined,
      returning: returning([...shown(orders, ['id']), customer], [version]),
    },
    values: ['7', '1.50'],
    text: {
      postgres:
        'INSERT INTO "shop"."orders" AS "t0" ("customer_id", "total") VALUES ($1::int4, $2::numeric) RETURNING "t0"."id", (SELECT row_to_json(e.*) FROM (SELECT "t1"."name" AS "name", "t1"."country"::text AS "country" FROM "shop"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id") AS e), "t0"."xmin"',
    },
    bound: { postgres: ['7', '1.50'] },
  },
  'new rows, some with defaults': {
    statement: {
      kind: 'insert',
      table: labels,
      alias: 't0',
      columns: labels.columns,
      rows: [
        [param(0, 'int4'), undefined],
        [param(1, 'int4'), param(2, 'text')],
      ],
      upsert: undefined,
      returning: undefined,
    },
    values: ['1', '2', null],
    text: {
      postgres:
        'INSERT INTO "shop"."labels" AS "t0" ("id", "text") VALUES ($1::int4, DEFAULT), ($2::int4, $3::text)',
    },
    bound: { postgres: ['1', '2', null] },
  },
  'many new rows': {
    statement: {
      kind: 'insert',
      table: labels,
      alias: 't0',
      columns: labels.columns,
      rows: Array.from({ length: 10 }, (_, i) => [param(2 * i, 'int4'), param(2 * i + 1, 'text')]),
      upsert: undefined,
      returning: undefined,
    },
    values: Array.from({ length: 20 }, (_, i) => (i === 1 ? null : i % 2 ? `x${i}` : String(i))),
    text: {
      postgres:
        'INSERT INTO "shop"."labels" AS "t0" ("id", "text") SELECT * FROM unnest($1::int4[], $2::text[])',
    },
    bound: {
      postgres: [
        '{"0","2","4","6","8","10","12","14","16","18"}',
        '{NULL,"x3","x5","x7","x9","x11","x13","x15","x17","x19"}',
      ],
    },
  },
  'a new row of defaults': {
    statement: {
      kind: 'insert',
      table: labels,
      alias: 't0',
      columns: [],
      rows: [[]],
      upsert: undefined,
      returning: returning(shown(labels, ['id'])),
    },
    text: {
      postgres: 'INSERT INTO "shop"."labels" AS "t0" DEFAULT VALUES RETURNING "t0"."id"',
    },
  },
  'new rows of defaults': {
    statement: {
      kind: 'insert',
      table: labels,
      alias: 't0',
      columns: [],
      rows: [[], [], []],
      upsert: undefined,
      returning: undefined,
    },
    text: {
      postgres: 'INSERT INTO "shop"."labels" AS "t0" SELECT FROM generate_series(1, 3)',
    },
  },
  'a whole row written by key': {
    statement: {
      kind: 'insert',
      table: customers,
      alias: 't0',
      columns: columnsOf(customers, ['id', 'name']),
      rows: [[param(0, 'int4'), param(1, 'text')]],
      upsert: {
        key: columnsOf(customers, ['id']),
        reset: columnsOf(customers, ['country']),
        where: { kind: 'version', alias: 't0', table: customers, versions: param(2, 'text', true) },
      },
      returning: returning(shown(customers, ['id']), [{ kind: 'inserted' }]),
    },
    values: ['1', 'x', ['9']],
    text: {
      postgres:
        'INSERT INTO "shop"."customers" AS "t0" ("id", "name") VALUES ($1::int4, $2::text) ON CONFLICT ("id") DO UPDATE SET "name" = EXCLUDED."name", "country" = DEFAULT WHERE "t0"."xmin"::text = ANY($3::text[]) RETURNING "t0"."id", ("t0"."xmax" = 0)',
    },
    bound: { postgres: ['1', 'x', '{"9"}'] },
  },
  'a row that is all key written by key': {
    statement: {
      kind: 'insert',
      table: { ...labels, rowVersion: 'hash' },
      alias: 't0',
      columns: columnsOf(labels, ['id']),
      rows: [[param(0, 'int4')]],
      upsert: { key: columnsOf(labels, ['id']), reset: [] },
      returning: returning([], [{ kind: 'inserted' }]),
    },
    text: {
      postgres:
        'INSERT INTO "shop"."labels" AS "t0" ("id") VALUES ($1::int4) ON CONFLICT ("id") DO UPDATE SET "id" = EXCLUDED."id" RETURNING (NOT EXISTS (SELECT 1 FROM "shop"."labels" AS o WHERE o."id" = "t0"."id"))',
    },
  },
  'an update': {
    statement: {
      kind: 'update',
      table: orders,
      alias: 't0',
      set: [
        { column: ref(orders, 'note').column, value: param(0, 'text') },
        { column: ref(orders, 'receipt').column, value: param(1, 'bytea') },
      ],
      where: eq(id, 2),
      returning: returning([...shown(orders, ['id', 'note']), lines], [version]),
    },
    values: ['hi', 'AQI=', '42'],
    text: {
      postgres:
        'UPDATE "shop"."orders" AS "t0" SET "note" = $1::text, "receipt" = $2::bytea WHERE "t0"."id" = $3::int8 RETURNING "t0"."id", "t0"."note", array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t2"."quantity" AS "quantity", "t2"."price"::numeric::text AS "price" FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id" ORDER BY "t2"."quantity" DESC, "t2"."line" LIMIT 5) AS e)), "t0"."xmin"',
    },
    bound: { postgres: ['hi', '\\x0102', '42'] },
  },
  'an update of a composite and an array': {
    statement: {
      kind: 'update',
      table: files,
      alias: 't0',
      set: [
        { column: ref(files, 'home').column, value: param(0, address) },
        { column: ref(files, 'parts').column, value: param(1, arrayOf(type('bytea'))) },
      ],
      where: eq(ref(files, 'id'), 2),
      returning: undefined,
    },
    values: ['{"street":"a \\"b\\"","floor":1.50}', '[["AQI="],[null]]', '1'],
    text: {
      postgres:
        'UPDATE "shop"."files" AS "t0" SET "home" = $1::shop.address, "parts" = $2::bytea[] WHERE "t0"."id" = $3::int4',
    },
    bound: { postgres: ['("a ""b""","1.50")', '{{"\\\\x0102"},{NULL}}', '1'] },
  },
  'an update to the default': {
    statement: {
      kind: 'update',
      table: orders,
      alias: 't0',
      set: [{ column: ref(orders, 'note').column, value: undefined }],
      where: eq(id, 0),
      returning: undefined,
    },
    text: {
      postgres: 'UPDATE "shop"."orders" AS "t0" SET "note" = DEFAULT WHERE "t0"."id" = $1::int8',
    },
  },
  'a delete': {
    statement: {
      kind: 'delete',
      table: orders,
      alias: 't0',
      where: {
        kind: 'and',
        items: [eq(id, 0), { kind: 'version', alias: 't0', table: orders, versions: param(1, 'text', true) }],
      },
      returning: returning([customer]),
    },
    text: {
      postgres:
        'DELETE FROM "shop"."orders" AS "t0" WHERE "t0"."id" = $1::int8 AND "t0"."xmin"::text = ANY($2::text[]) RETURNING (SELECT row_to_json(e.*) FROM (SELECT "t1"."name" AS "name", "t1"."country"::text AS "country" FROM "shop"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id") AS e)',
    },
  },
  'a delete that gives nothing back': {
    statement: { kind: 'delete', table: orders, alias: 't0', where: eq(id, 0), returning: undefined },
    text: {
      postgres: 'DELETE FROM "shop"."orders" AS "t0" WHERE "t0"."id" = $1::int8',
    },
  },
  'a function of named parameters': {
    statement: {
      kind: 'call',
      routine: routine('add', { kind: 'scalar', type: type('int8'), set: false }, [
        { name: 'a', type: type('int4') },
        { name: 'b', type: type('int4'), hasDefault: true },
        { name: 'c', type: type('money') },
      ]),
      args: [
        { name: 'a', position: 0, value: param(0, 'int4') },
        { name: 'c', position: 2, value: param(1, 'money') },
      ],
      numbers: 'default',
    },
    text: {
      postgres: 'SELECT r.value FROM "shop"."add"("a" => $1::int4, "c" => $2::numeric::money) AS r(value)',
    },
  },
  'a function of nameless parameters': {
    statement: {
      kind: 'call',
      routine: routine('parts', { kind: 'scalar', type: arrayOf(type('numeric')), set: true }, [
        { type: type('text') },
      ]),
      args: [{ name: '', position: 0, value: param(0, 'text') }],
      numbers: 'default',
    },
    text: {
      postgres: 'SELECT array_to_json(r.value::text[]) FROM "shop"."parts"($1::text) AS r(value)',
    },
  },
  'a variadic function without values': {
    statement: {
      kind: 'call',
      routine: routine('greatest_of', { kind: 'scalar', type: type('int4'), set: false }, [
        { name: 'list', mode: 'variadic', type: arrayOf(type('int4')) },
      ]),
      args: [],
      numbers: 'default',
    },
    text: {
      postgres: `SELECT r.value FROM "shop"."greatest_of"(VARIADIC "list" => '{}'::int4[]) AS r(value)`,
    },
  },
  'a function that gives rows': {
    statement: {
      kind: 'call',
      routine: routine(
        'report',
        {
          kind: 'rows',
          set: true,
          columns: [column('day', 'date'), column('sum', 'numeric'), column('blob', 'bytea')],
        },
        [
          { name: 'days', type: type('int4') },
          { name: 'day', mode: 'out', type: type('date') },
        ],
      ),
      args: [{ name: 'days', position: 0, value: param(0, 'int4') }],
      numbers: 'default',
    },
    text: {
      postgres: String.raw`SELECT "r"."day", "r"."sum", replace(encode("r"."blob", 'base64'), E'\n', '') FROM "shop"."report"("days" => $1::int4) AS r`,
    },
  },
  'a function that gives nothing': {
    statement: {
      kind: 'call',
      routine: routine('refresh', { kind: 'void' }, []),
      args: [],
      numbers: 'default',
    },
    text: {
      postgres: 'SELECT FROM "shop"."refresh"() AS r',
    },
  },
  'a procedure': {
    statement: {
      kind: 'call',
      routine: routine(
        'transfer',
        { kind: 'rows', set: false, columns: [column('balance', 'numeric'), column('at', 'timestamptz')] },
        [
          { name: 'amount', type: type('numeric') },
          { name: 'balance', mode: 'inout', type: type('numeric') },
          { name: 'at', mode: 'out', type: type('timestamptz') },
        ],
        'procedure',
      ),
      args: [
        { name: 'amount', position: 0, value: param(0, 'numeric') },
        { name: 'balance', position: 1, value: param(1, 'numeric') },
      ],
      numbers: 'default',
    },
    text: {
      postgres:
        'CALL "shop"."transfer"("amount" => $1::numeric, "balance" => $2::numeric, "at" => NULL::timestamptz)',
    },
  },
}
