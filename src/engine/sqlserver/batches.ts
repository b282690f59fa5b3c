/** Several statements as one text, and what connects them: row counts and tables of keys. */
import type { Column, Table } from '#catalog/model.ts'
import { join, type Sql, sql } from '#engine/sql.ts'
import { declared, identifier } from './names.ts'

/** One statement of which only the number of rows is of interest. ROWCOUNT_BIG() stands right behind it: SET resets it. */
export const counted = (statement: Sql): Sql =>
  sql`SET NOCOUNT ON; ${statement}; SELECT ROWCOUNT_BIG() AS [#affected]`

/** To be added to @n right behind the statement that writes. */
export const addCount = sql`SET @n += ROWCOUNT_BIG()`

/**
 * Statements that are done together; each write is followed by `addCount`. The driver runs them in one transaction, and
 * an error takes it back as a whole.
 */
export const together = (declarations: readonly Sql[], statements: readonly Sql[]): Sql =>
  join(
    [
      sql`SET NOCOUNT ON`,
      sql`DECLARE @n bigint = 0`,
      ...declarations,
      ...statements,
      sql`SELECT @n AS [#affected]`,
    ],
    '; ',
  )

/** The columns of one key that tells every row apart and is never NULL; undefined when the table has none. */
export function keyColumns(table: Table): readonly Column[] | undefined {
  const keys = [...(table.primaryKey ? [table.primaryKey] : []), ...table.uniqueKeys]
  for (const key of keys) {
    const columns = key.columns.map((name) => table.columns.find((c) => c.name === name))
    if (columns.every((c) => c !== undefined && !c.nullable)) return columns as readonly Column[]
  }
  return undefined
}

/** The table variable @k with copies of these columns, and the number of each row if their order matters. */
export function keepTable(columns: readonly Column[], numbered: boolean): Sql {
  const list = columns.map((c) => sql`${identifier(c.name)} ${declared(c.type, true)}`)
  const all = numbered ? [sql`[#n] int IDENTITY PRIMARY KEY`, ...list] : list
  return sql`DECLARE @k TABLE (${join(all, ', ')})`
}

/** ` OUTPUT … INTO @k (…)`: unlike OUTPUT alone, this may be used where the table has triggers. */
export function keep(what: 'inserted' | 'deleted', columns: readonly Column[]): Sql {
  const source = what === 'inserted' ? sql`inserted` : sql`deleted`
  const list = columns.map((c) => sql`${source}.${identifier(c.name)}`)
  return sql` OUTPUT ${join(list, ', ')} INTO @k (${join(
    columns.map((c) => identifier(c.name)),
    ', ',
  )})`
}
