/** Tables, columns and joins under the aliases the planner gave them. */
import type { Table } from '#catalog/model.ts'
import type { ColumnRef, Join } from '#plan/ast.ts'
import type { Grammar } from './grammar.ts'
import { join, type Sql, sql } from './sql.ts'

export const columnOf = (g: Grammar, ref: ColumnRef): Sql => g.column(ref.alias, ref.column.name)

/** ` WHERE …` of everything that must hold; nothing when there is nothing. */
export function where(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`` : sql` WHERE ${join(conditions, ' AND ')}`
}

export const aliased = (g: Grammar, table: Table, alias: string): Sql =>
  sql`${g.tableName(table)} AS ${g.identifier(alias)}`

/** Where the rows of a related table come from, and what ties them to the outer row. */
export function joined(g: Grammar, j: Join): { readonly from: Sql; readonly on: readonly Sql[] } {
  const pair = (outer: string, inner: string) => (p: Join['on'][number]) =>
    sql`${g.column(inner, p.inner.name)} = ${g.column(outer, p.outer.name)}`
  if (!j.via) return { from: aliased(g, j.table, j.alias), on: j.on.map(pair(j.outer, j.alias)) }
  const link = join(j.via.on.map(pair(j.via.alias, j.alias)), ' AND ')
  return {
    from: sql`${aliased(g, j.via.table, j.via.alias)} JOIN ${aliased(g, j.table, j.alias)} ON ${link}`,
    on: j.on.map(pair(j.outer, j.via.alias)),
  }
}
