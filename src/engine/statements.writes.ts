/** Writes and calls, with the SQL each engine writes. */
import type { Case } from './statements.cases.ts'
import {
  NOT_SUPPORTED,
  address,
  arrayOf,
  columnsOf,
  customer,
  customers,
  eq,
  files,
  items,
  labels,
  lines,
  orders,
  param,
  ref,
  returning,
  shown,
  type,
  version,
} from './statements.fixture.ts'
const id = ref(orders, 'id')
const twenty = Array.from({ length: 20 }, (_, i) => (i === 1 ? null : i % 2 ? `x${i}` : String(i)))

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
        'INSERT INTO "shop"."orders" AS "t0" ("customer_id", "total") VALUES ($1::int4, $2::numeric) RETURNING "t0"."id";\nSELECT "t0"."id", (SELECT row_to_json(e.*) FROM (SELECT "t1"."name" AS "name", "t1"."country"::text AS "country" FROM "shop"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id") AS e), "t0"."xmin" FROM unnest($1::text[]) WITH ORDINALITY AS k(k0, n) JOIN "shop"."orders" AS "t0" ON "t0"."id" = k.k0::int8 ORDER BY k.n',
      mysql:
        "INSERT INTO `shop`.`orders` (`customer_id`, `total`) VALUES (?, ?);\nSELECT `t0`.`id`, (SELECT CONCAT('{\"name\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`name`), 'null'), ',\"country\":', COALESCE(JSON_QUOTE(`t1`.`country`), 'null'), '}') FROM `shop`.`customers` AS `t1` WHERE `t1`.`id` = `t0`.`customer_id`), SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`customer_id`), QUOTE(`t0`.`status`), QUOTE(`t0`.`total`), QUOTE(`t0`.`placed_at`), QUOTE(`t0`.`shipped_at`), QUOTE(`t0`.`note`), QUOTE(`t0`.`tags`), QUOTE(SHA2(`t0`.`receipt`, 256))), 256) FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = LAST_INSERT_ID()",
      mariadb:
        "INSERT INTO `shop`.`orders` (`customer_id`, `total`) VALUES (?, ?) RETURNING `orders`.`id`;\nSELECT `t0`.`id`, (SELECT CONCAT('{\"name\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`name`), 'null'), ',\"country\":', COALESCE(JSON_QUOTE(`t1`.`country`), 'null'), '}') FROM `shop`.`customers` AS `t1` WHERE `t1`.`id` = `t0`.`customer_id`), SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`customer_id`), QUOTE(`t0`.`status`), QUOTE(`t0`.`total`), QUOTE(`t0`.`placed_at`), QUOTE(`t0`.`shipped_at`), QUOTE(`t0`.`note`), QUOTE(`t0`.`tags`), QUOTE(SHA2(`t0`.`receipt`, 256))), 256) FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]')) AS k JOIN `shop`.`orders` AS `t0` ON `t0`.`id` = k.k0 ORDER BY k.n",
      sqlserver: String.raw`SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @k TABLE ([id] bigint); INSERT INTO [shop].[orders] ([customer_id], [total]) OUTPUT inserted.[id] INTO @k ([id]) VALUES (CAST(@p1 AS int), CAST(@p2 AS decimal(12,2))); SET @n += ROWCOUNT_BIG(); SELECT [t0].[id], (SELECT CAST(N'{"name":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t1].[name], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N',"country":' + ISNULL(N'"' + REPLACE(STRING_ESCAPE(RTRIM([t1].[country]), 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N'}' FROM [shop].[customers] AS [t1] WHERE [t1].[id] = [t0].[customer_id]), CONVERT(nvarchar(max), CAST([t0].[version] AS binary(8)), 2) FROM [shop].[orders] AS [t0] JOIN @k AS [k] ON [k].[id] = [t0].[id]; SELECT @n AS [#affected]`,
    },
    bound: {
      postgres: ['7', '1.50', '{}'],
      mysql: ['7', '1.50'],
      mariadb: ['7', '1.50', '[]'],
      sqlserver: ['7', '1.50'],
    },
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
      mysql: 'INSERT INTO `shop`.`labels` (`id`, `text`) VALUES (?, DEFAULT), (?, ?)',
      sqlserver:
        'SET NOCOUNT ON; INSERT INTO [shop].[labels] ([id], [text]) VALUES (CAST(@p1 AS int), DEFAULT), (CAST(@p2 AS int), @p3); SELECT ROWCOUNT_BIG() AS [#affected]',
    },
    bound: {
      postgres: ['1', '2', null],
      mysql: ['1', '2', null],
      sqlserver: ['1', '2', null],
    },
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
    values: twenty,
    text: {
      postgres:
        'INSERT INTO "shop"."labels" AS "t0" ("id", "text") SELECT * FROM unnest($1::int4[], $2::text[])',
      mysql:
        'INSERT INTO `shop`.`labels` (`id`, `text`) VALUES (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?), (?, ?)',
      sqlserver: `SET NOCOUNT ON; INSERT INTO [shop].[labels] ([id], [text]) SELECT CAST([r].[c0] AS int), [r].[c1] FROM OPENJSON(@p1) WITH ([#n] int '$[0]', [c0] nvarchar(max) '$[1]', [c1] nvarchar(max) '$[2]') AS [r] ORDER BY [r].[#n]; SELECT ROWCOUNT_BIG() AS [#affected]`,
    },
    bound: {
      postgres: [
        '{"0","2","4","6","8","10","12","14","16","18"}',
        '{NULL,"x3","x5","x7","x9","x11","x13","x15","x17","x19"}',
      ],
      mysql: twenty,
      sqlserver: [
        '[[0,"0",null],[1,"2","x3"],[2,"4","x5"],[3,"6","x7"],[4,"8","x9"],[5,"10","x11"],[6,"12","x13"],[7,"14","x15"],[8,"16","x17"],[9,"18","x19"]]',
      ],
    },
  },
  'new rows given back': {
    statement: {
      kind: 'insert',
      table: customers,
      alias: 't0',
      columns: columnsOf(customers, ['name']),
      rows: [[param(0, 'text')], [param(1, 'text')]],
      upsert: undefined,
      returning: returning(shown(customers, ['id', 'name'])),
    },
    text: {
      postgres:
        'INSERT INTO "shop"."customers" AS "t0" ("name") VALUES ($1::text), ($2::text) RETURNING "t0"."id", "t0"."name"',
      mysql:
        "INSERT INTO `shop`.`customers` (`name`) VALUES (?), (?);\nSELECT `t0`.`id`, `t0`.`name` FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY)) AS k JOIN `shop`.`customers` AS `t0` ON `t0`.`id` = LAST_INSERT_ID() + (k.n - 1) * @@auto_increment_increment ORDER BY k.n",
      mariadb:
        'INSERT INTO `shop`.`customers` (`name`) VALUES (?), (?) RETURNING `customers`.`id`, `customers`.`name`',
      sqlserver:
        'SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @k TABLE ([#n] int IDENTITY PRIMARY KEY, [id] int); INSERT INTO [shop].[customers] ([name]) OUTPUT inserted.[id] INTO @k ([id]) VALUES (@p1), (@p2); SET @n += ROWCOUNT_BIG(); SELECT [t0].[id], [t0].[name] FROM [shop].[customers] AS [t0] JOIN @k AS [k] ON [k].[id] = [t0].[id] ORDER BY [k].[#n]; SELECT @n AS [#affected]',
    },
  },
  'new rows with keys of their own given back': {
    statement: {
      kind: 'insert',
      table: labels,
      alias: 't0',
      columns: labels.columns,
      rows: [
        [param(0, 'int4'), param(1, 'text')],
        [param(2, 'int4'), param(3, 'text')],
      ],
      upsert: undefined,
      returning: returning(shown(labels, ['text'])),
    },
    text: {
      postgres:
        'INSERT INTO "shop"."labels" AS "t0" ("id", "text") VALUES ($1::int4, $2::text), ($3::int4, $4::text) RETURNING "t0"."text"',
      mysql:
        "INSERT INTO `shop`.`labels` (`id`, `text`) VALUES (?, ?), (?, ?);\nSELECT `t0`.`text` FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]')) AS k JOIN `shop`.`labels` AS `t0` ON `t0`.`id` = k.k0 ORDER BY k.n",
      mariadb: 'INSERT INTO `shop`.`labels` (`id`, `text`) VALUES (?, ?), (?, ?) RETURNING `labels`.`text`',
      sqlserver:
        'SET NOCOUNT ON; DECLARE @n bigint = 0; INSERT INTO [shop].[labels] ([id], [text]) VALUES (CAST(@p1 AS int), @p2), (CAST(@p3 AS int), @p4); SET @n += ROWCOUNT_BIG(); SELECT [t0].[text] FROM [shop].[labels] AS [t0] JOIN (VALUES (1, CAST(@p1 AS int)), (2, CAST(@p3 AS int))) AS [k]([#n], [k0]) ON [k].[k0] = [t0].[id] ORDER BY [k].[#n]; SELECT @n AS [#affected]',
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
      mysql:
        'INSERT INTO `shop`.`labels` () VALUES ();\nSELECT `t0`.`id` FROM `shop`.`labels` AS `t0` WHERE FALSE',
      mariadb: 'INSERT INTO `shop`.`labels` () VALUES () RETURNING `labels`.`id`',
      sqlserver:
        'SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @k TABLE ([id] int); INSERT INTO [shop].[labels] ([id]) OUTPUT inserted.[id] INTO @k ([id]) VALUES (DEFAULT); SET @n += ROWCOUNT_BIG(); SELECT [t0].[id] FROM [shop].[labels] AS [t0] JOIN @k AS [k] ON [k].[id] = [t0].[id]; SELECT @n AS [#affected]',
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
      mysql: 'INSERT INTO `shop`.`labels` () VALUES (), (), ()',
      sqlserver:
        'SET NOCOUNT ON; INSERT INTO [shop].[labels] ([id]) VALUES (DEFAULT), (DEFAULT), (DEFAULT); SELECT ROWCOUNT_BIG() AS [#affected]',
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
      mysql:
        "SELECT 1 FROM `shop`.`customers` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED) FOR UPDATE;\nUPDATE `shop`.`customers` AS `t0` SET `name` = ?, `country` = DEFAULT WHERE `t0`.`id` = CAST(? AS SIGNED) AND FIND_IN_SET(SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`name`), QUOTE(`t0`.`country`)), 256), ?) > 0;\nINSERT INTO `shop`.`customers` (`id`, `name`) SELECT ?, ? FROM DUAL WHERE ? = '1';\nSELECT `t0`.`id`, CAST(? AS CHAR) FROM `shop`.`customers` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED)",
      sqlserver: `SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @new bit = 0; UPDATE [t0] SET [name] = @p1, [country] = DEFAULT FROM [shop].[customers] AS [t0] WITH (UPDLOCK, SERIALIZABLE) WHERE [t0].[id] = CAST(@p2 AS int) AND CONVERT(nvarchar(max), CAST([t0].[version] AS binary(8)), 2) IN (SELECT [v] FROM OPENJSON(@p3) WITH ([v] nvarchar(max) '$')); SET @n += ROWCOUNT_BIG(); IF NOT EXISTS (SELECT 1 FROM [shop].[customers] AS [t0] WITH (UPDLOCK, SERIALIZABLE) WHERE [t0].[id] = CAST(@p2 AS int)) BEGIN SET IDENTITY_INSERT [shop].[customers] ON; INSERT INTO [shop].[customers] ([id], [name]) VALUES (CAST(@p2 AS int), @p1); SET @n += ROWCOUNT_BIG(); SET IDENTITY_INSERT [shop].[customers] OFF; SET @new = 1 END; SELECT [t0].[id], CASE @new WHEN 1 THEN N't' ELSE N'f' END FROM [shop].[customers] AS [t0] WHERE [t0].[id] = CAST(@p2 AS int) AND @n > 0; SELECT @n AS [#affected]`,
    },
    bound: {
      postgres: ['1', 'x', '{"9"}'],
      mysql: ['1', 'x', '1', '9', '1', 'x', '1', 't', '1'],
      sqlserver: ['x', '1', '["9"]'],
    },
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
      mysql:
        "SELECT 1 FROM `shop`.`labels` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED) FOR UPDATE;\nUPDATE `shop`.`labels` AS `t0` SET `id` = ? WHERE `t0`.`id` = CAST(? AS SIGNED);\nINSERT INTO `shop`.`labels` (`id`) SELECT ? FROM DUAL WHERE ? = '1';\nSELECT CAST(? AS CHAR) FROM `shop`.`labels` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED)",
      sqlserver: `SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @new bit = 0; SET @n = (SELECT COUNT_BIG(*) FROM [shop].[labels] AS [t0] WITH (UPDLOCK, SERIALIZABLE) WHERE [t0].[id] = CAST(@p1 AS int)); IF @n = 0 BEGIN INSERT INTO [shop].[labels] ([id]) VALUES (CAST(@p1 AS int)); SET @n += ROWCOUNT_BIG(); SET @new = 1 END; SELECT CASE @new WHEN 1 THEN N't' ELSE N'f' END FROM [shop].[labels] AS [t0] WHERE [t0].[id] = CAST(@p1 AS int); SELECT @n AS [#affected]`,
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
        'UPDATE "shop"."orders" AS "t0" SET "note" = $1::text, "receipt" = $2::bytea WHERE "t0"."id" = $3::int8 RETURNING "t0"."id";\nSELECT "t0"."id", "t0"."note", array_to_json(ARRAY(SELECT row_to_json(e.*) FROM (SELECT "t2"."quantity" AS "quantity", "t2"."price"::numeric::text AS "price" FROM "shop"."order_items" AS "t2" WHERE "t2"."order_id" = "t0"."id" ORDER BY "t2"."quantity" DESC, "t2"."line" LIMIT 5) AS e)), "t0"."xmin" FROM unnest($1::text[]) WITH ORDINALITY AS k(k0, n) JOIN "shop"."orders" AS "t0" ON "t0"."id" = k.k0::int8 ORDER BY k.n',
      mysql:
        "UPDATE `shop`.`orders` AS `t0` SET `note` = ?, `receipt` = FROM_BASE64(?) WHERE `t0`.`id` = CAST(? AS SIGNED);\nSELECT `t0`.`id`, `t0`.`note`, (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(e.j ORDER BY e.n SEPARATOR ','), ''), ']') FROM (SELECT CONCAT('{\"quantity\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`quantity` AS CHAR), 'null'), ',\"price\":', COALESCE(CONCAT('\"', `t2`.`price`, '\"'), 'null'), '}') AS j, ROW_NUMBER() OVER (ORDER BY `t2`.`quantity` DESC, `t2`.`line`) AS n FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id` ORDER BY `t2`.`quantity` DESC, `t2`.`line` LIMIT 5) AS e), SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`customer_id`), QUOTE(`t0`.`status`), QUOTE(`t0`.`total`), QUOTE(`t0`.`placed_at`), QUOTE(`t0`.`shipped_at`), QUOTE(`t0`.`note`), QUOTE(`t0`.`tags`), QUOTE(SHA2(`t0`.`receipt`, 256))), 256) FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED)",
      mariadb:
        "UPDATE `shop`.`orders` AS `t0` SET `note` = ?, `receipt` = FROM_BASE64(?) WHERE `t0`.`id` = CAST(? AS SIGNED);\nSELECT `t0`.`id`, `t0`.`note`, (SELECT CONCAT('[', COALESCE(GROUP_CONCAT(CONCAT('{\"quantity\":' COLLATE utf8mb4_bin, COALESCE(CAST(`t2`.`quantity` AS CHAR), 'null'), ',\"price\":', COALESCE(CONCAT('\"', `t2`.`price`, '\"'), 'null'), '}') ORDER BY `t2`.`quantity` DESC, `t2`.`line` SEPARATOR ',' LIMIT 5), ''), ']') FROM `shop`.`order_items` AS `t2` WHERE `t2`.`order_id` = `t0`.`id`), SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`customer_id`), QUOTE(`t0`.`status`), QUOTE(`t0`.`total`), QUOTE(`t0`.`placed_at`), QUOTE(`t0`.`shipped_at`), QUOTE(`t0`.`note`), QUOTE(`t0`.`tags`), QUOTE(SHA2(`t0`.`receipt`, 256))), 256) FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED)",
      sqlserver: `SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @k TABLE ([id] bigint); UPDATE [t0] SET [note] = @p1, [receipt] = CONVERT(varbinary(max), @p2, 2) OUTPUT inserted.[id] INTO @k ([id]) FROM [shop].[orders] AS [t0] WHERE [t0].[id] = CAST(@p3 AS bigint); SET @n += ROWCOUNT_BIG(); SELECT [t0].[id], [t0].[note], ISNULL(N'[' + (SELECT STRING_AGG([e].[j], N',') WITHIN GROUP (ORDER BY [e].[n]) FROM (SELECT TOP (5) CAST(N'{"quantity":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(CAST([t2].[quantity] AS nvarchar(41)), N'null') + N',"price":' + ISNULL(N'"' + CAST(CAST([t2].[price] AS decimal(19,4)) AS nvarchar(41)) + N'"', N'null') + N'}' AS [j], ROW_NUMBER() OVER (ORDER BY [t2].[quantity] DESC, [t2].[line]) AS [n] FROM [shop].[order_items] AS [t2] WHERE [t2].[order_id] = [t0].[id] ORDER BY [t2].[quantity] DESC, [t2].[line]) AS [e]) + N']', N'[]'), CONVERT(nvarchar(max), CAST([t0].[version] AS binary(8)), 2) FROM [shop].[orders] AS [t0] JOIN @k AS [k] ON [k].[id] = [t0].[id] ORDER BY [t0].[id]; SELECT @n AS [#affected]`,
    },
    bound: {
      postgres: ['hi', '\\x0102', '42', '{}'],
      mysql: ['hi', 'AQI=', '42', '42'],
      sqlserver: ['hi', '0102', '42'],
    },
  },
  'an update by filter': {
    statement: {
      kind: 'update',
      table: orders,
      alias: 't0',
      set: [{ column: ref(orders, 'note').column, value: param(0, 'text') }],
      where: eq(ref(orders, 'status'), 1),
      returning: returning(shown(orders, ['id', 'note'])),
    },
    text: {
      postgres:
        'UPDATE "shop"."orders" AS "t0" SET "note" = $1::text WHERE "t0"."status" = $2::shop.status RETURNING "t0"."id", "t0"."note"',
      mysql:
        "SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`status` = ? FOR UPDATE;\nUPDATE JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]')) AS k JOIN `shop`.`orders` AS `t0` ON `t0`.`id` = k.k0 SET `t0`.`note` = ?;\nSELECT `t0`.`id`, `t0`.`note` FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]')) AS k JOIN `shop`.`orders` AS `t0` ON `t0`.`id` = k.k0 ORDER BY k.n",
      sqlserver:
        'SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @k TABLE ([id] bigint); UPDATE [t0] SET [note] = @p1 OUTPUT inserted.[id] INTO @k ([id]) FROM [shop].[orders] AS [t0] WHERE [t0].[status] = CAST(@p2 COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(8000)); SET @n += ROWCOUNT_BIG(); SELECT [t0].[id], [t0].[note] FROM [shop].[orders] AS [t0] JOIN @k AS [k] ON [k].[id] = [t0].[id] ORDER BY [t0].[id]; SELECT @n AS [#affected]',
    },
  },
  'an update of a key by rows of the same table': {
    statement: {
      kind: 'update',
      table: items,
      alias: 't0',
      set: [{ column: ref(items, 'line').column, value: param(0, 'int4') }],
      where: {
        kind: 'exists',
        join: {
          outer: 't0',
          table: items,
          alias: 't1',
          on: [{ outer: ref(items, 'product_id').column, inner: ref(items, 'product_id').column }],
        },
        where: eq(ref(items, 'order_id', 't1'), 1),
      },
      returning: returning(shown(items, ['line'])),
    },
    text: {
      postgres:
        'UPDATE "shop"."order_items" AS "t0" SET "line" = $1::int4 WHERE EXISTS (SELECT 1 FROM "shop"."order_items" AS "t1" WHERE "t1"."product_id" = "t0"."product_id" AND "t1"."order_id" = $2::int8) RETURNING "t0"."line"',
      mysql:
        "SELECT `t0`.`order_id`, `t0`.`line` FROM `shop`.`order_items` AS `t0` WHERE EXISTS (SELECT 1 FROM `shop`.`order_items` AS `t1` WHERE `t1`.`product_id` = `t0`.`product_id` AND `t1`.`order_id` = CAST(? AS SIGNED)) FOR UPDATE;\nUPDATE JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]', k1 BIGINT PATH '$[1]')) AS k JOIN `shop`.`order_items` AS `t0` ON `t0`.`order_id` = k.k0 AND `t0`.`line` = k.k1 SET `t0`.`line` = ?;\nSELECT `t0`.`line` FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]', k1 BIGINT PATH '$[1]')) AS k JOIN `shop`.`order_items` AS `t0` ON `t0`.`order_id` = k.k0 AND `t0`.`line` = CAST(? AS SIGNED) ORDER BY k.n",
      sqlserver:
        'SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @k TABLE ([order_id] bigint, [line] int); UPDATE [t0] SET [line] = CAST(@p1 AS int) OUTPUT inserted.[order_id], inserted.[line] INTO @k ([order_id], [line]) FROM [shop].[order_items] AS [t0] WHERE EXISTS (SELECT 1 FROM [shop].[order_items] AS [t1] WHERE [t1].[product_id] = [t0].[product_id] AND [t1].[order_id] = CAST(@p2 AS bigint)); SET @n += ROWCOUNT_BIG(); SELECT [t0].[line] FROM [shop].[order_items] AS [t0] JOIN @k AS [k] ON [k].[order_id] = [t0].[order_id] AND [k].[line] = [t0].[line] ORDER BY [t0].[order_id], [t0].[line]; SELECT @n AS [#affected]',
    },
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
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
    },
    bound: {
      postgres: ['("a ""b""","1.50")', '{{"\\\\x0102"},{NULL}}', '1'],
    },
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
      mysql: 'UPDATE `shop`.`orders` AS `t0` SET `note` = DEFAULT WHERE `t0`.`id` = CAST(? AS SIGNED)',
      sqlserver:
        'SET NOCOUNT ON; UPDATE [t0] SET [note] = DEFAULT FROM [shop].[orders] AS [t0] WHERE [t0].[id] = CAST(@p1 AS bigint); SELECT ROWCOUNT_BIG() AS [#affected]',
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
      mysql:
        "SELECT (SELECT CONCAT('{\"name\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`name`), 'null'), ',\"country\":', COALESCE(JSON_QUOTE(`t1`.`country`), 'null'), '}') FROM `shop`.`customers` AS `t1` WHERE `t1`.`id` = `t0`.`customer_id`) FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED) AND FIND_IN_SET(SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`customer_id`), QUOTE(`t0`.`status`), QUOTE(`t0`.`total`), QUOTE(`t0`.`placed_at`), QUOTE(`t0`.`shipped_at`), QUOTE(`t0`.`note`), QUOTE(`t0`.`tags`), QUOTE(SHA2(`t0`.`receipt`, 256))), 256), ?) > 0 FOR UPDATE;\nDELETE FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED) AND FIND_IN_SET(SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`customer_id`), QUOTE(`t0`.`status`), QUOTE(`t0`.`total`), QUOTE(`t0`.`placed_at`), QUOTE(`t0`.`shipped_at`), QUOTE(`t0`.`note`), QUOTE(`t0`.`tags`), QUOTE(SHA2(`t0`.`receipt`, 256))), 256), ?) > 0",
      mariadb:
        "DELETE FROM `shop`.`orders` WHERE `orders`.`id` = CAST(? AS SIGNED) AND FIND_IN_SET(SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`orders`.`id`), QUOTE(`orders`.`customer_id`), QUOTE(`orders`.`status`), QUOTE(`orders`.`total`), QUOTE(`orders`.`placed_at`), QUOTE(`orders`.`shipped_at`), QUOTE(`orders`.`note`), QUOTE(`orders`.`tags`), QUOTE(SHA2(`orders`.`receipt`, 256))), 256), ?) > 0 RETURNING (SELECT CONCAT('{\"name\":' COLLATE utf8mb4_bin, COALESCE(JSON_QUOTE(`t1`.`name`), 'null'), ',\"country\":', COALESCE(JSON_QUOTE(`t1`.`country`), 'null'), '}') FROM `shop`.`customers` AS `t1` WHERE `t1`.`id` = `orders`.`customer_id`)",
      sqlserver: String.raw`SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @k TABLE ([id] bigint); INSERT INTO @k ([id]) SELECT [t0].[id] FROM [shop].[orders] AS [t0] WITH (UPDLOCK) WHERE [t0].[id] = CAST(@p1 AS bigint) AND CONVERT(nvarchar(max), CAST([t0].[version] AS binary(8)), 2) IN (SELECT [v] FROM OPENJSON(@p2) WITH ([v] nvarchar(max) '$')); SELECT (SELECT CAST(N'{"name":' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t1].[name], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N',"country":' + ISNULL(N'"' + REPLACE(STRING_ESCAPE(RTRIM([t1].[country]), 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N'}' FROM [shop].[customers] AS [t1] WHERE [t1].[id] = [t0].[customer_id]) FROM [shop].[orders] AS [t0] JOIN @k AS [k] ON [k].[id] = [t0].[id] ORDER BY [t0].[id]; DELETE [t0] FROM [shop].[orders] AS [t0] JOIN @k AS [k] ON [k].[id] = [t0].[id]; SET @n += ROWCOUNT_BIG(); SELECT @n AS [#affected]`,
    },
  },
  'a delete by filter': {
    statement: {
      kind: 'delete',
      table: orders,
      alias: 't0',
      where: eq(ref(orders, 'status'), 0),
      returning: returning(shown(orders, ['id'])),
    },
    text: {
      postgres:
        'DELETE FROM "shop"."orders" AS "t0" WHERE "t0"."status" = $1::shop.status RETURNING "t0"."id"',
      mysql:
        "SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`status` = ? FOR UPDATE;\nSELECT `t0`.`id` FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]')) AS k JOIN `shop`.`orders` AS `t0` ON `t0`.`id` = k.k0 ORDER BY k.n;\nDELETE `t0` FROM JSON_TABLE(?, '$[*]' COLUMNS (n FOR ORDINALITY, k0 BIGINT PATH '$[0]')) AS k JOIN `shop`.`orders` AS `t0` ON `t0`.`id` = k.k0",
      mariadb: 'DELETE FROM `shop`.`orders` WHERE `orders`.`status` = ? RETURNING `orders`.`id`',
      sqlserver:
        'SET NOCOUNT ON; DECLARE @n bigint = 0; DECLARE @k TABLE ([id] bigint); DELETE [t0] OUTPUT deleted.[id] INTO @k ([id]) FROM [shop].[orders] AS [t0] WHERE [t0].[status] = CAST(@p1 COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(8000)); SET @n += ROWCOUNT_BIG(); SELECT [t0].[id] FROM @k AS [t0] ORDER BY [t0].[id]; SELECT @n AS [#affected]',
    },
  },
  'a delete that gives nothing back': {
    statement: { kind: 'delete', table: orders, alias: 't0', where: eq(id, 0), returning: undefined },
    text: {
      postgres: 'DELETE FROM "shop"."orders" AS "t0" WHERE "t0"."id" = $1::int8',
      mysql: 'DELETE FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED)',
      mariadb: 'DELETE FROM `shop`.`orders` WHERE `orders`.`id` = CAST(? AS SIGNED)',
      sqlserver:
        'SET NOCOUNT ON; DELETE [t0] FROM [shop].[orders] AS [t0] WHERE [t0].[id] = CAST(@p1 AS bigint); SELECT ROWCOUNT_BIG() AS [#affected]',
    },
  },
}
