/** Writes that give back related rows, as they are after the write, with the SQL each engine writes. */
import type { Join } from '#plan/ast.ts'
import type { Case } from './statements.cases.ts'
import { columnsOf, embed, items, orders, param, ref, returning, shown } from './statements.fixture.ts'

const toOrder: Join = {
  outer: 't0',
  table: orders,
  alias: 't1',
  on: [{ outer: ref(items, 'order_id').column, inner: ref(orders, 'id').column }],
}
const order = embed('order', toOrder, false, { outputs: shown(orders, ['note'], 't1') })
const columns = columnsOf(items, ['order_id', 'line', 'quantity'])

export const writtenEmbedCases: Readonly<Record<string, Case>> = {
  'a row of two keys written by key, with what it belongs to': {
    statement: {
      kind: 'insert',
      table: items,
      alias: 't0',
      columns,
      rows: [[param(0, 'int8'), param(1, 'int4'), param(2, 'int4')]],
      upsert: { key: columnsOf(items, ['order_id', 'line']), reset: [] },
      returning: returning([order], [{ kind: 'inserted' }]),
    },
    text: {
      postgres:
        'INSERT INTO "shop"."order_items" AS "t0" ("order_id", "line", "quantity") VALUES ($1::int8, $2::int4, $3::int4) ON CONFLICT ("order_id", "line") DO UPDATE SET "quantity" = EXCLUDED."quantity" RETURNING "t0"."order_id", "t0"."line", ("t0"."xmax" = 0);\nSELECT (SELECT row_to_json(e.*) FROM (SELECT "t1"."note" AS "note" FROM "shop"."orders" AS "t1" WHERE "t1"."id" = "t0"."order_id") AS e), k.k2 FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS k(k0, k1, k2, n) JOIN "shop"."order_items" AS "t0" ON "t0"."order_id" = k.k0::int8 AND "t0"."line" = k.k1::int4 ORDER BY k.n',
      mysql:
        "SELECT 1 FROM `shop`.`order_items` AS `t0` WHERE `t0`.`order_id` = CAST(? AS SIGNED) AND `t0`.`line` = CAST(? AS SIGNED) FOR UPDATE;\nUPDATE `shop`.`order_items` AS `t0` SET `quantity` = ? WHERE `t0`.`order_id` = CAST(? AS SIGNED) AND `t0`.`line` = CAST(? AS SIGNED);\nINSERT INTO `shop`.`order_items` (`order_id`, `line`, `quantity`) SELECT ?, ?, ? FROM DUAL WHERE ? = '1';\nSELECT (SELECT CONCAT('{\"note\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`note`), 'null'), '}') FROM `shop`.`orders` AS `t1` WHERE `t1`.`id` = `t0`.`order_id`), CAST(? AS CHAR) FROM `shop`.`order_items` AS `t0` WHERE `t0`.`order_id` = CAST(? AS SIGNED) AND `t0`.`line` = CAST(? AS SIGNED)",
      sqlserver: String.raw`SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @new bit = 0; UPDATE [t0] SET [quantity] = CAST(@p1 AS int) FROM [shop].[order_items] AS [t0] WITH (UPDLOCK, SERIALIZABLE) WHERE [t0].[order_id] = CAST(@p2 AS bigint) AND [t0].[line] = CAST(@p3 AS int); SET @n += ROWCOUNT_BIG(); IF @n = 0 BEGIN INSERT INTO [shop].[order_items] ([order_id], [line], [quantity]) VALUES (CAST(@p2 AS bigint), CAST(@p3 AS int), CAST(@p1 AS int)); SET @n += ROWCOUNT_BIG(); SET @new = 1 END; SELECT (SELECT CAST(N'{"note":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t1].[note], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N'}' FROM [shop].[orders] AS [t1] WHERE [t1].[id] = [t0].[order_id]), CASE @new WHEN 1 THEN N't' ELSE N'f' END FROM [shop].[order_items] AS [t0] WHERE [t0].[order_id] = CAST(@p2 AS bigint) AND [t0].[line] = CAST(@p3 AS int); SELECT @n AS [#affected]`,
    },
  },
  'new rows with what they belong to': {
    statement: {
      kind: 'insert',
      table: { ...items, primaryKey: undefined, uniqueKeys: [{ name: 'lines', columns: ['line'] }] },
      alias: 't0',
      columns,
      rows: [
        [param(0, 'int8'), param(1, 'int4'), param(2, 'int4')],
        [param(3, 'int8'), param(4, 'int4'), param(5, 'int4')],
      ],
      upsert: undefined,
      returning: returning([...shown(items, ['line']), order]),
    },
    text: {
      postgres:
        'INSERT INTO "shop"."order_items" AS "t0" ("order_id", "line", "quantity") VALUES ($1::int8, $2::int4, $3::int4), ($4::int8, $5::int4, $6::int4) RETURNING "t0"."line";\nSELECT "t0"."line", (SELECT row_to_json(e.*) FROM (SELECT "t1"."note" AS "note" FROM "shop"."orders" AS "t1" WHERE "t1"."id" = "t0"."order_id") AS e) FROM unnest($1::text[]) WITH ORDINALITY AS k(k0, n) JOIN "shop"."order_items" AS "t0" ON "t0"."line" = k.k0::int4 ORDER BY k.n',
      mysql:
        "INSERT INTO `shop`.`order_items` (`order_id`, `line`, `quantity`) VALUES (?, ?, ?), (?, ?, ?);\nSELECT `t0`.`line`, (SELECT CONCAT('{\"note\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`note`), 'null'), '}') FROM `shop`.`orders` AS `t1` WHERE `t1`.`id` = `t0`.`order_id`) FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]')) AS k JOIN `shop`.`order_items` AS `t0` ON `t0`.`line` = k.k0 ORDER BY k.n",
      mariadb:
        "INSERT INTO `shop`.`order_items` (`order_id`, `line`, `quantity`) VALUES (?, ?, ?), (?, ?, ?) RETURNING `order_items`.`line`;\nSELECT `t0`.`line`, (SELECT CONCAT('{\"note\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`note`), 'null'), '}') FROM `shop`.`orders` AS `t1` WHERE `t1`.`id` = `t0`.`order_id`) FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]')) AS k JOIN `shop`.`order_items` AS `t0` ON `t0`.`line` = k.k0 ORDER BY k.n",
      sqlserver: String.raw`SET NOCOUNT ON; DECLARE @n bigint = 0; INSERT INTO [shop].[order_items] ([order_id], [line], [quantity]) VALUES (CAST(@p1 AS bigint), CAST(@p2 AS int), CAST(@p3 AS int)), (CAST(@p4 AS bigint), CAST(@p5 AS int), CAST(@p6 AS int)); SET @n += ROWCOUNT_BIG(); SELECT [t0].[line], (SELECT CAST(N'{"note":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t1].[note], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N'}' FROM [shop].[orders] AS [t1] WHERE [t1].[id] = [t0].[order_id]) FROM [shop].[order_items] AS [t0] JOIN (VALUES (1, CAST(@p2 AS int)), (2, CAST(@p5 AS int))) AS [k]([#n], [k0]) ON [k].[k0] = [t0].[line] ORDER BY [k].[#n]; SELECT @n AS [#affected]`,
    },
  },
  'an update of rows without a key, with what they belong to': {
    statement: {
      kind: 'update',
      table: { ...items, primaryKey: undefined },
      alias: 't0',
      set: [{ column: ref(items, 'quantity').column, value: param(0, 'int4') }],
      where: { kind: 'null', left: ref(items, 'line'), isNull: false },
      returning: returning([order]),
    },
    text: {
      postgres:
        'UPDATE "shop"."order_items" AS "t0" SET "quantity" = $1::int4 WHERE "t0"."line" IS NOT NULL RETURNING (SELECT row_to_json(e.*) FROM (SELECT "t1"."note" AS "note" FROM "shop"."orders" AS "t1" WHERE "t1"."id" = "t0"."order_id") AS e)',
      mysql:
        "SELECT (SELECT CONCAT('{\"note\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`note`), 'null'), '}') FROM `shop`.`orders` AS `t1` WHERE `t1`.`id` = `t0`.`order_id`) FROM (SELECT `t0`.`order_id`, `t0`.`line`, `t0`.`product_id`, CAST(CONCAT(?) AS SIGNED) AS `quantity`, `t0`.`price` FROM `shop`.`order_items` AS `t0` WHERE `t0`.`line` IS NOT NULL FOR UPDATE) AS `t0`;\nUPDATE `shop`.`order_items` AS `t0` SET `quantity` = ? WHERE `t0`.`line` IS NOT NULL",
      sqlserver: String.raw`SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @k TABLE ([order_id] bigint); UPDATE [t0] SET [quantity] = CAST(@p1 AS int) OUTPUT inserted.[order_id] INTO @k ([order_id]) FROM [shop].[order_items] AS [t0] WHERE [t0].[line] IS NOT NULL; SET @n += ROWCOUNT_BIG(); SELECT (SELECT CAST(N'{"note":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t1].[note], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N'}' FROM [shop].[orders] AS [t1] WHERE [t1].[id] = [t0].[order_id]) FROM @k AS [t0]; SELECT @n AS [#affected]`,
    },
  },
}
