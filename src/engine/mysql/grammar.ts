/** MySQL's and MariaDB's answers to what the writer of statements leaves open. */
import type { Grammar } from '#engine/grammar.ts'
import { sql, trusted } from '#engine/sql.ts'
import { aggregate, bigint } from './aggregates.ts'
import { conditionHooks } from './conditions.ts'
import { embed } from './embeds.ts'
import { jsonPlan, planTable } from './estimate.ts'
import { cursorValue, jsonValue, outputValue } from './expressions.ts'
import type { Flavour } from './flavour.ts'
import { column as plainColumn, identifier, tableName } from './names.ts'
import { isRanked, operand, rankOperand, rowCount, stored } from './parameters.ts'

/** There is no OFFSET without LIMIT (MySQL Reference Manual, "SELECT Statement"). */
const allRows = '18446744073709551615'

/** @param column how a column is written, for statements that take no alias */
export function createGrammar(flavour: Flavour, column: Grammar['column'] = plainColumn): Grammar {
  const grammar: Grammar = {
    parameters: { name: () => '?', reusable: false },
    identifier,
    column,
    tableName,
    stored,
    operand,
    rankOperand,
    rowCount,
    always: sql`TRUE`,
    never: sql`FALSE`,
    ...conditionHooks(column),
    nullsAreLargest: false,
    placeNulls: (by, ordered, nulls) =>
      sql`${by} IS NULL${nulls === 'first' ? sql` DESC` : sql``}, ${ordered}`,
    splitsNulls: true,
    // No index serves it (MySQL Reference Manual, "Row Constructor Expression Optimization").
    comparesRows: false,
    page(order, limit, offset) {
      const rows = typeof limit === 'number' ? trusted(limit.toFixed(0)) : limit
      const by = order ? sql` ORDER BY ${order}` : sql``
      const most = rows ? sql` LIMIT ${rows}` : offset ? sql` LIMIT ${trusted(allRows)}` : sql``
      return { top: sql``, tail: sql`${by}${most}${offset ? sql` OFFSET ${offset}` : sql``}` }
    },
    both: (first, second) => sql`((${first}) UNION ALL (${second}))`,
    // The labels of an enum are mere texts behind a UNION.
    unordersBoth: isRanked,
    emptyLists: false,
    outputValue,
    jsonValue,
    cursorValue,
    embed: (o, members) => embed(grammar, flavour, o, members),
    count: sql`COUNT`,
    countType: bigint,
    aggregate,
    counted: sql`AS g`,
    estimate: (rows) => (flavour.jsonPlans ? jsonPlan(rows) : planTable(rows)),
  }
  return grammar
}
