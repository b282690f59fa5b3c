/** Insert, Update and Delete. */
import type { ValueType } from '#catalog/model.ts'
import type { Condition, Delete, Insert, Param, Returning, Update } from '#plan/ast.ts'
import { conditions } from '#engine/conditions.ts'
import type { Written } from '#engine/grammar.ts'
import { outputList } from '#engine/reads.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { aliased, where } from '#engine/tables.ts'
import { assignments, names, valueRows } from '#engine/writes.ts'
import { grammar as g } from './grammar.ts'
import { column, identifier, tableName } from './names.ts'
import { columnOfValues } from './parameters.ts'

/** Inserts of at least this many rows bind a column as one array: from here on it is the faster way (measured; 3 × at 1,000 rows). */
const bulkRows = 10

export function insert(s: Insert): Written & { readonly bulk: boolean } {
  const { rows, bulk } = source(s)
  const columns = s.columns.length === 0 ? sql`` : sql` (${join(names(g, s.columns), ', ')})`
  const { list, columns: given } = returning(s.returning, insertedOf(s))
  return {
    text: sql`INSERT INTO ${aliased(g, s.table, s.alias)}${columns} ${rows}${conflict(s)}${list}`,
    columns: given,
    bulk,
  }
}

function source(s: Insert): { readonly rows: Sql; readonly bulk: boolean } {
  if (s.columns.length === 0) {
    if (s.rows.length === 1) return { rows: sql`DEFAULT VALUES`, bulk: false }
    return {
      rows: sql`SELECT FROM generate_series(1, ${trusted(s.rows.length.toFixed(0))})`,
      bulk: false,
    }
  }
  const arrays = s.rows.length >= bulkRows ? asArrays(s) : undefined
  if (arrays) return { rows: sql`SELECT * FROM unnest(${join(arrays, ', ')})`, bulk: true }
  return { rows: valueRows(g, s.rows), bulk: false }
}

/**
 * One array per column, if every cell has a value and no column's values are arrays or rows, which unnest takes apart, or
 * have to be looked at one by one.
 */
function asArrays(s: Insert): readonly Sql[] | undefined {
  const arrays: Sql[] = []
  for (const [i, { type }] of s.columns.entries()) {
    const cells = s.rows.map((row) => row[i])
    if (
      isTakenApart(type) ||
      type.limited !== undefined ||
      !cells.every((cell): cell is Param => cell !== undefined)
    )
      return undefined
    arrays.push(
      columnOfValues(
        (cells[0] as Param).type,
        cells.map((cell) => cell.slot),
      ),
    )
  }
  return arrays
}

const isTakenApart = (type: ValueType) => type.canonical === 'array' || type.family === 'composite'

function conflict(s: Insert): Sql {
  if (!s.upsert) return sql``
  const { key, reset, where: mustHold } = s.upsert
  const isKey = (name: string) => key.some((k) => k.name === name)
  const changes = [
    ...names(
      g,
      s.columns.filter((c) => !isKey(c.name)),
    ).map((name) => sql`${name} = EXCLUDED.${name}`),
    ...names(g, reset).map((name) => sql`${name} = DEFAULT`),
  ]
  // DO NOTHING would give no row back.
  const set =
    changes.length > 0 ? changes : names(g, key.slice(0, 1)).map((name) => sql`${name} = EXCLUDED.${name}`)
  const target = join(names(g, key), ', ')
  const old = rowsWhere(mustHold)
  return sql` ON CONFLICT (${target}) DO UPDATE SET ${join(set, ', ')}${old}`
}

/**
 * Whether RETURNING's row is new. An ordinary table tells by xmax, which is 0 unless ON CONFLICT locked an older version
 * of the row; others do not have it there. For them a row is new if the statement's snapshot has none of that key;
 * one committed by somebody else meanwhile counts as new.
 */
function insertedOf(s: Insert): Sql {
  if (!s.upsert) return sql`TRUE`
  if (s.table.rowVersion === 'system') return sql`(${column(s.alias, 'xmax')} = 0)`
  const same = s.upsert.key.map((k) => sql`o.${identifier(k.name)} = ${column(s.alias, k.name)}`)
  return sql`(NOT EXISTS (SELECT 1 FROM ${tableName(s.table)} AS o${where(same)}))`
}

const rowsWhere = (c: Condition | undefined): Sql => where(conditions(g, c))

export function update(s: Update): Written {
  const { list, columns } = returning(s.returning)
  const rows = rowsWhere(s.where)
  return {
    text: sql`UPDATE ${aliased(g, s.table, s.alias)} SET ${assignments(g, s.set)}${rows}${list}`,
    columns,
  }
}

/** Embeds in RETURNING see the related rows as they were before the statement, cascades included. */
export function remove(s: Delete): Written {
  const { list, columns } = returning(s.returning)
  const rows = rowsWhere(s.where)
  return { text: sql`DELETE FROM ${aliased(g, s.table, s.alias)}${rows}${list}`, columns }
}

function returning(r: Returning | undefined, inserted = g.never): ReturnType<typeof outputList> {
  if (!r || r.outputs.length + r.hidden.length === 0) return { list: sql``, columns: [] }
  const { list, columns } = outputList(g, r.outputs, r.hidden, r.numbers, inserted)
  return { list: sql` RETURNING${list}`, columns }
}
