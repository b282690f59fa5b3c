/** Tables, columns and joins under the aliases the planner gave them. */
import type { Column, Table } from '#catalog/model.ts'
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

/** What tells rows apart: the primary key, else the first unique one without NULL; none of rows that may be alike. */
export function keyColumns({ columns, primaryKey, uniqueKeys, rowKey }: Table): readonly Column[] {
  if (rowKey) return rowKey.flatMap((name) => columns.find((c) => c.name === name) ?? [])
  for (const key of [...(primaryKey ? [primaryKey] : []), ...uniqueKeys]) {
    const found = key.columns.flatMap((name) => columns.find((c) => c.name === name && !c.nullable) ?? [])
    if (found.length === key.columns.length) return found
  }
  return []
}

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
