/** Conditions that only Transact-SQL writes so. */
import { GatewayError } from '#base/errors.ts'
import type { Column, Table } from '#catalog/model.ts'
import type { ColumnRef, Param } from '#plan/ast.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import { jsonValue, matchedText, noSuchType, toHex, wideStart } from './expressions.ts'
import { binaryCollation, collate, column, lettersCollation } from './names.ts'
import { listRows, pattern, searchWords, textParameter, textRows } from './parameters.ts'

const columnOf = (ref: ColumnRef): Sql => column(ref.alias, ref.column.name)

/** The list is read as rows, so that its length does not change the text; an index is searched for each of them. */
export const membership = (left: ColumnRef, list: Param, negated: boolean): Sql =>
  sql`${columnOf(left)} ${negated ? sql`NOT IN` : sql`IN`} (${listRows(list)})`

/** Of these types LIKE takes the column itself, whose index then serves it; any other is matched by its canonical text. */
const likeable = new Set(['varchar', 'nvarchar'])

/**
 * By the column's own collation. Without case: both sides in small letters, code point by code point, so that neither
 * accents nor width are lost with it.
 */
export function like(left: ColumnRef, words: Param, caseless: boolean): Sql {
  const { type } = left.column
  const e = likeable.has(type.family) ? columnOf(left) : matchedText(columnOf(left), type)
  if (!caseless) return sql`${e} LIKE ${pattern(words, type)}`
  const small = (text: Sql) => sql`LOWER(${text}${collate(lettersCollation)})${collate(binaryCollation)}`
  return sql`${small(sql`CAST(${e} AS nvarchar(max))`)} LIKE ${small(pattern(words, words.type))}`
}

/** @throws GatewayError not_supported */
export function has(): never {
  throw noSuchType('Arrays')
}

/** @throws GatewayError not_supported when no full-text index holds the column */
export function search(left: ColumnRef, words: Param): Sql {
  const { searchConfig, name } = left.column
  if (searchConfig === undefined)
    throw new GatewayError(
      'not_supported',
      `Search is not supported for ${name}: it is in no full-text index.`,
    )
  return sql`CONTAINS(${columnOf(left)}, ${searchWords(words)})`
}

const versionColumn = (table: Table): Column | undefined =>
  table.rowVersion === 'system' ? table.columns.find((c) => c.type.family === 'rowversion') : undefined

/** The rowversion, or a digest of all that we can see of the row. */
export function rowVersion(alias: string, table: Table): Sql {
  const own = versionColumn(table)
  if (own !== undefined) return toHex(sql`CAST(${column(alias, own.name)} AS binary(8))`)
  const values = table.columns.map(
    (c) => sql`ISNULL(${jsonValue(column(alias, c.name), c.type, 'default')}, N'null')`,
  )
  const row = sql`${wideStart(sql`N''`)} + ${join(values, " + N',' + ")}`
  return toHex(sql`HASHBYTES('SHA2_256', ${row})`)
}

/** The columns that `rowVersion` reads. */
export function versionColumns(table: Table): readonly string[] {
  const own = versionColumn(table)
  return own === undefined ? table.columns.map((c) => c.name) : [own.name]
}

/** As texts, because what a client sends as a version may be anything. */
export const versionIs = (alias: string, table: Table, versions: Param): Sql =>
  versions.list
    ? sql`${rowVersion(alias, table)} IN (${textRows(versions)})`
    : sql`${rowVersion(alias, table)} = ${textParameter(versions)}`
