/** Pieces of Insert, Update and Delete that dialects have in common. */
import type { Insert, Param, Returning, Update } from '#plan/ast.ts'
import type { Grammar } from './grammar.ts'
import { join, type Sql, sql } from './sql.ts'

/** Whether a write gives back related rows: they are to be seen as the write and its triggers leave them. */
export const givesEmbeds = (r: Returning | undefined): boolean =>
  r !== undefined && r.outputs.some((o) => o.kind === 'embed')

/** Quoted names without alias, as the column lists of INSERT and SET have them. */
export const names = (g: Grammar, columns: readonly { readonly name: string }[]): readonly Sql[] =>
  columns.map((c) => g.identifier(c.name))

/** What is written into a column; without a value its default. */
export const cell = (g: Grammar, value: Param | undefined): Sql => (value ? g.stored(value) : sql`DEFAULT`)

/** `VALUES (…), (…)`. */
export function valueRows(g: Grammar, rows: Insert['rows']): Sql {
  const each = rows.map(
    (row) =>
      sql`(${join(
        row.map((value) => cell(g, value)),
        ', ',
      )})`,
  )
  return sql`VALUES ${join(each, ', ')}`
}

/** `name = value, …`, as SET has it. */
export const assignments = (g: Grammar, set: Update['set']): Sql =>
  join(
    set.map(({ column, value }) => sql`${g.identifier(column.name)} = ${cell(g, value)}`),
    ', ',
  )
