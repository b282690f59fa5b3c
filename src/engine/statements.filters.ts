/** Conditions, with the SQL each engine writes. */
import type { Condition, Statement } from '#plan/ast.ts'
import type { Case } from './statements.cases.ts'
import {
  NOT_SUPPORTED,
  arrayOf,
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

export const filterCases: Readonly<Record<string, Case>> = {
  equality: {
    statement: where(eq(ref(orders, 'status'), 0)),
    values: ['open'],
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."status" = $1::shop.status',
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`status` = ?',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[status] = CAST(@p1 COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(8000))',
    },
    bound: {
      postgres: ['open'],
      mysql: ['open'],
      sqlserver: ['open'],
    },
  },
  inequality: {
    statement: compare('neq'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" <> $1::numeric',
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`total` <> CAST(? AS DECIMAL(65,30))',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[total] <> CAST(@p1 AS decimal(38,28))',
    },
  },
  greater: {
    statement: compare('gt'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" > $1::numeric',
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`total` > CAST(? AS DECIMAL(65,30))',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[total] > CAST(@p1 AS decimal(38,28))',
    },
  },
  'greater or equal': {
    statement: compare('gte'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" >= $1::numeric',
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`total` >= CAST(? AS DECIMAL(65,30))',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[total] >= CAST(@p1 AS decimal(38,28))',
    },
  },
  less: {
    statement: compare('lt'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" < $1::numeric',
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`total` < CAST(? AS DECIMAL(65,30))',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[total] < CAST(@p1 AS decimal(38,28))',
    },
  },
  'less or equal': {
    statement: compare('lte'),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."total" <= $1::numeric',
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`total` <= CAST(? AS DECIMAL(65,30))',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[total] <= CAST(@p1 AS decimal(38,28))',
    },
  },
  'a list, however long': {
    statement: where({ kind: 'in', left: id, list: param(0, 'int8', true), negated: false }),
    values: [['1', '2']],
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."id" = ANY($1::int8[])',
      mysql:
        "SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` IN (SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v BIGINT PATH '$')) AS j WHERE v IS NOT NULL)",
      sqlserver: `SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[id] IN (SELECT CAST([v] AS bigint) FROM OPENJSON(@p1) WITH ([v] nvarchar(max) '$'))`,
    },
    bound: {
      postgres: ['{"1","2"}'],
      mysql: ['["1","2"]'],
      sqlserver: ['["1","2"]'],
    },
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
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`status` NOT IN (?, ?)',
      sqlserver: `SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[status] NOT IN (SELECT CAST([v] COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(8000)) FROM OPENJSON(@p1) WITH ([v] nvarchar(max) '$'))`,
    },
    bound: {
      postgres: ['{"open","sh\\"ip"}'],
      mysql: ['open', 'sh"ip'],
      sqlserver: ['["open","sh\\"ip"]'],
    },
  },
  'an order of labels': {
    statement: where({
      kind: 'compare',
      left: ref(orders, 'status'),
      operator: 'gt',
      right: param(0, orders.columns[2]!.type),
    }),
    values: ['open'],
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."status" > $1::shop.status',
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE (`t0`.`status` + 0) > CAST(CONCAT(?) AS UNSIGNED)',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[status] > CAST(@p1 COLLATE Latin1_General_100_BIN2_UTF8 AS varchar(8000))',
    },
    bound: {
      postgres: ['open'],
      mysql: ['1'],
      sqlserver: ['open'],
    },
  },
  'none of a list where NULL may be, and the opposite': {
    statement: where({
      kind: 'or',
      items: [
        { kind: 'in', left: ref(orders, 'note'), list: param(0, 'text', true), negated: true },
        {
          kind: 'not',
          item: { kind: 'in', left: ref(orders, 'note'), list: param(0, 'text', true), negated: false },
        },
      ],
    }),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE ("t0"."note" <> ALL($1::text[]) OR NOT ("t0"."note" = ANY($1::text[])))',
      mysql:
        "SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE (IF(`t0`.`note` IS NULL, IF(? = '[]', TRUE, NULL), `t0`.`note` NOT IN (SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v VARCHAR(61) COLLATE utf8mb4_bin PATH '$')) AS j WHERE v IS NOT NULL)) OR NOT (IF(`t0`.`note` IS NULL, IF(? = '[]', FALSE, NULL), `t0`.`note` IN (SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v VARCHAR(61) COLLATE utf8mb4_bin PATH '$')) AS j WHERE v IS NOT NULL))))",
      sqlserver: `SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE ([t0].[note] NOT IN (SELECT CAST([v] AS nvarchar(4000)) COLLATE Latin1_General_100_BIN2 FROM OPENJSON(@p1) WITH ([v] nvarchar(max) '$')) OR NOT ([t0].[note] IN (SELECT CAST([v] AS nvarchar(4000)) COLLATE Latin1_General_100_BIN2 FROM OPENJSON(@p1) WITH ([v] nvarchar(max) '$'))))`,
    },
  },
  'a list of money': {
    statement: select(items, {
      outputs: [],
      where: { kind: 'in', left: ref(items, 'price'), list: param(0, 'money', true), negated: false },
    }),
    text: {
      postgres: 'SELECT FROM "shop"."order_items" AS "t0" WHERE "t0"."price" = ANY($1::numeric[]::money[])',
      mysql:
        "SELECT 1 FROM `shop`.`order_items` AS `t0` WHERE `t0`.`price` IN (SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v DECIMAL(65,30) PATH '$')) AS j WHERE v IS NOT NULL)",
      sqlserver: `SELECT 1 FROM [shop].[order_items] AS [t0] WHERE [t0].[price] IN (SELECT CAST([v] AS decimal(38,23)) FROM OPENJSON(@p1) WITH ([v] nvarchar(max) '$'))`,
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
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
    },
    bound: {
      postgres: ['{"{\\"a\\",\\"b\\"}","{}"}'],
    },
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
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`placed_at` BETWEEN CAST(? AS DATETIME(6)) AND CAST(? AS DATETIME(6))',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[placed_at] BETWEEN CAST(@p1 AS datetimeoffset(7)) AND CAST(@p2 AS datetimeoffset(7))',
    },
  },
  'a pattern': {
    statement: where({ kind: 'like', left: ref(orders, 'note'), pattern: param(0, 'text'), caseless: false }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."note" LIKE $1::text',
      mysql: "SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`note` LIKE ? ESCAPE '\\'",
      sqlserver: 'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[note] LIKE @p1',
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
      mysql:
        "SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE LOWER(CONVERT(`t0`.`status` USING utf8mb4)) COLLATE utf8mb4_bin LIKE LOWER(?) ESCAPE '\\'",
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE LOWER(CAST([t0].[status] AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS) COLLATE Latin1_General_100_BIN2 LIKE LOWER(@p1 COLLATE Latin1_General_100_CI_AS) COLLATE Latin1_General_100_BIN2',
    },
  },
  'an element of an array': {
    statement: where({ kind: 'has', left: ref(orders, 'tags'), element: param(0, 'text') }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."tags" @> ARRAY[$1::text]',
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
    },
  },
  null: {
    statement: where({ kind: 'null', left: ref(orders, 'note'), isNull: true }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."note" IS NULL',
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`note` IS NULL',
      sqlserver: 'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[note] IS NULL',
    },
  },
  'not null': {
    statement: where({ kind: 'null', left: ref(orders, 'note'), isNull: false }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."note" IS NOT NULL',
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`note` IS NOT NULL',
      sqlserver: 'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[note] IS NOT NULL',
    },
  },
  'full text search': {
    statement: where({ kind: 'search', left: ref(orders, 'note'), text: param(0, 'text') }),
    text: {
      postgres: `SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE to_tsvector('english'::regconfig, "t0"."note") @@ websearch_to_tsquery('english'::regconfig, $1::text)`,
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE MATCH(`t0`.`note`) AGAINST (? IN BOOLEAN MODE)',
      sqlserver: 'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE CONTAINS([t0].[note], @p1)',
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
      mysql: NOT_SUPPORTED,
      sqlserver: NOT_SUPPORTED,
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
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE `t0`.`id` = CAST(? AS SIGNED) AND (`t0`.`id` = CAST(? AS SIGNED) OR (`t0`.`id` = CAST(? AS SIGNED) AND `t0`.`id` = CAST(? AS SIGNED))) AND NOT (`t0`.`id` = CAST(? AS SIGNED))',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE [t0].[id] = CAST(@p1 AS bigint) AND ([t0].[id] = CAST(@p2 AS bigint) OR ([t0].[id] = CAST(@p3 AS bigint) AND [t0].[id] = CAST(@p4 AS bigint))) AND NOT ([t0].[id] = CAST(@p1 AS bigint))',
    },
    bound: {
      postgres: ['1', '2', '3', '4'],
      mysql: ['1', '2', '3', '4', '1'],
      sqlserver: ['1', '2', '3', '4'],
    },
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
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE NOT (TRUE) AND FALSE',
      sqlserver: 'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE NOT (1 = 1) AND 1 = 0',
    },
  },
  never: {
    statement: where({ kind: 'never' }),
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE FALSE',
      mysql: 'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE FALSE',
      sqlserver: 'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE 1 = 0',
    },
  },
  'a related row exists': {
    statement: where({ kind: 'exists', join: toCustomer(), where: eq(ref(customers, 'country', 't1'), 0) }),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE EXISTS (SELECT 1 FROM "shop"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id" AND "t1"."country" = $1::bpchar)',
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE EXISTS (SELECT 1 FROM `shop`.`customers` AS `t1` WHERE `t1`.`id` = `t0`.`customer_id` AND `t1`.`country` = ?)',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE EXISTS (SELECT 1 FROM [shop].[customers] AS [t1] WHERE [t1].[id] = [t0].[customer_id] AND [t1].[country] = CASE WHEN CAST(CAST(@p1 COLLATE SQL_Latin1_General_CP1_CI_AS AS varchar(max)) AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 = @p1 COLLATE Latin1_General_100_BIN2 THEN CAST(@p1 COLLATE SQL_Latin1_General_CP1_CI_AS AS varchar(8000)) END)',
    },
  },
  'a row across a junction exists': {
    statement: where({ kind: 'exists', join: toLabels(), where: undefined }),
    text: {
      postgres:
        'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE EXISTS (SELECT 1 FROM "shop"."order_labels" AS "t4" JOIN "shop"."labels" AS "t3" ON "t3"."id" = "t4"."label_id" WHERE "t4"."order_id" = "t0"."id")',
      mysql:
        'SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE EXISTS (SELECT 1 FROM `shop`.`order_labels` AS `t4` JOIN `shop`.`labels` AS `t3` ON `t3`.`id` = `t4`.`label_id` WHERE `t4`.`order_id` = `t0`.`id`)',
      sqlserver:
        'SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE EXISTS (SELECT 1 FROM [shop].[order_labels] AS [t4] JOIN [shop].[labels] AS [t3] ON [t3].[id] = [t4].[label_id] WHERE [t4].[order_id] = [t0].[id])',
    },
  },
  'versions of a row': {
    statement: where({ kind: 'version', alias: 't0', table: orders, versions: param(0, 'text', true) }),
    values: [['770', '771']],
    text: {
      postgres: 'SELECT "t0"."id" FROM "shop"."orders" AS "t0" WHERE "t0"."xmin"::text = ANY($1::text[])',
      mysql:
        "SELECT `t0`.`id` FROM `shop`.`orders` AS `t0` WHERE FIND_IN_SET(SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`id`), QUOTE(`t0`.`customer_id`), QUOTE(`t0`.`status`), QUOTE(`t0`.`total`), QUOTE(`t0`.`placed_at`), QUOTE(`t0`.`shipped_at`), QUOTE(`t0`.`note`), QUOTE(`t0`.`tags`), QUOTE(SHA2(`t0`.`receipt`, 256))), 256), ?) > 0",
      sqlserver: `SELECT [t0].[id] FROM [shop].[orders] AS [t0] WHERE CONVERT(nvarchar(max), CAST([t0].[version] AS binary(8)), 2) IN (SELECT [v] FROM OPENJSON(@p1) WITH ([v] nvarchar(max) '$'))`,
    },
    bound: {
      postgres: ['{"770","771"}'],
      mysql: ['770,771'],
      sqlserver: ['["770","771"]'],
    },
  },
  'the version of a row without system column': {
    statement: select(sales, {
      outputs: [],
      where: { kind: 'version', alias: 't0', table: sales, versions: param(0, 'text') },
    }),
    text: {
      postgres:
        'SELECT FROM "shop"."sales" AS "t0" WHERE md5(ROW("t0"."country", "t0"."amount")::text) = $1::text',
      mysql:
        "SELECT 1 FROM `shop`.`sales` AS `t0` WHERE FIND_IN_SET(SHA2(CONCAT_WS(',' COLLATE utf8mb4_bin, QUOTE(`t0`.`country`), QUOTE(`t0`.`amount`)), 256), ?) > 0",
      sqlserver: String.raw`SELECT 1 FROM [shop].[sales] AS [t0] WHERE CONVERT(nvarchar(max), HASHBYTES('SHA2_256', CAST(N'' AS nvarchar(max)) COLLATE Latin1_General_100_BIN2 + ISNULL(N'"' + REPLACE(STRING_ESCAPE([t0].[country], 'json') COLLATE Latin1_General_100_BIN2, N'\/', N'/') + N'"', N'null') + N',' + ISNULL(N'"' + CAST([t0].[amount] AS nvarchar(41)) + N'"', N'null')), 2) = @p1`,
    },
  },
}
