/** Reads, with the SQL each engine writes. */
import type { Case } from './statements.cases.ts'
import {
  aggregate,
  by,
  customer,
  customers,
  embed,
  eq,
  files,
  items,
  labels,
  lines,
  odd,
  orders,
  param,
  ref,
  select,
  shown,
  toCustomer,
  toItems,
  toLabels,
  version,
} from './statements.fixture.ts'
const id = ref(orders, 'id')

export const readCases: Readonly<Record<string, Case>> = {
  'a row by its key': {
    statement: select(orders, {
      where: eq(id, 0),
      outputs: shown(orders, ['id', 'total', 'receipt']),
      hidden: [version],
      limit: 1,
    }),
    values: ['42'],
    text: {
      postgres: String.raw`SELECT "t0"."id", "t0"."total", replace(encode("t0"."receipt", 'base64'), E'\n', ''), "t0"."xmin" FROM "shop"."orders" AS "t0" WHERE "t0"."id" = $1::int8 LIMIT 1`,
    },
    bound: { postgres: ['42'] },
  },
  'every scalar as it is, 64-bit integers as text': {
    statement: select(orders, { outputs: shown(orders, ['id', 'customer_id', 'total']), numbers: 'string' }),
    text: {
      postgres: 'SELECT "t0"."id", "t0"."customer_id", "t0"."total" FROM "shop"."orders" AS "t0"',
    },
  },
  'decimals written bare': {
    statement: select(items, { outputs: shown(items, ['order_id', 'price']), numbers: 'native' }),
    text: {
      postgres: 'SELECT "t0"."order_id", "t0"."price"::numeric FROM "shop"."order_items" AS "t0"',
    },
  },
  'a page with order, limit and offset': {
    statement: select(orders, {
      order: [by(orders, 'placed_at', 'desc'), by(orders, 'id')],
      limit: param(0, 'int8'),
      offset: param(1, 'int8'),
    }),
    values: ['51', '100'],
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" ORDER BY "t0"."placed_at" DESC, "t0"."id" LIMIT $1::int8 OFFSET $2::int8',
    },
    bound: { postgres: ['51', '100'] },
  },
  'no columns at all': {
    statement: select(orders, { outputs: [] }),
    text: {
      postgres: 'SELECT FROM "shop"."orders" AS "t0"',
    },
  },
  'names with quotes in them': {
    statement: select(odd, { outputs: shown(odd, ['a"b']) }),
    text: {
      postgres: 'SELECT "t0"."a""b" FROM "shop"."od""d" AS "t0"',
    },
  },
  'arrays and composites': {
    statement: select(files, { outputs: shown(files, ['home']) }),
    text: {
      postgres:
        'SELECT (SELECT row_to_json(r.*) FROM (SELECT ("t0"."home")."street" AS "street", ("t0"."home")."floor"::text AS "floor") AS r WHERE "t0"."home" IS DISTINCT FROM NULL) FROM "shop"."files" AS "t0"',
    },
  },
  'an array of money': {
    statement: select(odd, { outputs: shown(odd, ['prices']) }),
    text: {
      postgres: 'SELECT array_to_json("t0"."prices"::numeric[]::text[]) FROM "shop"."od""d" AS "t0"',
    },
  },
  'an array of binary': {
    statement: select(files, { outputs: shown(files, ['parts']) }),
    text: {
      postgres: String.raw`SELECT (SELECT CASE WHEN array_ndims("t0"."parts") > 1 THEN (SELECT string_agg(p.s || CASE WHEN p.n <= cardinality(a.m) THEN coalesce(to_json(p.x)::text, 'null') ELSE '' END, '' ORDER BY p.n)::json FROM unnest(a.m, regexp_split_to_array(array_to_json(array_fill(0, array_remove(ARRAY[array_length("t0"."parts", 1), array_length("t0"."parts", 2), array_length("t0"."parts", 3), array_length("t0"."parts", 4), array_length("t0"."parts", 5), array_length("t0"."parts", 6)], NULL)))::text, '0')) WITH ORDINALITY AS p(x, s, n)) ELSE array_to_json(a.m) END FROM (SELECT ARRAY(SELECT replace(encode(u.x, 'base64'), E'\n', '') FROM (SELECT unnest("t0"."parts") AS x) AS u) AS m OFFSET 0) AS a WHERE "t0"."parts" IS NOT NULL) FROM "shop"."files" AS "t0"`,
    },
  },
  'an array of text': {
    statement: select(orders, { outputs: shown(orders, ['tags']) }),
    text: {
      postgres: 'SELECT array_to_json("t0"."tags") FROM "shop"."orders" AS "t0"',
    },
  },
  'order where NULL stands elsewhere than usual': {
    statement: select(orders, {
      order: [
        by(orders, 'shipped_at', 'desc nulls last'),
        by(orders, 'note', 'asc nulls first'),
        by(orders, 'id', 'desc nulls last'),
      ],
    }),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" ORDER BY "t0"."shipped_at" DESC NULLS LAST, "t0"."note" NULLS FIRST, "t0"."id" DESC',
    },
  },
  'the texts of a cursor': {
    statement: select(items, {
      outputs: [],
      hidden: [
        { kind: 'cursor', ref: ref(items, 'price') },
        { kind: 'cursor', ref: ref(items, 'line') },
      ],
    }),
    text: {
      postgres: 'SELECT "t0"."price"::numeric, "t0"."line" FROM "shop"."order_items" AS "t0"',
    },
  },
  'a related row': {
    statement: select(orders, { outputs: [...shown(orders, ['id']), customer] }),
    text: {
      postgres:
        'SELECT "t0"."id", (SELECT row_to_json(e.*) FROM (SELECT "t1"."name" AS "name", "t1"."country"::text AS "country" FROM "shop"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id") AS e) FROM "shop"."orders" AS "t0"',
    },
  },
  'related rows': {
    statement: select(orders, { outputs: [lines] }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t2"."quantity" AS "quantity", "t2"."price"::numeric::text AS "price" FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id" ORDER BY "t2"."quantity" DESC, "t2"."line" LIMIT 5) AS e)) FROM "shop"."orders" AS "t0"',
    },
  },
  'related rows across a junction': {
    statement: select(orders, {
      outputs: [
        embed('labels', toLabels(), true, {
          outputs: shown(labels, ['text'], 't3'),
          where: eq(ref(labels, 'text', 't3'), 0),
        }),
      ],
    }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t3"."text" AS "text" FROM "shop"."order_labels" AS "t4" JOIN "shop"."labels" AS "t3" ON "t3"."id" = "t4"."label_id" WHERE "t4"."order_id" = "t0"."id" AND "t3"."text" = $1::text) AS e)) FROM "shop"."orders" AS "t0"',
    },
  },
  'related rows of related rows': {
    statement: select(customers, {
      outputs: [
        embed(
          'orders',
          {
            outer: 't0',
            table: orders,
            alias: 't1',
            on: [{ outer: customers.columns[0]!, inner: orders.columns[1]! }],
          },
          true,
          {
            outputs: [
              ...shown(orders, ['id', 'total'], 't1'),
              embed('items', toItems('t1'), true, { outputs: shown(items, ['price'], 't2') }),
            ],
          },
        ),
      ],
    }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t1"."id" AS "id", "t1"."total"::text AS "total", array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t2"."price"::numeric::text AS "price" FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t1"."id") AS e)) AS "items" FROM "shop"."orders" AS "t1" WHERE "t1"."customer_id" = "t0"."id") AS e)) FROM "shop"."customers" AS "t0"',
    },
  },
  'related rows below a name too long for the database': {
    statement: select(orders, {
      outputs: [
        embed('customer', toCustomer(), false, {
          outputs: [{ kind: 'column', name: `it's \\ ${'n'.repeat(60)}`, ref: ref(customers, 'name', 't1') }],
        }),
      ],
    }),
    text: {
      postgres: String.raw`SELECT (SELECT (E'{"it''s \\\\ nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn":' || coalesce(to_json(e."m0")::text, 'null') || '}')::json FROM (SELECT "t1"."name" AS "m0" FROM "shop"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id") AS e) FROM "shop"."orders" AS "t0"`,
    },
  },
  'related rows without columns': {
    statement: select(orders, { outputs: [embed('items', toItems(), true, { outputs: [] })] }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id") AS e)) FROM "shop"."orders" AS "t0"',
    },
  },
  'an offset with related rows': {
    statement: select(orders, {
      outputs: [...shown(orders, ['total']), customer],
      hidden: [version],
      order: [by(orders, 'id')],
      limit: 10,
      offset: param(0, 'int8'),
    }),
    text: {
      postgres:
        'SELECT "t0"."total", (SELECT row_to_json(e.*) FROM (SELECT "t1"."name" AS "name", "t1"."country"::text AS "country" FROM "shop"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id") AS e), "t0"."xmin" FROM (SELECT "t0"."total", "t0"."customer_id", "t0"."id", "t0"."xmin" FROM "shop"."orders" AS "t0" ORDER BY "t0"."id" LIMIT 10 OFFSET $1::int8) AS "t0" ORDER BY "t0"."id"',
    },
  },
  'related rows counted': {
    statement: select(orders, {
      outputs: [
        embed('items', toItems(), true, {
          outputs: [{ kind: 'aggregate', name: 'count', function: 'count', ref: undefined }],
        }),
      ],
    }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT count(*) AS "count" FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id") AS e)) FROM "shop"."orders" AS "t0"',
    },
  },
  'aggregates by group': {
    statement: select(orders, {
      outputs: [
        ...shown(orders, ['status']),
        aggregate('total_sum', 'sum', 'total'),
        aggregate('count', 'count'),
      ],
      group: [ref(orders, 'status')],
      order: [by(orders, 'status')],
      limit: 10,
    }),
    text: {
      postgres:
        'SELECT "t0"."status"::text, sum("t0"."total"), count(*) FROM "shop"."orders" AS "t0" GROUP BY "t0"."status" ORDER BY "t0"."status" LIMIT 10',
    },
  },
  'groups in the order of an aggregate': {
    statement: select(orders, {
      outputs: shown(orders, ['status']),
      group: [ref(orders, 'status')],
      order: [
        { aggregate: { function: 'count', ref: undefined }, descending: true, nulls: 'last' },
        { aggregate: { function: 'sum', ref: ref(orders, 'total') }, descending: true, nulls: 'last' },
        by(orders, 'status'),
      ],
    }),
    text: {
      postgres:
        'SELECT "t0"."status"::text FROM "shop"."orders" AS "t0" GROUP BY "t0"."status" ORDER BY count(*) DESC, sum("t0"."total") DESC NULLS LAST, "t0"."status"',
    },
  },
  'aggregates of everything': {
    statement: select(items, {
      outputs: [
        aggregate('a', 'sum', 'quantity', items),
        aggregate('b', 'sum', 'order_id', items),
        aggregate('c', 'avg', 'price', items),
        aggregate('d', 'max', 'price', items),
        aggregate('e', 'count', 'line', items),
      ],
      group: [],
    }),
    text: {
      postgres:
        'SELECT sum("t0"."quantity"), sum("t0"."order_id"), avg("t0"."price"::numeric)::float8, max("t0"."price")::numeric, count("t0"."line") FROM "shop"."order_items" AS "t0"',
    },
  },
  'extremes of what has none': {
    statement: select(orders, {
      outputs: [aggregate('a', 'min', 'receipt'), aggregate('b', 'max', 'tags')],
      group: [],
    }),
    text: {
      postgres: String.raw`SELECT replace(encode((array_agg("t0"."receipt" ORDER BY "t0"."receipt" ASC) FILTER (WHERE "t0"."receipt" IS NOT NULL))[1], 'base64'), E'\n', ''), array_to_json(max("t0"."tags")) FROM "shop"."orders" AS "t0"`,
    },
  },
  'aggregates of related rows by group': {
    statement: select(orders, {
      outputs: [
        embed('items', toItems(), true, {
          outputs: [
            ...shown(items, ['product_id'], 't2'),
            { kind: 'aggregate', name: 'sum', function: 'sum', ref: ref(items, 'quantity', 't2') },
          ],
          group: [ref(items, 'product_id', 't2')],
        }),
      ],
    }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t2"."product_id" AS "product_id", sum("t2"."quantity") AS "sum" FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id" GROUP BY "t2"."product_id") AS e)) FROM "shop"."orders" AS "t0"',
    },
  },
  'an exact count': {
    statement: {
      kind: 'count',
      exact: true,
      select: select(orders, { where: eq(id, 0), order: [by(orders, 'id')], limit: 5 }),
    },
    text: {
      postgres: 'SELECT count(*) FROM "shop"."orders" AS "t0" WHERE "t0"."id" = $1::int8',
    },
  },
  'an exact count of groups': {
    statement: {
      kind: 'count',
      exact: true,
      select: select(orders, { outputs: [aggregate('count', 'count')], group: [ref(orders, 'status')] }),
    },
    text: {
      postgres: 'SELECT count(*) FROM (SELECT 1 FROM "shop"."orders" AS "t0" GROUP BY "t0"."status") AS g',
    },
  },
  'an exact count of one aggregated row': {
    statement: {
      kind: 'count',
      exact: true,
      select: select(orders, { outputs: [aggregate('count', 'count')], group: [] }),
    },
    text: {
      postgres: 'SELECT count(*) FROM (SELECT count(*) FROM "shop"."orders" AS "t0") AS g',
    },
  },
  'an estimated count': {
    statement: { kind: 'count', exact: false, select: select(orders, { where: eq(id, 0) }) },
    text: {
      postgres: 'EXPLAIN (FORMAT JSON) SELECT 1 FROM "shop"."orders" AS "t0" WHERE "t0"."id" = $1::int8',
    },
  },
}
