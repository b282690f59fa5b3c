/** Lists of values and of keys as tables: JSON_TABLE over one parameter, with columns that compare like the table's own. */
import type { ValueType } from '#catalog/model.ts'
import { type Sql, sql, trusted } from '#engine/sql.ts'
import { checkKnown, comparedScale, identifier, isUnsigned, text } from './names.ts'

/** A column of a JSON_TABLE: its type there, and the expression that reads it as a value of `type`. */
interface JsonColumn {
  readonly type: Sql
  readonly read: (e: Sql) => Sql
}

const plain = (type: string): JsonColumn => ({ type: trusted(type), read: (e) => e })

function columnFor(type: ValueType): JsonColumn {
  checkKnown(type)
  switch (type.canonical) {
    case 'integer':
      return plain(isUnsigned(type) ? 'BIGINT UNSIGNED' : 'BIGINT')
    case 'boolean':
      return plain('BIGINT UNSIGNED')
    case 'decimal':
      return plain(`DECIMAL(65,${comparedScale(type)})`)
    case 'float':
      return plain('DOUBLE')
    case 'date':
      return plain('DATE')
    case 'time':
      return plain('TIME(6)')
    case 'datetime':
    case 'timestamp':
      return plain('DATETIME(6)')
    case 'binary':
      return { type: sql`${characters(base64Length(type))}`, read: (e) => sql`FROM_BASE64(${e})` }
    default:
      return textColumn(type)
  }
}

/** MariaDB's own types are no types of JSON_TABLE, but of casts. */
const castable: Readonly<Record<string, Sql>> = { uuid: sql`UUID`, inet4: sql`INET4`, inet6: sql`INET6` }

function textColumn(type: ValueType): JsonColumn {
  const cast = castable[type.family]
  if (cast) return { type: characters(45), read: (e) => sql`CAST(${e} AS ${cast})` }
  // One more than the column holds, so that what is longer stays different.
  const length = type.maxLength === undefined ? longestLabels(type) : type.maxLength + 1
  const collated = type.collation === undefined ? sql`` : sql` COLLATE ${trusted(type.collation)}`
  return { type: sql`${characters(length)}${collated}`, read: (e) => e }
}

/** Without a length the values are as long as they are, which no index serves. */
const characters = (length: number | undefined): Sql =>
  length === undefined || length > 16_000 ? sql`LONGTEXT` : trusted(`VARCHAR(${length})`)

const longestLabels = (type: ValueType): number | undefined =>
  type.labels && type.labels.reduce((sum, label) => sum + label.length + 1, 0)

function base64Length({ native }: ValueType): number | undefined {
  const bytes = /^(?:var)?binary\((\d+)\)/i.exec(native)?.[1]
  return bytes === undefined ? undefined : Math.ceil((Number(bytes) + 1) / 3) * 4
}

/** Whether texts of this collation hold characters that are not in every collation's. */
const isNarrow = ({ collation }: ValueType): boolean =>
  collation !== undefined && !/^(utf8mb4|uca1400)_/.test(collation)

/** A Select that gives the values of a JSON array of texts, never NULL. */
export function valuesOf(list: Sql, type: ValueType): Sql {
  const { type: native, read } = columnFor(type)
  const value = read(sql`v`)
  if (!isNarrow(type))
    return sql`SELECT ${value} FROM JSON_TABLE(${list}, '$[*]' COLUMNS (v ${native} PATH '$')) AS j WHERE v IS NOT NULL`
  // A character that the column's character set does not have would become a question mark, and find those.
  const wide = sql`w ${characters(type.maxLength === undefined ? undefined : type.maxLength + 1)} COLLATE utf8mb4_bin PATH '$'`
  return sql`SELECT ${value} FROM JSON_TABLE(${list}, '$[*]' COLUMNS (v ${native} PATH '$', ${wide})) AS j WHERE CONVERT(v USING utf8mb4) COLLATE utf8mb4_bin = w`
}

/**
 * A table of keys out of a JSON array with an array of texts for each: `n` is the place, and what ties it to the row.
 * @param own the alias of the table
 */
export function keysOf(
  keys: Sql,
  columns: readonly { readonly name: string; readonly type: ValueType }[],
  own: 'k' | 'm' = 'k',
): { readonly table: Sql; readonly same: (alias: string) => readonly Sql[] } {
  const parts = columns.map((c, i) => ({
    ...c,
    name: identifier(c.name),
    at: trusted(`k${i}`),
    json: columnFor(c.type),
  }))
  const list = parts.map(({ at, json }, i) => sql`, ${at} ${json.type} PATH ${text(`$[${i}]`)}`)
  const all = list.reduce((before, one) => sql`${before}${one}`, sql``)
  return {
    table: sql`JSON_TABLE(${keys}, '$[*]' COLUMNS (n FOR ORDINALITY${all})) AS ${trusted(own)}`,
    same: (alias) =>
      parts.map(
        ({ name, at, json }) => sql`${identifier(alias)}.${name} = ${json.read(sql`${trusted(own)}.${at}`)}`,
      ),
  }
}
