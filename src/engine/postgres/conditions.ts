/** Conditions as only PostgreSQL writes them. */
import type { Table } from '#catalog/model.ts'
import type { ColumnRef, Param } from '#plan/ast.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { castName, column, isDomainArray, text } from './names.ts'
import { listOfArrays, operand, parameter, textParameter } from './parameters.ts'

const columnOf = (ref: ColumnRef): Sql => column(ref.alias, ref.column.name)

/** One parameter however long the list, so that the text stays the same. */
export function membership(left: ColumnRef, list: Param, negated: boolean): Sql {
  const e = columnOf(left)
  if (list.type.canonical === 'array') {
    const item = sql`x::${trusted(castName(list.type))}`
    return sql`${e} ${negated ? sql`NOT IN` : sql`IN`} (SELECT ${item} FROM unnest(${listOfArrays(list)}) AS x)`
  }
  return negated ? sql`${e} <> ALL(${operand(list)})` : sql`${e} = ANY(${operand(list)})`
}

/** Of these types LIKE takes the column itself; any other is matched by its canonical text. */
const likeable = new Set(['text', 'varchar', 'name', 'citext'])
const matched = (ref: ColumnRef): Sql =>
  likeable.has(ref.column.type.family) ? columnOf(ref) : sql`${columnOf(ref)}::text`

/** Backslash is LIKE's escape by default; an ESCAPE clause is a function call that hides the prefix from an index. */
export const like = (left: ColumnRef, pattern: Param, caseless: boolean): Sql =>
  sql`${matched(left)} ${caseless ? sql`ILIKE` : sql`LIKE`} ${textParameter(pattern)}`

/** Containment rather than `= ANY(column)`, because a GIN index serves it; elements that are NULL count as different. */
export function contains(left: ColumnRef, element: Param): Sql {
  const { type } = left.column
  const cast = isDomainArray(type) ? sql`::${trusted(type.native)}` : sql``
  return sql`${columnOf(left)} @> ARRAY[${parameter(element)}]${cast}`
}

/** Web search syntax (quotes, or, -) never fails on what people type. */
export function search(left: ColumnRef, words: Param): Sql {
  const { type, searchConfig = 'simple' } = left.column
  const config = sql`${text(searchConfig)}::regconfig`
  const query = sql`websearch_to_tsquery(${config}, ${textParameter(words)})`
  if (type.family === 'tsvector') return sql`${columnOf(left)} @@ ${query}`
  const document = type.family === 'json' || type.family === 'jsonb' ? columnOf(left) : matched(left)
  return sql`to_tsvector(${config}, ${document}) @@ ${query}`
}

export const versionColumns = (table: Table): readonly string[] =>
  table.rowVersion === 'system' ? ['xmin'] : table.columns.map((c) => c.name)

/** What tells versions of a row apart: the transaction that wrote it, or all that we can see of it. */
export function rowVersion(alias: string, table: Table): Sql {
  if (table.rowVersion === 'system') return column(alias, 'xmin')
  return sql`md5(ROW(${join(
    table.columns.map((c) => column(alias, c.name)),
    ', ',
  )})::text)`
}

export function versionIs(alias: string, table: Table, versions: Param): Sql {
  const given = textParameter(versions)
  const actual = rowVersion(alias, table)
  const words = table.rowVersion === 'system' ? sql`${actual}::text` : actual
  return sql`${words} = ${versions.list ? sql`ANY(${given})` : given}`
}
