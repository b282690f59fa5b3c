/** Conditions as SQL. NULL behaves as SQL says: it is neither equal nor unequal to anything, and NOT of unknown is unknown. */
import type { Table } from '#catalog/model.ts'
import type { ColumnRef, Condition, Join, Param } from '#plan/ast.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { behind } from './keyset.ts'
import { castName, column, identifier, isDomainArray, tableName, text } from './names.ts'
import { listOfArrays, operand, parameter, textParameter } from './parameters.ts'

const operators = { eq: sql`=`, neq: sql`<>`, gt: sql`>`, gte: sql`>=`, lt: sql`<`, lte: sql`<=` }

const columnOf = (ref: ColumnRef): Sql => column(ref.alias, ref.column.name)

/** ` WHERE …` of everything that must hold; nothing when there is nothing. */
export function where(conditions: readonly Sql[]): Sql {
  return conditions.length === 0 ? sql`` : sql` WHERE ${join(conditions, ' AND ')}`
}

/** The parts of a condition that must all hold, each safe to join with AND. */
export const conjuncts = (c: Condition | undefined): readonly Condition[] =>
  c === undefined ? [] : c.kind === 'and' ? c.items.flatMap(conjuncts) : [c]

/** A condition that can stand next to AND, OR and NOT as it is. */
export function condition(c: Condition): Sql {
  switch (c.kind) {
    case 'and':
      return group(c.items, ' AND ', sql`TRUE`)
    case 'or':
      return group(c.items, ' OR ', sql`FALSE`)
    case 'not':
      return sql`NOT (${condition(c.item)})`
    case 'compare':
      return sql`${columnOf(c.left)} ${operators[c.operator]} ${operand(c.right)}`
    case 'in':
      return membership(c.left, c.list, c.negated)
    case 'between':
      return sql`${columnOf(c.left)} BETWEEN ${operand(c.low)} AND ${operand(c.high)}`
    case 'like':
      // Backslash is LIKE's escape by default; an ESCAPE clause is a function call that hides the prefix from an index.
      return sql`${matched(c.left)} ${c.caseless ? sql`ILIKE` : sql`LIKE`} ${textParameter(c.pattern)}`
    case 'has':
      return contains(c.left, c.element)
    case 'null':
      return c.isNull ? sql`${columnOf(c.left)} IS NULL` : sql`${columnOf(c.left)} IS NOT NULL`
    case 'search':
      return search(c.left, c.text)
    case 'exists': {
      const { from, on } = joined(c.join)
      return sql`EXISTS (SELECT 1 FROM ${from}${where([...on, ...conjuncts(c.where).map(condition)])})`
    }
    case 'after':
      return behind(c.terms)
    case 'version': {
      const given = textParameter(c.versions)
      const actual = rowVersion(c.alias, c.table)
      const words = c.table.rowVersion === 'system' ? sql`${actual}::text` : actual
      return sql`${words} = ${c.versions.list ? sql`ANY(${given})` : given}`
    }
    case 'never':
      return sql`FALSE`
    default:
      return c satisfies never
  }
}

function group(items: readonly Condition[], word: string, empty: Sql): Sql {
  const pieces = items.map(condition)
  return pieces.length === 0 ? empty : pieces.length === 1 ? join(pieces, '') : sql`(${join(pieces, word)})`
}

/** One parameter however long the list, so that the text stays the same. */
function membership(left: ColumnRef, list: Param, negated: boolean): Sql {
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

/** Containment rather than `= ANY(column)`, because a GIN index serves it; elements that are NULL count as different. */
function contains(left: ColumnRef, element: Param): Sql {
  const { type } = left.column
  const cast = isDomainArray(type) ? sql`::${trusted(type.native)}` : sql``
  return sql`${columnOf(left)} @> ARRAY[${parameter(element)}]${cast}`
}

/** Web search syntax (quotes, or, -) never fails on what people type. */
function search(left: ColumnRef, words: Param): Sql {
  const { type, searchConfig = 'simple' } = left.column
  const config = sql`${text(searchConfig)}::regconfig`
  const query = sql`websearch_to_tsquery(${config}, ${textParameter(words)})`
  if (type.family === 'tsvector') return sql`${columnOf(left)} @@ ${query}`
  const document = type.family === 'json' || type.family === 'jsonb' ? columnOf(left) : matched(left)
  return sql`to_tsvector(${config}, ${document}) @@ ${query}`
}

/** What tells versions of a row apart: the transaction that wrote it, or all that we can see of it. */
export function rowVersion(alias: string, table: Table): Sql {
  if (table.rowVersion === 'system') return column(alias, 'xmin')
  return sql`md5(ROW(${join(
    table.columns.map((c) => column(alias, c.name)),
    ', ',
  )})::text)`
}

export const aliased = (table: Table, alias: string): Sql => sql`${tableName(table)} AS ${identifier(alias)}`

/** Where the rows of a related table come from, and what ties them to the outer row. */
export function joined(j: Join): { readonly from: Sql; readonly on: readonly Sql[] } {
  const pair = (outer: string, inner: string) => (p: Join['on'][number]) =>
    sql`${column(inner, p.inner.name)} = ${column(outer, p.outer.name)}`
  if (!j.via) return { from: aliased(j.table, j.alias), on: j.on.map(pair(j.outer, j.alias)) }
  const link = join(j.via.on.map(pair(j.via.alias, j.alias)), ' AND ')
  return {
    from: sql`${aliased(j.via.table, j.via.alias)} JOIN ${aliased(j.table, j.alias)} ON ${link}`,
    on: j.on.map(pair(j.outer, j.via.alias)),
  }
}
