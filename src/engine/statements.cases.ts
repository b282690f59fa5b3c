/** Statements of every kind with the SQL each engine writes, side by side: what one writes differently, or cannot say, is seen at a glance. */
import type { Bound, Condition, Hidden, Output, Returning, Statement } from '#plan/ast.ts'
import type { EngineKind } from './engine.ts'
import {
  arrayOf,
  by,
  column,
  composite,
  customers,
  eq,
  items,
  labels,
  orders,
  param,
  ref,
  routine,
  sales,
  select,
  shown,
  table,
  toCustomer,
  toItems,
  toLabels,
  type,
} from './statements.fixture.ts'

/** Engines whose dialects exist. */
export type Written = Extract<EngineKind, 'postgres'>

/** Stands where an engine has no text for a statement. */
export const NOT_SUPPORTED = Symbol('not supported')

export interface Case {
  readonly statement: Statement
  /** Values by slot, when what is bound is worth a look. */
  readonly values?: readonly Bound[]
  readonly text: Record<Written, string | typeof NOT_SUPPORTED>
  readonly bound?: Record<Written, readonly (string | null)[]>
}

const id = ref(orders, 'id')
const where = (condition: Condition): Statement => select(orders, { where: condition })
const compare = (operator: 'neq' | 'gt' | 'gte' | 'lt' | 'lte'): Statement =>
  where({ kind: 'compare', left: ref(orders, 'total'), operator, right: param(0, 'numeric') })
const after = (...terms: [string, string, number | null][]): Statement =>
  select(orders, {
    where: {
      kind: 'after',
      terms: terms.map(([name, direction, slot]) => {
        const term = by(orders, name, direction)
        return { ...term, value: slot === null ? undefined : { slot, type: term.by.column.type } }
      }),
    },
    order: terms.map(([name, direction]) => by(orders, name, direction)),
    limit: 3,
  })
const embed = (name: string, join: ReturnType<typeof toItems>, many: boolean, more = {}): Output => ({
  kind: 'embed',
  name,
  many,
  join,
  select: select(join.table, { alias: join.alias, ...more }),
})
const customer = embed('customer', toCustomer(), false, {
  outputs: shown(customers, ['name', 'country'], 't1'),
})
const lines = embed('items', toItems(), true, {
  outputs: shown(items, ['quantity', 'price'], 't2'),
  order: [by(items, 'quantity', 'desc', 't2'), by(items, 'line', '', 't2')],
  limit: 5,
})
const version: Hidden = { kind: 'version', alias: 't0', table: orders }
const aggregate = (
  name: string,
  f: 'count' | 'sum' | 'avg' | 'min' | 'max',
  field?: string,
  from = orders,
): Output => ({
  kind: 'aggregate',
  name,
  function: f,
  ref: field === undefined ? undefined : ref(from, field),
})
const returning = (outputs: readonly Output[], hidden: readonly Hidden[] = []): Returning => ({
  outputs,
  hidden,
  numbers: 'default',
})
const address = composite('shop.address', { street: type('text'), floor: type('numeric') })
const odd = table('od"d', [
  column('id', 'int4'),
  column('a"b', 'text'),
  column('prices', arrayOf(type('money'))),
])
const files = table('files', [
  column('id', 'int4'),
  column('parts', arrayOf(type('bytea'))),
  column('home', address),
])
const columnsOf = (from: typeof orders, names: readonly string[]) =>
  names.map((name) => ref(from, name).column)

export const cases: Record<string, Case> = {
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
  equality: {
    statement: where(eq(ref(orders, 'status'), 0)),
    values: ['open'],
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."status" = $1::shop.status',
    },
    bound: { postgres: ['open'] },
  },
  inequality: {
    statement: compare('neq'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" <> $1::numeric',
    },
  },
  greater: {
    statement: compare('gt'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" > $1::numeric',
    },
  },
  'greater or equal': {
    statement: compare('gte'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" >= $1::numeric',
    },
  },
  less: {
    statement: compare('lt'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" < $1::numeric',
    },
  },
  'less or equal': {
    statement: compare('lte'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" <= $1::numeric',
    },
  },
  'a list, however long': {
    statement: where({ kind: 'in', left: id, list: param(0, 'int8', true), negated: false }),
    values: [['1', '2']],
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."id" = ANY($1::int8[])',
    },
    bound: { postgres: ['{"1","2"}'] },
  },
  'none of a list': {
    statement: where({
      kind: 'in',
      left: ref(orders, 'status'),
      list: param(0, orders.columns[2]!.type, true),
      negated: true,
    }),
    values: [['open', 'sh"ip']],
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."status" <> ALL($1::shop.status[])',
    },
    bound: { postgres: ['{"open","sh\\"ip"}'] },
  },
  'a list of money': {
    statement: select(items, {
      outputs: [],
      where: { kind: 'in', left: ref(items, 'price'), list: param(0, 'money', true), negated: false },
    }),
    text: {
      postgres: 'SELECT FROM "shop"."order_items" AS "t0" WHERE "t0"."price" = ANY($1::numeric[]::money[])',
    },
  },
  'a list of arrays': {
    statement: where({
      kind: 'in',
      left: ref(orders, 'tags'),
      list: param(0, arrayOf(type('text')), true),
      negated: false,
    }),
    values: [['["a","b"]', '[]']],
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."tags" IN (SELECT x::text[] FROM unnest($1::text[]) AS x)',
    },
    bound: { postgres: ['{"{\\"a\\",\\"b\\"}","{}"}'] },
  },
  between: {
    statement: where({
      kind: 'between',
      left: ref(orders, 'placed_at'),
      low: param(0, 'timestamptz'),
      high: param(1, 'timestamptz'),
    }),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."placed_at" BETWEEN $1::timestamptz AND $2::timestamptz',
    },
  },
  'a pattern': {
    statement: where({ kind: 'like', left: ref(orders, 'note'), pattern: param(0, 'text'), caseless: false }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."note" LIKE $1::text',
    },
  },
  'a pattern without case, on what is no text': {
    statement: where({
      kind: 'like',
      left: ref(orders, 'status'),
      pattern: param(0, 'text'),
      caseless: true,
    }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."status"::text ILIKE $1::text',
    },
  },
  'an element of an array': {
    statement: where({ kind: 'has', left: ref(orders, 'tags'), element: param(0, 'text') }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."tags" @> ARRAY[$1::text]',
    },
  },
  null: {
    statement: where({ kind: 'null', left: ref(orders, 'note'), isNull: true }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."note" IS NULL',
    },
  },
  'not null': {
    statement: where({ kind: 'null', left: ref(orders, 'note'), isNull: false }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."note" IS NOT NULL',
    },
  },
  'full text search': {
    statement: where({ kind: 'search', left: ref(orders, 'note'), text: param(0, 'text') }),
    text: {
      postgres: `SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE to_tsvector('english'::regconfig, "t0"."note") @@ websearch_to_tsquery('english'::regconfig, $1::text)`,
    },
  },
  'full text search in a prepared document': {
    statement: select(labels, {
      where: {
        kind: 'search',
        left: { alias: 't0', column: column('doc', 'tsvector') },
        text: param(0, 'text'),
      },
    }),
    text: {
      postgres: `SELECT "t0"."id" FROM "shop"."labels" AS "t0" WHERE "t0"."doc" @@ websearch_to_tsquery('simple'::regconfig, $1::text)`,
    },
  },
  'and, or, not': {
    statement: where({
      kind: 'and',
      items: [
        eq(id, 0),
        { kind: 'or', items: [eq(id, 1), { kind: 'and', items: [eq(id, 2), eq(id, 3)] }] },
        { kind: 'not', item: eq(id, 0) },
      ],
    }),
    values: ['1', '2', '3', '4'],
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."id" = $1::int8 AND ("t0"."id" = $2::int8 OR ("t0"."id" = $3::int8 AND "t0"."id" = $4::int8)) AND NOT ("t0"."id" = $1::int8)',
    },
    bound: { postgres: ['1', '2', '3', '4'] },
  },
  'nothing to fulfil': {
    statement: where({
      kind: 'and',
      items: [
        { kind: 'and', items: [] },
        { kind: 'not', item: { kind: 'and', items: [] } },
        { kind: 'or', items: [] },
      ],
    }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE NOT (TRUE) AND FALSE',
    },
  },
  never: {
    statement: where({ kind: 'never' }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE FALSE',
    },
  },
  'a related row exists': {
    statement: where({ kind: 'exists', join: toCustomer(), where: eq(ref(customers, 'country', 't1'), 0) }),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE EXISTS (SELECT 1 FROM "shop"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id" AND "t1"."country" = $1::bpchar)',
    },
  },
  'a row across a junction exists': {
    statement: where({ kind: 'exists', join: toLabels(), where: undefined }),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE EXISTS (SELECT 1 FROM "shop"."order_labels" AS "t4" JOIN "shop"."labels" AS "t3" ON "t3"."id" = "t4"."label_id" WHERE "t4"."order_id" = "t0"."id")',
    },
  },
  'versions of a row': {
    statement: where({ kind: 'version', alias: 't0', table: orders, versions: param(0, 'text', true) }),
    values: [['770', '771']],
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."xmin"::text = ANY($1::text[])',
    },
    bound: { postgres: ['{"770","771"}'] },
  },
  'the version of a row without system column': {
    statement: select(sales, {
      outputs: [],
      where: { kind: 'version', alias: 't0', table: sales, versions: param(0, 'text') },
    }),
    text: {
      postgres:
        'SELECT FROM "shop"."sales" AS "t0" WHERE md5(ROW("t0"."country", "t0"."amount")::text) = $1::text',
    },
  },
  'rows behind a cursor in one column': {
    statement: after(['id', '', 0]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."id" > $1::int8 ORDER BY "t0"."id" LIMIT 3',
    },
  },
  'rows behind a cursor in one direction': {
    statement: after(['placed_at', 'desc', 0], ['id', 'desc', 1]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE ("t0"."placed_at", "t0"."id") < ($1::timestamptz, $2::int8) ORDER BY "t0"."placed_at" DESC, "t0"."id" DESC LIMIT 3',
    },
  },
  'rows behind a cursor in both directions': {
    statement: after(['placed_at', 'desc', 0], ['total', '', 1], ['id', '', 2]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE ("t0"."placed_at" <= $1::timestamptz AND ("t0"."placed_at" < $1::timestamptz OR ("t0"."placed_at" = $1::timestamptz AND ("t0"."total", "t0"."id") > ($2::numeric, $3::int8)))) ORDER BY "t0"."placed_at" DESC, "t0"."total", "t0"."id" LIMIT 3',
    },
  },
  'rows behind a cursor where NULL comes later': {
    statement: after(['shipped_at', '', 0], ['id', '', 1]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM ((SELECT "t0"."id", "t0"."shipped_at" FROM "shop"."orders" AS "t0" WHERE ("t0"."shipped_at", "t0"."id") > ($1::timestamptz, $2::int8) ORDER BY "t0"."shipped_at", "t0"."id" LIMIT 3) UNION ALL (SELECT "t0"."id", "t0"."shipped_at" FROM "shop"."orders" AS "t0" WHERE "t0"."shipped_at" IS NULL ORDER BY "t0"."shipped_at", "t0"."id" LIMIT 3)) AS "t0" ORDER BY "t0"."shipped_at", "t0"."id" LIMIT 3',
    },
  },
  'rows behind a cursor at NULL, which is first': {
    statement: after(['shipped_at', 'desc', null], ['id', '', 0]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM ((SELECT "t0"."id", "t0"."shipped_at" FROM "shop"."orders" AS "t0" WHERE "t0"."shipped_at" IS NULL AND "t0"."id" > $1::int8 ORDER BY "t0"."shipped_at" DESC, "t0"."id" LIMIT 3) UNION ALL (SELECT "t0"."id", "t0"."shipped_at" FROM "shop"."orders" AS "t0" WHERE "t0"."shipped_at" IS NOT NULL ORDER BY "t0"."shipped_at" DESC, "t0"."id" LIMIT 3)) AS "t0" ORDER BY "t0"."shipped_at" DESC, "t0"."id" LIMIT 3',
    },
  },
  'rows behind a cursor at NULL, which is last': {
    statement: after(['shipped_at', '', null], ['id', '', 0]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE ("t0"."shipped_at" IS NULL AND "t0"."id" > $1::int8) ORDER BY "t0"."shipped_at", "t0"."id" LIMIT 3',
    },
  },
  'rows behind a cursor with NULL in the middle': {
    statement: after(['total', '', 0], ['note', '', 1], ['id', '', 2]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE ("t0"."total" >= $1::numeric AND ("t0"."total" > $1::numeric OR ("t0"."total" = $1::numeric AND (("t0"."note" > $2::text OR "t0"."note" IS NULL) OR ("t0"."note" = $2::text AND "t0"."id" > $3::int8))))) ORDER BY "t0"."total", "t0"."note", "t0"."id" LIMIT 3',
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
