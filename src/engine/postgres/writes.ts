/** Insert, Update and Delete. */
import type { Column, ValueType } from '#catalog/model.ts'
import type { Condition, Delete, Insert, Param, Returning, Update } from '#plan/ast.ts'
import { conditions } from '#engine/conditions.ts'
import type { Written } from '#engine/grammar.ts'
import { outputList } from '#engine/reads.ts'
import { join, type Sql, sql, trusted } from '#engine/sql.ts'
import { ofKept, type Stepped } from '#engine/steps.ts'
import { aliased, keyColumns, where } from '#engine/tables.ts'
import { assignments, givesEmbeds, names, valueRows } from '#engine/writes.ts'
import { grammar as g } from './grammar.ts'
import { textList } from './literals.ts'
import { castName, column, identifier, tableName } from './names.ts'
import { columnOfValues } from './parameters.ts'

/** Inserts of at least this many rows bind a column as one array: from here on it is the faster way (measured; 3 × at 1,000 rows). */
const bulkRows = 10

export function insert(s: Insert): Stepped & { readonly bulk: boolean } {
  const { rows, bulk } = source(s)
  const columns = s.columns.length === 0 ? sql`` : sql` (${join(names(g, s.columns), ', ')})`
  const written = sql`INSERT INTO ${aliased(g, s.table, s.alias)}${columns} ${rows}${conflict(s)}`
  return { ...givenBack(s, written, insertedOf(s)), bulk }
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

export const update = (s: Update): Stepped =>
  givenBack(
    s,
    sql`UPDATE ${aliased(g, s.table, s.alias)} SET ${assignments(g, s.set)}${rowsWhere(s.where)}`,
    g.never,
  )

/** Embeds in RETURNING see the related rows as they were before the statement, cascades included. */
export function remove(s: Delete): Written {
  const { list, columns } = returning(s.returning, g.never)
  const rows = rowsWhere(s.where)
  return { text: sql`DELETE FROM ${aliased(g, s.table, s.alias)}${rows}${list}`, columns }
}

function returning(r: Returning | undefined, inserted: Sql): ReturnType<typeof outputList> {
  if (!r || r.outputs.length + r.hidden.length === 0) return { list: sql``, columns: [] }
  const { list, columns } = outputList(g, r.outputs, r.hidden, r.numbers, inserted)
  return { list: sql` RETURNING${list}`, columns }
}

/**
 * What was written, given back. RETURNING sees everything but its own row as it was before the statement (PostgreSQL, "Data-
 * Modifying Statements in WITH": one snapshot): so a row with embeds is read again by its key, once the write and its triggers are
 * done. Rows without a key cannot be found again.
 */
function givenBack(s: Insert | Update, written: Sql, inserted: Sql): Stepped {
  const key = givesEmbeds(s.returning) ? keyColumns(s.table) : []
  if (s.returning && key.length > 0) return readAgain(s, s.returning, key, written, inserted)
  const { list, columns } = returning(s.returning, inserted)
  return { text: sql`${written}${list}`, columns }
}

/**
 * Keys come and go as texts, which the types' own input reads. Arrays, because the planner counts their items, where it takes any
 * JSON for a hundred rows. No alias of the planner's (t0, t1, …) is `k`.
 */
function readAgain(
  s: Insert | Update,
  r: Returning,
  key: readonly Column[],
  written: Sql,
  inserted: Sql,
): Stepped {
  const own = key.map((c) => column(s.alias, c.name))
  const kept = r.hidden.some((h) => h.kind === 'inserted') ? [...own, inserted] : own
  const place = (i: number): Sql => trusted(`k${i}`)
  const texts = kept.map((_, i) => sql`${keptTexts(i)}::text[]`)
  const places = join([...kept.map((_, i) => place(i)), sql`n`], ', ')
  const same = key.map((c, i) => sql`${own[i] as Sql} = k.${place(i)}::${trusted(castName(c.type))}`)
  const { list, columns } = outputList(g, r.outputs, r.hidden, r.numbers, sql`k.${place(key.length)}`)
  const from = sql`unnest(${join(texts, ', ')}) WITH ORDINALITY AS k(${places}) JOIN ${aliased(g, s.table, s.alias)}`
  return {
    steps: [
      { use: 'write', text: sql`${written} RETURNING ${join(kept, ', ')}` },
      { use: 'answer', text: sql`SELECT${list} FROM ${from} ON ${join(same, ' AND ')} ORDER BY k.n` },
    ],
    columns,
  }
}

const keptTexts = (place: number): Sql =>
  ofKept(`kept texts ${place}`, (rows) => textList(rows.map((row) => row[place] ?? null)))
