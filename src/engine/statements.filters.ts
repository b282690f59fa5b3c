/** Conditions, with the SQL each engine writes. */
import type { Condition, Statement } from '#plan/ast.ts'
import type { Case } from './statements.cases.ts'
import {
  arrayOf,
  by,
  column,
  customers,
  eq,
  items,
  labels,
  orders,
  param,
  ref,
  sales,
  select,
  toCustomer,
  toLabels,
  type,
} from './statements.fixture.ts'
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

export const filterCases: Readonly<Record<string, Case>> = {
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
}
