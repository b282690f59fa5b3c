/** Aggregates and counts, with the SQL each engine writes. */
import type { Case } from './statements.cases.ts'
import { NOT_SUPPORTED, aggregate, by, eq, items, orders, ref, select, shown } from './statements.fixture.ts'
const id = ref(orders, 'id')

export const aggregateCases: Readonly<Record<string, Case>> = {
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
      mysql:
        'SELECT `t0`.`status`, SUM(`t0`.`total`), COUNT(*) FROM `shop`.`orders` AS `t0` GROUP BY `t0`.`status` ORDER BY `t0`.`status` LIMIT 10',
      sqlserver:
        'SELECT TOP (10) [t0].[status], CAST(SUM([t0].[total]) AS nvarchar(41)), COUNT_BIG(*) FROM [shop].[orders] AS [t0] GROUP BY [t0].[status] ORDER BY [t0].[status]',
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
      mysql:
        'SELECT `t0`.`status` FROM `shop`.`orders` AS `t0` GROUP BY `t0`.`status` ORDER BY COUNT(*) DESC, SUM(`t0`.`total`) DESC, `t0`.`status`',
      sqlserver:
        'SELECT [t0].[status] FROM [shop].[orders] AS [t0] GROUP BY [t0].[status] ORDER BY COUNT_BIG(*) DESC, SUM([t0].[total]) DESC, [t0].[status]',
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
      mysql:
        'SELECT SUM(`t0`.`quantity`), SUM(`t0`.`order_id`), CAST(CAST(SUM(`t0`.`price`) AS DECIMAL(65,26)) / COUNT(`t0`.`price`) AS DOUBLE), MAX(`t0`.`price`), COUNT(`t0`.`line`) FROM `shop`.`order_items` AS `t0`',
      sqlserver:
        'SELECT SUM(CAST([t0].[quantity] AS bigint)), CAST(SUM(CAST([t0].[order_id] AS decimal(38,0))) AS nvarchar(41)), CAST(SUM(CAST([t0].[price] AS decimal(19,4)) * CAST(10000 AS decimal(5,0))) AS float) / (NULLIF(COUNT_BIG([t0].[price]), 0) * CAST(10000 AS float)), CAST(CAST(MAX([t0].[price]) AS decimal(19,4)) AS nvarchar(41)), COUNT_BIG([t0].[line]) FROM [shop].[order_items] AS [t0]',
    },
  },
  'extremes of what has none': {
    statement: select(orders, {
      outputs: [aggregate('a', 'min', 'receipt'), aggregate('b', 'max', 'tags')],
      group: [],
    }),
    text: {
      postgres: String.raw`SELECT replace(encode((array_agg("t0"."receipt" ORDER BY "t0"."receipt" ASC) FILTER (WHERE "t0"."receipt" IS NOT NULL))[1], 'base64'), E'\n', ''), array_to_json(max("t0"."tags")) FROM "shop"."orders" AS "t0"`,
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
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
      mysql: 'SELECT COUNT(*) FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED)',
      sqlserver: 'SELECT COUNT_BIG(*) FROM [shop].[orders] AS [t0] WHERE [t0].[id] = CAST(@p1 AS bigint)',
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
      mysql: 'SELECT COUNT(*) FROM (SELECT 1 FROM `shop`.`orders` AS `t0` GROUP BY `t0`.`status`) AS g',
      sqlserver:
        'SELECT COUNT_BIG(*) FROM (SELECT 1 FROM [shop].[orders] AS [t0] GROUP BY [t0].[status]) AS [g]([n])',
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
      mysql: 'SELECT COUNT(*) FROM (SELECT COUNT(*) FROM `shop`.`orders` AS `t0`) AS g',
      sqlserver: 'SELECT COUNT_BIG(*) FROM (SELECT COUNT_BIG(*) FROM [shop].[orders] AS [t0]) AS [g]([n])',
    },
  },
  'an estimated count': {
    statement: { kind: 'count', exact: false, select: select(orders, { where: eq(id, 0) }) },
    text: {
      postgres: 'EXPLAIN (FORMAT JSON) SELECT 1 FROM "shop"."orders" AS "t0" WHERE "t0"."id" = $1::int8',
      mysql: 'EXPLAIN FORMAT=JSON SELECT 1 FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED)',
      mariadb: 'EXPLAIN EXTENDED SELECT 1 FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED)',
      sqlserver: 'SELECT COUNT_BIG(*) FROM [shop].[orders] AS [t0] WHERE [t0].[id] = CAST(@p1 AS bigint)',
    },
  },
}
