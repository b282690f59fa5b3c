/** SQL Server's answers to what the writer of statements leaves open (2019 and later, compatibility level 130 and above). */
import type { Grammar, Page } from '#engine/grammar.ts'
import { type Sql, sql, trusted } from '#engine/sql.ts'
import { aggregate, bigint } from './aggregates.ts'
import { has, like, membership, rowVersion, search, versionColumns, versionIs } from './conditions.ts'
import { embed } from './embeds.ts'
import { cursorValue, jsonValue, outputValue } from './expressions.ts'
import { column, identifier, tableName } from './names.ts'
import { operand, rowCount, stored } from './parameters.ts'

export const grammar: Grammar = {
  parameters: { name: (position) => `@p${position}`, reusable: true },
  identifier,
  column,
  tableName,
  stored,
  operand,
  rank: (ref) => column(ref.alias, ref.column.name),
  rankOperand: operand,
  rowCount,
  always: sql`1 = 1`,
  never: sql`1 = 0`,
  membership,
  like,
  has,
  search,
  rowVersion,
  versionColumns,
  versionIs,
  nullsAreLargest: false,
  placeNulls: (by, ordered, nulls) =>
    sql`CASE WHEN ${by} IS NULL THEN ${nulls === 'first' ? sql`0 ELSE 1` : sql`1 ELSE 0`} END, ${ordered}`,
  splitsNulls: true,
  comparesRows: false,
  page,
  both: (first, second) => sql`(SELECT * FROM (${first}) AS [a] UNION ALL SELECT * FROM (${second}) AS [b])`,
  emptyLists: false,
  outputValue,
  jsonValue,
  cursorValue,
  embed: (o, members) => embed(grammar, o, members),
  count: sql`COUNT_BIG`,
  countType: bigint,
  aggregate,
  counted: sql`AS [g]([n])`,
  // A plan can be asked for only in a batch of its own, with a right of its own; counting is what is left.
  estimate: (rows) => counted(sql`(${rows}) AS [g]([n])`),
}

const counted = (rows: Sql) => ({
  text: sql`SELECT COUNT_BIG(*) FROM ${rows}`,
  columns: [{ name: 'count', encoding: 'number' as const, hidden: false }],
})

/** OFFSET belongs to ORDER BY, and its FETCH takes no zero; without OFFSET, TOP is what plans are best at. */
function page(order: Sql | undefined, limit: number | Sql | undefined, offset: Sql | undefined): Page {
  const by = order ? sql` ORDER BY ${order}` : sql``
  const rows = typeof limit === 'number' ? trusted(limit.toFixed(0)) : limit
  if (offset === undefined || limit === 0) return { top: rows ? sql` TOP (${rows})` : sql``, tail: by }
  const sorted = order ? by : sql` ORDER BY (SELECT NULL)`
  const most = rows ? sql` FETCH NEXT ${rows} ROWS ONLY` : sql``
  return { top: sql``, tail: sql`${sorted} OFFSET ${offset} ROWS${most}` }
}
