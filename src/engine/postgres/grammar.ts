/** PostgreSQL's answers to what the writer of statements leaves open (14 and later). */
import type { Grammar } from '#engine/grammar.ts'
import { sql, trusted } from '#engine/sql.ts'
import { aggregate, bigint } from './aggregates.ts'
import { contains, like, membership, rowVersion, search, versionColumns, versionIs } from './conditions.ts'
import { embed } from './embeds.ts'
import { cursorValue, jsonValue, outputValue } from './expressions.ts'
import { column, identifier, tableName } from './names.ts'
import { operand, rowCount, stored } from './parameters.ts'

export const grammar: Grammar = {
  parameters: { name: (position) => `$${position}`, reusable: true },
  identifier,
  column,
  tableName,
  stored,
  operand,
  rank: (ref) => column(ref.alias, ref.column.name),
  rankOperand: operand,
  rowCount,
  always: sql`TRUE`,
  never: sql`FALSE`,
  membership,
  like,
  has: contains,
  search,
  rowVersion,
  versionColumns,
  versionIs,
  nullsAreLargest: true,
  placeNulls: (_, ordered, nulls) => sql`${ordered} NULLS ${nulls === 'first' ? sql`FIRST` : sql`LAST`}`,
  splitsNulls: false,
  comparesRows: true,
  page(order, limit, offset) {
    const rows = typeof limit === 'number' ? trusted(limit.toFixed(0)) : limit
    const by = order ? sql` ORDER BY ${order}` : sql``
    const most = rows ? sql` LIMIT ${rows}` : sql``
    return { top: sql``, tail: sql`${by}${most}${offset ? sql` OFFSET ${offset}` : sql``}` }
  },
  both: (first, second) => sql`((${first}) UNION ALL (${second}))`,
  emptyLists: true,
  outputValue,
  jsonValue,
  cursorValue,
  embed: (o, members) => embed(grammar, o, members),
  count: sql`count`,
  countType: bigint,
  aggregate,
  counted: sql`AS g`,
  estimate: (rows) => ({
    text: sql`EXPLAIN (FORMAT JSON) ${rows}`,
    columns: [{ name: 'plan', encoding: 'raw', hidden: false }],
  }),
}
