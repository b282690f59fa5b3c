/** Conditions as only MySQL and MariaDB write them. */
import { GatewayError } from '#base/errors.ts'
import type { Table } from '#catalog/model.ts'
import type { ColumnRef, Param } from '#plan/ast.ts'
import type { Grammar } from '#engine/grammar.ts'
import { join, placeholder, type Sql, sql } from '#engine/sql.ts'
import { valuesOf } from './json-tables.ts'
import { text } from './names.ts'
import { bound, isRanked, itemsOf, jsonList, textParameter } from './parameters.ts'
import { booleanSearch } from './search-mode.ts'

/** Writes a column of the statement's tables. */
type ColumnWriter = Grammar['column']

/** Enums of up to so many labels are compared with as many parameters, which their index serves as it does no subquery. */
const mostLabels = 16

/** Of these types LIKE takes the column itself; any other is matched by its text. */
const likeable = new Set(['char', 'varchar', 'text', 'enum', 'set'])

type Hooks = Pick<
  Grammar,
  'rank' | 'membership' | 'like' | 'has' | 'search' | 'rowVersion' | 'versionColumns' | 'versionIs'
>

export function conditionHooks(column: ColumnWriter): Hooks {
  const columnOf = (ref: ColumnRef): Sql => column(ref.alias, ref.column.name)
  const rowVersion: Grammar['rowVersion'] = (alias, table) => digest(column, alias, table)
  return {
    // Enums and sets by their numbers, as they are ordered.
    rank: (ref) => (isRanked(ref.column.type) ? sql`(${columnOf(ref)} + 0)` : columnOf(ref)),
    membership(left, list, negated, inNot) {
      const e = columnOf(left)
      const word = negated ? sql`NOT IN` : sql`IN`
      const { labels, family } = list.type
      const values =
        family === 'enum' && labels && labels.length <= mostLabels
          ? join(someOf(list, labels.length), ', ')
          : valuesOf(jsonList(list), list.type)
      const found = sql`${e} ${word} (${values})`
      if (!left.column.nullable || !(negated || inNot)) return found
      // What NULL is to a list MariaDB 10.11 keeps from one execution to the next, be the list empty or not.
      const empty = negated ? sql`TRUE` : sql`FALSE`
      return sql`IF(${e} IS NULL, IF(${jsonList(list)} = '[]', ${empty}, NULL), ${found})`
    },
    like(left, pattern, caseless) {
      const e = columnOf(left)
      const given = textParameter(pattern)
      const escape = sql` ESCAPE '\\'`
      // The binary collation keeps accents apart, which a collation without case may not.
      if (caseless)
        return sql`LOWER(CONVERT(${e} USING utf8mb4)) COLLATE utf8mb4_bin LIKE LOWER(${given})${escape}`
      const matched = likeable.has(left.column.type.family) ? e : sql`CAST(${e} AS CHAR)`
      return sql`${matched} LIKE ${given}${escape}`
    },
    has(left) {
      throw unsupported(left, 'contains is not supported, as this database has no arrays')
    },
    search(left, words, inNot) {
      // MySQL Reference Manual, "Full-Text Search Functions".
      if (left.column.searchConfig === undefined)
        throw unsupported(left, 'search is not supported without a FULLTEXT index over this column alone')
      const e = columnOf(left)
      const found = sql`MATCH(${e}) AGAINST (${bound(words, 'search', booleanSearch)} IN BOOLEAN MODE)`
      // Words are not in NULL, says the server, where they are neither in it nor not.
      return inNot && left.column.nullable ? sql`IF(${e} IS NULL, NULL, ${found})` : found
    },
    rowVersion,
    versionColumns: (table) => table.columns.map((c) => c.name),
    versionIs: (alias, table, versions) =>
      sql`FIND_IN_SET(${rowVersion(alias, table)}, ${versionList(versions)}) > 0`,
  }
}

const unsupported = ({ column }: ColumnRef, why: string) =>
  new GatewayError('not_supported', `${column.name}: ${why}.`)

/** A list holds no more different labels than there are. The rest is filled with what no label can be. */
const someOf = (list: Param, count: number): readonly Sql[] =>
  Array.from({ length: count }, (_, i) =>
    placeholder({
      slots: [list.slot],
      form: `label ${i}`,
      convert: ([value]) => [...new Set(itemsOf(value))][i] ?? '\u0000',
    }),
  )

/**
 * A digest of all that we can see of the row. QUOTE tells NULL from its word, and ends of values from their middle.
 * MySQL since 9.6 has MD5 and SHA1 in a component only.
 */
function digest(column: ColumnWriter, alias: string, table: Table): Sql {
  const parts = table.columns.map(({ name, type }) => {
    const e = column(alias, name)
    // Bytes are no text, and would be taken for one beside others.
    if (type.canonical === 'binary') return sql`QUOTE(SHA2(${e}, 256))`
    switch (type.family) {
      case 'float':
        // Its text has six digits, whatever it holds.
        return sql`QUOTE(${e} + 0e0)`
      case 'bit':
      case 'bit1':
        return sql`QUOTE(${e} + 0)`
      case 'geometry':
        return sql`QUOTE(ST_AsText(${e}))`
      default:
        return sql`QUOTE(${e})`
    }
  })
  return sql`SHA2(CONCAT_WS(${text(',')} COLLATE utf8mb4_bin, ${join(parts, ', ')}), 256)`
}

/** One parameter however many versions; what holds a comma is none of ours. */
const versionList = (versions: Param): Sql =>
  placeholder({
    slots: [versions.slot],
    form: 'versions',
    convert: ([value]) =>
      [value ?? null]
        .flat()
        .filter((one) => one !== null && !one.includes(','))
        .join(','),
  })
