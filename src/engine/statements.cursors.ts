/** The rows behind a cursor, with the SQL each engine writes. */
import type { Statement } from '#plan/ast.ts'
import type { Case } from './statements.cases.ts'
import { by, orders, select } from './statements.fixture.ts'
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

export const cursorCases: Readonly<Record<string, Case>> = {
  'rows behind a cursor in one column': {
    statement: after(['id', '', 0]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."id" > $1::int8 ORDER BY "t0"."id" LIMIT 3',
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` > CAST(? AS SIGNED) ORDER BY `t0`.`id` LIMIT 3',
      sqlserver:
        'SELECT TOP (3) [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[id] > CAST(@p1 AS bigint) ORDER BY [t0].[id]',
    },
  },
  'rows behind a cursor in one direction': {
    statement: after(['placed_at', 'desc', 0], ['id', 'desc', 1]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE ("t0"."placed_at", "t0"."id") < ($1::timestamptz, $2::int8) ORDER BY "t0"."placed_at" DESC, "t0"."id" DESC LIMIT 3',
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE (`t0`.`placed_at` <= CAST(? AS DATETIME(6)) AND (`t0`.`placed_at` < CAST(? AS DATETIME(6)) OR (`t0`.`placed_at` = CAST(? AS DATETIME(6)) AND `t0`.`id` < CAST(? AS SIGNED)))) ORDER BY `t0`.`placed_at` DESC, `t0`.`id` DESC LIMIT 3',
      sqlserver:
        'SELECT TOP (3) [t0].[id] FROM [shop].[orders] AS [t0] WHERE ([t0].[placed_at] <= CAST(@p1 AS datetimeoffset(7)) AND ([t0].[placed_at] < CAST(@p1 AS datetimeoffset(7)) OR ([t0].[placed_at] = CAST(@p1 AS datetimeoffset(7)) AND [t0].[id] < CAST(@p2 AS bigint)))) ORDER BY [t0].[placed_at] DESC, [t0].[id] DESC',
    },
  },
  'rows behind a cursor in both directions': {
    statement: after(['placed_at', 'desc', 0], ['total', '', 1], ['id', '', 2]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE ("t0"."placed_at" <= $1::timestamptz AND ("t0"."placed_at" < $1::timestamptz OR ("t0"."placed_at" = $1::timestamptz AND ("t0"."total", "t0"."id") > ($2::numeric, $3::int8)))) ORDER BY "t0"."placed_at" DESC, "t0"."total", "t0"."id" LIMIT 3',
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE (`t0`.`placed_at` <= CAST(? AS DATETIME(6)) AND (`t0`.`placed_at` < CAST(? AS DATETIME(6)) OR (`t0`.`placed_at` = CAST(? AS DATETIME(6)) AND (`t0`.`total` > CAST(? AS DECIMAL(65,30)) OR (`t0`.`total` = CAST(? AS DECIMAL(65,30)) AND `t0`.`id` > CAST(? AS SIGNED)))))) ORDER BY `t0`.`placed_at` DESC, `t0`.`total`, `t0`.`id` LIMIT 3',
      sqlserver:
        'SELECT TOP (3) [t0].[id] FROM [shop].[orders] AS [t0] WHERE ([t0].[placed_at] <= CAST(@p1 AS datetimeoffset(7)) AND ([t0].[placed_at] < CAST(@p1 AS datetimeoffset(7)) OR ([t0].[placed_at] = CAST(@p1 AS datetimeoffset(7)) AND ([t0].[total] > CAST(@p2 AS decimal(38,28)) OR ([t0].[total] = CAST(@p2 AS decimal(38,28)) AND [t0].[id] > CAST(@p3 AS bigint)))))) ORDER BY [t0].[placed_at] DESC, [t0].[total], [t0].[id]',
    },
  },
  'rows behind a cursor where NULL comes later': {
    statement: after(['shipped_at', '', 0], ['id', '', 1]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM ((SELECT "t0"."id", "t0"."shipped_at" FROM "shop"."orders" AS "t0" WHERE ("t0"."shipped_at", "t0"."id") > ($1::timestamptz, $2::int8) ORDER BY "t0"."shipped_at", "t0"."id" LIMIT 3) UNION ALL (SELECT "t0"."id", "t0"."shipped_at" FROM "shop"."orders" AS "t0" WHERE "t0"."shipped_at" IS NULL ORDER BY "t0"."shipped_at", "t0"."id" LIMIT 3)) AS "t0" ORDER BY "t0"."shipped_at", "t0"."id" LIMIT 3',
      mysql:
        'SELECT `t0`.`id` FROM ((SELECT `t0`.`id`, `t0`.`shipped_at` FROM `shop`.`orders` AS `t0` WHERE (`t0`.`shipped_at` >= CAST(? AS DATETIME(6)) AND (`t0`.`shipped_at` > CAST(? AS DATETIME(6)) OR (`t0`.`shipped_at` = CAST(? AS DATETIME(6)) AND `t0`.`id` > CAST(? AS SIGNED)))) ORDER BY `t0`.`shipped_at`, `t0`.`id` LIMIT 3) UNION ALL (SELECT `t0`.`id`, `t0`.`shipped_at` FROM `shop`.`orders` AS `t0` WHERE `t0`.`shipped_at` IS NULL ORDER BY `t0`.`id` LIMIT 3)) AS `t0` ORDER BY `t0`.`shipped_at` IS NULL, `t0`.`shipped_at`, `t0`.`id` LIMIT 3',
      sqlserver:
        'SELECT TOP (3) [t0].[id] FROM (SELECT * FROM (SELECT TOP (3) [t0].[id], [t0].[shipped_at] FROM [shop].[orders] AS [t0] WHERE ([t0].[shipped_at] >= CAST(@p1 AS datetimeoffset(7)) AND ([t0].[shipped_at] > CAST(@p1 AS datetimeoffset(7)) OR ([t0].[shipped_at] = CAST(@p1 AS datetimeoffset(7)) AND [t0].[id] > CAST(@p2 AS bigint)))) ORDER BY [t0].[shipped_at], [t0].[id]) AS [a] UNION ALL SELECT * FROM (SELECT TOP (3) [t0].[id], [t0].[shipped_at] FROM [shop].[orders] AS [t0] WHERE [t0].[shipped_at] IS NULL ORDER BY [t0].[id]) AS [b]) AS [t0] ORDER BY CASE WHEN [t0].[shipped_at] IS NULL THEN 1 ELSE 0 END, [t0].[shipped_at], [t0].[id]',
    },
  },
  'rows behind a cursor at NULL, which is first': {
    statement: after(['shipped_at', 'desc', null], ['id', '', 0]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM ((SELECT "t0"."id", "t0"."shipped_at" FROM "shop"."orders" AS "t0" WHERE "t0"."shipped_at" IS NULL AND "t0"."id" > $1::int8 ORDER BY "t0"."shipped_at" DESC, "t0"."id" LIMIT 3) UNION ALL (SELECT "t0"."id", "t0"."shipped_at" FROM "shop"."orders" AS "t0" WHERE "t0"."shipped_at" IS NOT NULL ORDER BY "t0"."shipped_at" DESC, "t0"."id" LIMIT 3)) AS "t0" ORDER BY "t0"."shipped_at" DESC, "t0"."id" LIMIT 3',
      mysql:
        'SELECT `t0`.`id` FROM ((SELECT `t0`.`id`, `t0`.`shipped_at` FROM `shop`.`orders` AS `t0` WHERE `t0`.`shipped_at` IS NULL AND `t0`.`id` > CAST(? AS SIGNED) ORDER BY `t0`.`id` LIMIT 3) UNION ALL (SELECT `t0`.`id`, `t0`.`shipped_at` FROM `shop`.`orders` AS `t0` WHERE `t0`.`shipped_at` IS NOT NULL ORDER BY `t0`.`shipped_at` DESC, `t0`.`id` LIMIT 3)) AS `t0` ORDER BY `t0`.`shipped_at` IS NULL DESC, `t0`.`shipped_at` DESC, `t0`.`id` LIMIT 3',
      sqlserver:
        'SELECT TOP (3) [t0].[id] FROM (SELECT * FROM (SELECT TOP (3) [t0].[id], [t0].[shipped_at] FROM [shop].[orders] AS [t0] WHERE [t0].[shipped_at] IS NULL AND [t0].[id] > CAST(@p1 AS bigint) ORDER BY [t0].[id]) AS [a] UNION ALL SELECT * FROM (SELECT TOP (3) [t0].[id], [t0].[shipped_at] FROM [shop].[orders] AS [t0] WHERE [t0].[shipped_at] IS NOT NULL ORDER BY [t0].[shipped_at] DESC, [t0].[id]) AS [b]) AS [t0] ORDER BY CASE WHEN [t0].[shipped_at] IS NULL THEN 0 ELSE 1 END, [t0].[shipped_at] DESC, [t0].[id]',
    },
  },
  'rows behind a cursor at NULL, which is last': {
    statement: after(['shipped_at', '', null], ['id', '', 0]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE ("t0"."shipped_at" IS NULL AND "t0"."id" > $1::int8) ORDER BY "t0"."shipped_at", "t0"."id" LIMIT 3',
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE (`t0`.`shipped_at` IS NULL AND `t0`.`id` > CAST(? AS SIGNED)) ORDER BY `t0`.`shipped_at` IS NULL, `t0`.`shipped_at`, `t0`.`id` LIMIT 3',
      sqlserver:
        'SELECT TOP (3) [t0].[id] FROM [shop].[orders] AS [t0] WHERE ([t0].[shipped_at] IS NULL AND [t0].[id] > CAST(@p1 AS bigint)) ORDER BY CASE WHEN [t0].[shipped_at] IS NULL THEN 1 ELSE 0 END, [t0].[shipped_at], [t0].[id]',
    },
  },
  'rows behind a cursor with NULL in the middle': {
    statement: after(['total', '', 0], ['note', '', 1], ['id', '', 2]),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE ("t0"."total" >= $1::numeric AND ("t0"."total" > $1::numeric OR ("t0"."total" = $1::numeric AND (("t0"."note" > $2::text OR "t0"."note" IS NULL) OR ("t0"."note" = $2::text AND "t0"."id" > $3::int8))))) ORDER BY "t0"."total", "t0"."note", "t0"."id" LIMIT 3',
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE (`t0`.`total` >= CAST(? AS DECIMAL(65,30)) AND (`t0`.`total` > CAST(? AS DECIMAL(65,30)) OR (`t0`.`total` = CAST(? AS DECIMAL(65,30)) AND ((`t0`.`note` > ? OR `t0`.`note` IS NULL) OR (`t0`.`note` = ? AND `t0`.`id` > CAST(? AS SIGNED)))))) ORDER BY `t0`.`total`, `t0`.`note` IS NULL, `t0`.`note`, `t0`.`id` LIMIT 3',
      sqlserver:
        'SELECT TOP (3) [t0].[id] FROM [shop].[orders] AS [t0] WHERE ([t0].[total] >= CAST(@p1 AS decimal(38,28)) AND ([t0].[total] > CAST(@p1 AS decimal(38,28)) OR ([t0].[total] = CAST(@p1 AS decimal(38,28)) AND (([t0].[note] > @p2 OR [t0].[note] IS NULL) OR ([t0].[note] = @p2 AND [t0].[id] > CAST(@p3 AS bigint)))))) ORDER BY [t0].[total], CASE WHEN [t0].[note] IS NULL THEN 1 ELSE 0 END, [t0].[note], [t0].[id]',
    },
  },
}
