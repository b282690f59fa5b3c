/** Related rows, with the SQL each engine writes. */
import type { Case } from './statements.cases.ts'
import {
  by,
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
  select,
  shown,
  toCustomer,
  toItems,
  toLabels,
  version,
} from './statements.fixture.ts'

export const embedCases: Readonly<Record<string, Case>> = {
  'a related row': {
    statement: select(orders, { outputs: [...shown(orders, ['id']), customer] }),
    text: {
      postgres:
        'SELECT "t0"."id", (SELECT row_to_json(e.*) FROM (SELECT "t1"."name" AS "name", "t1"."country"::text AS "country" FROM "shop"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id") AS e) FROM "shop"."orders" AS "t0"',
      mysql:
        "SELECT `t0`.`id`, (SELECT CONCAT('{\"name\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`name`), 'null'), ',\"country\":', COALESCE(JSON_QUOTE(`t1`.`country`), 'null'), '}') FROM `shop`.`customers` AS `t1` WHERE `t1`.`id` = `t0`.`customer_id`) FROM `shop`.`orders` AS `t0`",
      sqlserver: String.raw`SELECT [t0].[id], (SELECT CAST(N'{"name":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t1].[name], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N',"country":' + ISNULL(N'"' + REPLACE(STRING_ESCAPE(RTRIM([t1].[country]), 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N'}' FROM [shop].[customers] AS [t1] WHERE [t1].[id] = [t0].[customer_id]) FROM [shop].[orders] AS [t0]`,
    },
  },
  'related rows': {
    statement: select(orders, { outputs: [lines] }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t2"."quantity" AS "quantity", "t2"."price"::numeric::text AS "price" FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id" ORDER BY "t2"."quantity" DESC, "t2"."line" LIMIT 5) AS e)) FROM "shop"."orders" AS "t0"',
      mysql:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(e.j ORDER BY e.n SEPARATOR ','), ''), ']') FROM (SELECT CONCAT('{\"quantity\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`quantity` AS CHAR), 'null'), ',\"price\":', COALESCE(CONCAT('\"', `t2`.`price`, '\"'), 'null'), '}') AS j, ROW_NUMBER() OVER (ORDER BY `t2`.`quantity` DESC, `t2`.`line`) AS n FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id` ORDER BY `t2`.`quantity` DESC, `t2`.`line` LIMIT 5) AS e) FROM `shop`.`orders` AS `t0`",
      mariadb:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(CONCAT('{\"quantity\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`quantity` AS CHAR), 'null'), ',\"price\":', COALESCE(CONCAT('\"', `t2`.`price`, '\"'), 'null'), '}') ORDER BY `t2`.`quantity` DESC, `t2`.`line` SEPARATOR ',' LIMIT 5), ''), ']') FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id`) FROM `shop`.`orders` AS `t0`",
      sqlserver: `SELECT ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') WITHIN GROUP (ORDER BY [e].[n]) FROM (SELECT TOP (5) CAST(N'{"quantity":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(CAST([t2].[quantity] AS nvarchar(41)), N'null') + N',"price":' + ISNULL(N'"' + CAST(CAST([t2].[price] AS decimal(19,4)) AS nvarchar(41)) + N'"', N'null') + N'}' AS [j], ROW_NUMBER() OVER (ORDER BY [t2].[quantity] DESC, [t2].[line]) AS [n] FROM [shop].[order_items] AS [t2] WHERE [t2].[order_id] = [t0].[id] ORDER BY [t2].[quantity] DESC, [t2].[line]) AS [e]) + N']', N'[]') FROM [shop].[orders] AS [t0]`,
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
      mysql:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(CONCAT('{\"text\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t3`.`text`), 'null'), '}') SEPARATOR ','), ''), ']') FROM `shop`.`order_labels` AS `t4` JOIN `shop`.`labels` AS `t3` ON `t3`.`id` = `t4`.`label_id` WHERE `t4`.`order_id` = `t0`.`id` AND `t3`.`text` = ?) FROM `shop`.`orders` AS `t0`",
      sqlserver: String.raw`SELECT ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') FROM (SELECT CAST(N'{"text":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t3].[text], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N'}' AS [j] FROM [shop].[order_labels] AS [t4] JOIN [shop].[labels] AS [t3] ON [t3].[id] = [t4].[label_id] WHERE [t4].[order_id] = [t0].[id] AND [t3].[text] = @p1) AS [e]) + N']', N'[]') FROM [shop].[orders] AS [t0]`,
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
      mysql:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(CONCAT('{\"id\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t1`.`id` AS CHAR), 'null'), ',\"total\":', COALESCE(CONCAT('\"', `t1`.`total`, '\"'), 'null'), ',\"items\":', COALESCE((SELECT CONCAT('[', COALESCE(GROUP_CONCAT(CONCAT('{\"price\":' COLLATE utf8mb4_bin, COALESCE(CONCAT('\"', `t2`.`price`, '\"'), 'null'), '}') SEPARATOR ','), ''), ']') FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t1`.`id`), 'null'), '}') SEPARATOR ','), ''), ']') FROM `shop`.`orders` AS `t1` WHERE `t1`.`customer_id` = `t0`.`id`) FROM `shop`.`customers` AS `t0`",
      sqlserver: `SELECT ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') FROM (SELECT CAST(N'{"id":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(CAST([t1].[id] AS nvarchar(41)), N'null') + N',"total":' + ISNULL(N'"' + CAST([t1].[total] AS nvarchar(41)) + N'"', N'null') + N',"items":' + ISNULL(ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') FROM (SELECT CAST(N'{"price":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + CAST(CAST([t2].[price] AS decimal(19,4)) AS nvarchar(41)) + N'"', N'null') + N'}' AS [j] FROM [shop].[order_items] AS [t2] WHERE [t2].[order_id] = [t1].[id]) AS [e]) + N']', N'[]'), N'null') + N'}' AS [j] FROM [shop].[orders] AS [t1] WHERE [t1].[customer_id] = [t0].[id]) AS [e]) + N']', N'[]') FROM [shop].[customers] AS [t0]`,
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
      mysql:
        "SELECT (SELECT CONCAT('{\"it''s \\\\ nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`name`), 'null'), '}') FROM `shop`.`customers` AS `t1` WHERE `t1`.`id` = `t0`.`customer_id`) FROM `shop`.`orders` AS `t0`",
      sqlserver: String.raw`SELECT (SELECT CAST(N'{"it''s \\ nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t1].[name], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N'}' FROM [shop].[customers] AS [t1] WHERE [t1].[id] = [t0].[customer_id]) FROM [shop].[orders] AS [t0]`,
    },
  },
  'related rows without columns': {
    statement: select(orders, { outputs: [embed('items', toItems(), true, { outputs: [] })] }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id") AS e)) FROM "shop"."orders" AS "t0"',
      mysql:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT('{}' SEPARATOR ','), ''), ']') FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id`) FROM `shop`.`orders` AS `t0`",
      sqlserver: `SELECT ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') FROM (SELECT CAST(N'{}' AS nvarchar(max)) AS [j] FROM [shop].[order_items] AS [t2] WHERE [t2].[order_id] = [t0].[id]) AS [e]) + N']', N'[]') FROM [shop].[orders] AS [t0]`,
    },
  },
  'related rows behind an offset': {
    statement: select(orders, {
      outputs: [
        embed('items', toItems(), true, {
          outputs: shown(items, ['line'], 't2'),
          order: [by(items, 'line', '', 't2')],
          limit: 5,
          offset: param(0, 'int8'),
        }),
      ],
    }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t2"."line" AS "line" FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id" ORDER BY "t2"."line" LIMIT 5 OFFSET $1::int8) AS e)) FROM "shop"."orders" AS "t0"',
      mysql:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(e.j ORDER BY e.n SEPARATOR ','), ''), ']') FROM (SELECT CONCAT('{\"line\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`line` AS CHAR), 'null'), '}') AS j, ROW_NUMBER() OVER (ORDER BY `t2`.`line`) AS n FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id` ORDER BY `t2`.`line` LIMIT 5 OFFSET ?) AS e) FROM `shop`.`orders` AS `t0`",
      mariadb:
        "SELECT (SELECT CONCAT('[', COALESCE(IF(COUNT(*) > CAST(? AS SIGNED), REPLACE(SUBSTRING_INDEX(SUBSTRING_INDEX(GROUP_CONCAT(CONCAT('{\"line\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`line` AS CHAR), 'null'), '}') ORDER BY `t2`.`line` SEPARATOR '\u0001'), '\u0001', LEAST(COUNT(*), CAST(? AS SIGNED) + 5)), '\u0001', CAST(? AS SIGNED) - LEAST(COUNT(*), CAST(? AS SIGNED) + 5)), '\u0001', ','), ''), ''), ']') FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id`) FROM `shop`.`orders` AS `t0`",
      sqlserver: `SELECT ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') WITHIN GROUP (ORDER BY [e].[n]) FROM (SELECT CAST(N'{"line":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(CAST([t2].[line] AS nvarchar(41)), N'null') + N'}' AS [j], ROW_NUMBER() OVER (ORDER BY [t2].[line]) AS [n] FROM [shop].[order_items] AS [t2] WHERE [t2].[order_id] = [t0].[id] ORDER BY [t2].[line] OFFSET CAST(@p1 AS bigint) ROWS FETCH NEXT 5 ROWS ONLY) AS [e]) + N']', N'[]') FROM [shop].[orders] AS [t0]`,
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
      mysql:
        "SELECT `t0`.`total`, (SELECT CONCAT('{\"name\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`name`), 'null'), ',\"country\":', COALESCE(JSON_QUOTE(`t1`.`country`), 'null'), '}') FROM `shop`.`customers` AS `t1` WHERE `t1`.`id` = `t0`.`customer_id`), SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`customer_id`), QUOTE(`t0`.`status`), QUOTE(`t0`.`total`), QUOTE(`t0`.`placed_at`), QUOTE(`t0`.`shipped_at`), QUOTE(`t0`.`note`), QUOTE(`t0`.`tags`), QUOTE(SHA2(`t0`.`receipt`, 256))), 256) FROM (SELECT `t0`.`total`, `t0`.`customer_id`, `t0`.`id`, `t0`.`status`, `t0`.`placed_at`, `t0`.`shipped_at`, `t0`.`note`, `t0`.`tags`, `t0`.`receipt` FROM `shop`.`orders` AS `t0` ORDER BY `t0`.`id` LIMIT 10 OFFSET ?) AS `t0` ORDER BY `t0`.`id`",
      sqlserver: String.raw`SELECT CAST([t0].[total] AS nvarchar(41)), (SELECT CAST(N'{"name":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t1].[name], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N',"country":' + ISNULL(N'"' + REPLACE(STRING_ESCAPE(RTRIM([t1].[country]), 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N'}' FROM [shop].[customers] AS [t1] WHERE [t1].[id] = [t0].[customer_id]), CONVERT(nvarchar(max), CAST([t0].[version] AS binary(8)), 2) FROM (SELECT [t0].[total], [t0].[customer_id], [t0].[id], [t0].[version] FROM [shop].[orders] AS [t0] ORDER BY [t0].[id] OFFSET CAST(@p1 AS bigint) ROWS FETCH NEXT 10 ROWS ONLY) AS [t0] ORDER BY [t0].[id]`,
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
      mysql:
        "SELECT COALESCE((SELECT CONCAT('[', CONCAT('{\"count\":' COLLATE utf8mb4_bin, COALESCE(CAST(COUNT(*) AS CHAR), 'null'), '}'), ']') FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id`), '[]') FROM `shop`.`orders` AS `t0`",
      sqlserver: `SELECT ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') FROM (SELECT CAST(N'{"count":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(CAST(COUNT_BIG(*) AS nvarchar(41)), N'null') + N'}' AS [j] FROM [shop].[order_items] AS [t2] WHERE [t2].[order_id] = [t0].[id]) AS [e]) + N']', N'[]') FROM [shop].[orders] AS [t0]`,
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
      mysql:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(e.j SEPARATOR ','), ''), ']') FROM (SELECT CONCAT('{\"product_id\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`product_id` AS CHAR), 'null'), ',\"sum\":', COALESCE(CAST(SUM(`t2`.`quantity`) AS CHAR), 'null'), '}') AS j FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id` GROUP BY `t2`.`product_id`) AS e) FROM `shop`.`orders` AS `t0`",
      mariadb:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(e.j SEPARATOR ','), ''), ']') FROM (SELECT CONCAT('{\"product_id\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`product_id` AS CHAR), 'null'), ',\"sum\":', COALESCE(CAST(SUM(`t2`.`quantity`) AS CHAR), 'null'), '}') AS j, `t2`.`order_id` AS k0 FROM `shop`.`order_items` AS `t2` GROUP BY `t2`.`order_id`, `t2`.`product_id`) AS e WHERE e.k0 = `t0`.`id`) FROM `shop`.`orders` AS `t0`",
      sqlserver: `SELECT ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') FROM (SELECT CAST(N'{"product_id":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(CAST([t2].[product_id] AS nvarchar(41)), N'null') + N',"sum":' + ISNULL(CAST(SUM(CAST([t2].[quantity] AS bigint)) AS nvarchar(41)), N'null') + N'}' AS [j] FROM [shop].[order_items] AS [t2] WHERE [t2].[order_id] = [t0].[id] GROUP BY [t2].[product_id]) AS [e]) + N']', N'[]') FROM [shop].[orders] AS [t0]`,
    },
  },
  'a page of groups of related rows': {
    statement: select(orders, {
      outputs: [
        embed('items', toItems(), true, {
          outputs: [
            ...shown(items, ['product_id'], 't2'),
            { kind: 'aggregate', name: 'count', function: 'count', ref: undefined },
          ],
          group: [ref(items, 'product_id', 't2')],
          order: [
            { aggregate: { function: 'count', ref: undefined }, descending: true, nulls: 'first' },
            by(items, 'product_id', '', 't2'),
          ],
          limit: 3,
        }),
      ],
    }),
    text: {
      postgres:
        'SELECT array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t2"."product_id" AS "product_id", count(*) AS "count" FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id" GROUP BY "t2"."product_id" ORDER BY count(*) DESC, "t2"."product_id" LIMIT 3) AS e)) FROM "shop"."orders" AS "t0"',
      mysql:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(e.j ORDER BY e.n SEPARATOR ','), ''), ']') FROM (SELECT CONCAT('{\"product_id\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`product_id` AS CHAR), 'null'), ',\"count\":', COALESCE(CAST(COUNT(*) AS CHAR), 'null'), '}') AS j, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, `t2`.`product_id`) AS n FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id` GROUP BY `t2`.`product_id` ORDER BY COUNT(*) DESC, `t2`.`product_id` LIMIT 3) AS e) FROM `shop`.`orders` AS `t0`",
      mariadb:
        "SELECT (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(e.j ORDER BY e.o0 DESC, e.o1 SEPARATOR ',' LIMIT 3), ''), ']') FROM (SELECT CONCAT('{\"product_id\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`product_id` AS CHAR), 'null'), ',\"count\":', COALESCE(CAST(COUNT(*) AS CHAR), 'null'), '}') AS j, `t2`.`order_id` AS k0, COUNT(*) AS o0, `t2`.`product_id` AS o1 FROM `shop`.`order_items` AS `t2` GROUP BY `t2`.`order_id`, `t2`.`product_id`) AS e WHERE e.k0 = `t0`.`id`) FROM `shop`.`orders` AS `t0`",
      sqlserver: `SELECT ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') WITHIN GROUP (ORDER BY [e].[n]) FROM (SELECT TOP (3) CAST(N'{"product_id":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(CAST([t2].[product_id] AS nvarchar(41)), N'null') + N',"count":' + ISNULL(CAST(COUNT_BIG(*) AS nvarchar(41)), N'null') + N'}' AS [j], ROW_NUMBER() OVER (ORDER BY COUNT_BIG(*) DESC, [t2].[product_id]) AS [n] FROM [shop].[order_items] AS [t2] WHERE [t2].[order_id] = [t0].[id] GROUP BY [t2].[product_id] ORDER BY COUNT_BIG(*) DESC, [t2].[product_id]) AS [e]) + N']', N'[]') FROM [shop].[orders] AS [t0]`,
    },
  },
}
