/** Insert, Update and Delete. What they give back is read from the table behind the write, so that triggers may have their say. */
import type { Column, Table } from '#catalog/model.ts'
import type { Delete, Insert, Returning, Update } from '#plan/ast.ts'
import { conditions } from '#engine/conditions.ts'
import type { Grammar, Written } from '#engine/grammar.ts'
import { neededNames, outputList } from '#engine/reads.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import { aliased, where } from '#engine/tables.ts'
import { assignments, cell, givesEmbeds, names } from '#engine/writes.ts'
import { addCount, counted, keep, keepTable, keyColumns, together } from './batches.ts'
import { insertion, rowsGiven } from './insert-rows.ts'
import { column, identifier, tableName } from './names.ts'

const nothing: Written['columns'] = []
const isAsked = (r: Returning | undefined): r is Returning =>
  r !== undefined && r.outputs.length + r.hidden.length > 0

const columnsNamed = (table: Table, wanted: readonly string[]): readonly Column[] =>
  table.columns.filter((c) => wanted.includes(c.name))

/** Without a key the row cannot be found again: what is shown of it is copied as it is written. */
function copied(g: Grammar, s: { table: Table; alias: string }, r: Returning): readonly Column[] {
  const columns = columnsNamed(s.table, neededNames(g, { ...r, alias: s.alias, order: [] }))
  return columns.length > 0 ? columns : s.table.columns.slice(0, 1)
}

const onKey = (key: readonly Column[], alias: string): Sql =>
  join(
    key.map((c) => sql`${column('k', c.name)} = ${column(alias, c.name)}`),
    ' AND ',
  )

const keysOf = (key: readonly Column[], alias: string): Sql =>
  join(
    key.map((c) => column(alias, c.name)),
    ', ',
  )

/** The rows of the table whose keys are in @k. */
const foundAgain = (g: Grammar, s: { table: Table; alias: string }, key: readonly Column[]): Sql =>
  sql`${aliased(g, s.table, s.alias)} JOIN @k AS [k] ON ${onKey(key, s.alias)}`

/** A key that is written by hand into a column that numbers rows by itself. */
function identityInsert(s: Insert, insertion: readonly Sql[]): readonly Sql[] {
  if (!s.columns.some((c) => c.generated === 'identity')) return insertion
  const set = (state: Sql) => sql`SET IDENTITY_INSERT ${tableName(s.table)} ${state}`
  return [set(sql`ON`), ...insertion, set(sql`OFF`)]
}

/** Rows of nothing but defaults: one column says so for all, as DEFAULT VALUES makes only one row at a time. */
function withColumn(s: Insert): Insert {
  const usual = s.table.columns.find((c) => c.generated === 'no')
  if (s.columns.length > 0 || usual === undefined) return s
  return { ...s, columns: [usual], rows: s.rows.map(() => [undefined]) }
}

export function insert(g: Grammar, statement: Insert): Written & { readonly bulk: boolean } {
  const s = withColumn(statement)
  if (s.upsert) return { ...upsert(g, s, s.upsert), bulk: false }
  const { statements, bulk } = insertion(s, sql``)
  const r = s.returning
  if (!isAsked(r)) {
    const all = identityInsert(s, statements)
    const [only, next] = all
    const text = only && next === addCount && all.length === 2 ? counted(only) : together([], all)
    return { text, columns: nothing, bulk }
  }
  const { list: outputs, columns } = outputList(g, r.outputs, r.hidden, r.numbers, sql`N't'`)
  const key = keyColumns(s.table)
  const given = key && rowsGiven(s, key, bulk)
  if (given) {
    const read = sql`SELECT${outputs} FROM ${aliased(g, s.table, s.alias)}${given}`
    return { text: together([], [...identityInsert(s, statements), read]), columns, bulk }
  }
  const kept = key ?? copied(g, s, r)
  const several = s.rows.length > 1
  const keeping = insertion(s, keep('inserted', kept)).statements
  const from = key ? foundAgain(g, s, key) : sql`@k AS ${identifier(s.alias)}`
  const order = several ? sql` ORDER BY ${column(key ? 'k' : s.alias, '#n')}` : sql``
  const read = sql`SELECT${outputs} FROM ${from}${order}`
  const all = [...identityInsert(s, keeping), read]
  return { text: together([keepTable(kept, several)], all), columns, bulk }
}

/**
 * The row of the key is locked, or the place where it would be, before it is looked for: of two at once one waits, and
 * finds what the other made. A row that breaks another unique key fails as any write does.
 */
function upsert(
  g: Grammar,
  s: Insert,
  { key, reset, where: mustHold }: NonNullable<Insert['upsert']>,
): Written {
  const [row, another] = s.rows
  if (row === undefined || another !== undefined) throw new Error('an upsert is of one row')
  const cells = s.columns.map((c, i) => ({ column: c, value: row[i] }))
  const isKey = (c: Column) => key.some((k) => k.name === c.name)
  const at = cells.flatMap(({ column: c, value }) =>
    isKey(c) && value ? [sql`${column(s.alias, c.name)} = ${g.operand(value)}`] : [],
  )
  const set = [
    ...cells.filter((cell) => !isKey(cell.column)),
    // A number that the database gave stays: it cannot be written.
    ...reset.filter((c) => c.generated !== 'identity').map((c) => ({ column: c, value: undefined })),
  ]
  const locked = sql`${aliased(g, s.table, s.alias)} WITH (UPDLOCK, SERIALIZABLE)`
  const old = where([...at, ...conditions(g, mustHold)])
  const into = sql`INSERT INTO ${tableName(s.table)} (${join(names(g, s.columns), ', ')})`
  const values = cells.map(({ value }) => cell(g, value))
  const making = identityInsert(s, [sql`${into} VALUES (${join(values, ', ')})`, addCount])
  const change =
    set.length > 0
      ? [sql`UPDATE ${identifier(s.alias)} SET ${assignments(g, set)} FROM ${locked}${old}`, addCount]
      : [sql`SET @n = (SELECT COUNT_BIG(*) FROM ${locked}${old})`]
  const isMissing = mustHold ? sql`NOT EXISTS (SELECT 1 FROM ${locked}${where(at)})` : sql`@n = 0`
  const make = sql`IF ${isMissing} BEGIN ${join([...making, sql`SET @new = 1`], '; ')} END`
  const declarations = [sql`DECLARE @new bit = 0`]
  const r = s.returning
  if (!isAsked(r)) return { text: together(declarations, [...change, make]), columns: nothing }
  const inserted = sql`CASE @new WHEN 1 THEN N't' ELSE N'f' END`
  const { list, columns } = outputList(g, r.outputs, r.hidden, r.numbers, inserted)
  const written = mustHold ? [...at, sql`@n > 0`] : at
  const read = sql`SELECT${list} FROM ${aliased(g, s.table, s.alias)}${where(written)}`
  return { text: together(declarations, [...change, make, read]), columns }
}

export function update(g: Grammar, s: Update): Written {
  const from = sql` FROM ${aliased(g, s.table, s.alias)}${where(conditions(g, s.where))}`
  const change = sql`UPDATE ${identifier(s.alias)} SET ${assignments(g, s.set)}`
  const r = s.returning
  if (!isAsked(r)) return { text: counted(sql`${change}${from}`), columns: nothing }
  const { list, columns } = outputList(g, r.outputs, r.hidden, r.numbers, sql`N'f'`)
  const key = keyColumns(s.table)
  const kept = key ?? copied(g, s, r)
  const read = key
    ? sql`${foundAgain(g, s, key)} ORDER BY ${keysOf(key, s.alias)}`
    : sql`@k AS ${identifier(s.alias)}`
  const statements = [
    sql`${change}${keep('inserted', kept)}${from}`,
    addCount,
    sql`SELECT${list} FROM ${read}`,
  ]
  return { text: together([keepTable(kept, false)], statements), columns }
}

/** Embeds show the related rows as they were before, cascades included; so the rows are read before they are deleted. */
export function remove(g: Grammar, s: Delete): Written {
  const rows = where(conditions(g, s.where))
  const from = sql` FROM ${aliased(g, s.table, s.alias)}${rows}`
  const r = s.returning
  if (!isAsked(r)) return { text: counted(sql`DELETE ${identifier(s.alias)}${from}`), columns: nothing }
  const { list, columns } = outputList(g, r.outputs, r.hidden, r.numbers, sql`N'f'`)
  const key = keyColumns(s.table)
  if (key && givesEmbeds(r)) {
    const found = foundAgain(g, s, key)
    const statements = [
      sql`INSERT INTO @k (${join(names(g, key), ', ')}) SELECT ${keysOf(key, s.alias)} FROM ${aliased(g, s.table, s.alias)} WITH (UPDLOCK)${rows}`,
      sql`SELECT${list} FROM ${found} ORDER BY ${keysOf(key, s.alias)}`,
      sql`DELETE ${identifier(s.alias)} FROM ${found}`,
      addCount,
    ]
    return { text: together([keepTable(key, false)], statements), columns }
  }
  const shown = copied(g, s, r)
  const kept = [...shown, ...(key ?? []).filter((c) => !shown.includes(c))]
  const order = key ? sql` ORDER BY ${keysOf(key, s.alias)}` : sql``
  const statements = [
    sql`DELETE ${identifier(s.alias)}${keep('deleted', kept)}${from}`,
    addCount,
    sql`SELECT${list} FROM @k AS ${identifier(s.alias)}${order}`,
  ]
  return { text: together([keepTable(kept, false)], statements), columns }
}
