/** Counts, as far as SQL Server can guess them. */
import type { Count, Select } from '#plan/ast.ts'
import type { Grammar, Written } from '#engine/grammar.ts'
import { count as counted } from '#engine/reads.ts'
import { sql } from '#engine/sql.ts'
import { text } from './names.ts'

/** How many rows a Select has; estimated: from the catalogue where it is a whole table, else counted as well. */
export function count(g: Grammar, c: Count): Written {
  if (c.exact || !isWholeTable(c.select)) return counted(g, { ...c, exact: true })
  const { schema, name } = c.select.table
  // Index 0 is the heap and index 1 the clustered index: a table has one of them, in one or more partitions.
  const found = sql`[s].[name] = ${text(schema)} AND [o].[name] = ${text(name)} AND [p].[index_id] IN (0, 1)`
  const from = sql`sys.partitions AS [p] JOIN sys.objects AS [o] ON [o].[object_id] = [p].[object_id] JOIN sys.schemas AS [s] ON [s].[schema_id] = [o].[schema_id]`
  return {
    text: sql`SELECT ISNULL(SUM([p].[rows]), 0) FROM ${from} WHERE ${found}`,
    columns: [{ name: 'count', encoding: 'number', hidden: false }],
  }
}

const isWholeTable = (s: Select): boolean =>
  s.table.kind === 'table' && s.where === undefined && s.group === undefined

/**
 * The rows that the estimating Count gave, in any row format of JSON.
 * @throws Error when the body holds no number
 */
export function readEstimate(body: Uint8Array): number {
  const rows = /\d+/.exec(Buffer.from(body).toString('utf8'))?.[0]
  if (rows === undefined) throw new Error('the answer to a count holds no number')
  return Number(rows)
}
