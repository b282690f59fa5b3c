/** Reads, with the SQL each engine writes. */
import type { Case } from './statements.cases.ts'
import {
  NOT_SUPPORTED,
  by,
  eq,
  files,
  items,
  odd,
  orders,
  param,
  ref,
  select,
  shown,
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
      mysql:
        "SELECT `t0`.`id`, `t0`.`total`, `t0`.`receipt`, SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`customer_id`), QUOTE(`t0`.`status`), QUOTE(`t0`.`total`), QUOTE(`t0`.`placed_at`), QUOTE(`t0`.`shipped_at`), QUOTE(`t0`.`note`), QUOTE(`t0`.`tags`), QUOTE(SHA2(`t0`.`receipt`, 256))), 256) FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED) LIMIT 1",
      sqlserver:
        'SELECT TOP (1) [t0].[id], CAST([t0].[total] AS nvarchar(41)), [t0].[receipt], CONVERT(nvarchar(max), CAST([t0].[version] AS binary(8)), 2) FROM [shop].[orders] AS [t0] WHERE [t0].[id] = CAST(@p1 AS bigint)',
    },
    bound: {
      postgres: ['42'],
      mysql: ['42'],
      sqlserver: ['42'],
    },
  },
  'every scalar as it is, 64-bit integers as text': {
    statement: select(orders, { outputs: shown(orders, ['id', 'customer_id', 'total']), numbers: 'string' }),
    text: {
      postgres: 'SELECT "t0"."id", "t0"."customer_id", "t0"."total" FROM "shop"."orders" AS "t0"',
      mysql: 'SELECT `t0`.`id`, `t0`.`customer_id`, `t0`.`total` FROM `shop`.`orders` AS `t0`',
      sqlserver:
        'SELECT [t0].[id], [t0].[customer_id], CAST([t0].[total] AS nvarchar(41)) FROM [shop].[orders] AS [t0]',
    },
  },
  'decimals written bare': {
    statement: select(items, { outputs: shown(items, ['order_id', 'price']), numbers: 'native' }),
    text: {
      postgres: 'SELECT "t0"."order_id", "t0"."price"::numeric FROM "shop"."order_items" AS "t0"',
      mysql: 'SELECT `t0`.`order_id`, `t0`.`price` FROM `shop`.`order_items` AS `t0`',
      sqlserver:
        'SELECT [t0].[order_id], CAST(CAST([t0].[price] AS decimal(19,4)) AS nvarchar(41)) FROM [shop].[order_items] AS [t0]',
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
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` ORDER BY `t0`.`placed_at` DESC, `t0`.`id` LIMIT ? OFFSET ?',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] ORDER BY [t0].[placed_at] DESC, [t0].[id] OFFSET CAST(@p1 AS bigint) ROWS FETCH NEXT CAST(@p2 AS bigint) ROWS ONLY',
    },
    bound: {
      postgres: ['51', '100'],
      mysql: ['51', '100'],
      sqlserver: ['100', '51'],
    },
  },
  'no columns at all': {
    statement: select(orders, { outputs: [] }),
    text: {
      postgres: 'SELECT FROM "shop"."orders" AS "t0"',
      mysql: 'SELECT 1 FROM `shop`.`orders` AS `t0`',
      sqlserver: 'SELECT 1 FROM [shop].[orders] AS [t0]',
    },
  },
  'names with quotes in them': {
    statement: select(odd, { outputs: shown(odd, ['a"b']) }),
    text: {
      postgres: 'SELECT "t0"."a""b" FROM "shop"."od""d" AS "t0"',
      mysql: 'SELECT `t0`.`a"b` FROM `shop`.`od"d` AS `t0`',
      sqlserver: 'SELECT [t0].[a"b] FROM [shop].[od"d] AS [t0]',
    },
  },
  'arrays and composites': {
    statement: select(files, { outputs: shown(files, ['home']) }),
    text: {
      postgres:
        'SELECT (SELECT row_to_json(c.*) FROM (SELECT ("t0"."home")."street" AS "street", ("t0"."home")."floor"::text AS "floor") AS c WHERE "t0"."home" IS DISTINCT FROM NULL) FROM "shop"."files" AS "t0"',
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
    },
  },
  'an array of money': {
    statement: select(odd, { outputs: shown(odd, ['prices']) }),
    text: {
      postgres: 'SELECT array_to_json("t0"."prices"::numeric[]::text[]) FROM "shop"."od""d" AS "t0"',
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
    },
  },
  'an array of binary': {
    statement: select(files, { outputs: shown(files, ['parts']) }),
    text: {
      postgres: String.raw`SELECT (SELECT CASE WHEN array_ndims("t0"."parts") > 1 THEN (SELECT string_agg(p.s || CASE WHEN p.n <= cardinality(a.m) THEN coalesce(to_json(p.x)::text, 'null') ELSE '' END, '' ORDER BY p.n)::json FROM unnest(a.m, regexp_split_to_array(array_to_json(array_fill(0, array_remove(ARRAY[array_length("t0"."parts", 1), array_length("t0"."parts", 2), array_length("t0"."parts", 3), array_length("t0"."parts", 4), array_length("t0"."parts", 5), array_length("t0"."parts", 6)], NULL)))::text, '0')) WITH ORDINALITY AS p(x, s, n)) ELSE array_to_json(a.m) END FROM (SELECT ARRAY(SELECT replace(encode(u.x, 'base64'), E'\n', '') FROM (SELECT unnest("t0"."parts") AS x) AS u) AS m OFFSET 0) AS a WHERE "t0"."parts" IS NOT NULL) FROM "shop"."files" AS "t0"`,
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
    },
  },
  'an array of text': {
    statement: select(orders, { outputs: shown(orders, ['tags']) }),
    text: {
      postgres: 'SELECT array_to_json("t0"."tags") FROM "shop"."orders" AS "t0"',
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
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
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` ORDER BY `t0`.`shipped_at` DESC, `t0`.`note`, `t0`.`id` DESC',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] ORDER BY [t0].[shipped_at] DESC, [t0].[note], [t0].[id] DESC',
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
      mysql: 'SELECT `t0`.`price`, `t0`.`line` FROM `shop`.`order_items` AS `t0`',
      sqlserver:
        'SELECT CAST(CAST([t0].[price] AS decimal(19,4)) AS nvarchar(41)), [t0].[line] FROM [shop].[order_items] AS [t0]',
    },
  },
  'a page in an order that begins with NULL': {
    statement: select(orders, {
      order: [by(orders, 'shipped_at', 'desc'), by(orders, 'id')],
      limit: 10,
    }),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" ORDER BY "t0"."shipped_at" DESC, "t0"."id" LIMIT 10',
      mysql:
        'SELECT `t0`.`id` FROM ((SELECT `t0`.`id`, `t0`.`shipped_at` FROM `shop`.`orders` AS `t0` WHERE `t0`.`shipped_at` IS NULL ORDER BY `t0`.`id` LIMIT 10) UNION ALL (SELECT `t0`.`id`, `t0`.`shipped_at` FROM `shop`.`orders` AS `t0` WHERE `t0`.`shipped_at` IS NOT NULL ORDER BY `t0`.`shipped_at` DESC, `t0`.`id` LIMIT 10)) AS `t0` ORDER BY `t0`.`shipped_at` IS NULL DESC, `t0`.`shipped_at` DESC, `t0`.`id` LIMIT 10',
      sqlserver:
        'SELECT TOP (10) [t0].[id] FROM (SELECT * FROM (SELECT TOP (10) [t0].[id], [t0].[shipped_at] FROM [shop].[orders] AS [t0] WHERE [t0].[shipped_at] IS NULL ORDER BY [t0].[id]) AS [a] UNION ALL SELECT * FROM (SELECT TOP (10) [t0].[id], [t0].[shipped_at] FROM [shop].[orders] AS [t0] WHERE [t0].[shipped_at] IS NOT NULL ORDER BY [t0].[shipped_at] DESC, [t0].[id]) AS [b]) AS [t0] ORDER BY CASE WHEN [t0].[shipped_at] IS NULL THEN 0 ELSE 1 END, [t0].[shipped_at] DESC, [t0].[id]',
    },
  },
}
